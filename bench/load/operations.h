/* SPDX-License-Identifier: MIT */
/* A queue of operations: those that were sent and not answered, then those that are due. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct operation {
        uint64_t intended_ns; /* when it should have been sent: its latency is measured from here */
        uint32_t key;
        uint32_t version; /* of a write */
        enum operation_kind {
                OPERATION_READ,
                OPERATION_WRITE,
                OPERATION_DELETE,
        } kind;
};

/* All zero: empty. */
struct operations {
        struct operation *ring;
        size_t room; /* a power of two */
        size_t first, unsent, end; /* count up for ever */
};

static inline struct operation *operations_at(const struct operations *operations, size_t place)
{
        return &operations->ring[place & (operations->room - 1)];
}

static inline size_t operations_under_way(const struct operations *operations)
{
        return operations->unsent - operations->first;
}

static inline size_t operations_due(const struct operations *operations)
{
        return operations->end - operations->unsent;
}

/** Adds one that is due. */
void operations_add(struct operations *operations, uint64_t intended_ns);

void operations_deinit(struct operations *operations);
