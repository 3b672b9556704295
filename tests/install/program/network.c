/* SPDX-License-Identifier: MIT */
/* See network.h. Nothing here knows of upgrades. */
#include "network.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool bind_and_listen(int listener, const char *port)
{
        struct sockaddr_in here = {
                .sin_family = AF_INET,
                .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                .sin_port = htons((in_port_t)strtoul(port, NULL, 10)),
        };
        socklen_t size = sizeof(here);
        int yes = 1;

        if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
            bind(listener, (struct sockaddr *)&here, sizeof(here)) < 0 ||
            listen(listener, SOMAXCONN) < 0 ||
            getsockname(listener, (struct sockaddr *)&here, &size) < 0)
                return false;
        printf("listening on 127.0.0.1:%u\n", (unsigned int)ntohs(here.sin_port));
        return true;
}

int listen_on(const char *port)
{
        int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        if (listener < 0 || bind_and_listen(listener, port))
                return listener;
        close(listener);
        return -1;
}

int accept_client(int listener)
{
        return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

bool send_line(int connection, const char *line)
{
        size_t length = strlen(line);

        return send(connection, line, length, MSG_NOSIGNAL) == (ssize_t)length;
}
