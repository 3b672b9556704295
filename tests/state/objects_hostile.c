/* SPDX-License-Identifier: MIT */
/*
 * Frames of objects that a peer made up, or damaged behind sound checksums: an error with a
 * sentence and nothing left behind, or an import that is sound. Never a crash.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "capture.h"
#include "ekiden/handover.pb-c.h"
#include "graph.h"
#include "wire/message.h"

static struct bag bag, new_bag;
static struct ek_tagged tagged_to;
static struct ek_count sent; /* of a stream that is made up */
static uint64_t objects_sent;

static int replay_graph(const struct capture *capture, size_t bytes_max, struct ekiden_error *error)
{
        const struct ek_chain chain = {.from = &graph_v1, .to = &graph_v1};
        struct ek_route route = identity(&graph_v1, tagged_to.name);
        struct ekiden_objects *objects;
        int r;

        cr_assert_eq(ek_objects_new(&graph_natives, &chain, &objects), 0);
        replay_objects = objects;
        r = replay(capture, bytes_max, &tagged_to, &route, error);
        if (r >= 0)
                ek_objects_check(objects, error);
        replay_objects = NULL;
        ek_objects_free(objects);
        return r;
}

/* What an import made is freed without following a pointer: memory is counted, not walked. */
static void *made[4096];
static size_t made_count;

static void *allocate_and_note(size_t size)
{
        void *memory = size < 1 << 20 ? calloc(1, size) : NULL;

        if (memory && made_count < 4096)
                made[made_count++] = memory;
        else
                free(memory), memory = NULL;
        return memory;
}

static void release_noted(void *memory)
{
        for (size_t i = 0; i < made_count; i++)
                if (made[i] == memory) {
                        free(memory);
                        made[i] = made[--made_count];
                        return;
                }
        cr_assert_fail("freed what was never allocated");
}

/* Returns whether it was an import. A descriptor is in the first node only. */
static bool attack(const struct capture *capture, size_t bytes_max)
{
        struct ekiden_error error;
        int r;

        cr_assert_eq(made_count, 0);
        allocate_hook = allocate_and_note;
        release_hook = release_noted;
        r = replay_graph(capture, bytes_max, &error);
        allocate_hook = NULL;
        release_hook = NULL;
        if (r < 0) {
                cr_assert_eq(error.code, r);
                cr_assert(error.sentence[0]);
                cr_assert_str_eq(error.item, tagged_to.name);
                cr_assert_eq(made_count, 0, "%zu allocations were left: %s", made_count,
                             error.sentence);
                cr_assert_eq(new_bag.count, 0);
        }
        while (made_count > 0)
                free(made[--made_count]);
        new_bag.count = 0;
        return r >= 0;
}

static struct capture captured;

static void capture_graph(void)
{
        struct node *a = new_node("a"), *b = new_node("b");
        struct entry *entry = allocate(sizeof(*entry));
        struct ek_tagged tagged;

        a->next = b, b->previous = a;
        a->link_count = 2;
        a->links = allocate(2 * sizeof(void *));
        a->links[0] = b, a->links[1] = NULL;
        a->blob = allocate(sizeof(struct blob) + sizeof(void *));
        *a->blob = (struct blob){.self = a->blob, .count = 1};
        a->blob->nodes[0] = b;
        *entry = (struct entry){7, a, entry, NULL};
        bag_add(&bag, entry);
        tag_graph(&tagged, "entries", &bag);
        tag_graph(&tagged_to, "entries", &new_bag);
        capture_item(&tagged, &captured);
        release(a->blob);
        free_native(&node_native, a);
        free_native(&node_native, b);
        release(entry);
}

LeakTest(objects_hostile, undamaged_stream_is_imported)
{
        capture_graph();
        cr_assert_eq(captured.count, 4, "ITEM, BATCH, OBJECTS, END");
        cr_assert_eq(captured.frames[2].kind, EKIDEN__FRAME_KIND__OBJECTS);
        cr_assert(attack(&captured, SIZE_MAX));
        free_capture(&captured);
}

LeakTest(objects_hostile, every_bit_flipped_is_an_error_or_a_sound_import)
{
        size_t attacks = 0, imports = 0;

        capture_graph();
        for (size_t i = 0; i < captured.count; i++)
                for (size_t bit = 0; bit < 8 * captured.frames[i].size; bit++, attacks++) {
                        captured.frames[i].payload[bit / 8] ^= (uint8_t)(1u << bit % 8);
                        imports += attack(&captured, SIZE_MAX);
                        captured.frames[i].payload[bit / 8] ^= (uint8_t)(1u << bit % 8);
                }
        cr_assert_lt(imports, attacks / 2, "%zu of %zu were imported", imports, attacks);
        cr_assert_gt(imports, 0);
        free_capture(&captured);
}

