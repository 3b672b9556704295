/* SPDX-License-Identifier: MIT */
/* The program's own structs that wire_v1.proto is bound to. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum color { RED, GREEN, BLUE_OLD = 7 };

struct point {
        double x, y;
        float weight;
};

struct limits {
        short least;
        struct {
                unsigned char steps;
                long most;
        } inner;
};

struct panel {
        int listener;
        unsigned short port;
        bool open;
        enum color color;
        char title[32];
        char *note;
        const char *origin;
        unsigned char mac[6];
        void *blob;
        size_t blob_size;
        int counters[4];
        uint64_t *samples;
        unsigned int sample_count;
        char **lines;
        int line_count;
        char shelves[3][16];
        enum color palette[8];
        unsigned char palette_size;
        struct point center;
        struct point corners[4];
        struct point *path;
        size_t path_length;
        struct limits limits;
        time_t started;
        unsigned int urgent : 1;
        unsigned int level : 5;
        int balance : 4;
        unsigned int scratch : 7;
        void *lock;
        struct {
                int fd;
                void *cookie;
        } private_part;
};
