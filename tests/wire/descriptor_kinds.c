/* SPDX-License-Identifier: MIT */
/* Descriptors of every kind arrive as they were, with what lies in them. */
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
LeakTest(descriptor_kinds, listening_tcp_socket_keeps_its_backlog)
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

LeakTest(descriptor_kinds, connected_tcp_socket_keeps_what_was_not_read)
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

LeakTest(descriptor_kinds, connected_unix_socket)
{
        int ends[2];

        cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
        ends[1] = carry(ends[1]);
        expect_conversation(ends[0], ends[1]);
        close(ends[0]);
        close(ends[1]);
}

LeakTest(descriptor_kinds, udp_socket_keeps_its_address_and_datagrams)
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

LeakTest(descriptor_kinds, file_keeps_its_offset_and_flags)
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

LeakTest(descriptor_kinds, both_ends_of_a_pipe)
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

LeakTest(descriptor_kinds, eventfd_keeps_its_count)
{
        int fd = carry(eventfd(41, EFD_CLOEXEC));
        eventfd_t count = 1;

        cr_assert_eq(eventfd_write(fd, count), 0);
        cr_assert_eq(eventfd_read(fd, &count), 0);
        cr_assert_eq(count, 42);
        close(fd);
}

LeakTest(descriptor_kinds, timerfd_stays_armed)
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

LeakTest(descriptor_kinds, epoll_keeps_what_it_watches)
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

LeakTest(descriptor_kinds, memfd_keeps_its_pages_and_seals)
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