LeakTest(objects_hostile, stream_that_ends_at_any_byte_is_an_error)
{
        capture_graph();
        for (size_t i = 0; i < captured_bytes(&captured); i++)
                cr_assert_not(attack(&captured, i), "imported after %zu bytes", i);
        free_capture(&captured);
}

static size_t put_frame(struct capture *capture, uint16_t kind, const void *payload, size_t size)
{
        struct captured_frame *frame = &capture->frames[capture->count++];

        frame->kind = kind;
        frame->size = size;
        frame->payload = malloc(size + 1);
        memcpy(frame->payload, payload, size);
        frame->descriptor_count = 0;
        return size;
}

static void put_message(struct capture *capture, uint16_t kind, const ProtobufCMessage *message)
{
        uint8_t bytes[512];

        put_frame(capture, kind, bytes, protobuf_c_message_pack(message, bytes));
}

static void begin(struct capture *capture, const char *item, bool is_stream)
{
        Ekiden__Item message = EKIDEN__ITEM__INIT;

        capture->count = 0;
        sent = (struct ek_count){0};
        objects_sent = 0;
        message.item = (char *)(uintptr_t)item;
        message.has_stream = 1;
        message.stream = is_stream;
        put_message(capture, EKIDEN__FRAME_KIND__ITEM, &message.base);
}

/* One record in a frame: an object if it has a tag. */
static void put_record(struct capture *capture, uint64_t tag, const void *message)
{
        uint8_t bytes[600];
        size_t size = protobuf_c_message_get_packed_size(message);
        size_t n = tag ? ek_varint_write(bytes, tag) : 0;

        n += ek_varint_write(bytes + n, size);
        protobuf_c_message_pack(message, bytes + n);
        put_frame(capture, tag ? EKIDEN__FRAME_KIND__OBJECTS : EKIDEN__FRAME_KIND__BATCH, bytes,
                  n + size);
        sent.bytes += size;
        if (tag)
                objects_sent++;
        else
                sent.records++;
}

static void end(struct capture *capture)
{
        Ekiden__End message = EKIDEN__END__INIT;

        message.records = sent.records;
        message.bytes = sent.bytes;
        message.has_objects = objects_sent > 0;
        message.objects = objects_sent;
        put_message(capture, EKIDEN__FRAME_KIND__END, &message.base);
}

/* Tags of the schema's items of kind OBJECTS. */
enum { BLOB = 1 << 3 | 2, ENTRY = 2 << 3 | 2, NODE = 3 << 3 | 2, ROOT = 4 << 3 | 2 };

static void expect_refusal(struct capture *capture, int code, const char *field, const char *words)
{
        struct ekiden_error error;
        int r;

        end(capture);
        tag_graph(&tagged_to, "entries", &new_bag);
        r = replay_graph(capture, SIZE_MAX, &error);
        cr_assert_eq(r, code, "%d: %s", r, error.sentence);
        cr_assert_not_null(strstr(error.sentence, words), "%s", error.sentence);
        cr_assert_str_eq(error.item, "entries");
        cr_assert_str_eq(error.field, field, "%s", error.sentence);
        cr_assert_eq(live_allocations, 0);
        cr_assert_eq(new_bag.count, 0);
        free_capture(capture);
}

static Graph__V1__Node stub(uint64_t number)
{
        Graph__V1__Node node = GRAPH__V1__NODE__INIT;

        node.has_identity = 1;
        node.identity = number;
        return node;
}

static Graph__V1__Entry entry(uint64_t number, Graph__V1__Node *node)
{
        Graph__V1__Entry message = GRAPH__V1__ENTRY__INIT;

        message.has_identity = message.has_key = 1;
        message.identity = number;
        message.node = node;
        return message;
}

LeakTest(objects_hostile, object_that_never_comes_is_refused_with_the_member_that_wants_it)
{
        struct capture capture;
        Graph__V1__Node node = stub(4);
        Graph__V1__Entry message = entry(2, &node);

        begin(&capture, "entries", true);
        put_record(&capture, 0, &message);
        expect_refusal(&capture, EKIDEN_EPROTOCOL, "node", "\"node\" of struct entry");
}

LeakTest(objects_hostile, flexible_object_that_never_comes_is_refused_with_the_member_too)
{
        struct capture capture;
        Graph__V1__Blob blob = GRAPH__V1__BLOB__INIT;
        Graph__V1__Node node = stub(4), full = stub(4);
        Graph__V1__Entry message = entry(2, &node);

        blob.has_identity = 1;
        blob.identity = 6;
        full.blob = &blob;
        begin(&capture, "entries", true);
        put_record(&capture, 0, &message);
        put_record(&capture, NODE, &full);
        expect_refusal(&capture, EKIDEN_EPROTOCOL, "blob", "\"blob\" of struct node");
}

