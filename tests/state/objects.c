/* SPDX-License-Identifier: MIT */
/* Object graphs arrive with the sharing and the cycles that they left with. */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "graph.h"

static struct handover handover;
static struct root from, to;

static void free_nodes(struct node **nodes, size_t count)
{
        for (size_t i = 0; i < count; i++)
                free_native(&node_native, nodes[i]);
}

static void start(void)
{
        handover = (struct handover){.count = 0};
        from = (struct root){.left = 1};
        to = (struct root){.left = 2};
}

static void expect_nothing_left(void)
{
        cr_assert_eq(live_allocations, 0, "%zu allocations were not freed", live_allocations);
}

LeakTest(objects, doubly_linked_list_keeps_both_directions)
{
        struct node *a = new_node("a"), *b = new_node("b"), *c = new_node("c");

        start();
        a->next = b, b->previous = a, b->next = c, c->previous = b;
        from.head = b;
        hand(&handover, "root", &from, &to);
        expect_handover(&handover);
        cr_assert_str_eq(to.head->name, "b");
        cr_assert_neq(to.head, b);
        cr_assert_str_eq(to.head->next->name, "c");
        cr_assert_str_eq(to.head->previous->name, "a");
        cr_assert_eq(to.head->next->previous, to.head);
        cr_assert_eq(to.head->previous->next, to.head);
        cr_assert_null(to.head->next->next);
        cr_assert_null(to.head->previous->previous);
        cr_assert_eq(to.left, 2, "what is ignored stays");
        cr_assert_eq(to.head->handle, -1);
        free_nodes((struct node *[]){a, b, c, to.head->next, to.head->previous, to.head}, 6);
        expect_nothing_left();
}

LeakTest(objects, tree_with_parent_pointers_and_nulls_in_its_arrays)
{
        struct node *root = new_node("root"), *child[2] = {new_node("x"), new_node("y")};

        start();
        root->link_count = 3;
        root->links = allocate(3 * sizeof(void *));
        root->links[0] = child[0], root->links[1] = NULL, root->links[2] = child[1];
        child[0]->previous = child[1]->previous = root;
        from.head = root;
        hand(&handover, "root", &from, &to);
        expect_handover(&handover);
        cr_assert_eq(to.head->link_count, 3);
        cr_assert_null(to.head->links[1]);
        cr_assert_str_eq(to.head->links[0]->name, "x");
        cr_assert_str_eq(to.head->links[2]->name, "y");
        cr_assert_eq(to.head->links[0]->previous, to.head);
        cr_assert_eq(to.head->links[2]->previous, to.head);
        free_nodes((struct node *[]){root, child[0], child[1], to.head->links[0], to.head->links[2],
                                     to.head},
                   6);
        expect_nothing_left();
}

LeakTest(objects, shared_object_and_pointer_to_itself_stay_one)
{
        struct node *a = new_node("a"), *b = new_node("b");

        start();
        a->next = a->previous = b;
        b->next = b;
        from.head = a;
        from.self = &from;
        hand(&handover, "root", &from, &to);
        expect_handover(&handover);
        cr_assert_eq(to.self, &to, "a pointer to the singleton is one to the new program's");
        cr_assert_eq(to.head->next, to.head->previous);
        cr_assert_eq(to.head->next->next, to.head->next);
        free_nodes((struct node *[]){a, b, to.head->next, to.head}, 4);
        expect_nothing_left();
}

static struct blob *new_blob(uint8_t count)
{
        struct blob *blob = allocate(sizeof(*blob) + count * sizeof(void *));

        memset(blob, 0, sizeof(*blob) + count * sizeof(void *));
        blob->count = count;
        return blob;
}

/* Its size is in its record, which comes after pointers to it. */
LeakTest(objects, object_with_a_flexible_array_is_found_by_all_that_point_to_it)
{
        struct node *a = new_node("a"), *b = new_node("b");

        start();
        from.blob = new_blob(3);
        from.blob->self = from.blob;
        from.blob->nodes[0] = a, from.blob->nodes[2] = b;
        a->blob = b->blob = from.blob;
        from.head = a;
        hand(&handover, "root", &from, &to);
        expect_handover(&handover);
        cr_assert_eq(to.blob->count, 3);
        cr_assert_eq(to.blob->self, to.blob);
        cr_assert_eq(to.blob->nodes[0], to.head);
        cr_assert_null(to.blob->nodes[1]);
        cr_assert_str_eq(to.blob->nodes[2]->name, "b");
        cr_assert_eq(to.head->blob, to.blob);
        cr_assert_eq(to.blob->nodes[2]->blob, to.blob);
        free_nodes((struct node *[]){a, b, to.blob->nodes[2], to.head}, 4);
        release(from.blob);
        release(to.blob);
        expect_nothing_left();
}

