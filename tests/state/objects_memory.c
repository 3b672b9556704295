/* SPDX-License-Identifier: MIT */
/*
 * The library's own memory runs out, at each of its allocations on either side: an error, nothing
 * of the program's left behind, nothing closed twice, and no crash. The linker puts the functions
 * below in the place of the real ones.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "graph.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
int __real_close(int descriptor);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
int __wrap_close(int descriptor);

static atomic_size_t calls; /* since it began to count */
static size_t fail_at; /* 0: never */
static atomic_bool counts;

static bool fails(void)
{
        return counts && ++calls == fail_at;
}

void *__wrap_malloc(size_t size)
{
        return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
        return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
        return fails() ? NULL : __real_realloc(memory, size);
}

/* By the time of a second close(), the number may be another thread's. */
static atomic_size_t closed_twice;

int __wrap_close(int descriptor)
{
        int r = __real_close(descriptor);

        if (r < 0 && errno == EBADF)
                closed_twice++;
        return r;
}

static void begin_to_count(void)
{
        calls = 0;
        counts = true;
}

/* The program's own are not the library's. */
static void *allocate_uncounted(size_t size)
{
        live_allocations++;
        return __real_calloc(1, size);
}

static void release_uncounted(void *memory)
{
        live_allocations--;
        free(memory);
}

static struct handover handover;
static struct bag bag, new_bag;
static struct root from, to;

/* Entries, nodes, a flexible array, references and a descriptor, over two items. */
static struct node *make_graph(void)
{
        struct node *a = new_node("a"), *b = new_node("b");
        struct entry *entry;

        a->next = b, b->previous = a;
        a->handle = eventfd(1, EFD_CLOEXEC);
        a->blob = allocate(sizeof(struct blob) + sizeof(void *));
        memset(a->blob, 0, sizeof(struct blob));
        a->blob->self = a->blob;
        a->blob->count = 1;
        a->blob->nodes[0] = b;
        for (uint32_t i = 0; i < 3; i++) {
                entry = allocate(sizeof(*entry));
                *entry = (struct entry){i, i == 0 ? a : b, NULL, &from};
                bag_add(&bag, entry);
        }
        from.favourite = bag.entries[2];
        from.self = &from;
        return a;
}

static void free_imported(void)
{
        struct node *a = ((struct entry *)new_bag.entries[0])->node;

        close(a->handle);
        release(a->blob);
        free_native(&node_native, a->next);
        free_native(&node_native, a);
        for (size_t i = 0; i < new_bag.count; i++)
                release(new_bag.entries[i]);
        new_bag.count = 0;
}

/* What the first item left for the second, when that one failed. */
static void free_favourite(void)
{
        if (to.favourite)
                release(to.favourite);
        to = (struct root){.left = 0};
}

Test(objects_memory, every_allocation_of_the_library_that_fails_is_an_error, .timeout = 300)
{
        struct node *graph;
        size_t before, failures = 0;
        int descriptors;

        allocate_hook = allocate_uncounted;
        release_hook = release_uncounted;
        handover_begins = begin_to_count;
        graph = make_graph();
        before = live_allocations;
        for (size_t i = 0; i < 8; i++)
                bag_add(&new_bag, NULL); /* its array is large enough from now on */
        new_bag.count = 0;
        hand(&handover, "root", &from, &to);
        hand(&handover, "entries", &bag, &new_bag);
        descriptors = count_open_descriptors();
        for (fail_at = 1; fail_at < 1000; fail_at++) {
                run_handover(&handover);
                counts = false;
                if (calls < fail_at)
                        break;
                failures++;
                cr_assert(handover.imported < 0 || handover.exported < 0,
                          "failure %zu was not noticed", fail_at);
                if (handover.exported == 0)
                        cr_assert_neq(handover.import_error.sentence[0], 0);
                if (handover.imported < 0)
                        cr_assert_eq(new_bag.count, 0);
                else
                        free_imported();
                free_favourite();
                cr_assert_eq(live_allocations, before, "failure %zu left %zu allocations", fail_at,
                             live_allocations - before);
                expect_open_descriptors(descriptors);
                cr_assert_eq(closed_twice, 0, "failure %zu closed something twice", fail_at);
        }
        cr_assert_gt(failures, 20);
        cr_assert_lt(failures, 900);
        cr_assert_eq(handover.imported, 0, "%s", handover.import_error.sentence);
        cr_assert_eq(new_bag.count, 3);
        cr_assert_eq(to.favourite, new_bag.entries[2]);
        free_imported();
        close(graph->handle);
}

/* An entry that has an identity, and a descriptor. */
Test(objects_memory, descriptor_of_an_entry_is_closed_once_at_each_failure)
{
        struct node node = {.handle = eventfd(1, EFD_CLOEXEC)};
        int descriptors = count_open_descriptors();

        allocate_hook = allocate_uncounted;
        release_hook = release_uncounted;
        handover_begins = begin_to_count;
        bag_add(&bag, &node);
        bag_add(&new_bag, NULL);
        new_bag.count = 0;
        hand(&handover, "nodes", &bag, &new_bag);
        for (fail_at = 1; fail_at < 1000; fail_at++) {
                run_handover(&handover);
                counts = false;
                if (calls < fail_at)
                        break;
                cr_assert(handover.imported < 0 || handover.exported < 0);
                cr_assert_eq(new_bag.count, 0);
                cr_assert_eq(live_allocations, 0);
                expect_open_descriptors(descriptors);
                cr_assert_eq(closed_twice, 0, "failure %zu closed something twice", fail_at);
        }
        cr_assert_eq(handover.imported, 0, "%s", handover.import_error.sentence);
        close(((struct node *)new_bag.entries[0])->handle);
        release(new_bag.entries[0]);
        close(node.handle);
}
