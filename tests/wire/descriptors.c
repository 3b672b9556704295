/* SPDX-License-Identifier: MIT */
/* Descriptors in any number arrive in order; none leaks, whatever fails. */
#include "wire/descriptors.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>

#include "ekiden/handover.pb-c.h"
#include "open_descriptors.h"
#include "sockets.h"

static const struct ek_wait patient = {.idle_ms = LONG_MS};

/* Counters whose value says which they are. */
static void make_counters(int *fds, unsigned int first, unsigned int count)
{
        for (unsigned int i = 0; i < count; i++) {
                fds[i] = eventfd(first + i, EFD_CLOEXEC | EFD_NONBLOCK);
                cr_assert_geq(fds[i], 0);
        }
}

static void close_all(const int *fds, unsigned int count)
{
        for (unsigned int i = 0; i < count; i++)
                close(fds[i]);
}

static void expect_counters(const int *fds, unsigned int first, unsigned int count)
{
        for (unsigned int i = 0; i < count; i++) {
                eventfd_t value;

                cr_assert_eq(eventfd_read(fds[i], &value), 0);
                cr_assert_eq(value, first + i, "place %u holds %u", i, (unsigned int)value);
        }
}

LeakTest(descriptors, of_every_count_up_to_253_arrive_in_order)
{
        int sent[EK_DESCRIPTORS_MAX], received[EK_DESCRIPTORS_MAX];
        struct ek_link *links[2];
        struct ek_frame frame;

        two_links(links);
        for (unsigned int count = 1; count <= EK_DESCRIPTORS_MAX; count += count < 8 ? 1 : 49) {
                make_counters(sent, 1, count);
                cr_assert_eq(ek_link_send_descriptors(links[0], sent, count, &patient), 0);
                close_all(sent, count);
                cr_assert_eq(ek_link_receive(links[1], &patient, &frame), 0);
                cr_assert_eq(ek_link_take_descriptors(links[1], &frame, received), (int)count);
                expect_counters(received, 1, count);
                close_all(received, count);
        }
        cr_assert_eq(ek_link_send_descriptors(links[0], sent, 0, &patient), EKIDEN_EINVAL);
        cr_assert_eq(ek_link_send_descriptors(links[0], sent, EK_DESCRIPTORS_MAX + 1, &patient),
                     EKIDEN_EINVAL);
        ek_link_free(links[0]);
        ek_link_free(links[1]);
}

LeakTest(descriptors, of_253_fit_one_frame)
{
        int sent[EK_DESCRIPTORS_MAX], received[EK_DESCRIPTORS_MAX];
        struct ek_link *links[2];
        struct ek_frame frame;

        two_links(links);
        make_counters(sent, 1, EK_DESCRIPTORS_MAX);
        cr_assert_eq(ek_link_send_descriptors(links[0], sent, EK_DESCRIPTORS_MAX, &patient), 0);
        close_all(sent, EK_DESCRIPTORS_MAX);
        cr_assert_eq(ek_link_receive(links[1], &patient, &frame), 0);
        cr_assert_eq(ek_link_take_descriptors(links[1], &frame, received), EK_DESCRIPTORS_MAX);
        expect_counters(received, 1, EK_DESCRIPTORS_MAX);
        close_all(received, EK_DESCRIPTORS_MAX);
        ek_link_free(links[0]);
        ek_link_free(links[1]);
}

/* A read may run ahead of the frame in hand: its descriptors wait for their own frame. */
LeakTest(descriptors, of_frames_that_lie_together_stay_with_their_frame)
{
        int sent[6], received[EK_DESCRIPTORS_MAX];
        struct ek_link *links[2];
        struct ek_frame frame;

        two_links(links);
        make_counters(sent, 1, 6);
        for (int i = 0; i < 3; i++)
                cr_assert_eq(ek_link_send_descriptors(links[0], sent + 2 * i, 2, &patient), 0);
        close_all(sent, 6);
        for (unsigned int i = 0; i < 3; i++) {
                cr_assert_eq(ek_link_receive(links[1], &patient, &frame), 0);
                cr_assert_eq(ek_link_take_descriptors(links[1], &frame, received), 2);
                expect_counters(received, 1 + 2 * i, 2);
                close_all(received, 2);
        }
        ek_link_free(links[0]);
        ek_link_free(links[1]);
}

