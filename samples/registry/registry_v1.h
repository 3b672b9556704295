/* SPDX-License-Identifier: MIT */
/*
 * What the registry's first release keeps: who is connected, what they registered as, and how many
 * came from each address.
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
        uint32_t address; /* IPv4, 127.0.0.1 as 0x7f000001 */
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
        int connection;
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
        struct table visitors; /* by address */
        struct table sessions; /* by number */
};
