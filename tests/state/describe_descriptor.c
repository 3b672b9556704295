/* SPDX-License-Identifier: MIT */
/* What a descriptor is, in words: so that who reads a snapshot knows what to open in its place. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "open_descriptors.h"
#include "state/describe_descriptor.h"
#include "utf8.h"

static char text[EK_DESCRIPTION_SIZE];

/* Consumes the descriptor. */
static const char *describe(int fd)
{
        cr_assert_geq(fd, 0);
        ek_describe_descriptor(fd, text);
        close(fd);
        return text;
}

static void expect_text(int fd, const char *expected)
{
        cr_expect_str_eq(describe(fd), expected);
}

static int bound(int family, int type)
{
        struct sockaddr_in four = {.sin_family = AF_INET};
        struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
        int fd = socket(family, type | SOCK_CLOEXEC, 0);

        four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (family == AF_INET)
                cr_assert_eq(bind(fd, (struct sockaddr *)&four, sizeof(four)), 0);
        else if (bind(fd, (struct sockaddr *)&six, sizeof(six)) < 0)
                cr_skip("no IPv6 here");
        return fd;
}

static unsigned int port_of(int fd)
{
        struct sockaddr_in6 address = {0};
        socklen_t size = sizeof(address);

        getsockname(fd, (struct sockaddr *)&address, &size);
        return ntohs(address.sin6_port); /* where that of IPv4 is, too */
}

LeakTest(describe_descriptor, tells_listeners_and_connections_by_their_addresses)
{
        int listener = bound(AF_INET, SOCK_STREAM);
        int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct sockaddr_in address;
        socklen_t size = sizeof(address);
        char expected[128];

        cr_assert_eq(listen(listener, 1), 0);
        getsockname(listener, (struct sockaddr *)&address, &size);
        cr_assert_eq(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
        snprintf(expected, sizeof(expected), "TCP 127.0.0.1:%u to 127.0.0.1:%u", port_of(client),
                 port_of(listener));
        expect_text(client, expected);
        snprintf(expected, sizeof(expected), "TCP 127.0.0.1:%u, listening", port_of(listener));
        expect_text(listener, expected);
        expect_text(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "TCP 0.0.0.0:0");
}

LeakTest(describe_descriptor, tells_datagrams_and_ipv6)
{
        int udp = bound(AF_INET, SOCK_DGRAM);
        int six = bound(AF_INET6, SOCK_STREAM);
        char expected[128];

        snprintf(expected, sizeof(expected), "UDP 127.0.0.1:%u", port_of(udp));
        expect_text(udp, expected);
        snprintf(expected, sizeof(expected), "TCP [::1]:%u", port_of(six));
        expect_text(six, expected);
}

LeakTest(describe_descriptor, tells_unix_sockets_by_path_or_abstract_name)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        char expected[160];
        int ends[2], fd;

        snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/ekiden-test-%d", getpid());
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
        cr_assert_eq(listen(fd, 1), 0);
        snprintf(expected, sizeof(expected), "UNIX stream %s, listening", address.sun_path);
        expect_text(fd, expected);
        unlink(address.sun_path);

        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        memcpy(address.sun_path, "\0abstract", 9);
        cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t) + 9), 0);
        expect_text(fd, "UNIX datagram @abstract");

        cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
        expect_text(ends[0], "UNIX sequenced packet");
        close(ends[1]);
}

LeakTest(describe_descriptor, tells_files_by_their_paths_and_the_rest_by_its_kind)
{
        char path[] = "/tmp/ekiden-test-XXXXXX", expected[64];
        int ends[2];
        int file = mkstemp(path);

        snprintf(expected, sizeof(expected), "file %s", path);
        expect_text(fcntl(file, F_DUPFD_CLOEXEC, 0), expected);
        unlink(path);
        snprintf(expected, sizeof(expected), "file %s (deleted)", path);
        expect_text(file, expected);
        expect_text(open("/tmp", O_RDONLY | O_CLOEXEC), "directory /tmp");
        expect_text(open("/dev/null", O_RDONLY | O_CLOEXEC), "device /dev/null");
        expect_text(memfd_create("blocks", MFD_CLOEXEC), "file /memfd:blocks (deleted)");
        expect_text(eventfd(0, EFD_CLOEXEC), "anon_inode:[eventfd]");
        cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
        cr_expect_eq(strncmp(describe(ends[0]), "pipe:[", 6), 0, "%s", text);
        close(ends[1]);
        ek_describe_descriptor(-1, text);
        cr_expect_str_eq(text, "not open");
}

LeakTest(describe_descriptor, is_utf8_and_fits_whatever_the_path_is)
{
        char directory[] = "/tmp/ekiden-test-XXXXXX", path[512];
        size_t at = 0;
        int file;

        cr_assert(mkdtemp(directory));
        snprintf(path, sizeof(path), "%s/\xff\xc3\xa4", directory);
        while (strlen(path) < sizeof(directory) + 200)
                strcat(path, "\xc3\xa4");
        file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        describe(file);
        cr_expect_geq(strlen(text), (size_t)EK_DESCRIPTION_SIZE - 3);
        while (text[at]) {
                size_t length = ek_utf8_character((uint8_t *)text + at, strlen(text + at));

                cr_assert_gt(length, 0u, "%s", text);
                at += length;
        }
        unlink(path);
        rmdir(directory);
}
