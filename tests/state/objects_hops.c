/* SPDX-License-Identifier: MIT */
/* Objects on their way through transformers, which see each once and never what stands for one. */
#include <stdlib.h>
#include <string.h>

#include "graph.h"

static size_t nodes_seen, entries_seen;

/* All that is unchanged, as a generated hop copies it: what `old` points to lives as long. */
static int transform_node(const ProtobufCMessage *old, ProtobufCMessage *new_,
                          struct ekiden_hop *hop)
{
        Graph__V1__Node *node = (Graph__V1__Node *)new_;

        memcpy(new_, old, sizeof(Graph__V1__Node));
        cr_assert(node->has_identity);
        cr_assert_not_null(node->name, "a node alone, and not one that stands for a node");
        nodes_seen++;
        if (strcmp(node->name, "drop") == 0)
                ekiden_hop_drop(hop);
        if (strcmp(node->name, "forget") == 0)
                node->entry = NULL;
        node->name = ekiden_hop_printf(hop, "new %s", node->name);
        return 0;
}

static int transform_entry(const ProtobufCMessage *old, ProtobufCMessage *new_,
                           struct ekiden_hop *hop)
{
        const Graph__V1__Entry *entry = (const Graph__V1__Entry *)old;

        memcpy(new_, old, sizeof(Graph__V1__Entry));
        cr_assert(entry->has_key, "an entry, and not what stands for one");
        ((Graph__V1__Entry *)new_)->key += 100;
        entries_seen++;
        if (entry->key == 13)
                ekiden_hop_drop(hop);
        return 0;
}

static const struct ekiden_transformer transformers[] = {
        {"Node", "Node", transform_node},
        {"Entry", "Entry", transform_entry},
        {"entries", "entries", transform_entry},
};
static const struct ekiden_hop_table hop = {
        .from = &graph_v1, .to = &graph_v2, .transformers = transformers, .transformer_count = 3};
static const struct ek_chain chain = {
        .from = &graph_v1, .to = &graph_v2, .hops = {&hop}, .count = 1};

static struct handover handover = {.chain = &chain};
static struct root from, to;
static struct bag bag, new_bag;

static void make_entries(uint32_t first, size_t count, struct node *node)
{
        for (size_t i = 0; i < count; i++) {
                struct entry *entry = allocate(sizeof(*entry));

                *entry = (struct entry){.key = first + (uint32_t)i, .node = node};
                bag_add(&bag, entry);
        }
}

static void free_all(struct bag *of, struct node *node)
{
        for (size_t i = 0; i < of->count; i++)
                release(of->entries[i]);
        free(of->entries);
        if (node)
                free_native(&node_native, node);
}

LeakTest(objects_hops, objects_are_transformed_once_and_keep_their_identity)
{
        struct node *node = new_node("n");

        make_entries(1, 2, node);
        node->entry = bag.entries[1];
        node->next = node;
        from.head = node;
        hand(&handover, "root", &from, &to); /* the second entry crosses with it, as an object */
        hand(&handover, "entries", &bag, &new_bag);
        expect_handover(&handover);
        cr_assert_str_eq(to.head->name, "new n");
        cr_assert_eq(to.head->next, to.head);
        cr_assert_eq(new_bag.count, 2);
        cr_assert_eq(((struct entry *)new_bag.entries[0])->key, 101);
        cr_assert_eq(((struct entry *)new_bag.entries[1])->key, 102);
        cr_assert_eq(to.head->entry, new_bag.entries[1]);
        cr_assert_eq(((struct entry *)new_bag.entries[1])->node, to.head);
        cr_assert_eq(nodes_seen, 1);
        cr_assert_eq(entries_seen, 2);
        free_all(&bag, node);
        free_all(&new_bag, to.head);
        cr_assert_eq(live_allocations, 0);
}

LeakTest(objects_hops, pointer_to_an_object_that_a_transformer_dropped_is_refused)
{
        struct node *node = new_node("drop");

        from.head = node;
        hand(&handover, "root", &from, &to);
        expect_no_handover(&handover, EKIDEN_EREFUSED, "\"head\" of struct root");
        cr_assert_not_null(strstr(handover.import_error.sentence, "a transformer dropped"));
        free_all(&bag, node);
        cr_assert_eq(live_allocations, 0);
}

/* It crossed with the first item, and nothing in the new version points to it. */
LeakTest(objects_hops, entry_that_a_transformer_dropped_as_an_object_is_no_entry)
{
        struct node *node = new_node("forget");

        make_entries(12, 2, NULL);
        node->entry = bag.entries[1];
        cr_assert_eq(node->entry->key, 13);
        from.head = node;
        hand(&handover, "root", &from, &to);
        hand(&handover, "entries", &bag, &new_bag);
        expect_handover(&handover);
        cr_assert_eq(new_bag.count, 1);
        cr_assert_eq(((struct entry *)new_bag.entries[0])->key, 112);
        cr_assert_eq(entries_seen, 2, "each once");
        free_all(&bag, node);
        free_all(&new_bag, to.head);
        cr_assert_eq(live_allocations, 0);
}

/* Whatever became of the one that was dropped, the one that is missing is told. */
LeakTest(objects_hops, dropped_object_that_nothing_leads_to_is_no_reason)
{
        struct node *node = new_node("forget"), *other = new_node("drop");

        node->next = other;
        node->entry = allocate(sizeof(struct entry));
        *node->entry = (struct entry){.key = 13};
        from.head = node;
        hand(&handover, "root", &from, &to);
        expect_no_handover(&handover, EKIDEN_EREFUSED, "\"next\" of struct node");
        release(node->entry);
        node->entry = NULL;
        free_all(&bag, other);
        free_native(&node_native, node);
        cr_assert_eq(live_allocations, 0);
}
