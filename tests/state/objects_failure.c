/* SPDX-License-Identifier: MIT */
/* An import that fails, at whatever place, leaves the program as it was and nothing behind. */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "graph.h"

static struct handover handover;
static struct bag bag, new_bag;
static struct root from, to;

/* A bit of everything: strings, an array with a NULL, cycles, a flexible array, descriptors. */
static struct node *make_graph(struct entry *entries[2])
{
        struct node *a = new_node("a"), *b = new_node("b");

        a->next = b, b->previous = a;
        a->handle = eventfd(3, EFD_CLOEXEC);
        b->handle = eventfd(4, EFD_CLOEXEC);
        a->link_count = 2;
        a->links = allocate(2 * sizeof(void *));
        a->links[0] = b, a->links[1] = NULL;
        a->blob = allocate(sizeof(struct blob) + 2 * sizeof(void *));
        *a->blob = (struct blob){.self = a->blob, .count = 2};
        a->blob->nodes[0] = b, a->blob->nodes[1] = a;
        for (uint32_t i = 0; i < 2; i++)
                entries[i] = allocate(sizeof(struct entry));
        for (uint32_t i = 0; i < 2; i++) {
                *entries[i] = (struct entry){i, i == 0 ? a : b, entries[1 - i], NULL};
                bag_add(&bag, entries[i]);
        }
        return a;
}

static void free_graph(struct node *a)
{
        struct node *b = a->next;

        if (a->handle >= 0)
                close(a->handle);
        if (b->handle >= 0)
                close(b->handle);
        release(a->blob);
        free_native(&node_native, a);
        free_native(&node_native, b);
}

static void free_bag(struct bag *of)
{
        for (size_t i = 0; i < of->count; i++)
                release(of->entries[i]);
        free(of->entries);
        *of = (struct bag){.count = 0};
}

LeakTest(objects_failure, every_allocation_that_fails_frees_all_that_was_made)
{
        struct entry *entries[2];
        struct node *graph = make_graph(entries);
        size_t before = live_allocations, place = 0;
        int descriptors = count_open_descriptors();

        hand(&handover, "entries", &bag, &new_bag);
        do {
                allocations = 0;
                fail_allocation_at = ++place;
                run_handover(&handover);
                fail_allocation_at = 0;
                if (handover.imported == 0)
                        break;
                cr_assert_eq(handover.imported, EKIDEN_ENOMEM, "%d: %s", handover.imported,
                             handover.import_error.sentence);
                cr_assert_eq(live_allocations, before, "failure %zu left %zu allocations", place,
                             live_allocations - before);
                cr_assert_eq(new_bag.count, 0);
                expect_open_descriptors(descriptors);
        } while (place < 100);
        cr_assert_gt(place, 7, "each object, string and array is an allocation");
        cr_assert_lt(place, 100);
        cr_assert_eq(new_bag.count, 2);
        free_graph(((struct entry *)new_bag.entries[0])->node);
        free_bag(&new_bag);
        cr_assert_eq(live_allocations, before);
        free_graph(graph);
        free_bag(&bag);
}

/* What came with an item before is the program's, and stays whole. */
LeakTest(objects_failure, second_item_that_fails_leaves_the_first_alone)
{
        struct entry *entries[2];
        struct node *graph = make_graph(entries);
        size_t before = live_allocations;

        from.favourite = entries[1];
        hand(&handover, "root", &from, &to);
        hand(&handover, "entries", &bag, &new_bag);
        for (size_t place = 2; place < 9; place++) {
                allocations = 0;
                fail_allocation_at = place;
                run_handover(&handover);
                fail_allocation_at = 0;
                cr_assert_eq(handover.imported, EKIDEN_ENOMEM, "%zu: %s", place,
                             handover.import_error.sentence);
                cr_assert_eq(handover.failed_at, 1);
                cr_assert_not_null(to.favourite, "the root still points to it");
                cr_assert_null(to.favourite->node, "what it pointed to is gone");
                cr_assert_null(to.favourite->sibling);
                cr_assert_eq(live_allocations, before + 1);
                release(to.favourite);
                to.favourite = NULL;
        }
        free_graph(graph);
        free_bag(&bag);
}

LeakTest(objects_failure, singleton_whose_import_fails_is_byte_for_byte_what_it_was)
{
        struct entry *entries[2];
        struct node *graph = make_graph(entries);
        struct root was;

        memset(&to, 0x5a, sizeof(to));
        was = to;
        from.head = graph;
        from.self = &from;
        hand(&handover, "root", &from, &to);
        for (size_t place = 1; place < 7; place++) {
                allocations = 0;
                fail_allocation_at = place;
                expect_no_handover(&handover, EKIDEN_ENOMEM, "memory ran out");
                fail_allocation_at = 0;
                cr_assert_arr_eq(&to, &was, sizeof(to));
        }
        free_graph(graph);
        free_bag(&bag);
}

