/* SPDX-License-Identifier: MIT */
/* See marks.h. */
#include "marks.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

static struct {
        int8_t int8;
        int16_t int16;
        int32_t int32;
        int64_t int64;
        uint8_t uint8;
        uint16_t uint16;
        uint32_t uint32;
        uint64_t uint64;
        double real;
        bool truth;
        char *text, *no_text;
        void *data;
        size_t data_size;
} values;

/* In the order of `names`. */
enum {
        LISTENER,
        TCP_HERE,
        TCP_THERE,
        UNIX_HERE,
        UNIX_THERE,
        UDP,
        FILE_,
        PIPE_READ,
        PIPE_WRITE,
        EVENT,
        TIMER,
        EPOLL,
        NONE,
        DESCRIPTORS
};

static const char *const names[DESCRIPTORS] = {
        "listener",  "tcp_here",   "tcp_there", "unix_here", "unix_there", "udp",  "file",
        "pipe_read", "pipe_write", "event",     "timer",     "epoll",      "none",
};

static int descriptors[DESCRIPTORS];

static void must(bool condition, const char *what)
{
        if (condition)
                return;
        perror(what);
        abort();
}

static void tag_values(void)
{
        int r = 0;

        r |= ekiden_tag_int8("int8", &values.int8) < 0;
        r |= ekiden_tag_int16("int16", &values.int16) < 0;
        r |= ekiden_tag_int32("int32", &values.int32) < 0;
        r |= ekiden_tag_int64("int64", &values.int64) < 0;
        r |= ekiden_tag_uint8("uint8", &values.uint8) < 0;
        r |= ekiden_tag_uint16("uint16", &values.uint16) < 0;
        r |= ekiden_tag_uint32("uint32", &values.uint32) < 0;
        r |= ekiden_tag_uint64("uint64", &values.uint64) < 0;
        r |= ekiden_tag_double("real", &values.real) < 0;
        r |= ekiden_tag_bool("truth", &values.truth) < 0;
        r |= ekiden_tag_string("text", &values.text) < 0;
        r |= ekiden_tag_string("no_text", &values.no_text) < 0;
        r |= ekiden_tag_bytes("data", &values.data, &values.data_size) < 0;
        must(r == 0, "tag");
}

void marks_tag(void)
{
        tag_values();
        for (int i = 0; i < DESCRIPTORS; i++) {
                descriptors[i] = -1;
                must(ekiden_tag_descriptor(names[i], &descriptors[i]) >= 0, names[i]);
        }
}

static void leave_values(void)
{
        values.int8 = INT8_MIN;
        values.int16 = INT16_MIN;
        values.int32 = INT32_MIN;
        values.int64 = INT64_MIN;
        values.uint8 = UINT8_MAX;
        values.uint16 = UINT16_MAX;
        values.uint32 = UINT32_MAX;
        values.uint64 = UINT64_MAX;
        values.real = -0.1;
        values.truth = true;
        values.text = strdup("駅伝");
        values.data_size = 3;
        values.data = malloc(3);
        must(values.text && values.data, "malloc");
        memcpy(values.data, "a\0b", 3);
}

static void leave_tcp(void)
{
        struct sockaddr_in address = {.sin_family = AF_INET};
        socklen_t size = sizeof(address);

        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        descriptors[LISTENER] = socket(AF_INET, SOCK_STREAM, 0);
        must(bind(descriptors[LISTENER], (struct sockaddr *)&address, size) == 0 &&
                     listen(descriptors[LISTENER], 5) == 0 &&
                     getsockname(descriptors[LISTENER], (struct sockaddr *)&address, &size) == 0,
             "listen");
        descriptors[TCP_HERE] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        must(connect(descriptors[TCP_HERE], (struct sockaddr *)&address, size) == 0, "connect");
        descriptors[TCP_THERE] = accept(descriptors[LISTENER], NULL, NULL);
        must(write(descriptors[TCP_HERE], "tcp", 3) == 3, "write");
        descriptors[UDP] = socket(AF_INET, SOCK_DGRAM, 0);
        must(bind(descriptors[UDP], (struct sockaddr *)&address, size) == 0 &&
                     connect(descriptors[UDP], (struct sockaddr *)&address, size) == 0 &&
                     write(descriptors[UDP], "udp", 3) == 3,
             "udp");
}

