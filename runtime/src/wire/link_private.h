/* SPDX-License-Identifier: MIT */
/* What link.c, send.c and wait.c share of a link. */
#pragma once

#include <sys/uio.h>

#include <uv.h>

#include "ekiden/handover.pb-c.h"
#include "wire/link.h"

/* Descriptors that may lie in a link unread: two frames' worth. A read can run ahead by one that is
   full, or by several that are together no more (ek_export.in_flight). */
#define EK_LINK_DESCRIPTORS_HELD (2 * EK_DESCRIPTORS_MAX)

/* Bytes of small frames that wait to go together: fewer system calls, and the peer wakes once. */
#define EK_LINK_QUEUE_SIZE 16384

struct ek_waiter;

struct ek_link {
        int fd;
        uint8_t *in; /* bytes [in_start, in_end) were read and not parsed */
        size_t in_capacity, in_start, in_end;
        uint64_t received; /* bytes in all */
        int descriptors[EK_LINK_DESCRIPTORS_HELD]; /* received and not taken, oldest first */
        size_t descriptor_count;
        uint8_t out[EK_LINK_QUEUE_SIZE]; /* frames that were queued and not sent */
        size_t out_size;
        int out_descriptors[EK_DESCRIPTORS_MAX]; /* that go with them; borrowed */
        size_t out_descriptor_count;
        bool is_held; /* nothing is sent, and what finds no room in the queue is ELIMIT */
        bool reads_on; /* frames of which nobody may know yet are behind those that are read */
        uint32_t payload_max;
        pid_t sender;
        uid_t sender_user; /* of all that have sent; meaningful where `sender` is, and: */
        bool is_of_several; /* more than one, or somebody unknown */
        bool is_torn;
        bool is_secret; /* buffers are wiped */
        bool is_file;
        uint64_t read_to; /* of a file: offset behind what was read */
        const int *beside; /* of a file: descriptors that were kept beside it; borrowed */
        size_t beside_count, beside_next;
        struct ek_waiter *waiter; /* made by the first wait, or ek_link_prepare() */
};

/** Waits for `events` (UV_READABLE, UV_WRITABLE): 0, ETIMEOUT, ECANCELLED, ESYSTEM, ENOMEM. */
int ek_link_wait(struct ek_link *link, int events, const struct ek_wait *wait);

/** Reads once from a file: number of bytes, EPEER at its end, ESYSTEM. */
int ek_link_read_file(struct ek_link *link, struct iovec *room);

/** In a forked child, before it is used or freed: 0, or ESYSTEM, and it must not be. */
int ek_waiter_after_fork(struct ek_waiter *waiter);

struct ek_waiter *ek_waiter_free(struct ek_waiter *waiter);
