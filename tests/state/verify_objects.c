/* SPDX-License-Identifier: MIT */
/* Verification of graphs across versions: objects go back by transformers, too, and stay one. */
#include <stdlib.h>
#include <string.h>

#include "graph.h"
#include "verifying.h"

static bool cuts_ring, refuses_back;

static int node_up(const ProtobufCMessage *old, ProtobufCMessage *new_, struct ekiden_hop *hop)
{
        Graph__V1__Node *node = (Graph__V1__Node *)new_;

        memcpy(new_, old, sizeof(*node));
        node->name = ekiden_hop_printf(hop, "new %s", node->name);
        if (cuts_ring && strcmp(node->name, "new a") == 0)
                node->next = node->previous = NULL;
        return 0;
}

static int node_down(const ProtobufCMessage *old, ProtobufCMessage *new_, struct ekiden_hop *hop)
{
        Graph__V1__Node *node = (Graph__V1__Node *)new_;

        memcpy(new_, old, sizeof(*node));
        if (refuses_back || strncmp(node->name, "new ", 4) != 0)
                return ekiden_hop_refuse(hop, "it has no such name");
        node->name += 4;
        return 0;
}

/* An entry that has crossed as an object has nothing to transform any more. */
static int entry_up(const ProtobufCMessage *old, ProtobufCMessage *new_, struct ekiden_hop *hop)
{
        (void)hop;
        memcpy(new_, old, sizeof(Graph__V1__Entry));
        ((Graph__V1__Entry *)new_)->key += 1000;
        return 0;
}

static int entry_down(const ProtobufCMessage *old, ProtobufCMessage *new_, struct ekiden_hop *hop)
{
        Graph__V1__Entry *entry = (Graph__V1__Entry *)new_;

        memcpy(new_, old, sizeof(*entry));
        if (!entry->has_key)
                return ekiden_hop_refuse(hop, "it stands for an entry, and is none");
        entry->key -= 1000;
        return 0;
}

static const struct ekiden_transformer up_transformers[] = {
        {"Node", "Node", node_up}, {"Entry", "Entry", entry_up}, {"entries", "entries", entry_up}};
static const struct ekiden_transformer down_transformers[] = {{"Node", "Node", node_down},
                                                              {"Entry", "Entry", entry_down},
                                                              {"entries", "entries", entry_down}};
static const struct ekiden_hop_table up = {.from = &graph_v1,
                                           .to = &graph_v2,
                                           .transformers = up_transformers,
                                           .transformer_count = 3};
static const struct ekiden_hop_table down = {.from = &graph_v2,
                                             .to = &graph_v1,
                                             .transformers = down_transformers,
                                             .transformer_count = 3};

static struct ek_registry registry, only_up;
static struct ek_chain chain;
static struct verifying verifying = {.chain = &chain,
                                     .registry = &registry,
                                     .from_natives = &graph_natives,
                                     .to_natives = &graph_natives_v2};
static struct root from, to;
static struct bag bag, new_bag;

static void add(const char *name, void *theirs, void *ours)
{
        struct ek_tagged tagged_from, tagged_to;

        tag_graph(&tagged_from, name, theirs);
        tag_graph(&tagged_to, name, ours);
        tagged_to.item = *ekiden_schema_item(&graph_v2, name);
        tagged_to.natives = &graph_natives_v2;
        verifying_add(&verifying, &tagged_from, &tagged_to);
}

static bool all_have_the_first; /* each entry has the first node */