LeakTest(objects_hostile, identity_beyond_what_was_sent_is_refused)
{
        static const uint64_t identities[] = {1, 2 * 70000, 2 * UINT64_C(0x100000001),
                                              UINT64_MAX - 1, UINT64_MAX};

        for (size_t i = 0; i < sizeof(identities) / sizeof(identities[0]); i++) {
                struct capture capture;
                Graph__V1__Node node = stub(identities[i]);
                Graph__V1__Entry message = entry(2, &node);

                begin(&capture, "entries", true);
                put_record(&capture, 0, &message);
                expect_refusal(&capture, EKIDEN_EPROTOCOL, "node", "identity cannot be");
                begin(&capture, "entries", true);
                put_record(&capture, NODE, &node);
                expect_refusal(&capture, EKIDEN_EPROTOCOL, "", "identity");
        }
}

LeakTest(objects_hostile, one_identity_under_two_types_is_refused)
{
        struct capture capture;
        Graph__V1__Node node = stub(2), other = stub(4);
        Graph__V1__Entry message = entry(2, &node), full = entry(4, NULL);

        begin(&capture, "entries", true);
        put_record(&capture, 0, &message);
        expect_refusal(&capture, EKIDEN_EPROTOCOL, "node", "another type");
        message = entry(2, &other);
        begin(&capture, "entries", true);
        put_record(&capture, 0, &message);
        put_record(&capture, ENTRY, &full);
        expect_refusal(&capture, EKIDEN_EPROTOCOL, "", "another type");
}

LeakTest(objects_hostile, second_record_of_one_object_is_refused)
{
        struct capture capture;
        Graph__V1__Node node = stub(4);
        Graph__V1__Entry message = entry(2, &node);

        begin(&capture, "entries", true);
        put_record(&capture, 0, &message);
        put_record(&capture, NODE, &node);
        put_record(&capture, NODE, &node);
        expect_refusal(&capture, EKIDEN_EPROTOCOL, "", "came twice");
        begin(&capture, "entries", true);
        put_record(&capture, 0, &message);
        put_record(&capture, 0, &message);
        expect_refusal(&capture, EKIDEN_EPROTOCOL, "", "came before");
}

LeakTest(objects_hostile, entry_that_comes_twice_is_refused)
{
        struct capture capture;
        Graph__V1__Entry message = GRAPH__V1__ENTRY__INIT;

        message.has_identity = 1;
        message.identity = 2;
        begin(&capture, "entries", true);
        put_record(&capture, 0, &message);
        put_record(&capture, 0, &message);
        expect_refusal(&capture, EKIDEN_EPROTOCOL, "", "an entry already");
}

LeakTest(objects_hostile, object_without_identity_or_type_is_refused)
{
        struct capture capture;
        Graph__V1__Node node = GRAPH__V1__NODE__INIT, known = stub(4), singleton = stub(5);
        static const uint64_t tags[] = {5 << 3 | 2, 9 << 3 | 2, 100 << 3 | 2, 3 << 3 | 1,
                                        UINT64_MAX};

        begin(&capture, "entries", true);
        put_record(&capture, NODE, &node);
        expect_refusal(&capture, EKIDEN_EPROTOCOL, "", "no identity");
        begin(&capture, "entries", true);
        put_record(&capture, NODE, &singleton);
        expect_refusal(&capture, EKIDEN_EPROTOCOL, "", "no identity of its own");
        for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
                begin(&capture, "entries", true);
                put_record(&capture, tags[i], &known);
                expect_refusal(&capture, EKIDEN_EPROTOCOL, "", "no known type");
        }
}

/* A pointer that came with a value, and a value that came for a pointer. */
LeakTest(objects_hostile, pointers_and_values_are_not_mixed_up)
{
        struct capture capture;
        Graph__V1__Node node = GRAPH__V1__NODE__INIT;
        Graph__V1__Entry message = entry(2, &node);

        begin(&capture, "entries", true);
        put_record(&capture, 0, &message);
        expect_refusal(&capture, EKIDEN_EREFUSED, "node", "has no identity");
}

LeakTest(objects_hostile, wrong_number_of_objects_is_refused)
{
        struct capture capture;
        Graph__V1__Node node = stub(4);
        Graph__V1__Entry message = entry(2, &node);

        begin(&capture, "entries", true);
        put_record(&capture, 0, &message);
        put_record(&capture, NODE, &node);
        objects_sent++;
        expect_refusal(&capture, EKIDEN_EPROTOCOL, "", "not the number that was sent");
}