LeakTest(descriptors, that_nobody_takes_are_bounded_and_closed)
{
        int sent[EK_DESCRIPTORS_MAX];
        struct ek_link *links[2];
        struct ek_frame frame;
        int r = 0, rounds = 0;

        two_links(links);
        make_counters(sent, 1, EK_DESCRIPTORS_MAX);
        for (; r == 0 && rounds < 10; rounds++) {
                cr_assert_eq(ek_link_send_descriptors(links[0], sent, EK_DESCRIPTORS_MAX, &patient),
                             0);
                r = ek_link_receive(links[1], &patient, &frame);
        }
        close_all(sent, EK_DESCRIPTORS_MAX);
        cr_assert_eq(r, EKIDEN_EPROTOCOL);
        cr_assert_eq(rounds, 3);
        ek_link_free(links[0]);
        ek_link_free(links[1]);
}

/* A DESCRIPTORS frame that announces `announced`, with `attached` descriptors beside it. */
static int receive_mismatch(size_t announced, size_t attached, uint8_t flag, size_t *ret_untaken)
{
        uint8_t flags[EK_DESCRIPTORS_MAX + 1], payload[400], bytes[500];
        Ekiden__Descriptors message = EKIDEN__DESCRIPTORS__INIT;
        int received[EK_DESCRIPTORS_MAX], sent[8];
        union ek_descriptor_control control;
        struct iovec part = {bytes, 0};
        struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
        struct ek_frame frame;
        int peer, r;
        struct ek_link *link = link_and_peer(&peer);

        memset(flags, flag, sizeof(flags));
        message.close_on_exec = (ProtobufCBinaryData){announced, flags};
        part.iov_len = frame_bytes(bytes, EKIDEN__FRAME_KIND__DESCRIPTORS, payload,
                                   protobuf_c_message_pack(&message.base, payload));
        make_counters(sent, 1, (unsigned int)attached);
        if (attached > 0)
                ek_descriptors_attach(&header, &control, sent, attached);
        cr_assert_eq(sendmsg(peer, &header, 0), (ssize_t)part.iov_len);
        close_all(sent, (unsigned int)attached);
        close(peer);
        cr_assert_eq(ek_link_receive(link, &patient, &frame), 0);
        r = ek_link_take_descriptors(link, &frame, received);
        if (r > 0)
                close_all(received, (unsigned int)r);
        *ret_untaken = ek_link_untaken(link);
        ek_link_free(link);
        return r;
}

LeakTest(descriptors, fewer_than_announced_are_refused_and_closed)
{
        size_t untaken;

        for (size_t attached = 0; attached < 5; attached++)
                cr_expect_eq(receive_mismatch(5, attached, 1, &untaken), EKIDEN_EPROTOCOL);
        cr_expect_eq(receive_mismatch(0, 0, 1, &untaken), EKIDEN_EPROTOCOL, "a frame for none");
        cr_expect_eq(receive_mismatch(0, 1, 1, &untaken), EKIDEN_EPROTOCOL);
        cr_expect_eq(receive_mismatch(EK_DESCRIPTORS_MAX + 1, 1, 1, &untaken), EKIDEN_EPROTOCOL);
}

LeakTest(descriptors, more_than_announced_show_as_untaken_and_are_closed)
{
        size_t untaken;

        cr_expect_eq(receive_mismatch(3, 3, 1, &untaken), 3);
        cr_expect_eq(untaken, 0);
        cr_expect_eq(receive_mismatch(3, 5, 1, &untaken), 3);
        cr_expect_eq(untaken, 2);
}

LeakTest(descriptors, flag_that_is_neither_0_nor_1_is_refused)
{
        size_t untaken;

        cr_expect_eq(receive_mismatch(2, 2, 2, &untaken), EKIDEN_EPROTOCOL);
        cr_expect_eq(receive_mismatch(2, 2, 255, &untaken), EKIDEN_EPROTOCOL);
}