static void begin(void)
{
        struct node *nodes[3] = {new_node("a"), new_node("b"), new_node("c")};

        cr_assert_eq(ek_registry_add(&registry, &up), 0);
        cr_assert_eq(ek_registry_add(&registry, &down), 0);
        cr_assert_eq(ek_registry_add(&only_up, &up), 0);
        cr_assert_eq(ek_chain_find(&registry, &graph_v2, 1, &chain, NULL), 0);
        for (uint32_t i = 0; i < 3; i++) {
                struct entry *entry = allocate(sizeof(*entry));

                nodes[i]->next = nodes[(i + 1) % 3];
                *entry = (struct entry){
                        .key = i, .node = nodes[all_have_the_first ? 0 : i], .root = &from};
                bag_add(&bag, entry);
        }
        nodes[1]->entry = bag.entries[2];
        from.head = nodes[0];
        add("root", &from, &to);
        add("entries", &bag, &new_bag);
        verifying_hand_over(&verifying);
        cr_assert_str_eq(to.head->name, "new a");
}

Test(verify_objects, that_were_transformed_there_and_back_are_the_same)
{
        begin();
        expect_same(&verifying);
        verifying_end(&verifying);
}

Test(verify_objects, change_is_named_as_the_predecessor_has_it)
{
        struct node *kept;

        begin();
        to.head->next->name[4] = 'x';
        expect_difference(&verifying, "root", "name", "of type Node, is not what it was");
        to.head->next->name[4] = 'b';
        kept = to.head->next->next;
        to.head->next->next = to.head;
        expect_difference(&verifying, "root", "next", "of type Node, is not what it was");
        to.head->next->next = kept;
        expect_same(&verifying);
        new_bag.count = 2;
        expect_difference(&verifying, "entries", "", "record 2 (key 1002) came, and");
        verifying_end(&verifying);
}

static void expect_same_as_given(const char *root, const char *entries)
{
        cr_assert_eq(verifying_verify(&verifying), 0, "%s", verifying.error.sentence);
        cr_expect_eq(verifying_figures("root")->verdict, EKIDEN__VERDICT__SAME_AS_GIVEN);
        cr_expect_not_null(strstr(verifying_figures("root")->reason, root));
        cr_expect_eq(verifying_figures("entries")->verdict, EKIDEN__VERDICT__SAME_AS_GIVEN);
        cr_expect_not_null(strstr(verifying_figures("entries")->reason, entries));
}

Test(verify_objects, that_the_way_back_refuses_are_compared_with_what_was_given)
{
        begin();
        refuses_back = true;
        expect_same_as_given("refused on the way back", "");
        to.head->next->name[0] = 'N';
        expect_difference(&verifying, "root", "name", "when the program was given it");
        verifying_end(&verifying);
}

/* They came with one item, and go out with another. */
Test(verify_objects, that_another_item_leads_to_are_the_same)
{
        cuts_ring = true;
        verifying.registry = &only_up;
        begin();
        expect_same_as_given("no transformers", "no transformers");
        cr_expect_eq(verifying.asked_again, 0);
        ((struct entry *)new_bag.entries[1])->node->name[4] = 'x';
        expect_difference(&verifying, "entries", "name", "of type Node, is not what it was");
        verifying_end(&verifying);
}

/* The program would never hear of these nodes: all but the first one. */
static void free_what_nothing_leads_to(void)
{
        struct ekiden_objects *objects = verifying.imported;

        for (uint64_t number = 1; number <= 8; number++) {
                unsigned int type = ek_objects_type_of(objects, number);
                void *object = *ek_objects_address(objects, number);

                if (type > 0 && object != to.head &&
                    strcmp(objects->types[type - 1].native->name, "struct node") == 0)
                        free_native(objects->types[type - 1].native, object);
        }
}

Test(verify_objects, that_nothing_leads_to_any_more_are_not_missed)
{
        cuts_ring = all_have_the_first = true;
        verifying.registry = &only_up;
        begin();
        expect_same_as_given("no transformers", "no transformers");
        cr_expect_eq(verifying.asked_again, 2);
        to.head->name[4] = 'x';
        expect_difference(&verifying, "root", "name", "of type Node, is not what it was");
        to.head->name[4] = 'a';
        new_bag.count = 2;
        expect_difference(&verifying, "entries", "", "record 2 (key 1002) came, and");
        free_what_nothing_leads_to();
        verifying_end(&verifying);
}
