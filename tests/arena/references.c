/* SPDX-License-Identifier: MIT */
/* Where bytes are: what a record says of it on its way, and what is made of that. */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model.h"
#include "scratch.h"
#include "shelf_v2.ekiden.h"
#include "state/arena_fields.h"
#include "state/arena_held.h"
#include "state/arena_item.h"

static struct ekiden_arena *arena;
static const struct ekiden_message *type;
static struct ek_arena_patches patches;
static Shelf__V2__Book book;
static struct ekiden_error error;

static void tag(void)
{
        const struct ek_tagged tagged = {
                .name = "texts",
                .item = {.kind = EKIDEN_ITEM_SINGLETON, .message = &ek_value_message},
                .binding = &ek_value_binding,
                .data = &arena,
                .value_type = EK_VALUE_ARENA};

        arena = ekiden_arena_new("texts", (uint64_t)8 << 20);
        type = ekiden_schema_item(&shelf_v2, "books")->message;
        cr_assert_eq(ek_tagged_add(&tagged), 0);
        shelf__v2__book__init(&book);
        book.has_text = 1;
        error = (struct ekiden_error){0};
        patches = (struct ek_arena_patches){0};
}

static void untag(void)
{
        ek_tagged_remove("texts");
        ekiden_arena_close(arena);
        ek_arena_fields_free(&patches);
}

TestSuite(references, .init = tag, .fini = untag);

static void hold(void *bytes, size_t size)
{
        book.text = (ProtobufCBinaryData){size, bytes};
}

static int refer(void)
{
        return ek_arena_fields_refer(&patches, type, &book.base, &error);
}

static int locate(void)
{
        return ek_arena_fields_locate(type, &book.base, 7, EK_ARENA_TAKEN, &error);
}

Test(references, bytes_in_an_arena_become_where_they_are_and_are_found_there)
{
        uint8_t *text = ekiden_arena_alloc(arena, 5000);

        hold(text, 5000);
        cr_assert_eq(refer(), 0);
        cr_expect_eq(book.text.len, 23);
        cr_expect_neq(book.text.data, text);
        cr_assert_eq(locate(), 0, "%s", error.sentence);
        cr_expect_eq(book.text.data, text);
        cr_expect_eq(book.text.len, 5000);
        ek_arena_fields_restore(&patches);
        cr_expect_eq(book.text.data, text);
}

/* A sanitizer takes more address space than any limit would leave. */
Test(references, bytes_that_come_ahead_and_have_no_address_space_are_not_called_damaged)
{
        uint8_t *text = ekiden_arena_alloc(arena, 5000);
        struct rlimit before, little;
        int result;

        hold(text, 5000);
        cr_assert_eq(refer(), 0);
        ek_tagged_remove("texts");
        cr_assert_eq(getrlimit(RLIMIT_AS, &before), 0);
        little = (struct rlimit){(rlim_t)256 << 20, before.rlim_max};
        cr_assert_eq(setrlimit(RLIMIT_AS, &little), 0);
        result = ek_arena_fields_locate(type, &book.base, 7, EK_ARENA_AHEAD, &error);
        cr_assert_eq(setrlimit(RLIMIT_AS, &before), 0);
        cr_expect_eq(result, EKIDEN_ENOMEM, "%s", error.sentence);
        cr_expect_not_null(strstr(error.sentence, "address space"), "%s", error.sentence);
        cr_expect_null(ek_arena_promised(), "nothing is left of it");
        ek_arena_fields_restore(&patches);
}

Test(references, a_reference_is_an_arena_block_of_the_protocol)
{
        uint8_t *text = ekiden_arena_alloc(arena, 5000);
        Ekiden__ArenaBlock *block;

        hold(text, 4999);
        cr_assert_eq(refer(), 0);
        block = ekiden__arena_block__unpack(NULL, book.text.len, book.text.data);
        cr_assert_not_null(block);
        cr_expect_eq(block->offset, (uint64_t)(text - (uint8_t *)arena->data.base));
        cr_expect_eq(block->size, 4999);
        cr_expect(block->has_number && !block->has_data);
        ekiden__arena_block__free_unpacked(block, NULL);
}

