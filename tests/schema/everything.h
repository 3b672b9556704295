/* SPDX-License-Identifier: MIT */
/* Each thing that a header can say and `ekiden-schema import` takes; everything_v1.proto is what
 * becomes of it. */
#pragma once

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>

#include <ekiden/annotate.h>

enum kind {
        KIND_NONE,
        KIND_TEXT,
        KIND_NUMBER,
        KIND_BAR,
        KIND_LAST = KIND_BAR,
};

/** What foos point to.
 *
 * Nobody reads this paragraph in the schema. */
struct bar {
        int weight; // in grams
        struct bar *next;
        struct foo *owner; /* whose it is */
        char label[16];
};

typedef struct {
        double x, y;
} point_t;

struct blob {
        struct blob *previous;
        size_t size;
        unsigned char data[] PTRARRAY(size);
};

struct foo {
        char *ZT name; /* the paper's four: ZT, PTRARRAY, PTR, IGNORE */
        size_t bar_count;
        struct bar **PTRARRAY(bar_count) bars;
        struct foo *PTR next;
        IGNORE void *cache;
        IGNORE pthread_mutex_t lock;

        enum kind kind; /* unions */
        TAGGED(kind, KIND_NONE)
        union {
                CASE(KIND_TEXT) char text[32];
                CASE(KIND_NUMBER) int64_t number;
                CASE(KIND_BAR) struct bar *bar;
                IGNORE void *raw;
        } value;
        struct {
                enum kind kind;
                size_t size;
                union {
                        CASE(KIND_TEXT) char *PTRARRAY(size) bytes;
                        CASE(7) unsigned char *PTRARRAY(size) other_bytes; /* the same size */
                        CASE(0x10) float number;
                } value TAGGED(kind);
                IGNORE int rest;
        } deep;
        int which;
        TAGGED(which)
        union {
                CASE(1) int one;
                CASE(2) double two;
                IGNORE char both[64];
        };

        bool yes; /* numbers of every width */
        char c;
        signed char sc;
        uint8_t u8;
        int16_t i16;
        uint16_t u16;
        int32_t i32;
        uint32_t u32;
        int64_t i64;
        uint64_t u64;
        long l;
        size_t s;
        time_t since;
        float f;
        double d;
        enum kind other_kind;
        enum { UP, DOWN = -7 } direction;
        const int constant;

        unsigned three : 3, : 2, five : 5; /* bit-fields */
        bool one_bit : 1;
        enum kind kind_bits : 3;
        IGNORE unsigned other_bits : 7;

        point_t where, path[4]; /* structs in it */
        struct timeval started;
        struct sockaddr_in address;
        struct sockaddr_storage any_address;
        struct {
                int port;
                struct {
                        bool is_deep;
                } inner;
        } peer;
        struct {
                int nameless;
        };
        struct bar embedded;

        int listener DESCRIPTOR; /* arrays, and what is no number */
        int files[2] DESCRIPTOR;
        int *DESCRIPTOR PTRARRAY(more_file_count) more_files;
        unsigned char more_file_count;
        char *PTRARRAY(buffer_size) buffer;
        int64_t buffer_size;
        char small[8] BYTES;
        unsigned char digest[20];
        char names[3][8];
        char *aliases[4] ZT;
        char **PTRARRAY(argument_count) ZT arguments;
        int argument_count;
        int numbers[8] PTRARRAY(number_count);
        short number_count;
        enum kind kinds[2];
        struct foo *neighbours[3];
        struct bar *REFERENCE borrowed;
        struct blob *blob;
        int (*hash)(const void *) FUNCTION(hashes);

        long id; /* names that mean something to protobuf-c */
        int has_i32;
        uint16_t n_bars;
        int base;
        time_t __t;
        int int_;
        int Yes;
};
