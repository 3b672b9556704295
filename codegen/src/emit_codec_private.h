/* SPDX-License-Identifier: MIT */
/* What the files that write codecs share. */
#pragma once

#include "codec_field.h"
#include "emit_codec.h"

/* A message type, as its codec's functions see it. */
struct ek_codec_type {
        const struct ek_message *message;
        const char *name; /* of its functions: size_NAME */
        bool is_inner; /* there are fields of the type */
        bool is_forward; /* it is mentioned ahead of its turn */
        bool is_deep; /* it may hold itself, so that what it holds is counted */
        unsigned int height; /* of the messages in it, if it is not deep; 0: none */
        struct ek_codec_field *fields; /* by number */
        size_t field_count;
};

struct ek_codec_code {
        struct ek_text *out;
        struct ek_memory *arena;
        struct ek_codec_type *types; /* by ek_message.visit */
        const struct ek_codec_type *type; /* whose function is in hand */
};

/** The type of a field's messages. */
const struct ek_codec_type *ek_codec_type_of(const struct ek_codec_code *code,
                                             const struct ek_codec_field *field);

/**
 * That a message in this field is not too deep, or else `otherwise` is returned. What is deep is
 * counted only where a type may hold itself.
 */
void ek_codec_emit_depth(const struct ek_codec_code *code, const struct ek_codec_field *field,
                         const char *indent, const char *otherwise);

/** ", depth - 1" as an argument, or "". */
const char *ek_codec_depth_argument(const struct ek_codec_code *code,
                                    const struct ek_codec_field *field);

/** Whether a field is there, as C has it, or NULL: it is, or it is one that there may be more of.
 */
const char *ek_codec_condition(const struct ek_codec_code *code,
                               const struct ek_codec_field *field);

/** Emits a template that may name $member$, $tag$, $tag_size$, $value$, $type$ and $name$, by the
 * field; $value$ is the value in C, which is `value`; and $more$. */
void ek_codec_add(const struct ek_codec_code *code, const struct ek_codec_field *field,
                  const char *indent, const char *template, const char *value, const char *more);

/** Each of the functions, of code->type. */
void ek_emit_codec_size(const struct ek_codec_code *code);
void ek_emit_codec_pack(const struct ek_codec_code *code);
void ek_emit_codec_unpack(const struct ek_codec_code *code);
