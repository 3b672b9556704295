/* SPDX-License-Identifier: MIT */
/* A program's own records, as ahead_v1.proto binds them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct entry {
        uint8_t *key;
        uint32_t key_size;
        uint32_t hits;
};

struct name {
        char *name;
};

struct slot {
        int32_t number;
};

struct flag {
        bool set;
};

struct account {
        uint64_t id;
};

struct port {
        uint16_t port;
};
