/* SPDX-License-Identifier: MIT */
/* See outbox.h. */
#include "wire/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "secret.h"
#include "wire/link_private.h"

#define FIRST_CAPACITY ((size_t)64 << 10)

uint8_t *ek_outbox_room(struct ek_outbox *box, size_t size_bytes)
{
        size_t capacity = box->capacity > 0 ? box->capacity : FIRST_CAPACITY;
        uint8_t *grown;

        if (size_bytes > SIZE_MAX / 4)
                return NULL;
        if (size_bytes <= box->capacity - box->end)
                return box->bytes + box->end;
        while (capacity < box->end + size_bytes)
                capacity *= 2;
        grown = ek_secret_realloc(box->is_secret, box->bytes, box->capacity, capacity);
        if (!grown)
                return NULL;
        box->bytes = grown;
        box->capacity = capacity;
        return box->bytes + box->end;
}

int ek_outbox_begin(struct ek_outbox *box)
{
        if (!ek_outbox_room(box, EK_FRAME_HEADER_SIZE))
                return EKIDEN_ENOMEM;
        box->frame = box->end;
        box->is_open = true;
        box->end += EK_FRAME_HEADER_SIZE;
        return 0;
}

size_t ek_outbox_written(const struct ek_outbox *box)
{
        return box->is_open ? box->end - box->frame - EK_FRAME_HEADER_SIZE : 0;
}

void ek_outbox_finish(struct ek_outbox *box, uint16_t kind)
{
        size_t size = ek_outbox_written(box);
        uint8_t *header = box->bytes + box->frame;

        if (!box->is_open)
                return;
        if (size == 0)
                box->end = box->frame;
        else
                ek_frame_header_write(header, kind, header + EK_FRAME_HEADER_SIZE, size);
        box->is_open = false;
}

int ek_outbox_message(struct ek_outbox *box, uint16_t kind, const ProtobufCMessage *message)
{
        size_t size = protobuf_c_message_get_packed_size(message);
        uint8_t *room;
        int r = ek_outbox_begin(box);

        if (r < 0)
                return r;
        room = ek_outbox_room(box, size);
        if (!room) {
                box->end = box->frame;
                box->is_open = false;
                return EKIDEN_ENOMEM;
        }
        protobuf_c_message_pack(message, room);
        ek_outbox_add(box, size);
        ek_outbox_finish(box, kind);
        return 0;
}

/* What has left goes, so that its room is used again. */
static void drop_sent(struct ek_outbox *box)
{
        size_t left = ek_outbox_left(box);

        if (left > 0 && box->start < box->capacity / 2)
                return;
        if (left > 0)
                memmove(box->bytes, box->bytes + box->start, left);
        if (box->is_secret && box->start > 0)
                explicit_bzero(box->bytes + left, box->start);
        box->start = 0;
        box->end = left;
}

int ek_outbox_send(struct ek_outbox *box, struct ek_link *link, const struct ek_wait *wait)
{
        while (ek_outbox_left(box) > 0) {
                ssize_t n = ek_link_send_part(link, box->bytes + box->start, ek_outbox_left(box));

                if (n == EKIDEN_ETIMEOUT && !wait)
                        break;
                if (n == EKIDEN_ETIMEOUT) {
                        int r = ek_link_wait(link, UV_WRITABLE, wait);

                        if (r < 0)
                                return r;
                } else if (n < 0) {
                        return (int)n;
                } else {
                        box->start += (size_t)n;
                }
        }
        drop_sent(box);
        return 0;
}

void ek_outbox_deinit(struct ek_outbox *box)
{
        ek_secret_free(box->is_secret, box->bytes, box->capacity);
        *box = (struct ek_outbox){0};
}