Test(references, bytes_in_no_arena_cross_themselves)
{
        uint8_t text[300], *sent;
        Ekiden__ArenaBlock *block;

        memset(text, 'x', sizeof(text));
        hold(text, sizeof(text));
        cr_assert_eq(refer(), 0);
        sent = book.text.data;
        block = ekiden__arena_block__unpack(NULL, book.text.len, sent);
        cr_assert_not_null(block);
        cr_expect(!block->has_number && block->has_data);
        ekiden__arena_block__free_unpacked(block, NULL);
        cr_assert_eq(locate(), 0);
        cr_expect_eq(book.text.len, sizeof(text));
        cr_expect(book.text.data > sent && book.text.data < sent + 10);
        cr_expect_eq(memcmp(book.text.data, text, sizeof(text)), 0);
}

Test(references, bytes_in_no_arena_are_not_sent_ahead)
{
        uint8_t text[] = "text";

        patches.is_ahead = true;
        patches.number = 3;
        hold(text, sizeof(text));
        cr_expect_eq(refer(), EKIDEN_EREFUSED);
        cr_expect_not_null(strstr(error.sentence, "record 3: bytes for arena \"texts\" lie"), "%s",
                           error.sentence);
        ek_tagged_remove("texts");
        error = (struct ekiden_error){0};
        cr_expect_eq(refer(), EKIDEN_EREFUSED);
        cr_expect_not_null(strstr(error.sentence, "has tagged no arena \"texts\""), "%s",
                           error.sentence);
        cr_expect_eq(book.text.data, text);
}

Test(references, a_pointer_into_a_block_or_to_one_that_was_freed_is_refused)
{
        uint8_t *text = ekiden_arena_alloc(arena, 5000), *freed = ekiden_arena_alloc(arena, 5000);
        const struct {
                uint8_t *bytes;
                size_t size;
        } wrong[] = {{text + 16, 100}, {text + 1, 100}, {text, 6000}, {freed, 100}};

        memset(text, 0, 5000);
        ekiden_arena_free(arena, freed);
        patches.number = 3;
        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
                error = (struct ekiden_error){0};
                hold(wrong[i].bytes, wrong[i].size);
                cr_expect_eq(refer(), EKIDEN_EREFUSED, "%zu", i);
                cr_expect(strncmp(error.sentence, "record 3: bytes that lie in arena \"texts\"",
                                  40) == 0,
                          "%s", error.sentence);
                cr_expect_eq(book.text.data, wrong[i].bytes);
        }
}

