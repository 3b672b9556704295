/* SPDX-License-Identifier: MIT */
/*
 * A link's sending side. Small frames can be queued, to go out in one system call with the next
 * frame that is sent, or when the link would read: then the peer wakes once for all of them.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "wire/cleanup.h"
#include "wire/descriptors.h"
#include "wire/link_private.h"

#define PARTS 3 /* the queue, a header, its payload */

/* One sendmsg() of what is left; descriptors travel with the first byte. */
static ssize_t send_some(struct ek_link *link, struct iovec *parts)
{
        union ek_descriptor_control control;
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = PARTS};

        if (link->is_file)
                return ek_file_write(link->fd, parts, PARTS);
        if (link->out_descriptor_count > 0)
                ek_descriptors_attach(&message, &control, link->out_descriptors,
                                      link->out_descriptor_count);
        return sendmsg(link->fd, &message, MSG_NOSIGNAL);
}

/* How many bytes are left, `n` more having been sent. */
static size_t advance(struct iovec *parts, size_t n)
{
        size_t left = 0;

        for (int i = 0; i < PARTS; i++) {
                size_t step = n < parts[i].iov_len ? n : parts[i].iov_len;

                if (step > 0)
                        parts[i].iov_base = (uint8_t *)parts[i].iov_base + step;
                parts[i].iov_len -= step;
                n -= step;
                left += parts[i].iov_len;
        }
        return left;
}

/* Sends the queue and what comes behind it. Where nothing could be sent, the queue stays. */
static int send_all(struct ek_link *link, struct iovec *parts, const struct ek_wait *wait)
{
        size_t queued = link->out_size;
        bool is_begun = false;
        int r = 0;

        if (link->is_held)
                return EKIDEN_ELIMIT;
        parts[0] = (struct iovec){link->out, queued};
        link->out_size = 0;
        while (r == 0 && advance(parts, 0) > 0) {
                ssize_t n = send_some(link, parts);

                if (n > 0) {
                        is_begun = true;
                        link->out_descriptor_count = 0;
                        advance(parts, (size_t)n);
                } else if (n < 0 && errno == EAGAIN) {
                        r = ek_link_wait(link, UV_WRITABLE, wait);
                } else if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) {
                        r = EKIDEN_EPEER;
                } else if (n < 0 && errno != EINTR) {
                        r = EKIDEN_ESYSTEM;
                }
        }
        if (r < 0 && !is_begun && r != EKIDEN_EPEER)
                link->out_size = queued;
        else if (r < 0)
                link->out_descriptor_count = 0;
        link->is_torn = link->is_torn || (r < 0 && is_begun);
        return r;
}

int ek_link_flush(struct ek_link *link, const struct ek_wait *wait)
{
        struct iovec parts[PARTS] = {{0}};

        return link->out_size > 0 ? send_all(link, parts, wait) : 0;
}

int ek_link_hold(struct ek_link *link, const struct ek_wait *wait)
{
        int r = ek_link_flush(link, wait);

        link->is_held = r == 0;
        return r;
}

void ek_link_let_go(struct ek_link *link, bool is_kept)
{
        link->is_held = false;
        if (is_kept)
                return;
        if (link->is_secret)
                explicit_bzero(link->out, link->out_size);
        link->out_size = link->out_descriptor_count = 0;
}

int ek_link_send(struct ek_link *link, uint16_t kind, const void *payload, size_t size_bytes,
                 const struct ek_wait *wait)
{
        uint8_t header[EK_FRAME_HEADER_SIZE];
        struct iovec parts[PARTS] = {
                {0},
                {header, sizeof(header)},
                {(void *)(uintptr_t)payload, size_bytes},
        };

        if (size_bytes > EK_FRAME_PAYLOAD_MAX)
                return EKIDEN_ELIMIT;
        ek_frame_header_write(header, kind, payload, size_bytes);
        return send_all(link, parts, wait);
}

