/* SPDX-License-Identifier: MIT */
/* Verification of graphs: what is the same has the same digest, and each change is named. */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "graph.h"
#include "verifying.h"

#define NODES 4
#define ENTRIES 3

/* One program's state, of which each member of each struct holds something. */
struct world {
        struct node *nodes[NODES];
        struct entry *entries[ENTRIES];
        struct root root;
        struct bag bag, plains;
};

static struct world here, there;
static const struct ek_chain same = {.from = &graph_v1, .to = &graph_v1};

static struct verifying verifying = {
        .chain = &same, .from_natives = &graph_natives, .to_natives = &graph_natives};

static void link_nodes(struct world *world)
{
        for (size_t i = 0; i < NODES; i++) {
                struct node *node = world->nodes[i];

                node->next = world->nodes[(i + 1) % NODES];
                node->previous = world->nodes[(i + NODES - 1) % NODES];
                node->entry = world->entries[i % ENTRIES];
        }
        world->nodes[0]->link_count = 2;
        world->nodes[0]->links = allocate(2 * sizeof(void *));
        world->nodes[0]->links[0] = world->nodes[2];
        world->nodes[0]->links[1] = world->nodes[3];
}

static void fill(struct world *world)
{
        char name[] = "node 0";

        for (size_t i = 0; i < NODES; i++, name[5]++)
                world->nodes[i] = new_node(name);
        for (uint32_t i = 0; i < ENTRIES; i++)
                world->entries[i] = allocate(sizeof(struct entry));
        link_nodes(world);
        world->nodes[1]->handle = eventfd(0, EFD_CLOEXEC);
        for (uint32_t i = 0; i < ENTRIES; i++) {
                *world->entries[i] = (struct entry){
                        10 + i, world->nodes[i], world->entries[(i + 1) % ENTRIES], &world->root};
                bag_add(&world->bag, world->entries[i]);
        }
        for (uint32_t i = 0; i < 3; i++) {
                struct plain *plain = allocate(sizeof(*plain));

                *plain = (struct plain){.key = i, .handle = -1};
                plain->text = strcpy(allocate(2), "t");
                bag_add(&world->plains, plain);
        }
        world->root = (struct root){
                .head = world->nodes[0], .favourite = world->entries[1], .self = &world->root};
}

static void add(const char *name, void *from, void *to)
{
        struct ek_tagged theirs, ours;

        tag_graph(&theirs, name, from);
        tag_graph(&ours, name, to);
        verifying_add(&verifying, &theirs, &ours);
}

/* What came, by name: the entries' order is the stream's, the ring of nodes starts at the head. */
static void find_all(void)
{
        there.nodes[0] = there.root.head;
        for (size_t i = 1; i < NODES; i++)
                there.nodes[i] = there.nodes[i - 1]->next;
        for (size_t i = 0; i < ENTRIES; i++)
                there.entries[i] = there.bag.entries[i];
}

static void begin(void)
{
        fill(&here);
        add("root", &here.root, &there.root);
        add("entries", &here.bag, &there.bag);
        add("plains", &here.plains, &there.plains);
        verifying_hand_over(&verifying);
        find_all();
}

Test(verify_graph, that_came_whole_is_the_same)
{
        begin();
        expect_same(&verifying);
        expect_same(&verifying);
        verifying_end(&verifying);
}

/* A hash table iterates in another order in each process. */
Test(verify_graph, in_another_order_is_the_same)
{
        void *first;

        begin();
        first = there.bag.entries[0];
        there.bag.entries[0] = there.bag.entries[2];
        there.bag.entries[2] = first;
        first = there.plains.entries[0];
        there.plains.entries[0] = there.plains.entries[1];
        there.plains.entries[1] = first;
        expect_same(&verifying);
        verifying_end(&verifying);
}

/* Where an item begins is no difference; where pointers lead is. */
struct change {
        const char *item, *field, *words;
        void *place;
        size_t size;
        const void *value;
};

static void expect_change(const struct change *change)
{
        char before[16];

        memcpy(before, change->place, change->size);
        memcpy(change->place, change->value, change->size);
        expect_difference(&verifying, change->item, change->field, change->words);
        memcpy(change->place, before, change->size);
        expect_same(&verifying);
}

#define TO(item, field, words, place, other)                                      \
        {                                                                         \
                item, field, words, &(place), sizeof(place), &(__typeof__(place)) \
                {                                                                 \
                        (other)                                                   \
                }                                                                 \
        }

