/* SPDX-License-Identifier: MIT */
/* Descriptors of every kind and in any number arrive as they were; none leaks, whatever fails. */
#include "wire/descriptors.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/timerfd.h>

#include "ekiden/handover.pb-c.h"
#include "open_descriptors.h"
#include "sockets.h"

static const struct ek_wait patient = {.idle_ms = LONG_MS};

/* Sends it, closes it here, and returns the number under which it arrived. */
static int carry(int fd)
{
        int received[EK_DESCRIPTORS_MAX];
        struct ek_link *links[2];
        struct ek_frame frame;

        two_links(links);
        cr_assert_geq(fd, 0);
        cr_assert_eq(ek_link_send_descriptors(links[0], &fd, 1, &patient), 0);
        close(fd);
        cr_assert_eq(ek_link_receive(links[1], &patient, &frame), 0);
        cr_assert_eq(frame.kind, EKIDEN__FRAME_KIND__DESCRIPTORS);
        cr_assert_eq(ek_link_untaken(links[1]), 1);
        cr_assert_eq(ek_link_take_descriptors(links[1], &frame, received), 1);
        cr_assert_eq(ek_link_untaken(links[1]), 0);
        ek_link_free(links[0]);
        ek_link_free(links[1]);
        return received[0];
}

static int internet_socket(int type, struct sockaddr_in *ret_address)
{
        int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
        socklen_t size = sizeof(*ret_address);

        *ret_address = (struct sockaddr_in){.sin_family = AF_INET,
                                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        cr_assert_eq(bind(fd, (struct sockaddr *)ret_address, sizeof(*ret_address)), 0);
        cr_assert_eq(getsockname(fd, (struct sockaddr *)ret_address, &size), 0);
        return fd;
}

static int connect_to(int type, const struct sockaddr_in *address)
{
        int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

        cr_assert_eq(connect(fd, (const struct sockaddr *)address, sizeof(*address)), 0);
        return fd;
}

static void expect_conversation(int one, int other)
{
        char bytes[5] = {0};

        cr_assert_eq(write(one, "ping", 4), 4);
        cr_assert_eq(read(other, bytes, 4), 4);
        cr_assert_str_eq(bytes, "ping");
        cr_assert_eq(write(other, "pong", 4), 4);
        cr_assert_eq(read(one, bytes, 4), 4);
        cr_assert_str_eq(bytes, "pong");
}

/* The one who connected before the journey is in the backlog still, with what it wrote. */
LeakTest(descriptors, listening_tcp_socket_keeps_its_backlog)
{
        struct sockaddr_in address;
        int listener = internet_socket(SOCK_STREAM, &address);
        int waiting, later, accepted;

        cr_assert_eq(listen(listener, 5), 0);
        waiting = connect_to(SOCK_STREAM, &address);
        listener = carry(listener);
        later = connect_to(SOCK_STREAM, &address);
        accepted = accept(listener, NULL, NULL);
        expect_conversation(waiting, accepted);
        close(accepted);
        accepted = accept(listener, NULL, NULL);
        expect_conversation(later, accepted);
        close(accepted);
        close(waiting);
        close(later);
        close(listener);
}

LeakTest(descriptors, connected_tcp_socket_keeps_what_was_not_read)
{
        struct sockaddr_in address;
        int listener = internet_socket(SOCK_STREAM, &address);
        char bytes[6] = {0};
        int client, accepted;

        cr_assert_eq(listen(listener, 5), 0);
        client = connect_to(SOCK_STREAM, &address);
        accepted = accept(listener, NULL, NULL);
        cr_assert_eq(write(client, "early", 5), 5);
        accepted = carry(accepted);
        cr_assert_eq(recv(accepted, bytes, 5, MSG_WAITALL), 5);
        cr_assert_str_eq(bytes, "early");
        expect_conversation(client, accepted);
        close(client);
        close(accepted);
        close(listener);
}

LeakTest(descriptors, connected_unix_socket)
{
        int ends[2];

        cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
        ends[1] = carry(ends[1]);
        expect_conversation(ends[0], ends[1]);
        close(ends[0]);
        close(ends[1]);
}

LeakTest(descriptors, udp_socket_keeps_its_address_and_datagrams)
{
        struct sockaddr_in address;
        int fd = internet_socket(SOCK_DGRAM, &address);
        int client = connect_to(SOCK_DGRAM, &address);
        char bytes[8] = {0};

        cr_assert_eq(write(client, "before", 6), 6);
        fd = carry(fd);
        cr_assert_eq(write(client, "after", 5), 5);
        cr_assert_eq(read(fd, bytes, sizeof(bytes)), 6);
        cr_assert_eq(memcmp(bytes, "before", 6), 0);
        cr_assert_eq(read(fd, bytes, sizeof(bytes)), 5);
        cr_assert_eq(memcmp(bytes, "after", 5), 0);
        close(client);
        close(fd);
}

LeakTest(descriptors, file_keeps_its_offset_and_flags)
{
        int fd = open("/tmp", O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
        char byte;

        cr_assert_eq(write(fd, "0123456789", 10), 10);
        cr_assert_eq(lseek(fd, 7, SEEK_SET), 7);
        fd = carry(fd);
        cr_assert_eq(lseek(fd, 0, SEEK_CUR), 7);
        cr_assert_eq(read(fd, &byte, 1), 1);
        cr_assert_eq(byte, '7');
        cr_assert(fcntl(fd, F_GETFL) & O_APPEND);
        close(fd);
}

LeakTest(descriptors, both_ends_of_a_pipe)
{
        char bytes[7] = {0};
        int ends[2];

        cr_assert_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
        cr_assert_eq(write(ends[1], "one", 3), 3);
        ends[0] = carry(ends[0]);
        ends[1] = carry(ends[1]);
        cr_assert_eq(write(ends[1], "two", 3), 3);
        cr_assert_eq(read(ends[0], bytes, 6), 6);
        cr_assert_str_eq(bytes, "onetwo");
        cr_assert(fcntl(ends[0], F_GETFL) & O_NONBLOCK);
        close(ends[0]);
        close(ends[1]);
}

LeakTest(descriptors, eventfd_keeps_its_count)
{
        int fd = carry(eventfd(41, EFD_CLOEXEC));
        eventfd_t count = 1;

        cr_assert_eq(eventfd_write(fd, count), 0);
        cr_assert_eq(eventfd_read(fd, &count), 0);
        cr_assert_eq(count, 42);
        close(fd);
}

LeakTest(descriptors, timerfd_stays_armed)
{
        const struct itimerspec hour = {.it_value.tv_sec = 3600, .it_interval.tv_sec = 7};
        struct itimerspec left;
        int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

        cr_assert_eq(timerfd_settime(fd, 0, &hour, NULL), 0);
        fd = carry(fd);
        cr_assert_eq(timerfd_gettime(fd, &left), 0);
        cr_assert_gt(left.it_value.tv_sec, 0);
        cr_assert_eq(left.it_interval.tv_sec, 7);
        close(fd);
}

LeakTest(descriptors, epoll_keeps_what_it_watches)
{
        struct epoll_event event = {.events = EPOLLIN, .data.u64 = 1234567};
        int watched = eventfd(0, EFD_CLOEXEC);
        int fd = epoll_create1(EPOLL_CLOEXEC);

        cr_assert_eq(epoll_ctl(fd, EPOLL_CTL_ADD, watched, &event), 0);
        fd = carry(fd);
        cr_assert_eq(epoll_wait(fd, &event, 1, 0), 0);
        cr_assert_eq(eventfd_write(watched, 1), 0);
        memset(&event, 0, sizeof(event));
        cr_assert_eq(epoll_wait(fd, &event, 1, 0), 1);
        cr_assert_eq(event.data.u64, 1234567);
        close(fd);
        close(watched);
}

LeakTest(descriptors, memfd_keeps_its_pages_and_seals)
{
        int fd = memfd_create("block", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        char bytes[6] = {0};

        cr_assert_eq(write(fd, "block", 5), 5);
        cr_assert_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
        fd = carry(fd);
        cr_assert_eq(pread(fd, bytes, 5, 0), 5);
        cr_assert_str_eq(bytes, "block");
        cr_assert_eq(fcntl(fd, F_GET_SEALS), F_SEAL_SHRINK);
        close(fd);
}

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
        cr_assert_eq(ek_link_send_descriptors(links[0], &closed, 1, &patient), EKIDEN_ESYSTEM);
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
                        cr_assert_eq(r, EKIDEN_EPROTOCOL, "room for %d gave %d", room, r);
                }
                close_all(sent, (unsigned int)count);
                ek_link_free(links[0]);
                ek_link_free(links[1]);
                require_room_for_descriptors(1000);
        }
}
