/* SPDX-License-Identifier: MIT */
/* See operations.h. While a server stands still the queue grows: what is due stays due. */
#include "operations.h"

#include <stdlib.h>

#include "measure.h"

#define ROOM_FIRST 256

static void grow(struct operations *operations)
{
        size_t room = operations->room ? operations->room * 2 : ROOM_FIRST;
        struct operation *ring = calloc(room, sizeof(*ring));

        if (!ring)
                fail("memory ran out for %zu operations", room);
        for (size_t i = operations->first; i != operations->end; i++)
                ring[i & (room - 1)] = *operations_at(operations, i);
        free(operations->ring);
        operations->ring = ring;
        operations->room = room;
}

void operations_add(struct operations *operations, uint64_t intended_ns)
{
        if (operations->end - operations->first == operations->room)
                grow(operations);
        operations_at(operations, operations->end++)->intended_ns = intended_ns;
}

void operations_deinit(struct operations *operations)
{
        free(operations->ring);
        *operations = (struct operations){0};
}