/* Two entries that point to one node, to each other and to the singleton. */
static void fill_bag(struct bag *bag, struct node *node)
{
        struct entry *entries[2] = {allocate(sizeof(struct entry)), allocate(sizeof(struct entry))};

        for (uint32_t i = 0; i < 2; i++) {
                *entries[i] = (struct entry){10 + i, node, entries[1 - i], &from};
                bag_add(bag, entries[i]);
        }
}

static void free_bag(struct bag *bag, const struct ekiden_native *native)
{
        for (size_t i = 0; i < bag->count; i++)
                free_native(native, bag->entries[i]);
        free(bag->entries);
}

static void expect_entries(const struct bag *bag)
{
        const struct entry *first = bag->entries[0], *second = bag->entries[1];

        cr_assert_eq(bag->count, 2);
        cr_assert_eq(first->key, 10);
        cr_assert_eq(second->key, 11);
        cr_assert_eq(first->sibling, second);
        cr_assert_eq(second->sibling, first);
        cr_assert_eq(first->root, &to);
        cr_assert_eq(first->node, second->node);
        cr_assert_eq(first->node, to.head);
        cr_assert_eq(to.favourite, second);
}

/* Item names in an order; the pointers between them lead both ways. */
static void expect_across(const char *one, const char *other)
{
        struct bag bag = {.count = 0}, new_bag = {.count = 0};
        struct node *node = new_node("shared");

        start();
        fill_bag(&bag, node);
        from.head = node;
        from.favourite = bag.entries[1];
        for (int i = 0; i < 2; i++) {
                const char *name = i == 0 ? one : other;
                bool is_root = strcmp(name, "root") == 0;

                hand(&handover, name, is_root ? (void *)&from : &bag,
                     is_root ? (void *)&to : &new_bag);
        }
        expect_handover(&handover);
        expect_entries(&new_bag);
        free_nodes((struct node *[]){node, to.head}, 2);
        free_bag(&bag, &entry_native);
        free_bag(&new_bag, &entry_native);
        expect_nothing_left();
}

LeakTest(objects, pointers_across_items_whichever_comes_first)
{
        expect_across("root", "entries");
        expect_across("entries", "root");
}

/* The node's pointer is no reference: the entry crosses with the first item, as an object. */
LeakTest(objects, entry_that_a_pointer_reached_first_is_inserted_in_its_place)
{
        struct bag bag = {.count = 0}, new_bag = {.count = 0};
        struct node *node = new_node("n");

        start();
        fill_bag(&bag, node);
        node->entry = bag.entries[1];
        from.head = node;
        hand(&handover, "root", &from, &to);
        hand(&handover, "entries", &bag, &new_bag);
        expect_handover(&handover);
        cr_assert_eq(new_bag.count, 2);
        cr_assert_eq(to.head->entry, new_bag.entries[1]);
        cr_assert_eq(((struct entry *)new_bag.entries[0])->key, 10);
        cr_assert_eq(((struct entry *)new_bag.entries[0])->sibling, new_bag.entries[1]);
        cr_assert_eq(((struct entry *)new_bag.entries[1])->sibling, new_bag.entries[0]);
        free_nodes((struct node *[]){node, to.head}, 2);
        free_bag(&bag, &entry_native);
        free_bag(&new_bag, &entry_native);
        expect_nothing_left();
}

LeakTest(objects, reference_that_no_item_brings_is_refused_at_the_end_by_name)
{
        struct entry entry = {.key = 1};

        start();
        from.favourite = &entry;
        hand(&handover, "root", &from, &to);
        run_handover(&handover);
        cr_assert_eq(handover.imported, 0, "%s", handover.import_error.sentence);
        cr_assert_eq(handover.checked, EKIDEN_EREFUSED);
        cr_assert_str_eq(handover.import_error.item, "root");
        cr_assert_str_eq(handover.import_error.field, "favourite");
        cr_assert_not_null(strstr(handover.import_error.sentence, "\"favourite\" of struct root"));
        release(to.favourite);
        expect_nothing_left();
}