/* A shelf of which one cell came: the other must not be taken for one that holds descriptor 0. */
static int import_shelf(uint64_t wrong_records, struct shelf *shelf)
{
        struct capture capture;
        struct ekiden_error error;
        Graph__V1__Node cell = GRAPH__V1__NODE__INIT, *cells = &cell;
        Graph__V1__Shelf message = GRAPH__V1__SHELF__INIT;
        int r;

        message.n_cells = 1;
        message.cells = &cells;
        begin(&capture, "shelf", false);
        put_record(&capture, 0, &message);
        sent.records += wrong_records;
        end(&capture);
        tag_graph(&tagged_to, "shelf", shelf);
        r = replay_graph(&capture, SIZE_MAX, &error);
        free_capture(&capture);
        return r;
}

LeakTest(objects_hostile, struct_of_an_array_that_did_not_come_holds_no_descriptor)
{
        struct shelf shelf = {.before = NULL};

        cr_assert_eq(import_shelf(0, &shelf), EKIDEN_RESUMED);
        cr_assert_eq(shelf.cells[0].handle, -1);
        cr_assert_eq(shelf.cells[1].handle, -1);
}

/* How many descriptors are open would show it. */
LeakTest(objects_hostile, failed_import_of_half_an_array_closes_nothing_of_the_programs)
{
        struct shelf shelf = {.before = NULL};

        cr_assert_eq(import_shelf(1, &shelf), EKIDEN_EPROTOCOL);
}

/* What was a singleton comes as an entry, and its item fails: the struct that led to it before is
   the program's, and still leads to it. */
LeakTest(objects_hostile, pointer_of_an_item_before_does_not_dangle_when_an_entry_fails)
{
        const struct ek_chain chain = {.from = &graph_v1, .to = &graph_v1};
        struct ek_route shelf_route = identity(&graph_v1, "shelf");
        struct ek_route roots_route = identity(&graph_v1, "roots");
        struct shelf shelf = {.before = NULL};
        struct ekiden_error error;
        struct capture capture;
        Graph__V1__Root root = GRAPH__V1__ROOT__INIT;
        Graph__V1__Shelf message = GRAPH__V1__SHELF__INIT;

        root.has_identity = 1;
        root.identity = 3;
        message.root = &root;
        cr_assert_eq(ek_objects_new(&graph_natives, &chain, &replay_objects), 0);
        begin(&capture, "shelf", false);
        put_record(&capture, 0, &message);
        end(&capture);
        tag_graph(&tagged_to, "shelf", &shelf);
        cr_assert_eq(replay(&capture, SIZE_MAX, &tagged_to, &shelf_route, &error), EKIDEN_RESUMED);
        free_capture(&capture);
        cr_assert_null(shelf.root, "it has not come");
        begin(&capture, "roots", true);
        put_record(&capture, 0, &root);
        sent.records++;
        end(&capture);
        tag_graph(&tagged_to, "roots", &new_bag);
        cr_assert_eq(replay(&capture, SIZE_MAX, &tagged_to, &roots_route, &error),
                     EKIDEN_EPROTOCOL);
        free_capture(&capture);
        cr_assert_not_null(shelf.root);
        cr_assert_eq(live_allocations, 1, "%zu", live_allocations);
        cr_assert_null(shelf.root->head);
        release(shelf.root);
        replay_objects = ek_objects_free(replay_objects);
}

/* The struct of a singleton is the program's: no container is given it to own, and no failure
   frees it. */
LeakTest(objects_hostile, singleton_is_no_entry)
{
        const struct ek_chain chain = {.from = &graph_v1, .to = &graph_v1};
        struct root root = {.left = 1};
        struct ekiden_error error;
        struct capture capture;
        Graph__V1__Root message = GRAPH__V1__ROOT__INIT;

        message.has_identity = 1;
        message.identity = 3;
        cr_assert_eq(ek_objects_new(&graph_natives, &chain, &replay_objects), 0);
        for (int i = 0; i < 2; i++) {
                const char *item = i == 0 ? "root" : "roots";
                struct ek_route route = identity(&graph_v1, item);
                int r;

                begin(&capture, item, i == 1);
                put_record(&capture, 0, &message);
                end(&capture);
                tag_graph(&tagged_to, item, i == 0 ? (void *)&root : (void *)&new_bag);
                r = replay(&capture, SIZE_MAX, &tagged_to, &route, &error);
                cr_assert_eq(r, i == 0 ? EKIDEN_RESUMED : EKIDEN_EPROTOCOL);
                free_capture(&capture);
        }
        cr_assert_not_null(strstr(error.sentence, "singleton"), "%s", error.sentence);
        cr_assert_eq(new_bag.count, 0);
        replay_objects = ek_objects_free(replay_objects);
}
