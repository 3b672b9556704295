/* SPDX-License-Identifier: MIT */
/*
 * See describe_descriptor.h. The kernel is asked: for sockets their addresses, for all else the
 * name under /proc, which is a path for files and a kind in brackets for what has none.
 */
#include "state/describe_descriptor.h"

#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "utf8.h"
#include "wire/look.h"

#define ADDRESS_SIZE 128 /* bytes of an address in text; a UNIX path has at most 108 */

typedef int (*name_function)(int fd, struct sockaddr *address, socklen_t *size);

/* A path, or "@" and what follows for a name that is in no file system (unix(7)). */
static void put_unix(const struct sockaddr_un *address, socklen_t size, char *text)
{
        size_t length = size > offsetof(struct sockaddr_un, sun_path)
                                ? size - offsetof(struct sockaddr_un, sun_path)
                                : 0;

        if (length == 0)
                return;
        if (address->sun_path[0] == '\0')
                snprintf(text, ADDRESS_SIZE, "@%.*s", (int)(length - 1), address->sun_path + 1);
        else
                snprintf(text, ADDRESS_SIZE, "%.*s", (int)length, address->sun_path);
}

static void put_inet(const struct sockaddr_storage *address, char *text)
{
        const struct sockaddr_in *four = (const struct sockaddr_in *)address;
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
        char host[INET6_ADDRSTRLEN] = "";

        if (address->ss_family == AF_INET) {
                inet_ntop(AF_INET, &four->sin_addr, host, sizeof(host));
                snprintf(text, ADDRESS_SIZE, "%s:%u", host, (unsigned int)ntohs(four->sin_port));
        } else {
                inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof(host));
                snprintf(text, ADDRESS_SIZE, "[%s]:%u", host, (unsigned int)ntohs(six->sin6_port));
        }
}

/* "" where the socket has no such address. */
static void put_address(int fd, name_function name, char text[ADDRESS_SIZE])
{
        struct sockaddr_storage address = {0};
        socklen_t size = sizeof(address);

        text[0] = '\0';
        if (name(fd, (struct sockaddr *)&address, &size) < 0)
                return;
        if (address.ss_family == AF_UNIX)
                put_unix((const struct sockaddr_un *)&address, size, text);
        else if (address.ss_family == AF_INET || address.ss_family == AF_INET6)
                put_inet(&address, text);
}

static int socket_option(int fd, int option)
{
        int value = 0;
        socklen_t size = sizeof(value);

        return getsockopt(fd, SOL_SOCKET, option, &value, &size) < 0 ? 0 : value;
}

static const char *socket_kind(int fd)
{
        int domain = socket_option(fd, SO_DOMAIN);
        int type = socket_option(fd, SO_TYPE);

        if (domain == AF_UNIX)
                return type == SOCK_STREAM  ? "UNIX stream"
                       : type == SOCK_DGRAM ? "UNIX datagram"
                                            : "UNIX sequenced packet";
        if (domain != AF_INET && domain != AF_INET6)
                return "socket";
        switch (socket_option(fd, SO_PROTOCOL)) {
        case IPPROTO_TCP:
                return "TCP";
        case IPPROTO_UDP:
                return "UDP";
        default:
                return "IP";
        }
}

static void describe_socket(int fd, char *text, size_t size)
{
        char here[ADDRESS_SIZE], there[ADDRESS_SIZE];

        put_address(fd, getsockname, here);
        put_address(fd, getpeername, there);
        snprintf(text, size, "%s%s%s%s%s%s", socket_kind(fd), here[0] ? " " : "", here,
                 there[0] ? " to " : "", there,
                 socket_option(fd, SO_ACCEPTCONN) ? ", listening" : "");
}

static const char *file_kind(mode_t mode)
{
        return S_ISREG(mode)    ? "file "
               : S_ISDIR(mode)  ? "directory "
               : S_ISCHR(mode)  ? "device "
               : S_ISBLK(mode)  ? "block device "
               : S_ISFIFO(mode) ? "pipe "
                                : "";
}

static void describe_file(int fd, mode_t mode, char *text, size_t size)
{
        char link[sizeof("/proc/self/fd/") + 16], path[PATH_MAX];
        ssize_t length;

        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        length = ek_may_look() ? readlink(link, path, sizeof(path) - 1) : -1;
        if (length < 0)
                length = 0;
        path[length] = '\0';
        /* "pipe:[123]" and "anon_inode:[eventfd]" say themselves what they are. */
        snprintf(text, size, "%s%s", path[0] == '/' || !path[0] ? file_kind(mode) : "", path);
}

void ek_describe_descriptor(int fd, char ret_text[EK_DESCRIPTION_SIZE])
{
        char text[PATH_MAX + 32];
        struct stat status;

        if (fstat(fd, &status) < 0)
                snprintf(text, sizeof(text), "not open");
        else if (S_ISSOCK(status.st_mode))
                describe_socket(fd, text, sizeof(text));
        else
                describe_file(fd, status.st_mode, text, sizeof(text));
        ek_utf8_copy(ret_text, EK_DESCRIPTION_SIZE, text);
}
