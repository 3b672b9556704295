/* SPDX-License-Identifier: MIT */
/*
 * Frames that are sent without ever waiting, while the program serves: they are put together here,
 * and leave as the socket has room. Until all of them have left nothing else may be sent.
 */
#pragma once

#include "wire/link.h"

struct ek_outbox {
        uint8_t *bytes; /* [start, end) are to be sent */
        size_t start, end, capacity;
        bool is_open; /* a frame is being written, … */
        size_t frame; /* … which begins here */
        bool is_secret; /* what was sent is wiped */
};

/** Room for so many more bytes behind what is there; NULL: memory ran out. */
uint8_t *ek_outbox_room(struct ek_outbox *box, size_t size_bytes);

/** So many of them are used. */
static inline void ek_outbox_add(struct ek_outbox *box, size_t size_bytes)
{
        box->end += size_bytes;
}

/** Begins a frame, whose payload is what is added until ek_outbox_finish(): 0 or ENOMEM. */
int ek_outbox_begin(struct ek_outbox *box);

/** Bytes of payload in the frame that is being written; 0: none is, or it is empty. */
size_t ek_outbox_written(const struct ek_outbox *box);

/** Ends the frame; one that is empty is taken back. Nothing where none is being written. */
void ek_outbox_finish(struct ek_outbox *box, uint16_t kind);

/** Adds a frame with a message: 0 or ENOMEM. */
int ek_outbox_message(struct ek_outbox *box, uint16_t kind, const ProtobufCMessage *message);

/** Bytes that are to be sent. */
static inline size_t ek_outbox_left(const struct ek_outbox *box)
{
        return box->end - box->start;
}

/**
 * Sends frames that were finished, as many bytes as there is room for.
 *
 * @param wait  until all has left; NULL: do not wait
 * @return 0, however much is left without a wait; or as ek_link_send()
 */
int ek_outbox_send(struct ek_outbox *box, struct ek_link *link, const struct ek_wait *wait);

/** Frees its memory; it is empty then. */
void ek_outbox_deinit(struct ek_outbox *box);
