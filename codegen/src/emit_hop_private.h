/* SPDX-License-Identifier: MIT */
/* What the files that write a hop share. */
#pragma once

#include "emit_hop.h"

/* What the functions of a hop turned out to need beside them. */
struct ek_hop_code {
        const struct ek_comparison *comparison;
        struct ek_memory *arena;
        struct ek_text *out; /* the functions of messages */
        const char *suffix; /* of static functions: "_to_v2" */
        const struct ek_enum_pair **by_name; /* enums that a function converts by name … */
        size_t by_name_count, by_name_size;
        const struct ek_enum **from_number; /* … and that one makes of numbers */
        size_t from_number_count, from_number_size;
        bool uses_string; /* <string.h> */
        bool uses_result; /* the function in hand: `r` */
};

/** One value: how it is written in C where it comes from, and where it goes. */
struct ek_hop_value {
        const struct ek_field_pair *field;
        const char *from, *to; /* "old->port", "new_->ports[0]" */
        const char *indent;
};

/** Writes the statements that make the one of the other. */
void ek_emit_hop_value(struct ek_hop_code *code, const struct ek_hop_value *value);

/** Writes the statements for a field of both messages. */
void ek_emit_hop_field(struct ek_hop_code *code, const struct ek_message_pair *pair,
                       const struct ek_field_pair *field);

/** Writes the functions of a pair of messages. */
void ek_emit_hop_message(struct ek_hop_code *code, const struct ek_message_pair *pair);

/** Writes the functions that convert enums. */
void ek_emit_hop_enums(struct ek_text *out, const struct ek_hop_code *code);

/** The C type of a field's value: "int32_t", "Counter__V2__Peer *". */
const char *ek_hop_type(struct ek_memory *arena, const struct ek_field *field);

/** The comment that says what a function has to do: the differences of a pair, line by line. */
void ek_emit_hop_differences(struct ek_text *out, const struct ek_comparison *comparison,
                             const struct ek_message_pair *pair);

/** The head of the user's function, without what ends it. */
const char *ek_hop_prototype(const struct ek_comparison *comparison,
                             const struct ek_message_pair *pair);
