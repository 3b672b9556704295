/* SPDX-License-Identifier: MIT */
/*
 * What the fourth release keeps: addresses of IPv6, and sessions' names.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "network.h"
#include "table.h"

#define SESSIONS_MAX 256

/** An address that sessions came from. */
struct visitor {
        struct link link;
        uint8_t address[16]; /* IPv6; one of IPv4 is mapped: ::ffff:127.0.0.1 */
        uint32_t sessions; /* of it, at present */
};

struct service {
        char host[64];
        uint16_t port;
};

enum role {
        ROLE_NONE, /* not registered yet */
        ROLE_PROCESS,
        ROLE_SERVICE,
};

struct registry;

struct session {
        struct link link;
        uint32_t number;
        int input; /* -1: it says no more, and listens to the news */
        int output;
        char *name; /* NULL: none */
        struct visitor *visitor;
        bool (*answer)(struct registry *, struct session *, const char *line); /* false: leave */
        size_t length; /* of what has come of a line */
        char line[LINE_SIZE];
        enum role role;
        union {
                int32_t pid; /* ROLE_PROCESS */
                struct service service; /* ROLE_SERVICE */
        } as;
};

struct registry {
        int listener;
        uint32_t admitted; /* sessions so far */
        uint32_t sessions_per_address; /* at most */
        struct table visitors; /* by address */
        struct table sessions; /* by number */
};
