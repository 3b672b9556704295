/* SPDX-License-Identifier: MIT */
/* See peer.h. */
#include "peer.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <uv.h>

#include <ekiden/start.h>

#include "ekiden/handover.pb-c.h"
#include "utf8.h"
#include "wire/descriptors.h"

#define SOCKET_BUFFER (8 << 20) /* bytes */

int peer_next(const uint8_t *data, size_t size, size_t *offset, struct ek_frame *ret_frame)
{
        struct ek_frame_header header;
        size_t left = size - *offset;

        if (left < EK_FRAME_HEADER_SIZE || ek_frame_header_read(data + *offset, &header) < 0 ||
            left - EK_FRAME_HEADER_SIZE < header.length)
                return 0;
        *ret_frame = (struct ek_frame){
                .kind = header.kind,
                .payload = data + *offset + EK_FRAME_HEADER_SIZE,
                .size = header.length,
        };
        *offset += EK_FRAME_HEADER_SIZE + header.length;
        return 1;
}

int peer_says(const uint8_t *data, size_t size, uint16_t kind)
{
        struct ek_frame frame;
        size_t offset = 0;

        while (peer_next(data, size, &offset, &frame))
                if (frame.kind == kind)
                        return 1;
        return 0;
}

size_t peer_item_end(const uint8_t *data, size_t size, size_t offset)
{
        struct ek_frame frame;

        while (peer_next(data, size, &offset, &frame))
                if (frame.kind == EKIDEN__FRAME_KIND__END ||
                    frame.kind == EKIDEN__FRAME_KIND__ABSENT)
                        return offset;
        return size;
}

void peer_sockets(int *ret_ours, int *ret_peers)
{
        static const int size = SOCKET_BUFFER;
        int ends[2];

        expect(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
        for (int i = 0; i < 2; i++)
                if (setsockopt(ends[i], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
                        (void)setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
        *ret_ours = ends[0];
        *ret_peers = ends[1];
}

/* How many descriptors a frame announces. */
static size_t announced(const struct ek_frame *frame)
{
        Ekiden__Descriptors *message =
                ekiden__descriptors__unpack(NULL, frame->size, frame->payload);
        size_t count = message ? message->close_on_exec.len : 1;

        if (message)
                ekiden__descriptors__free_unpacked(message, NULL);
        return count < EK_DESCRIPTORS_MAX ? count : EK_DESCRIPTORS_MAX;
}

/* What the socket has no room for is lost: the stream ends there. */
static void put(int peer, const uint8_t *bytes, size_t size, const int *descriptors, size_t count)
{
        union ek_descriptor_control control;
        struct iovec part = {(void *)(uintptr_t)bytes, size};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

        if (size == 0)
                return;
        if (count > 0)
                ek_descriptors_attach(&message, &control, descriptors, count);
        (void)sendmsg(peer, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void peer_send(int peer, const uint8_t *data, size_t size)
{
        int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
        int descriptors[EK_DESCRIPTORS_MAX];
        struct ek_frame frame;
        size_t offset = 0, begin = 0, before = 0;

        for (size_t i = 0; i < EK_DESCRIPTORS_MAX; i++)
                descriptors[i] = nothing;
        for (; peer_next(data, size, &offset, &frame); before = offset) {
                if (frame.kind != EKIDEN__FRAME_KIND__DESCRIPTORS)
                        continue;
                put(peer, data + begin, before - begin, NULL, 0);
                put(peer, data + before, offset - before, descriptors, announced(&frame));
                begin = offset;
        }
        put(peer, data + begin, size - begin, NULL, 0);
        close(nothing);
}

void peer_end(int peer)
{
        shutdown(peer, SHUT_WR);
}

static void tell(void *data, enum ekiden_log_level level, const char *message)
{
        (void)data;
        (void)level;
        fprintf(stderr, "%s\n", message);
}

static void begin(void)
{
        uv_loop_t loop;

        /* The first loop of a process opens a pipe that stays. */
        expect(uv_loop_init(&loop) == 0 && uv_loop_close(&loop) == 0);
        if (getenv("EKIDEN_FUZZ_TELL"))
                ekiden_set_log(tell, NULL);
}

int open_descriptors(void)
{
        static struct pollfd numbers[1024];
        static bool is_begun;
        int open = 0;

        if (!is_begun)
                begin();
        is_begun = true;
        for (int i = 0; i < 1024; i++)
                numbers[i] = (struct pollfd){.fd = i};
        expect(poll(numbers, 1024, 0) >= 0);
        for (int i = 0; i < 1024; i++)
                open += !(numbers[i].revents & POLLNVAL);
        return open;
}

static void expect_text(const char *text, size_t size)
{
        size_t left = strnlen(text, size);

        expect(left < size);
        while (left > 0) {
                size_t length = ek_utf8_character((const uint8_t *)text, left);

                expect(length > 0 && (unsigned char)*text >= ' ' && *text != 0x7f);
                text += length;
                left -= length;
        }
}

void expect_told(const struct ekiden_error *error, int code)
{
        if (getenv("EKIDEN_FUZZ_TELL"))
                fprintf(stderr, "%s, item \"%s\": %s\n", ekiden_error_name(error->code),
                        error->item, error->sentence);
        expect(error->code == code);
        expect(error->sentence[0]);
        expect_text(error->sentence, sizeof(error->sentence));
        expect_text(error->item, sizeof(error->item));
        expect_text(error->field, sizeof(error->field));
}
