/* SPDX-License-Identifier: MIT */
/* The program's own structs that corner_v1.proto is bound to. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct switches {
        unsigned int first : 1;
        unsigned int second : 2;
        int third : 29;
};

union cell {
        int64_t raw;
        double real;
};

struct step {
        int dx, dy;
};

struct walk {
        size_t count;
        struct step steps[];
};

struct series {
        unsigned char count;
        uint16_t values[1]; /* older code's way of saying [] */
};

struct list {
        int count;
        char *words[];
};

struct index {
        unsigned long count;
        struct walk *walks[];
};

struct digits {
        int32_t digit[3];
};

struct slip {
        unsigned int seen : 1;
        double weight; /* behind what the bit-field leaves of it */
        int kind;
        union {
                int64_t number;
                struct digits digits;
                double real;
        };
        unsigned int urgent : 1;
        int last;
};

struct corner {
        struct switches switches;
        union cell cell;
        struct {
                short part;
                unsigned char on : 1;
        } inner;
        int which;
        union {
                unsigned int flag : 1;
                char *text;
                struct {
                        size_t size;
                        unsigned char *bytes;
                } blob;
                struct walk *walk;
                struct step step;
                void (*call)(void);
        } any;
        struct walk *walk;
        struct series *series;
        struct list *list;
        struct index *index;
        const struct step *steps;
        size_t step_count;
        struct walk **others;
        size_t other_count;
        struct slip slip;
        unsigned int *queue;
        short queue_used, queue_room;
};