ssize_t ek_link_send_part(struct ek_link *link, const uint8_t *frames, size_t size_bytes)
{
        struct iovec part = {(void *)(uintptr_t)frames, size_bytes};
        const struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
        ssize_t n;
        int r = link->is_torn ? 0 : ek_link_flush(link, NULL);

        if (r < 0)
                return r;
        do
                n = sendmsg(link->fd, &message, MSG_NOSIGNAL);
        while (n < 0 && errno == EINTR);
        if (n >= 0)
                link->is_torn = (size_t)n < size_bytes;
        else if (errno == EPIPE || errno == ECONNRESET)
                return EKIDEN_EPEER;
        else
                return errno == EAGAIN ? EKIDEN_ETIMEOUT : EKIDEN_ESYSTEM;
        return n;
}

int ek_link_queue(struct ek_link *link, uint16_t kind, const void *payload, size_t size_bytes,
                  const struct ek_wait *wait)
{
        uint8_t *end = link->out + link->out_size;

        if (size_bytes > EK_LINK_QUEUE_SIZE - EK_FRAME_HEADER_SIZE ||
            link->out_size + EK_FRAME_HEADER_SIZE + size_bytes > EK_LINK_QUEUE_SIZE)
                return ek_link_send(link, kind, payload, size_bytes, wait);
        ek_frame_header_write(end, kind, payload, size_bytes);
        if (size_bytes > 0)
                memcpy(end + EK_FRAME_HEADER_SIZE, payload, size_bytes);
        link->out_size += EK_FRAME_HEADER_SIZE + size_bytes;
        return 0;
}

int ek_link_queue_message(struct ek_link *link, uint16_t kind, const ProtobufCMessage *message,
                          const struct ek_wait *wait)
{
        size_t size = protobuf_c_message_get_packed_size(message);
        uint8_t small[1024];
        ek_auto_free uint8_t *large = NULL;
        uint8_t *payload = small;

        if (size > sizeof(small)) {
                large = malloc(size);
                if (!large)
                        return EKIDEN_ENOMEM;
                payload = large;
        }
        protobuf_c_message_pack(message, payload);
        return ek_link_queue(link, kind, payload, size, wait);
}

int ek_link_send_message(struct ek_link *link, uint16_t kind, const ProtobufCMessage *message,
                         const struct ek_wait *wait)
{
        int r = ek_link_queue_message(link, kind, message, wait);

        return r < 0 ? r : ek_link_flush(link, wait);
}

int ek_link_queue_descriptors(struct ek_link *link, const int *descriptors, size_t count,
                              const struct ek_wait *wait)
{
        uint8_t payload[EK_DESCRIPTORS_PAYLOAD_MAX];
        size_t size;
        int r;

        if (count == 0 || count > EK_DESCRIPTORS_MAX || link->is_file)
                return EKIDEN_EINVAL;
        /* They travel with the first byte that is sent: so there can be one group at a time, and
           its frame must find room beside the bytes that are queued. */
        if (link->out_descriptor_count > 0 ||
            link->out_size + EK_FRAME_HEADER_SIZE + sizeof(payload) > EK_LINK_QUEUE_SIZE) {
                r = ek_link_flush(link, wait);
                if (r < 0)
                        return r;
        }
        size = ek_descriptors_describe(payload, descriptors, count);
        if (size == 0)
                return EKIDEN_EINVAL;
        memcpy(link->out_descriptors, descriptors, count * sizeof(*descriptors));
        link->out_descriptor_count = count;
        return ek_link_queue(link, EKIDEN__FRAME_KIND__DESCRIPTORS, payload, size, wait);
}

int ek_link_send_descriptors(struct ek_link *link, const int *descriptors, size_t count,
                             const struct ek_wait *wait)
{
        int r = ek_link_queue_descriptors(link, descriptors, count, wait);

        return r < 0 ? r : ek_link_flush(link, wait);
}
