/* SPDX-License-Identifier: MIT */
/* A program's callback that failed. */
#pragma once

#include <stdint.h>

#include <ekiden/error.h>

struct ek_callback {
        const char *item;
        const char *function; /* as the generated code calls it */
        const char *verb; /* what it did to the record: "refused" */
};

/**
 * Fills an error, unless the callback has done so: EREFUSED, or ENOMEM if that was its answer.
 *
 * @param code  that it answered, negative
 * @return the error's code
 */
int ek_callback_failed(const struct ek_callback *callback, uint64_t record, int code,
                       struct ekiden_error *error);