LeakTest(objects, pointer_to_a_singleton_that_is_never_tagged_is_refused_at_the_end)
{
        struct entry entry = {.key = 1, .root = &from};
        struct bag bag = {.count = 0}, new_bag = {.count = 0};

        start();
        bag_add(&bag, &entry);
        hand(&handover, "entries", &bag, &new_bag);
        tag_graph(&handover.from[3], "root", &from);
        cr_assert_eq(ek_tagged_add(&handover.from[3]), 0);
        run_handover(&handover);
        cr_assert_eq(handover.imported, 0, "%s", handover.import_error.sentence);
        cr_assert_eq(handover.checked, EKIDEN_EREFUSED);
        cr_assert_str_eq(handover.import_error.item, "entries");
        cr_assert_str_eq(handover.import_error.field, "root");
        cr_assert_null(((struct entry *)new_bag.entries[0])->root);
        ek_tagged_remove("root");
        free_bag(&new_bag, &entry_native);
        free(bag.entries);
        expect_nothing_left();
}

LeakTest(objects, pointer_into_an_array_is_refused_whichever_is_seen_first)
{
        struct shelf shelf = {.cells = {{.handle = -1}, {.handle = -1}}};
        struct shelf other = {.before = NULL};

        start();
        shelf.before = &shelf.cells[1];
        hand(&handover, "shelf", &shelf, &other);
        expect_no_export(&handover, "shelf", "cells", "\"cells\" of struct shelf");
        shelf.before = NULL;
        shelf.after = &shelf.cells[1];
        expect_no_export(&handover, "shelf", "after", "\"after\" of struct shelf");
        expect_nothing_left();
}

LeakTest(objects, pointer_into_an_array_is_refused_across_items)
{
        struct shelf shelf = {.cells = {{.handle = -1}, {.handle = -1}}};
        struct shelf other = {.before = NULL};

        start();
        from.head = &shelf.cells[0];
        hand(&handover, "shelf", &shelf, &other);
        hand(&handover, "root", &from, &to);
        expect_no_export(&handover, "root", "head", "\"head\" of struct root");
        expect_nothing_left();
}

LeakTest(objects, embedded_structs_cross_by_value)
{
        struct node *far = new_node("far");
        struct shelf shelf = {.cells = {{.handle = -1, .next = far}, {.handle = -1, .next = far}}};
        struct shelf other = {.before = NULL};

        start();
        shelf.after = far;
        hand(&handover, "shelf", &shelf, &other);
        expect_handover(&handover);
        cr_assert_str_eq(other.after->name, "far");
        cr_assert_eq(other.cells[0].next, other.after);
        cr_assert_eq(other.cells[1].next, other.after);
        free_nodes((struct node *[]){far, other.after}, 2);
        expect_nothing_left();
}

LeakTest(objects, descriptors_of_objects_cross_once)
{
        struct node *a = new_node(NULL);
        uint64_t value = 0;

        start();
        a->handle = eventfd(7, EFD_CLOEXEC);
        a->next = a;
        from.head = a;
        hand(&handover, "root", &from, &to);
        expect_handover(&handover);
        cr_assert_neq(to.head->handle, a->handle);
        cr_assert_eq(read(to.head->handle, &value, sizeof(value)), sizeof(value));
        cr_assert_eq(value, 7);
        close(a->handle);
        close(to.head->handle);
        free_nodes((struct node *[]){a, to.head}, 2);
        expect_nothing_left();
}

static uint64_t plain_records;

static int import_plainly(const void *functions, const ProtobufCMessage *record,
                          struct ekiden_cursor *cursor, void *data)
{
        const Graph__V1__Entry *entry = (const Graph__V1__Entry *)record;

        (void)functions, (void)cursor, (void)data;
        cr_assert_eq(entry->key, 10 + plain_records);
        cr_assert(entry->node && entry->node->has_identity);
        plain_records++;
        return 0;
}

