/* SPDX-License-Identifier: MIT */
/*
 * Memory runs out while a successor verifies, at each of its allocations: an error that says so,
 * and nothing is left open or unfreed. The linker puts the functions below in the place of the real
 * ones.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "graph.h"
#include "store.h"
#include "verifying.h"
#include "yard_v1.ekiden.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);
void __real_protobuf_c_message_free_unpacked(ProtobufCMessage *message,
                                             ProtobufCAllocator *allocator);
void __wrap_protobuf_c_message_free_unpacked(ProtobufCMessage *message,
                                             ProtobufCAllocator *allocator);

/* Of the thread that verifies; the other end has all the memory that it wants. */
static _Thread_local bool counts;
static size_t calls, fail_at;
static long held; /* what was allocated while it counted, and not freed */
static size_t held_bytes, most_bytes;

static bool fails(void)
{
        return counts && ++calls == fail_at;
}

static void *counted(void *memory)
{
        held += counts && memory;
        held_bytes += counts ? malloc_usable_size(memory) : 0;
        most_bytes = held_bytes > most_bytes ? held_bytes : most_bytes;
        return memory;
}

static void forgotten(void *memory)
{
        held -= counts && memory;
        held_bytes -= counts ? malloc_usable_size(memory) : 0;
}

void *__wrap_malloc(size_t size)
{
        return fails() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
        return fails() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *memory, size_t size)
{
        if (fails())
                return NULL;
        forgotten(memory);
        return counted(__real_realloc(memory, size));
}

void __wrap_free(void *memory)
{
        forgotten(memory);
        __real_free(memory);
}

static void free_counted(void *data, void *memory)
{
        (void)data;
        __wrap_free(memory);
}

/* Its own free() is the C library's, which does not count. */
void __wrap_protobuf_c_message_free_unpacked(ProtobufCMessage *message,
                                             ProtobufCAllocator *allocator)
{
        ProtobufCAllocator counting = {.free = free_counted};

        __real_protobuf_c_message_free_unpacked(message, allocator ? allocator : &counting);
}

static const struct ek_chain same = {.from = &graph_v1, .to = &graph_v1};

static void add(struct verifying *verifying, const char *name, void *from, void *to)
{
        struct ek_tagged theirs, ours;

        tag_graph(&theirs, name, from);
        tag_graph(&ours, name, to);
        verifying_add(verifying, &theirs, &ours);
}

/* One handover and its verification, with one allocation that fails. */
static int verify(bool is_spoilt)
{
        struct verifying verifying = {
                .chain = &same, .from_natives = &graph_natives, .to_natives = &graph_natives};
        struct node *a = new_node("a"), *b = new_node("b");
        struct root from = {.head = a, .self = NULL}, to = {0};
        int r;

        a->next = b;
        b->next = b->previous = a;
        add(&verifying, "root", &from, &to);
        verifying_hand_over(&verifying);
        if (is_spoilt)
                to.head->next->previous = NULL;
        calls = 0;
        held = 0;
        counts = true;
        r = verifying_verify(&verifying);
        counts = false;
        if (verifying.links[1]) /* else the test freed it in between */
                cr_expect_eq(held, 0, "%ld allocations are left after the %zu-th failed", held,
                             fail_at);
        cr_expect_eq(verifying.error.code, r);
        if (r == EKIDEN_ENOMEM)
                cr_expect_not_null(strstr(verifying.error.sentence, "memory ran out"), "%s",
                                   verifying.error.sentence);
        verifying_end(&verifying);
        free_native(&node_native, to.head->next);
        free_native(&node_native, to.head);
        free_native(&node_native, b);
        free_native(&node_native, a);
        return r;
}

LeakTest(verify_memory, that_runs_out_is_told_wherever_it_does)
{
        size_t failed = 0;

        cr_assert_eq(verify(false), 0);
        for (fail_at = 1;; fail_at++) {
                int r = verify(false);

                if (calls < fail_at)
                        break;
                cr_expect_eq(r, EKIDEN_ENOMEM, "allocation %zu: %d", fail_at, r);
                failed++;
        }
        cr_assert_gt(failed, 5);
}

/* Whatever it runs out for, what differs is never the same. */
LeakTest(verify_memory, that_runs_out_makes_no_difference_the_same)
{
        size_t failed = 0;

        cr_assert_eq(verify(true), EKIDEN_EREFUSED);
        for (fail_at = 1;; fail_at++) {
                int r = verify(true);

                if (calls < fail_at)
                        break;
                cr_expect_lt(r, 0, "allocation %zu: %d", fail_at, r);
                failed++;
        }
        cr_assert_gt(failed, 12);
}

#define LARGE ((size_t)1 << 20) /* bytes */
#define LARGE_RECORDS 40

/* A peer may send as many as it likes. */
LeakTest(verify_memory, holds_a_few_of_the_records_that_are_lost_however_large_they_are)
{
        static const struct ek_chain yard = {.from = &yard_v1, .to = &yard_v1};
        static struct store here, there;
        static struct verifying verifying = {.chain = &yard};
        static uint8_t content[LARGE];
        const struct ek_tagged from = tag_item(&yard_v1, "crates", &store_binding, &here);
        const struct ek_tagged to = tag_item(&yard_v1, "crates", &store_binding, &there);
        Yard__V1__Crate crate = YARD__V1__CRATE__INIT;

        crate.has_content = crate.has_id = 1;
        crate.content = (ProtobufCBinaryData){LARGE, content};
        for (; crate.id < LARGE_RECORDS; crate.id++)
                store_add(&here, &crate.base);
        verifying_add(&verifying, &from, &to);
        verifying_hand_over(&verifying);
        store_clear(&there);
        counts = true;
        expect_difference(&verifying, "crates", "", "record 0 came");
        counts = false;
        cr_expect_lt(most_bytes, (size_t)24 << 20, "%zu MiB", most_bytes >> 20);
        verifying_end(&verifying);
        store_clear(&here);
}
