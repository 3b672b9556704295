/* SPDX-License-Identifier: MIT */
/*
 * In which fields two messages differ: of one type, or of two versions of one, as far as both can
 * tell. Verification and the inspection of snapshots name what they find by its path,
 * "sessions[3].address".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ekiden/schema.h>

#define EK_DIFFERENCE_PATH_MAX 255 /* bytes; a longer path is cut at its end */

enum ek_difference_kind {
        EK_DIFFERENCE_VALUE, /* both have one, and not the same */
        EK_DIFFERENCE_ONLY_IN_A, /* the field is absent in b */
        EK_DIFFERENCE_ONLY_IN_B,
        EK_DIFFERENCE_COUNT, /* a repeated field; its elements are not looked at then */
        EK_DIFFERENCE_UNKNOWN, /* fields that the type does not have; the path is the message's */
};

struct ek_difference {
        enum ek_difference_kind kind;
        char path[EK_DIFFERENCE_PATH_MAX + 1]; /* "": the message itself */
        /* The field in either type, and its value in either message as protobuf-c keeps it,
           borrowed from there; of COUNT, the arrays. NULL where there is none. */
        const ProtobufCFieldDescriptor *field_a, *field_b;
        const struct ekiden_field *entry_a, *entry_b; /* in the tables */
        const void *value_a, *value_b;
        size_t count_a, count_b; /* of COUNT */
        bool is_secret; /* the field, or one that it is in, is marked so: show no value */
};

/** How two messages are compared. */
struct ek_difference_rules {
        /* The tables of their types, which say what is a descriptor; NULL: none is. */
        const struct ekiden_message *type_a, *type_b;
        /* Whether two descriptors lead to the same; -1 is none, and so is one that is absent.
           NULL: descriptors are not compared. */
        bool (*same_descriptor)(void *data, int32_t a, int32_t b);
        /* Called for each difference, in the order of a's fields; valid during the call. What it
           returns if not 0 ends the comparison. NULL: they are only counted. */
        int (*visit)(void *data, const struct ek_difference *difference);
        void *data; /* passed to both */
};

/**
 * Compares two messages.
 *
 * Where their types are two, fields are compared that have one name, type and label in both; values
 * of enums by name. Floating point is compared bit by bit.
 *
 * @param ret_in_part  whether there was a field that only one of the types has; NULL: who cares
 * @return how many differences were visited, what the visitor returned to end it, or EKIDEN_ELIMIT
 *         for messages nested over 100 deep
 */
int ek_difference_each(const struct ek_difference_rules *rules, const ProtobufCMessage *a,
                       const ProtobufCMessage *b, bool *ret_in_part);

/**
 * Finds the first difference; the rules' visitor is not called.
 *
 * @return 1: *ret_difference is filled. 0: there is none. Or EKIDEN_ELIMIT
 */
int ek_difference_find(const struct ek_difference_rules *rules, const ProtobufCMessage *a,
                       const ProtobufCMessage *b, struct ek_difference *ret_difference,
                       bool *ret_in_part);