Test(verify_graph, names_each_member_that_was_changed)
{
        begin();
        {
                struct node **nodes = there.nodes;
                struct entry **entries = there.entries;
                struct plain *plain = there.plains.entries[1];
                const struct change changes[] = {
                        TO("root", "head", "record 0", there.root.head, nodes[1]),
                        TO("root", "head", "record 0", there.root.head, NULL),
                        TO("root", "favourite", "record 0", there.root.favourite, entries[0]),
                        TO("root", "favourite", "record 0", there.root.favourite, NULL),
                        TO("root", "self", "record 0", there.root.self, NULL),
                        TO("root", "name", "type Node", nodes[0]->name, nodes[1]->name),
                        TO("root", "name", "type Node", nodes[3]->name, nodes[1]->name),
                        TO("root", "name", "is not there", nodes[2]->name, NULL),
                        TO("root", "next", "type Node", nodes[0]->next, nodes[2]),
                        TO("root", "next", "type Node", nodes[3]->next, nodes[3]),
                        TO("root", "previous", "type Node", nodes[2]->previous, NULL),
                        TO("root", "previous", "type Node", nodes[2]->previous, nodes[3]),
                        TO("root", "links", "number of elements", nodes[0]->link_count, 1),
                        TO("root", "links[1]", "type Node", nodes[0]->links[1], nodes[2]),
                        TO("root", "links[0]", "type Node", nodes[0]->links[0], NULL),
                        TO("root", "handle", "type Node", nodes[1]->handle, -1),
                        TO("root", "handle", "type Node", nodes[1]->handle, 1),
                        TO("root", "handle", "type Node", nodes[0]->handle, 1),
                        TO("root", "entry", "type Node", nodes[3]->entry, entries[1]),
                        TO("root", "entry", "type Node", nodes[3]->entry, NULL),
                        TO("root", "key", "type Entry", entries[0]->key, 11),
                        TO("root", "node", "type Entry", entries[1]->node, nodes[3]),
                        TO("root", "sibling", "type Entry", entries[1]->sibling, entries[0]),
                        TO("root", "sibling", "type Entry", entries[1]->sibling, NULL),
                        TO("root", "root", "type Entry", entries[1]->root, NULL),
                        TO("plains", "text", "record 1 (key 1)", plain->text,
                           (char *)(uintptr_t) "u"),
                        TO("plains", "text", "record 1 (key 1)", plain->text,
                           (char *)(uintptr_t) "tt"),
                        TO("plains", "handle", "record 1 (key 1)", plain->handle, 1),
                };

                for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
                        expect_change(&changes[i]);
        }
        verifying_end(&verifying);
}

Test(verify_graph, names_swapped_pointers)
{
        struct node *kept;

        begin();
        kept = there.nodes[1]->next;
        there.nodes[1]->next = there.nodes[2]->next;
        there.nodes[2]->next = kept;
        expect_difference(&verifying, "root", "next", "type Node");
        verifying_end(&verifying);
}

/* The same text at another address is the same; a copy of an object is not the object. */
Test(verify_graph, tells_a_copy_of_an_object_from_the_object)
{
        struct node *copy = new_node("node 1");
        char *name = copy->name;

        begin();
        *copy = *there.nodes[1];
        copy->name = name;
        there.nodes[0]->next = copy;
        expect_difference(&verifying, "root", "next", "type Node");
        verifying_end(&verifying);
}

Test(verify_graph, names_the_entry_that_is_lost)
{
        begin();
        there.bag.count--;
        expect_difference(&verifying, "entries", "", "record 2 (key 12) came, and");
        there.bag.count++;
        expect_same(&verifying);
        there.plains.count--;
        expect_difference(&verifying, "plains", "", "record 2 (key 2) came, and");
        verifying_end(&verifying);
}

Test(verify_graph, names_the_entry_that_never_came)
{
        struct entry extra = {.key = 77};

        begin();
        bag_add(&there.bag, &extra);
        expect_difference(&verifying, "entries", "", "record 3 (key 77) is in the program");
        verifying_end(&verifying);
}

/* A key that is changed is one record less and another more. */
Test(verify_graph, names_the_record_whose_key_is_changed)
{
        begin();
        ((struct plain *)there.plains.entries[2])->key = 99;
        expect_difference(&verifying, "plains", "", "record 2 (key 2) came, and");
        verifying_end(&verifying);
}

/* Entries that were objects before are told from those that were not. */
Test(verify_graph, names_an_entry_put_in_the_place_of_another)
{
        begin();
        there.bag.entries[0] = there.bag.entries[1];
        there.bag.entries[1] = there.nodes[3]->entry;
        there.bag.count = 2;
        cr_assert_neq(verifying_verify(&verifying), 0);
        verifying_end(&verifying);
}

/* Where an item that brought objects was taken out again, nobody knows whose they are. */
Test(verify_graph, is_not_compared_when_an_item_was_untagged)
{
        begin();
        cr_assert_eq(ek_tagged_remove("root"), 0);
        cr_assert_eq(ek_tagged_add(&verifying.to[0]), 0);
        cr_assert_eq(verifying_verify(&verifying), 0, "%s", verifying.error.sentence);
        cr_expect_eq(verifying_figures("root")->verdict, 0);
        cr_expect_eq(verifying_figures("entries")->verdict, EKIDEN__VERDICT__NOT_COMPARED);
        cr_expect_not_null(strstr(verifying_figures("entries")->reason, "taken out"));
        verifying_end(&verifying);
}
