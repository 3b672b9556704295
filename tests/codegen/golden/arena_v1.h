/* SPDX-License-Identifier: MIT */
/* What arena_v1.proto is bound to. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct part {
        unsigned char *text;
        uint32_t size;
};

struct entry {
        uint32_t number;
        int kind;
        void *value;
        size_t value_size;
        struct part part;
        union {
                int64_t integer;
                struct {
                        char *data;
                        size_t size, room;
                } blob;
        } content;
};
