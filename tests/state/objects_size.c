/* SPDX-License-Identifier: MIT */
/*
 * Graphs of any size and depth: what the library keeps beside the objects is a few bytes for each,
 * and no stack grows with them. EKIDEN_TEST_OBJECTS is how many there are, a million by default.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph.h"

#define SMALL_STACK ((size_t)64 << 10)

static struct handover handover;
static struct root from, to;

static size_t object_count(void)
{
        const char *count = getenv("EKIDEN_TEST_OBJECTS");

        return count ? strtoul(count, NULL, 10) : 1000000;
}

/* A list whose nodes point back, too; or a chain of `links`, each deeper than the one before. */
static struct node *make_list(size_t count, bool is_double)
{
        struct node *nodes = calloc(count, sizeof(*nodes));

        for (size_t i = 0; i < count; i++) {
                nodes[i].left = (int)i;
                nodes[i].handle = -1;
                nodes[i].next = i + 1 < count ? &nodes[i + 1] : NULL;
                nodes[i].previous = is_double && i > 0 ? &nodes[i - 1] : NULL;
        }
        return nodes;
}

static void *allocate_plainly(size_t size)
{
        return malloc(size);
}

static void expect_flat(size_t count)
{
        size_t slack = (size_t)1 << 20;

        fprintf(stderr, "%zu objects: %.1f bytes each on the way out, %.1f on the way in\n", count,
                (double)handover.export_table_bytes / (double)count,
                (double)handover.import_table_bytes / (double)count);
        cr_assert_leq(handover.export_table_bytes, 24 * count + slack);
        cr_assert_leq(handover.import_table_bytes, 11 * count + slack);
}

static void free_list(struct node *node)
{
        while (node) {
                struct node *next = node->next;

                free(node);
                node = next;
        }
}

static void expect_list(bool is_double)
{
        size_t count = object_count(), seen = 0;
        struct node *nodes = make_list(count, is_double);

        allocate_hook = allocate_plainly;
        release_hook = free;
        from = (struct root){.head = nodes};
        handover = (struct handover){.stack_bytes = SMALL_STACK};
        hand(&handover, "root", &from, &to);
        expect_handover(&handover);
        for (struct node *node = to.head, *last = NULL; node; last = node, node = node->next) {
                if (node->previous != (is_double ? last : NULL))
                        cr_assert_fail("node %zu does not point back", seen);
                seen++;
        }
        cr_assert_eq(seen, count);
        expect_flat(count);
        free_list(to.head);
        free(nodes);
}

LeakTest(objects_size, doubly_linked_list_in_flat_memory_and_a_small_stack)
{
        expect_list(true);
}

LeakTest(objects_size, chain_as_deep_as_it_is_long_in_a_small_stack)
{
        expect_list(false);
}

/* Every node leads to the next through an array, and to the first. */
LeakTest(objects_size, failure_at_the_end_frees_all_in_a_small_stack)
{
        size_t count = 100000;
        struct node *nodes = make_list(count, true);

        nodes[count - 1].name = strdup("last");
        from = (struct root){.head = nodes};
        handover = (struct handover){.stack_bytes = SMALL_STACK};
        hand(&handover, "root", &from, &to);
        fail_allocation_at = count + 1; /* the last one's name */
        expect_no_handover(&handover, EKIDEN_ENOMEM, "memory ran out");
        cr_assert_eq(live_allocations, 0);
        cr_assert_null(to.head);
        free(nodes[count - 1].name);
        free(nodes);
}
