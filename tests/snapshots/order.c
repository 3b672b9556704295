/* SPDX-License-Identifier: MIT */
/*
 * Whoever starts from a snapshot asks for its items in his own order, and perhaps not for all: what
 * they share is shared again, and what nobody asked for takes nothing with it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "frames.h"
#include "graph.h"
#include "handover/restore.h"
#include "state/snapshot_read.h"

enum { ROOT, ENTRIES, NODES, ITEMS };

static const char *const names[ITEMS] = {"root", "entries", "nodes"};
static const struct ek_registry registry;

struct state {
        struct root root;
        struct bag entries, nodes;
};

static void *part(struct state *state, size_t item)
{
        return item == ROOT      ? (void *)&state->root
               : item == ENTRIES ? &state->entries
                                 : &state->nodes;
}

/* A root and two entries lead to node a, which is one of the nodes, and leads to b and back. */
static void make(struct state *state, bool has_favourite)
{
        struct node *a = new_node("a"), *b = new_node("b");

        *state = (struct state){.root = {.head = a}};
        a->next = b;
        b->previous = a;
        a->handle = eventfd(0, EFD_CLOEXEC);
        for (uint32_t key = 1; key <= 2; key++) {
                struct entry *entry = allocate(sizeof(*entry));

                *entry = (struct entry){.key = key, .node = a, .root = &state->root};
                bag_add(&state->entries, entry);
        }
        if (has_favourite)
                state->root.favourite = state->entries.entries[1];
        bag_add(&state->nodes, a);
        bag_add(&state->nodes, b);
}

static void unmake(struct state *state)
{
        struct node *a = state->root.head ? state->root.head : NULL;

        for (size_t i = 0; i < state->entries.count; i++) {
                a = ((struct entry *)state->entries.entries[i])->node;
                release(state->entries.entries[i]);
        }
        if (state->nodes.count > 0)
                a = state->nodes.entries[0];
        if (a) {
                struct node *b = a->next;

                if (a->handle >= 0)
                        close(a->handle);
                free_native(&node_native, a);
                free_native(&node_native, b);
        }
        free(state->entries.entries);
        free(state->nodes.entries);
}

static struct ek_link *open_file(int file)
{
        struct ek_link *link;

        cr_assert_eq(ek_link_new_file(fcntl(file, F_DUPFD_CLOEXEC, 0), &link), 0);
        return link;
}

static int take_snapshot(struct state *state)
{
        static const struct ek_wait none;
        int file = file_of(EK_SNAPSHOT_MAGIC, EK_SNAPSHOT_MAGIC_SIZE);
        struct ek_export export_ = {.link = open_file(file), .wait = &none};
        const struct ek_snapshot_origin origin = {.schema = &graph_v1, .update_point = "here"};
        struct ekiden_error error = {0};

        for (size_t i = 0; i < ITEMS; i++) {
                struct ek_tagged tagged;

                tag_graph(&tagged, names[i], part(state, i));
                cr_assert_eq(ek_tagged_add(&tagged), 0);
        }
        cr_assert_eq(ek_snapshot_write(&export_, &origin, &error), 0, "%s", error.sentence);
        ek_objects_free(export_.objects);
        ek_link_free(export_.link);
        for (size_t i = 0; i < ITEMS; i++)
                ek_tagged_remove(names[i]);
        return file;
}

/* Fetches these items, in this order; all of it must succeed. */
static void start_from(int file, struct state *state, const size_t *order, size_t count)
{
        struct ekiden_error error = {0};

        *state = (struct state){.root = {.left = 2}};
        cr_assert_eq(ek_restore_start(file, &graph_v1, &registry, &error), 0, "%s", error.sentence);
        cr_assert_eq(ek_restore_state(), EK_RESTORE_ACTIVE);
        for (size_t i = 0; i < count; i++) {
                struct ek_tagged tagged;
                struct ek_figures figures = {0};

                tag_graph(&tagged, names[order[i]], part(state, order[i]));
                tagged.last = &figures; /* so its digest is compared */
                cr_assert_eq(ek_restore_fetch(&tagged, &error), EKIDEN_RESUMED, "%s: %s",
                             names[order[i]], error.sentence);
                cr_assert_eq(figures.digest_kind, EK_DIGEST_SNAPSHOT);
        }
        cr_assert_eq(ek_restore_check(&error), 0, "%s", error.sentence);
        ek_restore_end();
        cr_assert_eq(ek_restore_state(), EK_RESTORE_NONE);
}

static int again(int file)
{
        return fcntl(file, F_DUPFD_CLOEXEC, 0);
}

