/* SPDX-License-Identifier: MIT */
/* What link.c and wait.c share of a link. */
#pragma once

#include <uv.h>

#include "ekiden/handover.pb-c.h"
#include "wire/link.h"

/* Descriptors that may lie in a link unread: two frames' worth, since a read can run ahead by one.
 */
#define EK_LINK_DESCRIPTORS_HELD (2 * EK_DESCRIPTORS_MAX)

struct ek_waiter;

struct ek_link {
        int fd;
        uint8_t *in; /* bytes [in_start, in_end) were read and not parsed */
        size_t in_capacity, in_start, in_end;
        int descriptors[EK_LINK_DESCRIPTORS_HELD]; /* received and not taken, oldest first */
        size_t descriptor_count;
        struct ek_waiter *waiter; /* made by the first wait, or ek_link_prepare() */
};

/** Waits for `events` (UV_READABLE, UV_WRITABLE): 0, ETIMEOUT, ECANCELLED, ESYSTEM, ENOMEM. */
int ek_link_wait(struct ek_link *link, int events, const struct ek_wait *wait);

struct ek_waiter *ek_waiter_free(struct ek_waiter *waiter);
