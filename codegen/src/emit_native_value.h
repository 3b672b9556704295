/* SPDX-License-Identifier: MIT */
/*
 * How a number is written and read in a straight line, by the type of its field: the expressions
 * that emit_native_pack.c and emit_native_unpack.c put into their statements.
 */
#pragma once

#include "binding.h"

enum ek_wire {
        EK_WIRE_VARINT = 0,
        EK_WIRE_FIXED64 = 1,
        EK_WIRE_LENGTH = 2,
        EK_WIRE_FIXED32 = 5,
};

struct ek_value_form {
        enum ek_wire wire; /* of one value */
        unsigned int width; /* bytes on the wire; 0: it depends on the value */
        const char *out; /* what is put, from $value$, as $type$ has it */
        const char *type; /* in C */
        const char *set; /* EKIDEN_SET_$set$, of $in$ */
        const char *in;
};

/** Of a number's type; an enum's constant is one. */
const struct ek_value_form *ek_value_form(const struct ek_field *field);

/** The tag ahead of a value, or of a packed run of them, as C has it; and its size in bytes. */
const char *ek_value_tag(struct ek_memory *arena, const struct ek_field *field);
const char *ek_value_tag_size(struct ek_memory *arena, const struct ek_field *field);

/** Whether values of a repeated field stand in one run. */
bool ek_value_is_packed(const struct ek_field *field);

/** What $wire$ stands for in "ekiden_put_$wire$". */
const char *ek_value_wire(const struct ek_field *field);

/** `text` with $value$ and $type$ replaced: the number that a member holds, as it is put. */
const char *ek_value_out(struct ek_memory *arena, const struct ek_bound_field *bound,
                         const char *lvalue);
