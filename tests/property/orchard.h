/* SPDX-License-Identifier: MIT */
/*
 * The structs of a program whose state is a graph, with members of every kind that can be bound.
 * orchard_v1.proto and orchard_v2.proto are both bound to them: what the newer version adds, the
 * older one ignores.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kind {
        KIND_APPLE = 7,
        KIND_PEAR = -3,
        KIND_PLUM = 1000000,
};

enum {
        SOIL_SAND = 9,
        SOIL_CLAY = 200,
};

enum fruit_kind {
        FRUIT_NONE = 40,
        FRUIT_JUICE = 3,
        FRUIT_SEEDS = 2,
        FRUIT_CORE = 1,
        FRUIT_GRAFT = 100,
        FRUIT_PULP = -1,
};

struct point {
        int32_t x;
        int64_t y;
};

/* A number of each width, in fields of each type. */
struct numbers {
        int8_t tiny;
        uint8_t small;
        int16_t brief;
        uint16_t unsigned_brief;
        int32_t middle;
        uint32_t unsigned_middle;
        int64_t wide;
        uint64_t unsigned_wide;
        uint32_t in_wide;
        bool is_set;
        float real;
        float real_in_double;
        double precise;
        long fixed;
        unsigned long long unsigned_fixed;
};

struct tree;

struct basket {
        struct basket *self, *next;
        uint16_t tree_count;
        struct tree *trees[];
};

struct series {
        unsigned int count;
        uint16_t values[];
};

struct list {
        struct list *next;
        int count;
        char *words[];
};

struct blob {
        size_t size;
        unsigned char bytes[];
};

struct tree {
        enum kind kind;
        struct tree *left, *right, *parent;
        struct tree **branches;
        uint16_t branch_count;
        struct tree *near[3];
        struct basket *basket;
        struct farmer *owner; /* a reference */
        struct farmer *planter;
        struct orchard *orchard;
        char *name;
        char label[8];
        uint8_t *bark;
        size_t bark_size;
        uint8_t seal[5];
        uint8_t sap[6];
        uint8_t sap_size;
        struct numbers numbers;
        struct point place;
        struct point corners[2];
        struct point *path;
        int path_length;
        enum fruit_kind fruit_kind;
        union {
                char *juice;
                int64_t seeds;
                struct point core;
                struct tree *graft;
                struct {
                        uint16_t size;
                        uint8_t *bytes;
                } pulp;
        } fruit;
        int (*on_harvest)(struct tree *tree);
        struct {
                struct {
                        int16_t depth;
                } below;
                uint8_t kind;
        } soil;
        unsigned int ripe : 1;
        unsigned int age : 7;
        int slope : 11;
        unsigned int unused : 5; /* ignored */
        double *rings;
        uint8_t ring_count;
        int32_t readings[4];
        char **nicknames;
        unsigned int nickname_count;
        char tags[2][6];
        enum kind grafts[5];
        uint8_t graft_count;
        struct series *series;
        struct list *list;
        struct blob *blob;
        void *birds; /* ignored */
        uint32_t height; /* since v2 */
};

struct farmer {
        uint32_t id;
        struct tree **trees;
        size_t tree_count;
        struct farmer *friends[2]; /* references */
        struct farmer *teacher;
        char *phone; /* since v2 */
        int left; /* ignored */
};

struct orchard {
        struct tree *first, *last;
        struct tree mother;
        struct basket *basket;
        struct farmer *boss; /* a reference */
        struct orchard *self;
        struct basket *spare; /* since v2 */
};

struct shed {
        int left; /* ignored */
        struct tree *trees[4];
        struct numbers *numbers;
        uint32_t numbers_count;
};

struct note {
        char title[16];
        char *body;
        struct point places[3];
        unsigned char place_count;
};

#ifdef __cplusplus
extern "C" {
#endif

void *orchard_allocate(size_t size_bytes);
void orchard_release(void *memory);
struct farmer *farmer_new(void);
void farmer_free(struct farmer *farmer);

#ifdef __cplusplus
}
#endif
