/* SPDX-License-Identifier: MIT */
/*
 * The walk over a program's struct by the tables of <ekiden/native.h>: out of it into a message,
 * and back. The walk calls itself for embedded structs only, never for what a pointer leads to:
 * that is an object, which crosses as a record of its own (objects.h).
 */
#pragma once

#include <stdbool.h>

#include <ekiden/native.h>

#include "state/objects.h"

/* A number on its way between a member and a field: neither its width nor its type is lost. */
struct ek_number {
        enum { EK_NUMBER_SIGNED, EK_NUMBER_UNSIGNED, EK_NUMBER_REAL } kind;
        union {
                int64_t integer;
                uint64_t natural;
                double real;
        };
};

/** Reads a number of this width (`flags` of enum ekiden_member_flag). false: no such width. */
bool ek_number_load(const void *place, size_t size_bytes, unsigned int flags,
                    struct ek_number *ret_number);

/** Writes one. false: it does not fit, or there is no such width; nothing is written then. */
bool ek_number_store(void *place, size_t size_bytes, unsigned int flags, struct ek_number number);

/** The value of a field of a message, at `place`; NUMBER types only. */
struct ek_number ek_number_of_field(ProtobufCType type, const void *place);

/** Sets a field's value. false: it does not fit. */
bool ek_number_to_field(ProtobufCType type, void *place, struct ek_number number);

/** A count in a member, which may be signed. false: it is negative. */
bool ek_count_load(const void *object, const struct ekiden_member *member, size_t *ret_count);

/** Whether the union's discriminator says that this member is in use; true outside unions. */
bool ek_member_in_use(const struct ekiden_member *member, const void *object);

/** The functions that allocate for a struct: its own, or malloc() and free(). Never NULL. */
const struct ekiden_memory *ek_native_memory(const struct ekiden_native *native);

/** The member that is a flexible array, or NULL. */
const struct ekiden_member *ek_native_flexible(const struct ekiden_native *native);

/** Refuses a record because of a member, with a sentence that names both. Returns `code`. */
int ek_native_refuse(struct ekiden_cursor *cursor, int code, const struct ekiden_native *native,
                     const struct ekiden_member *member, const char *format, ...)
        __attribute__((format(printf, 5, 6)));

/**
 * Fills a message from a struct.
 *
 * @param message  initialised; strings and bytes of the struct are aliased, the rest lies in the
 *                 cursor's scratch
 * @return 0, or an error with its sentence
 */
int ek_native_export(struct ekiden_cursor *cursor, const struct ekiden_native *native,
                     const void *object, ProtobufCMessage *message);

/**
 * Fills a struct from a message.
 *
 * @param object  its bound members are zero (ek_native_new(), ek_native_prepare()), with room for
 *                what the message holds. On failure they are again
 * @param type    the message's table, or NULL
 */
int ek_native_import(struct ekiden_cursor *cursor, const struct ekiden_native *native,
                     const struct ekiden_message *type, const ProtobufCMessage *message,
                     void *object);

/** Makes a struct, bound members zeroed, with room for what a message holds in a flexible array
    (NULL: for nothing). NULL: memory ran out. */
void *ek_native_new(const struct ekiden_native *native, const ProtobufCMessage *message);

/** Zeroes bound members, freeing nothing. */
void ek_native_prepare(const struct ekiden_native *native, void *object);

/** Sets the descriptors of a struct that is empty to -1, those of embedded structs and of whole
    arrays, too; in a union none is in use. */
void ek_native_unset_descriptors(const struct ekiden_native *native,
                                 const struct ekiden_message *type, void *object);

/**
 * Frees what bound members hold, and zeroes them. Objects that they point to stay.
 *
 * @param type  whose descriptors are closed, too; NULL: none
 */
void ek_native_clear(const struct ekiden_native *native, const struct ekiden_message *type,
                     void *object);

/** As ek_native_clear(), and frees the struct itself. NULL is allowed. */
void ek_native_free(const struct ekiden_native *native, const struct ekiden_message *type,
                    void *object);
