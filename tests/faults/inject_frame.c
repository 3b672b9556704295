/* SPDX-License-Identifier: MIT */
/*
 * Frames, as they go through sendmsg(): each counts as a call of its own, by its kind. One can be
 * lost, delayed, cut in the middle (and the socket shut down), or have a bit flipped.
 *
 * A frame is known by its header (wire/frame.h), and the library passes whole headers to its first
 * sendmsg(). What was sent in part is remembered for each descriptor until it is closed.
 */
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "ekiden/handover.pb-c.h"
#include "inject.h"
#include "wire/frame.h"

#define FLAT_SIZE (4 << 20) /* bytes */
#define DESCRIPTORS 256
#define ROOM_MS 1000 /* for the peer to read something */

/* The frame that a descriptor is in the middle of. */
static struct stream {
        size_t left; /* bytes of it that have not been sent */
        uint16_t kind;
} streams[DESCRIPTORS];

static uint8_t flat[FLAT_SIZE];

void inject_frames_closed(int fd)
{
        if (fd >= 0 && fd < DESCRIPTORS)
                streams[fd] = (struct stream){0};
}

static size_t flatten(const struct msghdr *message)
{
        size_t size = 0;

        for (size_t i = 0; i < message->msg_iovlen; i++) {
                const struct iovec *part = &message->msg_iov[i];

                if (part->iov_len > FLAT_SIZE - size)
                        return 0;
                memcpy(flat + size, part->iov_base, part->iov_len);
                size += part->iov_len;
        }
        return size;
}

/* At the beginning of a frame. */
static void begin(struct stream *stream, const uint8_t *header)
{
        uint32_t length;

        memcpy(&length, header, sizeof(length));
        memcpy(&stream->kind, header + 4, sizeof(stream->kind));
        stream->left = EK_FRAME_HEADER_SIZE + length;
}

/* The socket has all of a frame. */
static void note(struct plan *plan, enum plan_role role, uint16_t kind)
{
        bool is_child = role == ROLE_CHILD || role == ROLE_CHILD_SUCCESSOR;

        if (kind == EKIDEN__FRAME_KIND__COMMIT)
                *(is_child ? &plan->is_child_committed : &plan->is_committed) = 1;
        else if (kind == EKIDEN__FRAME_KIND__TAKEN && is_child)
                plan->is_child_taken = 1;
        else if (kind == EKIDEN__FRAME_KIND__TAKEN)
                *(role == ROLE_RETURNED ? &plan->is_returned : &plan->is_taken) = 1;
}

/* The socket has taken `size` bytes. */
static void advance(struct plan *plan, enum plan_role role, struct stream *stream, size_t size)
{
        for (size_t at = 0; at < size;) {
                size_t step;

                if (stream->left == 0) {
                        begin(stream, flat + at);
                        if (stream->kind < FRAME_KINDS)
                                plan->counts[role][FRAME_FIRST + stream->kind]++;
                }
                step = stream->left < size - at ? stream->left : size - at;
                stream->left -= step;
                at += step;
                if (stream->left == 0)
                        note(plan, role, stream->kind);
        }
}

/* Where in these bytes the frame is that the plan is for: its size, or 0. */
static size_t find(const struct plan *plan, enum plan_role role, struct stream stream, size_t size,
                   size_t *ret_offset)
{
        unsigned int count;

        if (plan->role != role || plan->place < FRAME_FIRST)
                return 0;
        count = plan->counts[role][plan->place];
        for (size_t at = stream.left; at < size; at += stream.left) {
                begin(&stream, flat + at);
                if (FRAME_FIRST + (unsigned int)stream.kind == plan->place &&
                    ++count == plan->count) {
                        *ret_offset = at;
                        return stream.left < size - at ? stream.left : size - at;
                }
        }
        return 0;
}

