/* SPDX-License-Identifier: MIT */
/* A link, and its receiving side. Sending is in send.c, waiting in wait.c. */
#include "wire/link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "secret.h"
#include "wire/cleanup.h"
#include "wire/descriptors.h"
#include "wire/link_private.h"
#include "wire/message.h"
#include "wire/own.h"

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
        link->fd = ek_own(ek_steal_fd(&fd));
        link->payload_max = EK_FRAME_PAYLOAD_MAX;
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
        ek_own_close(&link->fd);
        ek_secret_free(link->is_secret, link->in, link->in_capacity);
        ek_secret_free(link->is_secret, link, sizeof(*link));
        return NULL;
}

void ek_link_after_fork(struct ek_link *link)
{
        if (link && ek_waiter_after_fork(link->waiter) < 0)
                link->waiter = NULL; /* it is lost: to free it would be felt in the parent */
}

void ek_link_limit(struct ek_link *link, uint32_t payload_max_bytes)
{
        link->payload_max = payload_max_bytes;
}

void ek_link_keep_secret(struct ek_link *link)
{
        if (link)
                link->is_secret = true;
}

bool ek_link_is_torn(const struct ek_link *link)
{
        return link->is_torn;
}

int ek_link_identify(struct ek_link *link)
{
        static const int on = 1;

        return setsockopt(link->fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ? EKIDEN_ESYSTEM
                                                                                  : 0;
}

pid_t ek_link_sender(const struct ek_link *link)
{
        return link->sender;
}

bool ek_link_sender_user(const struct ek_link *link, uid_t *ret_user)
{
        if (link->sender == 0 || link->is_of_several)
                return false;
        *ret_user = link->sender_user;
        return true;
}

int ek_link_socket(const struct ek_link *link)
{
        return link->fd;
}

uint64_t ek_link_received(const struct ek_link *link)
{
        return link->received;
}

size_t ek_link_untaken(const struct ek_link *link)
{
        return link->reads_on ? 0 : link->descriptor_count;
}

int ek_link_is_closed(const struct ek_link *link)
{
        struct pollfd peer = {.fd = link->fd, .events = POLLRDHUP};

        return poll(&peer, 1, 0) > 0;
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
        grown = ek_secret_realloc(link->is_secret, link->in, link->in_capacity, capacity);
        if (!grown)
                return EKIDEN_ENOMEM;
        link->in = grown;
        link->in_capacity = capacity;
        return 0;
}

static void note_sender(struct ek_link *link, struct msghdr *message)
{
        struct ucred sender;

        if (!ek_descriptors_sender(message, &sender)) {
                link->is_of_several = true;
                return;
        }
        if (link->sender != 0 && sender.uid != link->sender_user)
                link->is_of_several = true;
        link->sender = sender.pid;
        link->sender_user = sender.uid;
}

/* What comes on a socket, and descriptors beside it: as read_some(). */
static int read_socket(struct ek_link *link, struct iovec *room)
{
        union ek_descriptor_control control;
        struct msghdr message = {.msg_iov = room, .msg_iovlen = 1};
        ssize_t n;
        int r;

        do {
                message.msg_control = control.bytes;
                message.msg_controllen = sizeof(control.bytes);
                n = recvmsg(link->fd, &message, MSG_CMSG_CLOEXEC);
        } while (n < 0 && errno == EINTR);
        if (n < 0)
                return errno == EAGAIN       ? EKIDEN_ETIMEOUT
                       : errno == ECONNRESET ? EKIDEN_EPEER
                                             : EKIDEN_ESYSTEM;
        if (n > 0)
                note_sender(link, &message);
        r = ek_descriptors_collect(&message, link->descriptors, &link->descriptor_count,
                                   EK_LINK_DESCRIPTORS_HELD);
        if (r < 0)
                return r;
        return n == 0 ? EKIDEN_EPEER : (int)n;
}

/* Reads once: number of bytes, or an error; ETIMEOUT: nothing there. */
static int read_some(struct ek_link *link)
{
        struct iovec room;
        int n = make_room(link);

        if (n < 0)
                return n;
        room = (struct iovec){link->in + link->in_end, link->in_capacity - link->in_end};
        n = link->is_file ? ek_link_read_file(link, &room) : read_socket(link, &room);
        if (n < 0)
                return n;
        link->in_end += (size_t)n;
        link->received += (uint64_t)n;
        return n;
}

/* The next frame, if all of it is in the buffer: 1; otherwise 0, or an error. */
static int parse(struct ek_link *link, struct ek_frame *ret_frame)
{
        struct ek_frame_header header;
        size_t held = link->in_end - link->in_start;
        const uint8_t *start;
        int r;

        if (held < EK_FRAME_HEADER_SIZE)
                return 0;
        start = link->in + link->in_start;
        r = ek_frame_header_read(start, &header);
        if (r == 0 && header.length > link->payload_max)
                r = EKIDEN_ELIMIT;
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
                /* What the peer waits for goes out first. One that has closed may still have left
                   something to read. */
                r = ek_link_flush(link, wait);
                if (r < 0 && r != EKIDEN_EPEER)
                        return r;
                /* On one processor the peer may have run, and answered, already. */
                r = read_some(link);
                if (r == EKIDEN_ETIMEOUT)
                        r = ek_link_wait(link, UV_READABLE, wait);
                if (r < 0)
                        return r;
        }
}

void ek_link_unreceive(struct ek_link *link, const struct ek_frame *frame)
{
        link->in_start -= EK_FRAME_HEADER_SIZE + frame->size;
}

void ek_link_read_on(struct ek_link *link, bool reads_on)
{
        link->reads_on = reads_on;
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
