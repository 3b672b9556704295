/* SPDX-License-Identifier: MIT */
/*
 * A peer that lies when it is asked again for an item that differs: whatever it sends behind sound
 * checksums, the upgrade is refused with a sentence, and nothing is left of it.
 */
#include <string.h>
#include <sys/eventfd.h>

#include "crates.h"
#include "ekiden/handover.pb-c.h"
#include "graph.h"
#include "verifying.h"

static const struct ek_chain graph_chain = {.from = &graph_v1, .to = &graph_v1};
static const struct ek_chain yard_chain = {.from = &yard_v1, .to = &yard_v1};
static struct verifying verifying;
static struct capture captured;

/* A ring of two that a singleton leads to. */
static struct node *nodes[2];
static struct root from, to;

static void begin_graph(void)
{
        struct ek_tagged theirs, ours;

        nodes[0] = new_node("a");
        nodes[1] = new_node("b");
        nodes[0]->next = nodes[1];
        nodes[1]->next = nodes[1]->previous = nodes[0];
        from.head = nodes[0];
        tag_graph(&theirs, "root", &from);
        tag_graph(&ours, "root", &to);
        verifying = (struct verifying){.chain = &graph_chain,
                                       .from_natives = &graph_natives,
                                       .to_natives = &graph_natives,
                                       .again = &captured};
        verifying_add(&verifying, &theirs, &ours);
        cr_assert_eq(ek_tagged_add(&theirs), 0); /* so that it has the identity of a singleton */
        capture_item(&verifying.from[0], &captured);
        cr_assert_eq(ek_tagged_remove("root"), 0);
        verifying_hand_over(&verifying);
        to.head->next->name[0] = 'Z'; /* it is asked, and no one bit makes them the same */
}

static void end_graph(void)
{
        free_capture(&captured);
        verifying_end(&verifying);
        free_native(&node_native, to.head->next);
        free_native(&node_native, to.head);
        free_native(&node_native, nodes[1]);
        free_native(&node_native, nodes[0]);
}

/* Records with descriptors. */
static int pool[2];
static struct crates here, there;

static void fill(struct crates *crates, Yard__V1__Crate *crate, struct ekiden_cursor *cursor)
{
        crate->has_id = crate->has_handle = 1;
        crate->id = 300 + cursor->record;
        crate->handle = crates->pool[0];
        crate->label = (char *)(uintptr_t)(crates == &there ? "ours" : "theirs");
}

static void begin_crates(void)
{
        struct ek_tagged theirs, ours;

        pool[0] = eventfd(0, EFD_CLOEXEC);
        here = (struct crates){.count = 2, .fill = fill, .pool = pool};
        there = here;
        theirs = tag_item(&yard_v1, "crates", &crates_binding, &here);
        ours = tag_item(&yard_v1, "crates", &crates_binding, &there);
        verifying = (struct verifying){.chain = &yard_chain, .again = &captured};
        verifying_add(&verifying, &theirs, &ours);
        verifying_hand_over(&verifying);
        capture_item(&verifying.from[0], &captured);
}

static void end_crates(void)
{
        free_capture(&captured);
        verifying_end(&verifying);
        close(pool[0]);
}

static void expect_refused(size_t frame, size_t place)
{
        int before = count_open_descriptors();
        int r = verifying_verify(&verifying);

        cr_assert_lt(r, 0, "frame %zu, %zu", frame, place);
        cr_assert_eq(verifying.asked_again, 1);
        cr_assert_eq(verifying.error.code, r, "frame %zu, %zu: %d, %d", frame, place, r,
                     verifying.error.code);
        cr_assert(verifying.error.sentence[0]);
        cr_assert_str_eq(verifying.error.item, verifying.to[0].name);
        expect_open_descriptors(before);
}

static void flip_every_bit(void)
{
        for (size_t i = 0; i < captured.count; i++) {
                struct captured_frame *frame = &captured.frames[i];

                for (size_t bit = 0; bit < 8 * frame->size; bit++) {
                        frame->payload[bit / 8] ^= (uint8_t)(1 << bit % 8);
                        expect_refused(i, bit);
                        frame->payload[bit / 8] ^= (uint8_t)(1 << bit % 8);
                }
        }
}

static void send_frames_of_any_kind(void)
{
        for (size_t i = 0; i < captured.count; i++) {
                const uint16_t kind = captured.frames[i].kind;

                for (uint16_t any = 0; any < 80; any++) {
                        if (i == 0 && any == EKIDEN__FRAME_KIND__ABSENT)
                                continue; /* which the handover refuses */
                        captured.frames[i].kind = any;
                        expect_refused(i, any);
                }
                captured.frames[i].kind = kind;
        }
}

LeakTest(verify_hostile, is_none_where_the_answer_is_what_came)
{
        begin_graph();
        expect_difference(&verifying, "root", "name", "object 1, of type Node, is not what it was");
        to.head->next->name[0] = 'b';
        to.head->previous = to.head;
        expect_difference(&verifying, "root", "previous", "object 0, of type Node, is not what");
        to.head->previous = NULL;
        expect_same(&verifying);
        end_graph();
        begin_crates();
        expect_difference(&verifying, "crates", "label", "record 0 is not what it was");
        end_crates();
}

LeakTest(verify_hostile, objects_with_any_bit_flipped_are_refused)
{
        begin_graph();
        flip_every_bit();
        end_graph();
}

LeakTest(verify_hostile, objects_in_frames_of_any_kind_are_refused)
{
        begin_graph();
        send_frames_of_any_kind();
        end_graph();
}

LeakTest(verify_hostile, records_with_any_bit_flipped_are_refused)
{
        begin_crates();
        flip_every_bit();
        end_crates();
}

LeakTest(verify_hostile, records_in_frames_of_any_kind_are_refused)
{
        begin_crates();
        send_frames_of_any_kind();
        end_crates();
}
