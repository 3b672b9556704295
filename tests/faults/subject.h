/* SPDX-License-Identifier: MIT */
/* The subject's own structs, to which both schemas bind messages. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct entry {
        uint32_t id;
        uint64_t value;
};

struct node {
        char *name;
        struct node *next;
};

/* What lies in an arena. */
struct letter {
        char *text;
        size_t size;
};