/* The new version takes the messages as they are. */
LeakTest(objects, objects_of_an_item_that_is_not_bound_are_let_go)
{
        static const struct ekiden_binding plainly = {.import_record = import_plainly};
        struct bag bag = {.count = 0};
        struct node *node = new_node("n");

        start();
        node->handle = eventfd(1, EFD_CLOEXEC);
        fill_bag(&bag, node);
        hand(&handover, "entries", &bag, NULL);
        handover.to[0].native = NULL;
        handover.to[0].binding = &plainly;
        expect_handover(&handover);
        cr_assert_eq(plain_records, 2);
        close(node->handle);
        free_nodes(&node, 1);
        free_bag(&bag, &entry_native);
        expect_nothing_left();
}

/* They crossed once, and nobody took them: entries made of nothing but identities would be empty.
 */
LeakTest(objects, entry_that_crossed_with_an_item_that_is_not_bound_is_refused)
{
        static const struct ekiden_binding plainly = {.import_record = import_plainly};
        struct bag bag = {.count = 0}, nodes = {.count = 0}, new_bag = {.count = 0};
        struct node *node = new_node("n");

        start();
        fill_bag(&bag, node);
        bag_add(&nodes, node);
        hand(&handover, "entries", &bag, NULL);
        handover.to[0].native = NULL;
        handover.to[0].binding = &plainly;
        hand(&handover, "nodes", &nodes, &new_bag);
        expect_no_handover(&handover, EKIDEN_EREFUSED, "not bound to a struct");
        cr_assert_eq(new_bag.count, 0);
        free_nodes(&node, 1);
        free(nodes.entries);
        free_bag(&bag, &entry_native);
        expect_nothing_left();
}

LeakTest(objects, record_that_crossed_as_an_object_is_refused_for_an_item_that_is_not_bound)
{
        static const struct ekiden_binding plainly = {.import_record = import_plainly};
        struct bag bag = {.count = 0}, new_bag = {.count = 0};

        start();
        fill_bag(&bag, NULL);
        hand(&handover, "entries", &bag, &new_bag);
        hand(&handover, "entries", &bag, NULL);
        handover.to[1].native = NULL;
        handover.to[1].binding = &plainly;
        expect_no_handover(&handover, EKIDEN_EREFUSED, "not bound to a struct");
        cr_assert_eq(plain_records, 0);
        release(((struct entry *)new_bag.entries[0])->root);
        free_bag(&bag, &entry_native);
        free_bag(&new_bag, &entry_native);
        expect_nothing_left();
}

/* The pointer waits in a copy of the struct, and then in the struct. */
LeakTest(objects, pointer_to_a_singleton_that_comes_later_is_set_when_it_comes)
{
        struct shelf shelf = {.root = &from, .cells = {{.handle = -1}, {.handle = -1}}};
        struct shelf other = {.before = NULL};

        start();
        hand(&handover, "shelf", &shelf, &other);
        hand(&handover, "root", &from, &to);
        expect_handover(&handover);
        cr_assert_eq(other.root, &to);
        expect_nothing_left();
}

LeakTest(objects, singleton_that_is_an_entry_too_is_refused_and_told_why)
{
        struct bag bag = {.count = 0}, new_bag = {.count = 0};

        start();
        bag_add(&bag, &from);
        hand(&handover, "root", &from, &to);
        hand(&handover, "roots", &bag, &new_bag);
        expect_no_handover(&handover, EKIDEN_EPROTOCOL, "is a singleton");
        cr_assert_eq(new_bag.count, 0);
        free(bag.entries);
        expect_nothing_left();
}

LeakTest(objects, entry_that_objects_of_its_own_item_point_to_crosses_once)
{
        struct bag bag = {.count = 0}, new_bag = {.count = 0};
        struct node *node = new_node("n");
        struct entry *entry;

        start();
        fill_bag(&bag, node);
        node->entry = bag.entries[0];
        hand(&handover, "entries", &bag, &new_bag);
        hand(&handover, "root", &from, &to);
        expect_handover(&handover);
        entry = new_bag.entries[0];
        cr_assert_eq(entry->node->entry, entry);
        free_nodes((struct node *[]){node, entry->node}, 2);
        free_bag(&bag, &entry_native);
        free_bag(&new_bag, &entry_native);
        expect_nothing_left();
}