static bool begins_with(uint16_t kind, struct stream stream, size_t size)
{
        if (stream.left > 0 || size < EK_FRAME_HEADER_SIZE)
                return false;
        begin(&stream, flat);
        return stream.kind == kind;
}

ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);
int __real_shutdown(int fd, int how);
int __real_poll(struct pollfd *sources, nfds_t count, int timeout_ms);

/* Those bytes but for `lost` of them, from an offset on. */
static ssize_t send_without(int fd, const struct msghdr *message, size_t size, int flags,
                            size_t offset, size_t lost)
{
        struct iovec parts[2] = {{flat, offset}, {flat + offset + lost, size - offset - lost}};
        struct msghdr copy = *message;

        copy.msg_iov = parts;
        copy.msg_iovlen = 2;
        return size > lost ? __real_sendmsg(fd, &copy, flags) : 0;
}

static ssize_t send_flat(int fd, const struct msghdr *message, size_t size, int flags)
{
        return send_without(fd, message, size, flags, size, 0);
}

/* All of it: what is sent again would be the caller's, without what was done to it here. */
static ssize_t send_altered(int fd, const struct msghdr *message, size_t size, int flags)
{
        struct pollfd room = {.fd = fd, .events = POLLOUT};
        size_t sent = 0;

        while (sent < size) {
                struct msghdr copy = *message;
                struct iovec part = {flat + sent, size - sent};
                ssize_t n;

                copy.msg_iov = &part;
                copy.msg_iovlen = 1;
                if (sent > 0)
                        copy.msg_controllen = 0; /* descriptors go with the first byte */
                n = __real_sendmsg(fd, &copy, flags);
                if (n < 0 && (errno != EAGAIN || __real_poll(&room, 1, ROOM_MS) != 1))
                        return n;
                sent += n > 0 ? (size_t)n : 0;
        }
        return (ssize_t)size;
}

/* All is said to have been sent, and what was not sent is lost. */
static ssize_t strike(struct plan *plan, int fd, const struct msghdr *message, int flags,
                      size_t size, size_t offset, size_t frame)
{
        struct stream forged;

        inject_struck(plan);
        switch (plan->fault) {
        case FAULT_LOST:
                send_without(fd, message, size, flags, offset, frame);
                break;
        case FAULT_CUT:
                send_flat(fd, message, offset + frame / 2, flags);
                __real_shutdown(fd, SHUT_RDWR);
                break;
        case FAULT_FLIPPED:
                flat[offset + frame - 1] ^= 4; /* of what a value is, not of how it is told */
                return send_altered(fd, message, size, flags);
        case FAULT_FORGED:
                flat[offset + frame - 1] ^= 4;
                begin(&forged, flat + offset);
                ek_frame_header_write(flat + offset, forged.kind,
                                      flat + offset + EK_FRAME_HEADER_SIZE,
                                      frame - EK_FRAME_HEADER_SIZE);
                return send_altered(fd, message, size, flags);
        default:
                inject_sleep(plan->sleep_ms);
                return send_flat(fd, message, size, flags);
        }
        return (ssize_t)size;
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
        struct stream none = {0};
        struct stream *stream = fd < DESCRIPTORS ? &streams[fd] : &none;
        enum plan_role role;
        struct plan *plan = inject_plan(&role);
        size_t size, frame, offset = 0;
        bool is_short;
        ssize_t n;

        if (!plan)
                return __real_sendmsg(fd, message, flags);
        if (inject_at_moving(CALL_sendmsg, &is_short)) {
                inject_broken(fd);
                return -1;
        }
        size = flatten(message);
        if (plan->late_ms > 0 && begins_with(EKIDEN__FRAME_KIND__TAKEN, *stream, size))
                inject_sleep(plan->late_ms);
        frame = find(plan, role, *stream, size, &offset);
        if (is_short)
                n = send_flat(fd, message, 1, flags);
        else if (frame > 0)
                n = strike(plan, fd, message, flags, size, offset, frame);
        else
                n = __real_sendmsg(fd, message, flags);
        if (n > 0 && size > 0)
                advance(plan, role, stream, (size_t)n);
        return n;
}
