/* SPDX-License-Identifier: MIT */
/* Frames over a socket that cuts them wherever it likes, or ends in the middle of one. */
#include "wire/link.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "open_descriptors.h"
#include "sockets.h"

#define KIND 9
#define BULK_SIZE ((size_t)3 << 20)

static const struct ek_wait patient = {.idle_ms = LONG_MS};
static const char text[] = "a payload of some length";

static void expect_text(const struct ek_frame *frame)
{
        cr_assert_eq(frame->kind, KIND);
        cr_assert_eq(frame->size, sizeof(text));
        cr_assert_arr_eq(frame->payload, text, sizeof(text));
}

LeakTest(link, frame_cut_at_any_byte_arrives_whole)
{
        uint8_t bytes[EK_FRAME_HEADER_SIZE + sizeof(text)];
        size_t size = frame_bytes(bytes, KIND, text, sizeof(text));
        struct ek_frame frame;
        int peer;
        struct ek_link *link = link_and_peer(&peer);

        for (size_t cut = 0; cut < size; cut++) {
                put(peer, bytes, cut);
                cr_assert_eq(ek_link_receive(link, NULL, &frame), EKIDEN_ETIMEOUT, "cut %zu", cut);
                put(peer, bytes + cut, size - cut);
                cr_assert_eq(ek_link_receive(link, NULL, &frame), 0, "cut at %zu", cut);
                expect_text(&frame);
        }
        close(peer);
        ek_link_free(link);
}

LeakTest(link, frame_arrives_byte_by_byte)
{
        uint8_t bytes[EK_FRAME_HEADER_SIZE + sizeof(text)];
        size_t size = frame_bytes(bytes, KIND, text, sizeof(text));
        struct ek_frame frame;
        int peer;
        struct ek_link *link = link_and_peer(&peer);

        for (size_t i = 0; i < size; i++) {
                cr_assert_eq(ek_link_receive(link, NULL, &frame), EKIDEN_ETIMEOUT);
                put(peer, bytes + i, 1);
        }
        cr_assert_eq(ek_link_receive(link, NULL, &frame), 0);
        expect_text(&frame);
        close(peer);
        ek_link_free(link);
}

LeakTest(link, frames_that_arrive_together_are_told_apart)
{
        uint8_t bytes[8 * (EK_FRAME_HEADER_SIZE + 8)];
        struct ek_frame frame;
        size_t size = 0;
        int peer;
        struct ek_link *link = link_and_peer(&peer);

        for (uint16_t i = 0; i < 8; i++)
                size += frame_bytes(bytes + size, i, "12345678", i);
        put(peer, bytes, size);
        close(peer);
        for (uint16_t i = 0; i < 8; i++) {
                cr_assert_eq(ek_link_receive(link, NULL, &frame), 0);
                cr_assert_eq(frame.kind, i);
                cr_assert_eq(frame.size, i);
                cr_assert_eq(memcmp(frame.payload, "12345678", i), 0);
        }
        cr_assert_eq(ek_link_receive(link, NULL, &frame), EKIDEN_EPEER);
        ek_link_free(link);
}

struct bulk {
        struct ek_link *link;
        const uint8_t *bytes;
        int result;
};

static void *send_bulk(void *data)
{
        struct bulk *bulk = data;

        bulk->result = 0;
        for (uint16_t i = 0; i < 3 && bulk->result == 0; i++)
                bulk->result =
                        ek_link_send(bulk->link, i, bulk->bytes + i, BULK_SIZE - i, &patient);
        return NULL;
}

/* 4608 bytes at a time, about: the kernel's smallest send buffer. Both directions at once. */
LeakTest(link, large_frames_pass_through_the_smallest_buffers)
{
        struct ek_link *links[2];
        struct bulk bulk[2];
        pthread_t threads[2];
        uint8_t *bytes = malloc(BULK_SIZE);
        struct ek_frame frame;
        int smallest = 1;

        for (size_t i = 0; i < BULK_SIZE; i++)
                bytes[i] = (uint8_t)(i * 31 + (i >> 11));
        two_links(links);
        for (int side = 0; side < 2; side++)
                cr_assert_eq(setsockopt(ek_link_socket(links[side]), SOL_SOCKET, SO_SNDBUF,
                                        &smallest, sizeof(smallest)),
                             0);
        for (int side = 0; side < 2; side++) {
                bulk[side] = (struct bulk){links[side], bytes, -1};
                cr_assert_eq(pthread_create(&threads[side], NULL, send_bulk, &bulk[side]), 0);
                for (uint16_t i = 0; i < 3; i++) {
                        cr_assert_eq(ek_link_receive(links[!side], &patient, &frame), 0);
                        cr_assert_eq(frame.kind, i);
                        cr_assert_eq(frame.size, BULK_SIZE - i);
                        cr_assert_eq(memcmp(frame.payload, bytes + i, frame.size), 0);
                }
                cr_assert_eq(pthread_join(threads[side], NULL), 0);
                cr_assert_eq(bulk[side].result, 0);
        }
        ek_link_free(links[0]);
        ek_link_free(links[1]);
        free(bytes);
}

