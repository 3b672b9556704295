/* SPDX-License-Identifier: MIT */
/*
 * The hostile end of a socket pair. An input is the bytes of a stream, frames as they are on the
 * wire; where one of them is DESCRIPTORS, descriptors go with it, as many as it says. All of it
 * lies in the socket, and is followed by the end of the stream, before the code under test reads:
 * so nobody waits, and the same input does the same every time.
 */
#pragma once

#include "target.h"
#include "wire/link.h"

/** The frame at an offset, which moves behind it; not checked. 0: there is no whole one. */
int peer_next(const uint8_t *data, size_t size, size_t *offset, struct ek_frame *ret_frame);

/** Whether there is a frame of this kind. */
int peer_says(const uint8_t *data, size_t size, uint16_t kind);

/** The end of the item that begins at an offset, behind its END or ABSENT; or the end of the
 * stream. */
size_t peer_item_end(const uint8_t *data, size_t size, size_t offset);

/** Makes a socket pair with much room: the code's end, and the peer's. */
void peer_sockets(int *ret_ours, int *ret_peers);

/** Writes the stream, with descriptors. */
void peer_send(int peer, const uint8_t *data, size_t size);

/** No more comes. */
void peer_end(int peer);

/** How many descriptors are open, of the first 1024. */
int open_descriptors(void);

/** An error that came of it: it has this code, and a sentence that a person can be shown; and is,
   to see why an input leads nowhere, where EKIDEN_FUZZ_TELL is in the environment. */
void expect_told(const struct ekiden_error *error, int code);
