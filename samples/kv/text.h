/* SPDX-License-Identifier: MIT */
/*
 * Bytes that somebody else owns: keys, values and arguments are any bytes, and end with no NUL.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_SIZE_MAX (UINT32_C(512) << 20) /* bytes of a key or a value */
#define NUMBER_SIZE 24 /* for an integer of 64 bits, written out */

struct text {
        const uint8_t *bytes; /* may be NULL where size is 0 */
        size_t size;
};

/** A text of a literal or of other characters that end with a NUL. */
struct text text_of(const char *characters);

/** Whether it is this word, small and capital letters alike. */
bool text_is(struct text text, const char *word);

/** Whether both have the same bytes. */
bool text_equals(struct text one, struct text other);

/** An integer, written as one writes it: "-12", but not "012", "+1" or " 1". */
bool text_to_integer(struct text text, int64_t *ret_number);

/** Writes an integer out; the text lies in `room`. */
struct text text_from_integer(int64_t number, char room[NUMBER_SIZE]);

/** Whether a text matches a pattern with *, ?, [a-z], [^a] and \\. It takes bounded time. */
bool text_matches(struct text text, struct text pattern);
