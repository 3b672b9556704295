/* SPDX-License-Identifier: MIT */
/* What a verification has found of each item, for people. */
#pragma once

#include "show.h"

/** The word for an item's verdict, for a table and for JSON; NULL: there is none. */
const char *verdict_word(enum verdict verdict);

/** How many items are the same, and which could not be told, with the reason; nothing where it was
    not asked for. */
void show_verification(const struct show *show, const struct upgrade *upgrade);