LeakTest(descriptors, keep_close_on_exec_each_its_own)
{
        int sent[16], received[EK_DESCRIPTORS_MAX];
        struct ek_link *links[2];
        struct ek_frame frame;

        two_links(links);
        make_counters(sent, 1, 16);
        for (int i = 0; i < 16; i++)
                cr_assert_eq(fcntl(sent[i], F_SETFD, i % 3 ? FD_CLOEXEC : 0), 0);
        cr_assert_eq(ek_link_send_descriptors(links[0], sent, 16, &patient), 0);
        close_all(sent, 16);
        cr_assert_eq(ek_link_receive(links[1], &patient, &frame), 0);
        cr_assert_eq(ek_link_take_descriptors(links[1], &frame, received), 16);
        for (int i = 0; i < 16; i++)
                cr_expect_eq(fcntl(received[i], F_GETFD), i % 3 ? FD_CLOEXEC : 0, "place %d", i);
        close_all(received, 16);
        ek_link_free(links[0]);
        ek_link_free(links[1]);
}

LeakTest(descriptors, that_are_not_open_are_not_sent)
{
        struct ek_link *links[2];
        int closed = dup(0);

        two_links(links);
        close(closed);
        cr_assert_eq(ek_link_send_descriptors(links[0], &closed, 1, &patient), EKIDEN_EINVAL);
        ek_link_free(links[0]);
        ek_link_free(links[1]);
}

/* At every place where a receiver can run out of descriptors. */
LeakTest(descriptors, that_find_no_room_are_an_error_and_none_leaks)
{
        const int count = 9;
        struct ek_link *links[2];
        int sent[9], received[EK_DESCRIPTORS_MAX];

        for (int room = 0; room <= count; room++) {
                struct ek_frame frame;
                int r;

                two_links(links);
                make_counters(sent, 1, (unsigned int)count);
                cr_assert_eq(ek_link_send_descriptors(links[0], sent, (size_t)count, &patient), 0);
                leave_room_for_descriptors(room);
                r = ek_link_receive(links[1], NULL, &frame);
                if (room == count) {
                        cr_assert_eq(r, 0);
                        cr_assert_eq(ek_link_take_descriptors(links[1], &frame, received), count);
                        close_all(received, (unsigned int)count);
                } else {
                        cr_assert_eq(r, EKIDEN_ESYSTEM, "room for %d gave %d", room, r);
                }
                close_all(sent, (unsigned int)count);
                ek_link_free(links[0]);
                ek_link_free(links[1]);
                require_room_for_descriptors(1000);
        }
}

struct bulk {
        struct ek_link *link;
        int descriptor;
        int result;
};

static void *send_bulk(void *data)
{
        static const uint8_t bytes[1 << 20];
        struct bulk *bulk = data;

        bulk->result = ek_link_queue_descriptors(bulk->link, &bulk->descriptor, 1, &patient);
        if (bulk->result == 0)
                bulk->result = ek_link_send(bulk->link, 9, bytes, sizeof(bytes), &patient);
        return NULL;
}

/* In one system call with the frames behind it, as far as the kernel takes them. */
LeakTest(descriptors, that_were_queued_travel_once_however_often_the_socket_is_full)
{
        struct ek_link *links[2];
        struct bulk bulk = {.descriptor = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK)};
        int received[EK_DESCRIPTORS_MAX], smallest = 1;
        struct ek_frame frame;
        pthread_t thread;

        two_links(links);
        bulk.link = links[0];
        cr_assert_eq(setsockopt(ek_link_socket(links[0]), SOL_SOCKET, SO_SNDBUF, &smallest,
                                sizeof(smallest)),
                     0);
        cr_assert_eq(pthread_create(&thread, NULL, send_bulk, &bulk), 0);
        cr_assert_eq(ek_link_receive(links[1], &patient, &frame), 0);
        cr_assert_eq(frame.kind, EKIDEN__FRAME_KIND__DESCRIPTORS);
        cr_assert_eq(ek_link_take_descriptors(links[1], &frame, received), 1);
        cr_assert_eq(ek_link_receive(links[1], &patient, &frame), 0);
        cr_assert_eq(frame.size, 1 << 20);
        cr_assert_eq(ek_link_untaken(links[1]), 0);
        cr_assert_eq(pthread_join(thread, NULL), 0);
        cr_assert_eq(bulk.result, 0);
        expect_counters(received, 1, 1);
        close(received[0]);
        close(bulk.descriptor);
        ek_link_free(links[0]);
        ek_link_free(links[1]);
}
