/* SPDX-License-Identifier: MIT */
/*
 * What the files that write straight-line marshallers share. Each bound message that an entry of a
 * container holds gets its functions; `table` is what their names begin with.
 */
#pragma once

#include "emit_native.h"
#include "emit_native_value.h"

/* A struct whose functions are written. */
struct ek_codec {
        struct ek_text *out;
        const struct ek_schema *schema;
        const struct ek_binding *binding;
        const char *table;
};

/** TABLE__native_size() and TABLE__native_pack(). */
void ek_emit_native_pack(const struct ek_codec *codec);

/** TABLE__native_unpack(). */
void ek_emit_native_unpack(const struct ek_codec *codec);

/** Lines that are indented by `depth`, with what every template may name: $struct$, $member$,
    $lvalue$, $tag$, $tag_size$ …; more names and values follow in turn, and a NULL. */
void ek_codec_emit(const struct ek_codec *codec, const struct ek_bound_field *bound,
                   unsigned int depth, const char *template, ...) __attribute__((sentinel));

/** The member, or one of its elements: "object->limits.most", "object->corners[i]". */
const char *ek_codec_lvalue(const struct ek_codec *codec, const struct ek_bound_field *bound);

/** How many values a member has room for: an array's own number, or as many as there may be. */
const char *ek_codec_room(const struct ek_codec *codec, const struct ek_bound_field *bound);

/** What the discriminator's value is called within a function. */
const char *ek_codec_case(const struct ek_codec *codec, const struct ek_bound_choice *choice);