static void leave_others(void)
{
        const struct itimerspec soon = {.it_value = {.tv_nsec = 1}};
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = 4711};

        must(socketpair(AF_UNIX, SOCK_STREAM, 0, &descriptors[UNIX_HERE]) == 0, "socketpair");
        must(write(descriptors[UNIX_HERE], "unix", 4) == 4, "write");
        must(pipe(&descriptors[PIPE_READ]) == 0 && write(descriptors[PIPE_WRITE], "pipe", 4) == 4,
             "pipe");
        descriptors[FILE_] = memfd_create("witness", 0);
        must(write(descriptors[FILE_], "0123456789", 10) == 10 &&
                     lseek(descriptors[FILE_], 4, SEEK_SET) == 4,
             "file");
        descriptors[EVENT] = eventfd(7, 0);
        descriptors[TIMER] = timerfd_create(CLOCK_MONOTONIC, 0);
        must(timerfd_settime(descriptors[TIMER], 0, &soon, NULL) == 0, "timer");
        descriptors[EPOLL] = epoll_create1(EPOLL_CLOEXEC);
        must(epoll_ctl(descriptors[EPOLL], EPOLL_CTL_ADD, descriptors[EVENT], &event) == 0,
             "epoll");
}

void marks_leave(void)
{
        leave_values();
        leave_tcp();
        leave_others();
}

static void report_value(const char *name, bool good)
{
        printf("value %s %s\n", name, good ? "good" : "bad");
}

static void report_values(void)
{
        report_value("int8", values.int8 == INT8_MIN);
        report_value("int16", values.int16 == INT16_MIN);
        report_value("int32", values.int32 == INT32_MIN);
        report_value("int64", values.int64 == INT64_MIN);
        report_value("uint8", values.uint8 == UINT8_MAX);
        report_value("uint16", values.uint16 == UINT16_MAX);
        report_value("uint32", values.uint32 == UINT32_MAX);
        report_value("uint64", values.uint64 == UINT64_MAX);
        report_value("real", values.real == -0.1);
        report_value("truth", values.truth);
        report_value("text", values.text && strcmp(values.text, "駅伝") == 0);
        report_value("no_text", !values.no_text);
        report_value("data", values.data_size == 3 && memcmp(values.data, "a\0b", 3) == 0);
}

/* Reads what the first leg wrote, and writes it again for the next leg through `back`. */
static bool passes(int from, int back, const char *text)
{
        char buffer[16] = "";
        size_t length = strlen(text);

        return read(from, buffer, length) == (ssize_t)length && strcmp(buffer, text) == 0 &&
               write(back, text, length) == (ssize_t)length;
}

static bool event_is_seven(void)
{
        uint64_t value = 0;

        return read(descriptors[EVENT], &value, sizeof(value)) == sizeof(value) && value == 7 &&
               write(descriptors[EVENT], &value, sizeof(value)) == sizeof(value);
}

static bool epoll_knows_event(void)
{
        struct epoll_event event = {0};

        return epoll_wait(descriptors[EPOLL], &event, 1, 1000) == 1 && event.data.u32 == 4711;
}

static bool timer_has_expired(void)
{
        const struct itimerspec soon = {.it_value = {.tv_nsec = 1}};
        uint64_t times = 0;

        return read(descriptors[TIMER], &times, sizeof(times)) == sizeof(times) && times > 0 &&
               timerfd_settime(descriptors[TIMER], 0, &soon, NULL) == 0;
}

static bool listens(void)
{
        int value = 0;
        socklen_t size = sizeof(value);

        return getsockopt(descriptors[LISTENER], SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 &&
               value == 1;
}

static void report_descriptor(const char *name, bool good)
{
        printf("descriptor %s %s\n", name, good ? "good" : "bad");
}

static bool closes_on_exec(int i)
{
        return fcntl(descriptors[i], F_GETFD) == FD_CLOEXEC;
}

void marks_report(void)
{
        report_values();
        report_descriptor("listener", listens());
        report_descriptor("tcp", passes(descriptors[TCP_THERE], descriptors[TCP_HERE], "tcp"));
        report_descriptor("unix", passes(descriptors[UNIX_THERE], descriptors[UNIX_HERE], "unix"));
        report_descriptor("udp", passes(descriptors[UDP], descriptors[UDP], "udp"));
        report_descriptor("file", lseek(descriptors[FILE_], 0, SEEK_CUR) == 4);
        report_descriptor("pipe", passes(descriptors[PIPE_READ], descriptors[PIPE_WRITE], "pipe"));
        report_descriptor("event", event_is_seven());
        report_descriptor("timer", timer_has_expired());
        report_descriptor("epoll", epoll_knows_event());
        report_descriptor("none", descriptors[NONE] == -1);
        report_descriptor("close-on-exec", closes_on_exec(TCP_HERE) && closes_on_exec(EPOLL) &&
                                                   !closes_on_exec(UDP) && !closes_on_exec(FILE_));
}
