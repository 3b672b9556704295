/* SPDX-License-Identifier: MIT */
/* Frames over a socket: buffers, partial reads and writes. Waiting itself is in wait.c. */
#include "wire/link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "wire/cleanup.h"
#include "wire/clock.h"
#include "wire/descriptors.h"
#include "wire/link_private.h"
#include "wire/message.h"

#define READ_AHEAD (UINT32_C(64) << 10) /* bytes of room in front of each read */

int ek_link_new(int socket, struct ek_link **ret_link)
{
        ek_auto_close int fd = socket;
        struct ek_link *link;
        int flags = fcntl(fd, F_GETFL);

        if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
                return EKIDEN_ESYSTEM;
        link = calloc(1, sizeof(*link));
        if (!link)
                return EKIDEN_ENOMEM;
        link->fd = ek_steal_fd(&fd);
        *ret_link = link;
        return 0;
}

struct ek_link *ek_link_free(struct ek_link *link)
{
        if (!link)
                return NULL;
        for (size_t i = 0; i < link->descriptor_count; i++)
                close(link->descriptors[i]);
        ek_waiter_free(link->waiter);
        close(link->fd);
        free(link->in);
        free(link);
        return NULL;
}

int ek_link_socket(const struct ek_link *link)
{
        return link->fd;
}

size_t ek_link_untaken(const struct ek_link *link)
{
        return link->descriptor_count;
}