static void make_plains(size_t count)
{
        for (uint32_t i = 0; i < count; i++) {
                struct plain *plain = allocate(sizeof(*plain));

                *plain = (struct plain){i, strcpy(allocate(5), "text"), eventfd(i, EFD_CLOEXEC)};
                bag_add(&bag, plain);
        }
}

static void free_plains(struct bag *of)
{
        for (size_t i = 0; i < of->count; i++) {
                close(((struct plain *)of->entries[i])->handle);
                free_native(&plain_native, of->entries[i]);
        }
        free(of->entries);
        *of = (struct bag){.count = 0};
}

LeakTest(objects_failure, refused_entry_has_those_before_it_taken_out_and_freed)
{
        size_t before;
        int descriptors;

        make_plains(5);
        before = live_allocations;
        descriptors = count_open_descriptors();
        new_bag.refuse_at = 4;
        hand(&handover, "plains", &bag, &new_bag);
        expect_no_handover(&handover, EKIDEN_EREFUSED, "record 3 (key 3): no room on the shelf");
        cr_assert_eq(new_bag.count, 0);
        cr_assert_eq(new_bag.removed, 3);
        cr_assert_eq(live_allocations, before);
        expect_open_descriptors(descriptors);
        free(new_bag.entries);
        free_plains(&bag);
}

LeakTest(objects_failure, entries_that_cannot_be_taken_out_stay_the_programs)
{
        make_plains(5);
        new_bag.refuse_at = 4;
        hand(&handover, "plains", &bag, &new_bag);
        handover.to[0].container = &plain_bag_container;
        expect_no_handover(&handover, EKIDEN_EREFUSED, "record 3");
        cr_assert_eq(new_bag.count, 3);
        for (size_t i = 0; i < 3; i++)
                cr_assert_str_eq(((struct plain *)new_bag.entries[i])->text, "text");
        free_plains(&new_bag);
        free_plains(&bag);
        cr_assert_eq(live_allocations, 0);
}

LeakTest(objects_failure, refused_object_has_those_before_it_taken_out_in_reverse)
{
        struct entry *entries[2];
        struct node *graph = make_graph(entries);
        size_t before = live_allocations;
        int descriptors = count_open_descriptors();

        new_bag.refuse_at = 2;
        hand(&handover, "entries", &bag, &new_bag);
        expect_no_handover(&handover, EKIDEN_EREFUSED, "record 1 (key 1): no room on the shelf");
        cr_assert_eq(new_bag.removed, 1);
        cr_assert_eq(live_allocations, before);
        expect_open_descriptors(descriptors);
        new_bag.cannot_remove = true;
        expect_no_handover(&handover, EKIDEN_EREFUSED, "record 1 (key 1): no room on the shelf");
        cr_assert_eq(new_bag.count, 1);
        cr_assert_str_eq(((struct entry *)new_bag.entries[0])->node->name, "a",
                         "what the program keeps is whole");
        release(((struct entry *)new_bag.entries[0])->sibling);
        free_graph(((struct entry *)new_bag.entries[0])->node);
        free_bag(&new_bag);
        free_graph(graph);
        free_bag(&bag);
        cr_assert_eq(live_allocations, 0);
}

static int insert_and_count(const void *functions, void *entry, struct ekiden_cursor *cursor,
                            void *data)
{
        (void)functions, (void)cursor;
        bag_add(data, entry);
        return 1 + (int)((struct bag *)data)->count;
}

/* A function that says more than 0 has not refused. */
LeakTest(objects_failure, entry_that_was_taken_with_a_number_is_given_once)
{
        struct ekiden_container container = bag_container;

        make_plains(3);
        container.insert = insert_and_count;
        hand(&handover, "plains", &bag, &new_bag);
        handover.to[0].container = &container;
        expect_handover(&handover);
        cr_assert_eq(new_bag.count, 3);
        free_plains(&new_bag);
        free_plains(&bag);
        cr_assert_eq(live_allocations, 0);
}

static int insert_nothing(const void *functions, void *entry, struct ekiden_cursor *cursor,
                          void *data)
{
        (void)functions, (void)entry, (void)cursor, (void)data;
        return EKIDEN_EPROTOCOL;
}

/* Of entries that wait for the end of the item, and of those that do not. */
LeakTest(objects_failure, insert_that_answers_with_another_number_is_named)
{
        struct ekiden_container container = bag_container;
        struct entry *entries[2];
        struct node *graph = make_graph(entries);

        container.insert = insert_nothing;
        hand(&handover, "entries", &bag, &new_bag);
        handover.to[0].container = &container;
        expect_no_handover(&handover, EKIDEN_EREFUSED,
                           "insert function for item \"entries\" answered -18 on record 0");
        free_graph(graph);
        free_bag(&bag);
        make_plains(1);
        handover.count = 0;
        hand(&handover, "plains", &bag, &new_bag);
        handover.to[0].container = &container;
        expect_no_handover(&handover, EKIDEN_EREFUSED,
                           "insert function for item \"plains\" answered -18 on record 0");
        free_plains(&bag);
        cr_assert_eq(live_allocations, 0);
}
