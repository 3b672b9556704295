/* SPDX-License-Identifier: MIT */
/* Which record it is, in a line for people, and in the first keys of a JSON object. */
#pragma once

#include "output.h"

/** Prints "sessions 3, id 17", "object Bar 4", without a newline. */
void title_print(const struct output *output, const char *item, const struct record *record);

/** Adds item, type, number, key and identity. */
void title_add(const struct output *output, struct json_object *object, const char *item,
               const struct record *record);

/** Adds the record itself: 0 or EKIDEN_ENOMEM. */
int title_add_value(const struct output *output, struct json_object *object,
                    const struct record *record);
