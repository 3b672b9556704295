/* SPDX-License-Identifier: MIT */
/*
 * What a successor says of itself with READY, where it is asked to: each item as it has come, and
 * how much memory that took.
 */
#pragma once

#include "ekiden/handover.pb-c.h"

struct ek_account {
        Ekiden__ItemReport *items;
        Ekiden__ItemReport **pointers;
        size_t count;
        uint64_t peak_bytes; /* most memory that was resident; 0: not known */
        uint64_t spent_ns; /* on the account itself */
};

/** Draws up the account: 0 or ENOMEM. It points to the names of tagged items. */
int ek_account_new(struct ek_account *ret_account);

/** Puts it into READY, which points into it. */
void ek_account_fill(const struct ek_account *account, Ekiden__Ready *ready);

void ek_account_free(struct ek_account *account);