int ek_link_is_closed(const struct ek_link *link)
{
        uint8_t byte;
        ssize_t n = recv(link->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

        return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

/* One sendmsg() of what is left; descriptors travel with the first byte. */
static ssize_t send_some(struct ek_link *link, struct iovec *parts, const int *descriptors,
                         size_t descriptor_count)
{
        union ek_descriptor_control control;
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

        if (descriptor_count > 0)
                ek_descriptors_attach(&message, &control, descriptors, descriptor_count);
        return sendmsg(link->fd, &message, MSG_NOSIGNAL);
}

static void advance(struct iovec *parts, size_t n)
{
        for (int i = 0; i < 2; i++) {
                size_t step = n < parts[i].iov_len ? n : parts[i].iov_len;

                parts[i].iov_base = (uint8_t *)parts[i].iov_base + step;
                parts[i].iov_len -= step;
                n -= step;
        }
}

static int send_frame(struct ek_link *link, uint16_t kind, const void *payload, size_t size,
                      const int *descriptors, size_t descriptor_count, const struct ek_wait *wait)
{
        uint8_t header[EK_FRAME_HEADER_SIZE];
        struct iovec parts[2] = {
                {header, sizeof(header)},
                {(void *)(uintptr_t)payload, size},
        };

        if (size > EK_FRAME_PAYLOAD_MAX)
                return EKIDEN_ELIMIT;
        ek_frame_header_write(header, kind, payload, size);
        while (parts[0].iov_len + parts[1].iov_len > 0) {
                ssize_t n = send_some(link, parts, descriptors, descriptor_count);
                int r;

                if (n > 0) {
                        descriptor_count = 0;
                        advance(parts, (size_t)n);
                        continue;
                }
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
                        return EKIDEN_EPEER;
                if (n < 0 && errno != EAGAIN)
                        return EKIDEN_ESYSTEM;
                r = ek_link_wait(link, UV_WRITABLE, wait);
                if (r < 0)
                        return r;
        }
        return 0;
}

int ek_link_send(struct ek_link *link, uint16_t kind, const void *payload, size_t size_bytes,
                 const struct ek_wait *wait)
{
        return send_frame(link, kind, payload, size_bytes, NULL, 0, wait);
}

int ek_link_send_message(struct ek_link *link, uint16_t kind, const ProtobufCMessage *message,
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
        return send_frame(link, kind, payload, size, NULL, 0, wait);
}

int ek_link_send_descriptors(struct ek_link *link, const int *descriptors, size_t count,
                             const struct ek_wait *wait)
{
        uint8_t payload[EK_DESCRIPTORS_PAYLOAD_MAX];
        size_t size;

        if (count == 0 || count > EK_DESCRIPTORS_MAX)
                return EKIDEN_EINVAL;
        size = ek_descriptors_describe(payload, descriptors, count);
        return send_frame(link, EKIDEN__FRAME_KIND__DESCRIPTORS, payload, size, descriptors, count,
                          wait);
}

/* Room for at least one more byte. A length is not believed: memory grows as bytes arrive. */
static int make_room(struct ek_link *link)
{
        size_t held = link->in_end - link->in_start;
        size_t capacity;
        uint8_t *grown;

        if (held == 0)
                link->in_start = link->in_end = 0;
        if (link->in_capacity - link->in_end >= READ_AHEAD / 2)
                return 0;
        if (link->in_start > 0) {
                memmove(link->in, link->in + link->in_start, held);
                link->in_start = 0;
                link->in_end = held;
        }
        if (link->in_capacity - held >= READ_AHEAD / 2)
                return 0;
        capacity = link->in_capacity > 0 ? link->in_capacity * 2 : READ_AHEAD;
        grown = realloc(link->in, capacity);
        if (!grown)
                return EKIDEN_ENOMEM;
        link->in = grown;
        link->in_capacity = capacity;
        return 0;
}

/* Reads once: number of bytes, or an error; ETIMEOUT: nothing there. */
static int read_some(struct ek_link *link)
{
        union ek_descriptor_control control;
        struct iovec part;
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
        ssize_t n;
        int r = make_room(link);

        if (r < 0)
                return r;
        part = (struct iovec){link->in + link->in_end, link->in_capacity - link->in_end};
        do {
                message.msg_control = control.bytes;
                message.msg_controllen = sizeof(control.bytes);
                n = recvmsg(link->fd, &message, MSG_CMSG_CLOEXEC);
        } while (n < 0 && errno == EINTR);
        if (n < 0)
                return errno == EAGAIN       ? EKIDEN_ETIMEOUT
                       : errno == ECONNRESET ? EKIDEN_EPEER
                                             : EKIDEN_ESYSTEM;
        r = ek_descriptors_collect(&message, link->descriptors, &link->descriptor_count,
                                   EK_LINK_DESCRIPTORS_HELD);
        if (r < 0)
                return r;
        if (n == 0)
                return EKIDEN_EPEER;
        link->in_end += (size_t)n;
        return 1;
}

/* The next frame, if all of it is in the buffer: 1; otherwise 0, or an error. */
static int parse(struct ek_link *link, struct ek_frame *ret_frame)
{
        struct ek_frame_header header;
        size_t held = link->in_end - link->in_start;
        const uint8_t *start = link->in + link->in_start;
        int r;

        if (held < EK_FRAME_HEADER_SIZE)
                return 0;
        r = ek_frame_header_read(start, &header);
        if (r < 0)
                return r;
        if (held - EK_FRAME_HEADER_SIZE < header.length)
                return 0;
        r = ek_frame_verify(start, start + EK_FRAME_HEADER_SIZE);
        if (r < 0)
                return r;
        *ret_frame = (struct ek_frame){
                .kind = header.kind,
                .payload = start + EK_FRAME_HEADER_SIZE,
                .size = header.length,
        };
        link->in_start += EK_FRAME_HEADER_SIZE + header.length;
        return 1;
}

int ek_link_receive(struct ek_link *link, const struct ek_wait *wait, struct ek_frame *ret_frame)
{
        for (;;) {
                int r = parse(link, ret_frame);

                if (r != 0)
                        return r < 0 ? r : 0;
                r = read_some(link);
                if (r == EKIDEN_ETIMEOUT)
                        r = ek_link_wait(link, UV_READABLE, wait);
                if (r < 0)
                        return r;
        }
}

int ek_frame_message(const struct ek_frame *frame, const ProtobufCMessageDescriptor *descriptor,
                     ProtobufCMessage **ret_message)
{
        return ek_message_unpack(descriptor, NULL, frame->payload, frame->size, ret_message);
}

int ek_link_take_descriptors(struct ek_link *link, const struct ek_frame *frame,
                             int *ret_descriptors)
{
        int count = ek_descriptors_take(frame->payload, frame->size, link->descriptors,
                                        link->descriptor_count, ret_descriptors);

        if (count < 0)
                return count;
        link->descriptor_count -= (size_t)count;
        memmove(link->descriptors, link->descriptors + count,
                link->descriptor_count * sizeof(link->descriptors[0]));
        return count;
}
