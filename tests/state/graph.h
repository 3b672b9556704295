/* SPDX-License-Identifier: MIT */
/*
 * A program whose state is a graph: structs bound by hand-written tables, as the generator writes
 * them, and a handover of several items of it.
 */
#pragma once

#include <ekiden/native.h>

#include "exchange.h"
#include "graph.pb-c.h"

struct node {
        char *name;
        struct node *next, *previous;
        struct node **links;
        uint16_t link_count;
        int handle;
        struct blob *blob;
        struct entry *entry;
        int left; /* ignored */
};

struct blob {
        struct blob *self;
        uint8_t count;
        struct node *nodes[];
};

struct entry {
        uint32_t key;
        struct node *node;
        struct entry *sibling; /* a reference */
        struct root *root;
};

struct root {
        int left; /* ignored */
        struct node *head;
        struct entry *favourite; /* a reference */
        struct root *self;
        struct blob *blob;
};

struct shelf {
        struct node *before;
        struct node cells[2];
        struct node *after;
        struct root *root;
};

struct plain {
        uint32_t key;
        char *text;
        int handle;
};

extern const struct ekiden_schema graph_v1;
extern const struct ekiden_natives graph_natives;

/* The next version, which has the same items, and its structs. */
extern const struct ekiden_schema graph_v2;
extern const struct ekiden_natives graph_natives_v2;

extern const struct ekiden_native node_native, blob_native, entry_native, root_native, shelf_native,
        plain_native;

/* Allocation by "the program", which can be told to fail, and counts what is not freed. */
extern size_t allocations, live_allocations, fail_allocation_at; /* the n-th from 1; 0: never */

/* Other functions in their place, if set. */
extern void *(*allocate_hook)(size_t size);
extern void (*release_hook)(void *memory);

void *allocate(size_t size);
void release(void *memory);

/** Frees a struct and what it holds; a node's strings and arrays. */
void free_native(const struct ekiden_native *native, void *object);

/* A container of pointers, in the order of insertion. */
struct bag {
        void **entries;
        size_t count, capacity;
        size_t refuse_at; /* insertion, from 1; 0: none */
        size_t refused, removed;
        void *last_removed[8];
        bool cannot_remove;
};

extern const struct ekiden_container bag_container; /* `functions` may be anything but NULL */
extern const struct ekiden_container plain_bag_container; /* without remove */

void bag_add(struct bag *bag, void *entry);

/** Items of the graph, tagged: `data` is a struct, or a bag. `tagged` must not move. */
void tag_graph(struct ek_tagged *tagged, const char *name, void *data);

/* Called when the two ends are there; NULL: nothing. */
extern void (*handover_begins)(void);

struct handover {
        struct ek_tagged from[4], to[4];
        size_t count;
        const struct ek_chain *chain; /* to graph_v2; NULL: both ends are of one version */
        size_t stack_bytes; /* of both sides' threads; 0: the usual */
        /* What came of it: */
        int exported, imported; /* the first error, or 0 */
        int checked; /* what the first update point says */
        size_t failed_at; /* item */
        struct ekiden_error export_error, import_error;
        struct ek_count sent;
        size_t export_table_bytes, import_table_bytes;
};

/** Adds an item: `from` at the one end, `to` at the other. */
void hand(struct handover *handover, const char *name, void *from, void *to);

void run_handover(struct handover *handover);

/** Runs it; all must succeed. */
void expect_handover(struct handover *handover);

/** Runs it; the import must fail, with words in its sentence. */
void expect_no_handover(struct handover *handover, int code, const char *words);

/** Runs it; the export must. */
void expect_no_export(struct handover *handover, const char *item, const char *field,
                      const char *words);

/** A node without a name that holds nothing. */
struct node *new_node(const char *name);
