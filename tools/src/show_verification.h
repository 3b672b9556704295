/* SPDX-License-Identifier: MIT */
/* What a verification has found of each item, for people. */
#pragma once

#include "show.h"

/** The word for an item's verdict, for a table and for JSON; NULL: there is none. */
const char *verdict_word(enum verdict verdict);

/** Whether less is known by the one than by the other. */
bool verdict_is_worse(enum verdict one, enum verdict other);

/* What was found of one item. */
struct verified {
        const char *name;
        enum verdict verdict;
        const char *reason; /* "": there is none */
};

/** How many items are the same; and of what else is known of others, what was not compared. */
void show_verified(const struct show *show, const struct verified *items, size_t count);

/** How many could not be compared at all, and which: for the last line. Nothing if all could. */
void show_not_compared(const struct show *show, const struct verified *items, size_t count);

/** Both for the items of an upgrade; nothing where it was not asked for. */
void show_verification(const struct show *show, const struct upgrade *upgrade);
void show_verification_gaps(const struct show *show, const struct upgrade *upgrade);
