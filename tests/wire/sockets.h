/* SPDX-License-Identifier: MIT */
/* Socket pairs with a link on one side or on both, as the tests of the wire need them. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "wire/link.h"

/* Long enough for a machine under load; only a test that fails waits for it. */
#define LONG_MS 20000

/** A link and the bare other end of its socket pair. */
static inline struct ek_link *link_and_peer(int *ret_peer)
{
        struct ek_link *link;
        int ends[2];

        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        cr_assert_eq(ek_link_new(ends[0], &link), 0);
        *ret_peer = ends[1];
        return link;
}

/** Two links on one socket pair. */
static inline void two_links(struct ek_link *ret_links[2])
{
        int peer;

        ret_links[0] = link_and_peer(&peer);
        cr_assert_eq(ek_link_new(peer, &ret_links[1]), 0);
}

/** Writes all of it; fails the test where that needs a wait. */
static inline void put(int socket, const void *bytes, size_t size)
{
        cr_assert_eq(send(socket, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT), (ssize_t)size);
}

/** The bytes of a frame: EK_FRAME_HEADER_SIZE + size of them, into `out`. */
static inline size_t frame_bytes(uint8_t *out, uint16_t kind, const void *payload, size_t size)
{
        ek_frame_header_write(out, kind, payload, size);
        for (size_t i = 0; i < size; i++)
                out[EK_FRAME_HEADER_SIZE + i] = ((const uint8_t *)payload)[i];
        return EK_FRAME_HEADER_SIZE + size;
}
