/* SPDX-License-Identifier: MIT */
/*
 * What each release says of an entry, whatever is in it. Expiry and use are inline functions of
 * its own entry.h.
 */
#pragma once

#include "text.h"

struct entry;

/** Its value, as clients see it; what is an integer is written into `room`. */
struct text entry_value(const struct entry *entry, char room[NUMBER_SIZE]);

/** Gives it a copy of a value: false if memory ran out, and then it has its value still. */
bool entry_set_value(struct entry *entry, struct text value);

/** Adds to the end of its value: false if memory ran out, and then it has its value still. */
bool entry_append(struct entry *entry, struct text more);

/** Its value as an integer; false: it is none. */
bool entry_integer(const struct entry *entry, int64_t *ret_number);

/** Gives it an integer: false if memory ran out. */
bool entry_set_integer(struct entry *entry, int64_t number);

/** How the value is kept, as OBJECT ENCODING of Redis has it. */
const char *entry_encoding(const struct entry *entry);

/** Frees it and what it has; NULL is allowed. */
void entry_free(struct entry *entry);
