/* SPDX-License-Identifier: MIT */
/*
 * Writing C that looks as if somebody had written it: templates with $names$, and lines that are
 * broken where clang-format would break them.
 */
#pragma once

#include "schema.h"
#include "text.h"

#define EK_EMIT_COLUMNS 100

/**
 * Adds a template. The arguments after it are names and values in turn, and a NULL; `$name$` in the
 * template becomes the value. Lines that get too long are broken.
 */
void ek_emit(struct ek_text *out, const char *template, ...) __attribute__((sentinel));

/** Adds the lines of a .proto comment (NULL: none) as " * …" lines, made safe to stand in one. */
void ek_emit_comment(struct ek_text *out, const char *comment);

/** Begins a comment of our own, up to its first line, with what the .proto file says of a place. */
void ek_emit_begin_comment(struct ek_text *out, const struct ek_place *place);

/** Adds one line of a comment, without a newline at its end; it is broken where it is too long. */
void ek_emit_comment_line(struct ek_text *out, const char *line);

/** Tells clang-format to leave the file alone, if names in it are too long for its lines. */
void ek_emit_finish(struct ek_text *out);

/** NAME.ekiden.h and NAME.ekiden.c of a valid schema. */
void ek_emit_header(struct ek_text *out, const struct ek_schema *schema);
void ek_emit_source(struct ek_text *out, const struct ek_schema *schema);

/** NAME.native.h and NAME.native.c of a valid schema in which something is bound. */
void ek_emit_native_header(struct ek_text *out, const struct ek_schema *schema);
void ek_emit_native_source(struct ek_text *out, const struct ek_schema *schema);