Test(references, every_bit_of_a_reference_that_is_another_is_refused_or_leads_to_a_block)
{
        uint8_t *text = ekiden_arena_alloc(arena, 5000);
        uint8_t reference[24];
        unsigned int refused = 0;

        cr_assert_not_null(ekiden_arena_alloc(arena, 100000));
        hold(text, 5000);
        cr_assert_eq(refer(), 0);
        memcpy(reference, book.text.data, 23);
        for (unsigned int bit = 0; bit < 23 * 8; bit++) {
                error = (struct ekiden_error){0};
                reference[bit / 8] ^= (uint8_t)(1 << bit % 8);
                hold(reference, 23);
                if (locate() == 0) {
                        cr_expect_eq(book.text.data, text); /* and shorter, at most */
                        cr_expect_leq(book.text.len, ekiden_arena_size(arena, text));
                } else {
                        cr_expect_eq(error.code, EKIDEN_EPROTOCOL);
                        refused++;
                }
                reference[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        cr_expect_geq(refused, 23 * 8 - 13);
}

Test(references, a_reference_that_is_cut_or_too_long_is_refused)
{
        uint8_t reference[64] = {0};

        hold(ekiden_arena_alloc(arena, 5000), 5000);
        cr_assert_eq(refer(), 0);
        memcpy(reference, book.text.data, 23);
        for (size_t size = 1; size < sizeof(reference); size++) {
                error = (struct ekiden_error){0};
                hold(reference, size);
                cr_expect_eq(locate(), size == 23 ? 0 : EKIDEN_EPROTOCOL, "%zu", size);
        }
        reference[0] = 0x22;
        for (size_t size = 1; size < sizeof(reference); size++) {
                error = (struct ekiden_error){0};
                reference[1] = 40;
                hold(reference, size);
                cr_expect_eq(locate(), size == 42 ? 0 : EKIDEN_EPROTOCOL, "%zu", size);
        }
}

Test(references, bytes_of_an_arena_that_is_not_tagged_are_refused_and_the_sentence_says_what_to_do)
{
        hold(ekiden_arena_alloc(arena, 5000), 5000);
        cr_assert_eq(refer(), 0);
        ek_tagged_remove("texts");
        cr_expect_eq(locate(), EKIDEN_EREFUSED);
        cr_expect(strstr(error.sentence, "tag it ahead of the items"), "%s", error.sentence);
}

Test(references, a_block_has_one_owner_and_who_else_asks_gets_a_copy)
{
        uint8_t *text = ekiden_arena_alloc(arena, 5000), *other;
        bool is_tagged;

        memset(text, 'x', 5000);
        hold(text, 5000);
        cr_assert_eq(refer(), 0);
        cr_assert_eq(locate(), 0);
        cr_expect_eq(ek_arena_take_over("texts", &book.text, &is_tagged), text);
        other = ek_arena_take_over("texts", &book.text, &is_tagged);
        cr_assert_not_null(other);
        cr_expect_neq(other, text);
        cr_expect_eq(memcmp(other, text, 5000), 0);
        ek_arena_settle_claims(arena);
        cr_expect_geq(ekiden_arena_size(arena, text), 5000);
        cr_expect_geq(ekiden_arena_size(arena, other), 5000);
}

Test(references, a_record_that_is_looked_at_names_no_block_and_says_what_became_of_it)
{
        uint8_t *text = ekiden_arena_alloc(arena, 5000);
        ProtobufCBinaryData reference;

        hold(text, 5000);
        cr_assert_eq(refer(), 0);
        reference = book.text;
        cr_assert_eq(ek_arena_fields_locate(type, &book.base, 7, EK_ARENA_SHOWN, &error), 0);
        cr_expect_eq(book.text.data, text);
        ek_arena_settle_claims(arena);
        cr_assert_geq(ekiden_arena_size(arena, text), 5000, "nobody claimed it, and it was freed");
        cr_assert_eq(ekiden_arena_free(arena, text), 0);
        book.text = reference;
        cr_expect_eq(ek_arena_fields_locate(type, &book.base, 7, EK_ARENA_SHOWN, &error),
                     EKIDEN_EREFUSED);
        cr_expect_not_null(strstr(error.sentence, "record 7: the new version has freed or moved "
                                                  "bytes in arena \"texts\""),
                           "%s", error.sentence);
}

Test(references, a_block_that_was_named_and_not_taken_is_free_in_the_end_and_no_other)
{
        uint8_t *blocks[100];
        bool is_tagged;

        for (size_t i = 0; i < 100; i++)
                blocks[i] = ekiden_arena_alloc(arena, 300 + i);
        for (size_t i = 0; i < 100; i++) {
                if (i % 7 == 0)
                        continue; /* no record names it */
                hold(blocks[i], 300);
                cr_assert_eq(refer(), 0);
                cr_assert_eq(locate(), 0);
                if (i % 3 == 0)
                        cr_assert_eq(ek_arena_take_over("texts", &book.text, &is_tagged),
                                     blocks[i]);
        }
        ek_arena_settle_claims(arena);
        for (size_t i = 0; i < 100; i++)
                cr_expect_eq(ekiden_arena_size(arena, blocks[i]) > 0, i % 7 == 0 || i % 3 == 0,
                             "%zu", i);
        cr_expect(ek_arena_is_sound(arena));
}

/* The predecessor has the same arena under this name, too. */
static int pull_the_same(void *data, const struct ekiden_item *item, const struct ek_tagged *tagged,
                         const struct ek_route *route, struct ekiden_error *ret_error)
{
        (void)data;
        (void)item;
        (void)route;
        (void)ret_error;
        *(struct ekiden_arena **)tagged->data = arena;
        return EKIDEN_RESUMED;
}

static void tag_as(const char *name, struct ekiden_arena **place)
{
        struct ek_tagged tagged = *ek_tagged_find("texts");

        strcpy(tagged.name, name);
        tagged.item.name = name;
        tagged.data = place;
        cr_assert_eq(ek_tagged_add(&tagged), 0);
}

Test(references, an_arena_of_two_names_stays_the_program_s_when_it_has_tagged_one_of_them)
{
        const struct ekiden_item books = {.name = "books", .message = type};
        const struct ek_tagged tagged = {.name = "books", .item = books};
        struct ekiden_arena *pages = arena;

        tag_as("pages", &pages);
        cr_assert_eq(ek_tagged_remove("texts"), 0);
        cr_assert_eq(ek_arena_hold(&books, &tagged, pull_the_same, NULL, &error), 0, "%s",
                     error.sentence);
        cr_expect_eq(ek_arena_held("texts"), arena);
        ek_arena_drop_held();
        cr_expect_null(ek_arena_held("texts"));
        cr_assert(ek_arena_is_whole(arena));
        cr_expect_not_null(ekiden_arena_alloc(arena, 5000));
        ek_tagged_remove("pages");
}

Test(references, an_arena_that_has_come_is_not_mapped_again_for_another_name_under_which_bytes_did)
{
        Ekiden__Arena message = EKIDEN__ARENA__INIT;
        Ekiden__Value value = EKIDEN__VALUE__INIT;
        struct ekiden_cursor cursor = {.error = &error};
        struct ekiden_arena *second = NULL;
        void *memory;

        message.data = dup(arena->data.descriptor);
        message.table = dup(arena->table.descriptor);
        message.reserved_bytes = arena->data.reserved_bytes;
        value.value_case = EKIDEN__VALUE__VALUE_ARENA;
        value.arena = &message;
        cr_assert_not_null(ekiden_arena_alloc(arena, 5000));
        cr_assert_eq(ek_arena_promise("pages", 16, 100, &memory), 0);
        cr_expect_eq(ek_arena_get("pages", &value, &second, &cursor), EKIDEN_EREFUSED);
        cr_expect(strstr(error.sentence, "\"pages\" has come under another name"), "%s",
                  error.sentence);
        cr_expect_null(second);
        cr_expect_eq(close(message.data), 0, "it stays the caller's");
        cr_expect_eq(close(message.table), 0);
}

Test(references, an_arena_that_is_larger_than_what_was_reserved_ahead_is_refused_with_the_reason)
{
        Ekiden__Arena message = EKIDEN__ARENA__INIT;
        Ekiden__Value value = EKIDEN__VALUE__INIT;
        struct ekiden_cursor cursor = {.error = &error};
        struct ekiden_arena *large = NULL;
        void *memory;
        int files[2];

        cr_assert_eq(pipe(files), 0);
        message.data = files[0];
        message.table = files[1];
        message.reserved_bytes = EK_ARENA_USUAL + EK_ARENA_STEP;
        value.value_case = EKIDEN__VALUE__VALUE_ARENA;
        value.arena = &message;
        cr_assert_eq(ek_arena_promise("large", 16, 100, &memory), 0);
        cr_expect_eq(ek_arena_get("large", &value, &large, &cursor), EKIDEN_ELIMIT);
        cr_expect(strstr(error.sentence, "with a smaller maximum, or remove `ahead`"), "%s",
                  error.sentence);
        cr_expect_null(large);
        cr_expect_eq(close(files[0]), 0, "it stays the caller's");
        cr_expect_eq(close(files[1]), 0);
}

/* As the status of a process. */
static int put_in_child(void)
{
        Ekiden__Value value = EKIDEN__VALUE__INIT;
        struct ekiden_scratch scratch;
        struct ekiden_cursor cursor = {.scratch = &scratch, .error = &error};
        int r;

        ek_scratch_init(&scratch);
        r = ek_arena_put(&arena, &value, &cursor);
        ek_scratch_deinit(&scratch);
        return r == EKIDEN_EREFUSED && strstr(error.sentence, "the arena is the parent's") ? 0 : 1;
}

Test(references, a_child_does_not_hand_on_what_is_its_parent_s)
{
        int status = -1;
        pid_t child = fork();

        if (child == 0)
                _exit(put_in_child());
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%x", (unsigned int)status);
        cr_expect_eq(put_in_child(), 1, "the parent does");
}
