/* SPDX-License-Identifier: MIT */
/* The subject's own structs, to which both schemas bind messages. */
#pragma once

#include <stdint.h>

struct entry {
        uint32_t id;
        uint64_t value;
};

struct node {
        char *name;
        struct node *next;
};