LeakTest(snapshot_order, does_not_matter_and_what_items_share_is_shared_again)
{
        static const size_t orders[][ITEMS] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                               {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
        struct state from, to;
        int file;

        make(&from, true);
        file = take_snapshot(&from);
        for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
                struct entry *first, *second;

                start_from(again(file), &to, orders[i], ITEMS);
                cr_assert_eq(to.entries.count, 2u);
                cr_assert_eq(to.nodes.count, 2u);
                first = to.entries.entries[0];
                second = to.entries.entries[1];
                cr_assert_eq(to.root.head, to.nodes.entries[0]);
                cr_assert_eq(first->node, to.root.head);
                cr_assert_eq(second->node, to.root.head);
                cr_assert_eq(second->root, &to.root);
                cr_assert_eq(to.root.favourite, second);
                cr_assert_eq(to.root.left, 2);
                cr_assert_eq(to.root.head->next, to.nodes.entries[1]);
                cr_assert_eq(to.root.head->next->previous, to.root.head);
                cr_assert_str_eq(to.root.head->next->name, "b");
                cr_assert_eq(to.root.head->handle, -1, "no descriptor is in a file");
                unmake(&to);
        }
        close(file);
        unmake(&from);
        cr_assert_eq(live_allocations, 0u);
}

LeakTest(snapshot_order, an_item_that_is_not_asked_for_takes_nothing_with_it)
{
        struct state from, to;
        int file;

        make(&from, false);
        ((struct entry *)from.entries.entries[0])->root = NULL;
        ((struct entry *)from.entries.entries[1])->root = NULL;
        file = take_snapshot(&from);
        for (size_t item = 0; item < ITEMS; item++) {
                struct node *a;

                start_from(again(file), &to, &item, 1);
                a = item == ROOT    ? to.root.head
                    : item == NODES ? to.nodes.entries[0]
                                    : ((struct entry *)to.entries.entries[0])->node;
                cr_assert_str_eq(a->name, "a");
                cr_assert_str_eq(a->next->name, "b");
                cr_assert_eq(a->next->previous, a);
                unmake(&to);
        }
        close(file);
        unmake(&from);
        cr_assert_eq(live_allocations, 0u);
}

LeakTest(snapshot_order, a_reference_that_nobody_brings_is_refused_at_the_first_update_point)
{
        struct ekiden_error error = {0};
        struct ek_tagged tagged;
        struct state from, to = {.root = {.left = 2}};
        int file;

        make(&from, true);
        file = take_snapshot(&from);
        cr_assert_eq(ek_restore_start(file, &graph_v1, &registry, &error), 0);
        tag_graph(&tagged, "root", &to.root);
        cr_assert_eq(ek_restore_fetch(&tagged, &error), EKIDEN_RESUMED, "%s", error.sentence);
        cr_assert_eq(ek_restore_check(&error), EKIDEN_EREFUSED);
        cr_expect_str_eq(error.item, "root");
        cr_expect_eq(ek_restore_state(), EK_RESTORE_FAILED);
        release(to.root.favourite); /* made for the pointer, and never filled */
        unmake(&to);
        unmake(&from);
        cr_assert_eq(live_allocations, 0u);
}

/* All figures are right, and the frames' checksums; but a record is another. */
LeakTest(snapshot_order, a_digest_that_is_not_that_of_the_records_is_refused)
{
        struct ekiden_error error = {0};
        struct ek_tagged tagged;
        struct ek_figures figures = {0};
        struct state from, to = {.root = {.left = 2}};
        struct frames frames;
        char link[64];
        size_t end;
        int file;
        Ekiden__End *message;

        make(&from, false);
        file = take_snapshot(&from);
        snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
        frames = frames_read(link);
        end = frames_find(&frames, EKIDEN__FRAME_KIND__END, 0);
        message = frames_message(&frames, end, &ekiden__end__descriptor);
        cr_assert(message->digest);
        message->digest->low ^= 1;
        frames_replace(&frames, end, &message->base);
        cr_assert_eq(ek_restore_start(frames_file(&frames), &graph_v1, &registry, &error), 0, "%s",
                     error.sentence);
        tag_graph(&tagged, "root", &to.root);
        tagged.last = &figures;
        cr_assert_eq(ek_restore_fetch(&tagged, &error), EKIDEN_EPROTOCOL);
        cr_expect(strstr(error.sentence, "digest"), "%s", error.sentence);
        cr_expect_eq(ek_restore_state(), EK_RESTORE_FAILED);
        frames_free(&frames);
        close(file);
        unmake(&from);
        cr_assert_eq(live_allocations, 0u);
}