LeakTest(objects, object_that_only_a_reference_led_to_comes_with_the_item_that_holds_it)
{
        struct bag bag = {.count = 0}, new_bag = {.count = 0};
        struct node *node = new_node("n");
        struct entry *held = allocate(sizeof(*held)), *entry;

        start();
        *held = (struct entry){.key = 99};
        fill_bag(&bag, node);
        node->entry = held;
        from.favourite = held;
        hand(&handover, "root", &from, &to);
        hand(&handover, "entries", &bag, &new_bag);
        expect_handover(&handover);
        entry = new_bag.entries[0];
        cr_assert_eq(to.favourite->key, 99);
        cr_assert_eq(entry->node->entry, to.favourite);
        free_nodes((struct node *[]){node, entry->node}, 2);
        release(held);
        release(to.favourite);
        free_bag(&bag, &entry_native);
        free_bag(&new_bag, &entry_native);
        expect_nothing_left();
}

/* As a struct and its first member do. */
LeakTest(objects, objects_of_two_types_at_one_address_are_two)
{
        struct node *node = new_node(NULL);

        start();
        node->entry = (struct entry *)(void *)node;
        from.head = node;
        hand(&handover, "root", &from, &to);
        expect_handover(&handover);
        cr_assert_neq((void *)to.head, (void *)to.head->entry);
        cr_assert_eq(to.head->entry->key, 0);
        release(to.head->entry);
        free_nodes((struct node *[]){node, to.head}, 2);
        expect_nothing_left();
}

/* The program's mistake is not told as damage by the other side. */
LeakTest(objects, entry_that_is_given_twice_does_not_leave)
{
        struct entry one = {.key = 1}, other = {.key = 2};
        struct plain plain = {.key = 7, .handle = -1};
        struct bag bag = {.count = 0}, new_bag = {.count = 0};

        bag_add(&bag, &one);
        bag_add(&bag, &one);
        start();
        hand(&handover, "entries", &bag, &new_bag);
        expect_no_export(
                &handover, "entries", "",
                "next() of item \"entries\" gave an entry twice, the second time as record 1");
        bag.entries[1] = &other;
        bag_add(&bag, &one);
        expect_no_export(
                &handover, "entries", "",
                "next() of item \"entries\" gave an entry twice, the second time as record 2");
        bag.count = 0;
        bag_add(&bag, &plain);
        bag_add(&bag, &plain);
        start();
        hand(&handover, "plains", &bag, &new_bag);
        expect_no_export(
                &handover, "plains", "",
                "next() of item \"plains\" gave an entry twice, the second time as record 1");
        free(bag.entries);
        free(new_bag.entries);
}

/* Two containers may share an entry, and one item may be asked for twice. */
LeakTest(objects, entry_of_two_items_leaves_with_both)
{
        struct root shared = {.left = 1};
        struct bag bag = {.count = 0}, new_bag = {.count = 0};
        struct bag other = {.count = 0}, new_other = {.count = 0};

        bag_add(&bag, &shared);
        bag_add(&other, &shared);
        start();
        hand(&handover, "roots", &bag, &new_bag);
        hand(&handover, "roots", &other, &new_other);
        expect_handover(&handover);
        cr_assert_eq(new_bag.count, 1);
        cr_assert_eq(new_other.entries[0], new_bag.entries[0]);
        release(new_bag.entries[0]);
        free(bag.entries);
        free(other.entries);
        free(new_bag.entries);
        free(new_other.entries);
}

LeakTest(objects, that_leave_are_counted_beside_the_records_over_all_items)
{
        struct node nodes[3] = {{.handle = -1, .next = &nodes[1]},
                                {.handle = -1, .next = &nodes[2]},
                                {.handle = -1}};
        struct entry entry = {.key = 1, .node = &nodes[0]};
        struct bag bag = {.count = 0}, new_bag = {.count = 0};

        start();
        bag_add(&bag, &entry);
        from.head = &nodes[1];
        hand(&handover, "root", &from, &to);
        hand(&handover, "entries", &bag, &new_bag);
        expect_handover(&handover);
        cr_assert_eq(handover.sent.records, 2);
        cr_assert_eq(handover.sent.objects, 3, "two with the root, and one more");
        free_nodes((struct node *[]){((struct entry *)new_bag.entries[0])->node, to.head,
                                     to.head->next},
                   3);
        release(new_bag.entries[0]);
        free(bag.entries);
        free(new_bag.entries);
        expect_nothing_left();
}
