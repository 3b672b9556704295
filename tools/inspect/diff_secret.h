/* SPDX-License-Identifier: MIT */
/* Records that look alike where their secrets are not shown. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "print.h"
#include "records.h"
#include "state/digest.h"

/* What was shown of the records that only the older snapshot has. */
struct diff_secrets {
        struct ek_digest *removed;
        size_t count, capacity;
};

/**
 * Notes a record that only the older snapshot has, or looks whether one that only the newer has is
 * as one of those, but for a secret; each of those is found once.
 *
 * @return 1: it is. 0. Or ENOMEM
 */
int diff_secrets_take(struct diff_secrets *secrets, const struct print *print,
                      const struct record *record, bool is_newer);

void diff_secrets_deinit(struct diff_secrets *secrets);