/* Nothing leaves before a flush, a frame that is sent, or a read; and then in order. */
LeakTest(link, queued_frames_leave_together_and_in_order)
{
        struct ek_link *links[2];
        struct ek_frame frame;

        two_links(links);
        for (uint16_t way = 0; way < 3; way++) {
                for (uint16_t i = 0; i < 5; i++)
                        cr_assert_eq(ek_link_queue(links[0], i, "12345678", i, &patient), 0);
                cr_assert_eq(ek_link_receive(links[1], NULL, &frame), EKIDEN_ETIMEOUT);
                if (way == 0)
                        cr_assert_eq(ek_link_flush(links[0], &patient), 0);
                else if (way == 1)
                        cr_assert_eq(ek_link_send(links[0], 5, "12345678", 5, &patient), 0);
                else
                        cr_assert_eq(ek_link_receive(links[0], NULL, &frame), EKIDEN_ETIMEOUT);
                for (uint16_t i = 0; i < (way == 1 ? 6 : 5); i++) {
                        cr_assert_eq(ek_link_receive(links[1], NULL, &frame), 0);
                        cr_assert_eq(frame.kind, i);
                        cr_assert_eq(frame.size, i);
                        cr_assert_eq(memcmp(frame.payload, "12345678", i), 0);
                }
                cr_assert_eq(ek_link_receive(links[1], NULL, &frame), EKIDEN_ETIMEOUT);
        }
        ek_link_free(links[0]);
        ek_link_free(links[1]);
}

LeakTest(link, queue_takes_frames_of_any_size)
{
        static uint8_t bytes[10000];
        struct ek_link *links[2];
        struct ek_frame frame;

        for (size_t i = 0; i < sizeof(bytes); i++)
                bytes[i] = (uint8_t)(i * 7);
        two_links(links);
        for (size_t size = 1; size < sizeof(bytes); size += 97) {
                cr_assert_eq(ek_link_queue(links[0], 1, "small", 5, &patient), 0);
                cr_assert_eq(ek_link_queue(links[0], 2, bytes, size, &patient), 0);
                cr_assert_eq(ek_link_queue(links[0], 3, bytes, size / 3, &patient), 0);
                cr_assert_eq(ek_link_flush(links[0], &patient), 0);
                for (uint16_t kind = 1; kind <= 3; kind++) {
                        cr_assert_eq(ek_link_receive(links[1], NULL, &frame), 0);
                        cr_assert_eq(frame.kind, kind);
                        cr_assert_eq(frame.size, kind == 1 ? 5 : kind == 2 ? size : size / 3);
                        cr_assert_eq(memcmp(frame.payload, kind == 1 ? (void *)"small" : bytes,
                                            frame.size),
                                     0);
                }
        }
        ek_link_free(links[0]);
        ek_link_free(links[1]);
}

LeakTest(link, peer_that_closes_at_any_byte_is_gone)
{
        uint8_t bytes[EK_FRAME_HEADER_SIZE + sizeof(text)];
        size_t size = frame_bytes(bytes, KIND, text, sizeof(text));

        for (size_t cut = 0; cut < size; cut++) {
                struct ek_frame frame;
                int peer;
                struct ek_link *link = link_and_peer(&peer);

                put(peer, bytes, cut);
                close(peer);
                cr_assert_eq(ek_link_receive(link, &patient, &frame), EKIDEN_EPEER, "cut %zu", cut);
                ek_link_free(link);
        }
}

/* However it is cut, what is no frame is not taken for one. */
LeakTest(link, garbage_is_refused)
{
        unsigned short seed[3] = {2, 3, 5};

        for (int round = 0; round < 2000; round++) {
                uint8_t bytes[64];
                struct ek_frame frame;
                int peer, r;
                struct ek_link *link = link_and_peer(&peer);

                for (size_t i = 0; i < sizeof(bytes); i++)
                        bytes[i] = (uint8_t)nrand48(seed);
                if (round % 2)
                        bytes[1] = bytes[2] = bytes[3] = bytes[6] = bytes[7] = 0;
                put(peer, bytes, sizeof(bytes));
                close(peer);
                r = ek_link_receive(link, &patient, &frame);
                cr_assert(r == EKIDEN_EPROTOCOL || r == EKIDEN_ELIMIT || r == EKIDEN_EPEER,
                          "round %d gave %d", round, r);
                ek_link_free(link);
        }
}

