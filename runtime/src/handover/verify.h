/* SPDX-License-Identifier: MIT */
/* The successor's verification, with the predecessor at hand: it is asked again for what differs.
 */
#pragma once

#include "state/fetch.h"
#include "wire/link.h"

struct ek_received {
        struct ek_link *link;
        unsigned int transfer_ms; /* deadline without progress */
        const struct ek_registry *registry;
        const struct ek_fetch *fetch; /* by which all has come */
};

/** Verifies what was received (state/verify.h): 0, or an error with its sentence. */
int ek_verify_received(const struct ek_received *received, struct ekiden_error *error);
