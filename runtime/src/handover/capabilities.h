/* SPDX-License-Identifier: MIT */
/*
 * The capabilities of a process that is not root's, which execve(2) takes away: it may have been
 * root's and have kept a few when it became a lesser user. Its successor is to have them too. They
 * cross in the ambient set (capabilities(7)), which is raised for the one execve(), and put back as
 * it was on both sides: nothing that either starts otherwise inherits what was not for it.
 *
 * They are the calling thread's, and all of this is async-signal-safe.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ekiden/handover.pb-c.h"

/* Capability N is bit N. */
struct ek_capabilities {
        uint64_t effective, permitted, inheritable, ambient;
};

/** Those of the calling thread, if it is not root's and has any; otherwise false. */
bool ek_capabilities_read(struct ek_capabilities *ret_capabilities);

/** Lets all that are permitted cross an execve(). What the kernel does not allow
    (SECBIT_NO_CAP_AMBIENT_RAISE, say) is not lent. */
void ek_capabilities_lend(const struct ek_capabilities *capabilities);

/** The same for a process that is about to execute its other version. */
void ek_capabilities_lend_own(void);

/** Puts the sets back, as far as they are permitted, in who lent them. */
void ek_capabilities_settle(const struct ek_capabilities *capabilities);

/** Tells in OFFER what the successor's sets are to be, for as long as the message lives. */
void ek_capabilities_offer(Ekiden__Capabilities *message, Ekiden__Offer *offer);

/** In the successor: they are so. It was root's all along, or none were lent: nothing. */
void ek_capabilities_take(const Ekiden__Offer *offer);
