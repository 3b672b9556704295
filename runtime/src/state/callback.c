/* SPDX-License-Identifier: MIT */
/*
 * What a program's callback answers, as the operator is told. A program that answers -1 for "it did
 * not work" has answered with the number of one of our errors, which says something else: nothing
 * was wrong with the operator's request.
 */
#include "state/callback.h"

int ek_callback_failed(const struct ek_callback *callback, uint64_t record, int code,
                       struct ekiden_error *error)
{
        if (error && error->code < 0)
                return error->code; /* it said why */
        if (code != EKIDEN_EREFUSED && code != EKIDEN_ENOMEM)
                return ekiden_error_set(error, EKIDEN_EREFUSED,
                                        "the program's %s function for item \"%s\" answered %d on "
                                        "record %llu; to refuse it is EKIDEN_EREFUSED, or "
                                        "EKIDEN_ENOMEM",
                                        callback->function, callback->item, code,
                                        (unsigned long long)record);
        return ekiden_error_set(error, code, "the program %s record %llu: %s", callback->verb,
                                (unsigned long long)record, ekiden_error_text(code));
}