LeakTest(link, length_over_the_limit_is_refused_before_its_bytes_come)
{
        uint8_t header[EK_FRAME_HEADER_SIZE] = {1, 0, 0, 4, KIND};
        struct ek_frame frame;
        int peer;
        struct ek_link *link = link_and_peer(&peer);

        put(peer, header, sizeof(header));
        cr_assert_eq(ek_link_receive(link, NULL, &frame), EKIDEN_ELIMIT);
        close(peer);
        ek_link_free(link);
}

LeakTest(link, payload_over_the_limit_is_not_sent)
{
        uint8_t byte;
        int peer;
        struct ek_link *link = link_and_peer(&peer);

        cr_assert_eq(ek_link_send(link, KIND, text, (size_t)EK_FRAME_PAYLOAD_MAX + 1, &patient),
                     EKIDEN_ELIMIT);
        cr_assert_eq(recv(peer, &byte, 1, MSG_DONTWAIT), -1);
        cr_assert_eq(errno, EAGAIN);
        close(peer);
        ek_link_free(link);
}

/* SIGPIPE has its default disposition here: it would end the test. */
LeakTest(link, sending_to_a_closed_peer_is_an_error_without_a_signal)
{
        int peer;
        struct ek_link *link = link_and_peer(&peer);

        close(peer);
        cr_assert_eq(ek_link_send(link, KIND, text, sizeof(text), &patient), EKIDEN_EPEER);
        ek_link_free(link);
}

LeakTest(link, is_closed_once_the_peer_has_closed_whatever_is_unread)
{
        uint8_t bytes[EK_FRAME_HEADER_SIZE];
        struct ek_frame frame;
        int peer;
        struct ek_link *link = link_and_peer(&peer);

        cr_assert_not(ek_link_is_closed(link));
        put(peer, bytes, frame_bytes(bytes, KIND, NULL, 0));
        cr_assert_not(ek_link_is_closed(link), "it only talks");
        close(peer);
        cr_assert(ek_link_is_closed(link));
        cr_assert_eq(ek_link_receive(link, NULL, &frame), 0, "what it said last is there");
        cr_assert_eq(frame.size, 0);
        cr_assert(ek_link_is_closed(link));
        ek_link_free(link);
}

LeakTest(link, consumes_its_socket_on_failure_too)
{
        struct ek_link *link = NULL;
        int fd = open("/dev/null", O_PATH | O_CLOEXEC); /* fcntl(F_SETFL) refuses it */

        cr_assert_geq(fd, 0);
        cr_assert_eq(ek_link_new(fd, &link), EKIDEN_ESYSTEM);
        cr_assert_null(link);
        cr_assert_eq(fcntl(fd, F_GETFD), -1);
        cr_assert_null(ek_link_free(NULL));
}

/* What was queued before leaves first, for whatever is held back may be forgotten. */
LeakTest(link, what_is_held_back_leaves_later_or_never)
{
        static const uint8_t large[64 << 10];
        struct ek_frame frame;
        struct ek_link *links[2];

        two_links(links);
        for (int is_kept = 0; is_kept < 2; is_kept++) {
                cr_assert_eq(ek_link_queue(links[0], KIND, text, sizeof(text), NULL), 0);
                cr_assert_eq(ek_link_hold(links[0], NULL), 0);
                cr_assert_eq(ek_link_receive(links[1], NULL, &frame), 0);
                expect_text(&frame);
                cr_assert_eq(ek_link_queue(links[0], KIND, text, sizeof(text), NULL), 0);
                cr_assert_eq(ek_link_flush(links[0], NULL), EKIDEN_ELIMIT);
                cr_assert_eq(ek_link_queue(links[0], KIND, large, sizeof(large), NULL),
                             EKIDEN_ELIMIT);
                ek_link_let_go(links[0], is_kept);
                cr_assert_eq(ek_link_flush(links[0], NULL), 0);
                cr_assert_eq(ek_link_receive(links[1], NULL, &frame),
                             is_kept ? 0 : EKIDEN_ETIMEOUT);
        }
        expect_text(&frame);
        ek_link_free(links[0]);
        ek_link_free(links[1]);
}

LeakTest(link, a_frame_that_is_put_back_is_received_again)
{
        struct ek_frame frame;
        struct ek_link *links[2];

        two_links(links);
        cr_assert_eq(ek_link_send(links[0], KIND, text, sizeof(text), NULL), 0);
        for (int i = 0; i < 2; i++) {
                cr_assert_eq(ek_link_receive(links[1], NULL, &frame), 0);
                expect_text(&frame);
                if (i == 0)
                        ek_link_unreceive(links[1], &frame);
        }
        cr_assert_eq(ek_link_receive(links[1], NULL, &frame), EKIDEN_ETIMEOUT);
        ek_link_free(links[0]);
        ek_link_free(links[1]);
}
