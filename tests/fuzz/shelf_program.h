/* SPDX-License-Identifier: MIT */
/* A program with books that are sent ahead, and a ledger that is not (tests/ahead/program). */
#pragma once

#include "shelf.h"

struct shelf_program {
        struct shelf books;
        struct ledger ledger;
};

extern struct shelf_program shelf_program;

/** Tags both; see orchard_program_tag(). */
int shelf_program_tag(void);

/** Puts some books there. */
void shelf_program_fill(void);

/** Untags all, and frees the state. */
void shelf_program_end(void);
