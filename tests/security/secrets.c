/* SPDX-License-Identifier: MIT */
/*
 * Secrets that have crossed are nowhere in the library's memory any more, on either side: the
 * program's own copies are all that there is. Both sides are this process, which looks through its
 * own memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "exchange.h"
#include "index.h"
#include "memory.h"
#include "safe_v1.ekiden.h"
#include "safe_v2.ekiden.h"
#include "secret.h"
#include "state/snapshot_read.h"

#define RECORDS 300
#define SECRET_SIZE \
        3000 /* bytes, a multiple of MARK_SIZE: the batches and buffers grow, and wrap */

struct program {
        char secret[SECRET_SIZE + 1]; /* its own copy */
        size_t size; /* of it that is in use */
        size_t count, taken;
        size_t refused; /* record that it refuses, from 1; 0: none */
};

static void fill(struct program *program, size_t count, size_t size)
{
        *program = (struct program){.size = size, .count = count};
        for (size_t i = 0; i + MARK_SIZE <= size; i += MARK_SIZE)
                write_mark(program->secret + i);
}

static int export_account(const void *functions, ProtobufCMessage *message,
                          struct ekiden_cursor *cursor, void *data)
{
        Safe__V1__Account *account = (Safe__V1__Account *)message;
        struct program *program = data;
        Safe__V1__Device *device = ekiden_cursor_alloc(cursor, sizeof(*device));

        (void)functions;
        if (cursor->record == program->count)
                return 0;
        account->devices = ekiden_cursor_alloc(cursor, sizeof(device));
        account->password = ekiden_cursor_printf(cursor, "%s", program->secret);
        if (!device || !account->devices || !account->password)
                return EKIDEN_ENOMEM;
        safe__v1__device__init(device);
        device->has_key = true;
        device->key.len = program->size;
        device->key.data = (uint8_t *)program->secret;
        account->devices[account->n_devices++] = device;
        return 1;
}

static int import_account(const void *functions, const ProtobufCMessage *message,
                          struct ekiden_cursor *cursor, void *data)
{
        const Safe__V2__Account *account = (const Safe__V2__Account *)message;
        struct program *program = data;

        (void)functions;
        if (cursor->record + 1 == program->refused)
                return ekiden_cursor_refuse(cursor, "not this one");
        /* Both versions' structs are the same. */
        if (strcmp(account->password, program->secret) != 0 || account->n_devices != 1 ||
            account->devices[0]->key.len != program->size ||
            memcmp(account->devices[0]->key.data, program->secret, program->size) != 0)
                return EKIDEN_EREFUSED;
        program->taken++;
        return 0;
}

static const struct ekiden_binding accounts = {
        .export_record = export_account,
        .import_record = import_account,
};

static int transform(const ProtobufCMessage *old, ProtobufCMessage *new_, struct ekiden_hop *hop)
{
        const Safe__V1__Account *from = (const Safe__V1__Account *)old;
        Safe__V2__Account *to = (Safe__V2__Account *)new_;

        to->password = ekiden_hop_printf(hop, "%s", from->password);
        to->n_devices = from->n_devices;
        to->devices = (Safe__V2__Device **)(void *)from->devices;
        ((ProtobufCMessage *)to->devices[0])->descriptor = &safe__v2__device__descriptor;
        return to->password ? 0 : EKIDEN_ENOMEM;
}

static const struct ekiden_transformer transformers[] = {{"accounts", "accounts", transform}};
static const struct ekiden_hop_table hop = {
        .from = &safe_v1, .to = &safe_v2, .transformers = transformers, .transformer_count = 1};
static const struct ek_chain chain = {.from = &safe_v1, .to = &safe_v2, .hops = {&hop}, .count = 1};

/* The accounts cross, by the hop; then the program forgets its own. */
static struct exchange cross(struct program *program)
{
        struct ek_tagged from = tag_item(&safe_v1, "accounts", &accounts, program);
        struct ek_tagged to = tag_item(&safe_v2, "accounts", &accounts, program);
        struct exchange exchange = {.from = &from, .to = &to};
        struct ek_route route;

        cr_assert_eq(ek_route_find(&chain, ekiden_schema_item(&safe_v2, "accounts"), &route, NULL),
                     0);
        exchange.route = &route;
        run_exchange(&exchange);
        explicit_bzero(program->secret, sizeof(program->secret));
        return exchange;
}

Test(secrets, the_search_finds_what_is_there)
{
        size_t before = count_marks();
        char *copy = malloc(2 * MARK_SIZE);

        cr_assert_not_null(copy);
        cr_expect_eq(before, 0);
        write_mark(copy + 3);
        cr_expect_eq(count_marks(), 1);
        explicit_bzero(copy, 2 * MARK_SIZE);
        free(copy);
        cr_expect_eq(count_marks(), 0);
}

Test(secrets, of_large_records_are_nowhere_afterwards)
{
        static struct program program;
        struct exchange exchange;

        fill(&program, RECORDS, SECRET_SIZE);
        exchange = cross(&program);
        cr_assert_eq(exchange.exported, 0, "%s", exchange.export_error.sentence);
        cr_assert_eq(exchange.imported, EKIDEN_RESUMED, "%s", exchange.import_error.sentence);
        cr_expect_eq(program.taken, RECORDS);
        cr_expect_eq(count_marks(), 0, "%zu copies are left", count_marks());
}

/* Small enough to wait in a link's queue. */
Test(secrets, of_a_small_record_are_nowhere_afterwards)
{
        static struct program program;
        struct exchange exchange;

        fill(&program, 1, MARK_SIZE);
        exchange = cross(&program);
        cr_assert_eq(exchange.exported, 0, "%s", exchange.export_error.sentence);
        cr_expect_eq(program.taken, 1);
        cr_expect_eq(count_marks(), 0, "%zu copies are left", count_marks());
}

Test(secrets, are_nowhere_after_a_failure_either_and_are_not_named_as_keys)
{
        static struct program program;
        struct exchange exchange;

        fill(&program, RECORDS, MARK_SIZE);
        program.refused = 7;
        exchange = cross(&program);
        cr_expect_eq(exchange.imported, EKIDEN_EREFUSED);
        cr_expect_not_null(strstr(exchange.import_error.sentence, "not this one"), "%s",
                           exchange.import_error.sentence);
        cr_expect_null(strstr(exchange.import_error.sentence, "password"), "%s",
                       exchange.import_error.sentence);
        cr_expect_eq(count_marks(), 0, "%zu copies are left", count_marks());
}

Test(secrets, of_a_singleton_are_in_the_program_alone)
{
        static Safe__V1__Seal seal = SAFE__V1__SEAL__INIT, taken = SAFE__V1__SEAL__INIT;
        struct ek_tagged from = tag_item(&safe_v1, "seal", &ek_message_binding, &seal);
        struct ek_tagged to = tag_item(&safe_v1, "seal", &ek_message_binding, &taken);
        struct ek_route route = identity(&safe_v1, "seal");
        struct exchange exchange = {.from = &from, .to = &to, .route = &route};

        seal.material = calloc(1, MARK_SIZE + 1);
        cr_assert_not_null(seal.material);
        write_mark(seal.material);
        write_mark((char *)&seal.first);
        expect_exchange(&exchange);
        cr_expect_eq(count_marks(), 4, "the program's own are four: %zu", count_marks());
        cr_expect_str_eq(taken.material, seal.material);
        cr_expect_eq(taken.third, seal.third);
        free(seal.material);
        free(taken.material);
}

Test(secrets, of_a_record_that_cannot_leave_are_nowhere_afterwards)
{
        static Safe__V1__Seal seal = SAFE__V1__SEAL__INIT;
        struct ek_tagged tagged = tag_item(&safe_v1, "seal", &ek_message_binding, &seal);
        struct ek_route route = identity(&safe_v1, "seal");
        struct exchange exchange = {.from = &tagged, .to = &tagged, .route = &route};

        write_mark((char *)&seal.first);
        seal.material = (char *)"\xff"; /* no UTF-8 */
        run_exchange(&exchange);
        cr_expect_eq(exchange.exported, EKIDEN_EREFUSED, "%s", exchange.export_error.sentence);
        cr_expect_eq(count_marks(), 1, "the program's own is one: %zu", count_marks());
}

Test(secrets, that_were_looked_up_are_nowhere_afterwards)
{
        static struct program program;
        Safe__V1__Account account = SAFE__V1__ACCOUNT__INIT;
        struct ek_index index;

        fill(&program, 0, SECRET_SIZE);
        account.password = program.secret;
        ek_index_init(&index, ekiden_schema_item(&safe_v1, "accounts"));
        for (int i = 0; i < RECORDS; i++) {
                program.secret[SECRET_SIZE - 1 - i] = '\0'; /* the largest comes first */
                cr_assert_eq(ek_index_add(&index, &account.base), 0);
        }
        cr_expect_gt(count_marks(), RECORDS);
        ek_index_deinit(&index);
        explicit_bzero(program.secret, sizeof(program.secret));
        cr_expect_eq(count_marks(), 0, "%zu copies are left", count_marks());
}

/* The accounts in a memfd; then the program forgets its own. */
static int write_snapshot(struct program *program)
{
        static const struct ek_wait none;
        const struct ek_snapshot_origin origin = {.schema = &safe_v1, .update_point = "serve"};
        const struct ek_tagged tagged = tag_item(&safe_v1, "accounts", &accounts, program);
        struct ek_export export_ = {.wait = &none};
        struct ekiden_error error = {0};
        int file = memfd_create("snapshot", MFD_CLOEXEC);

        cr_assert_eq(write(file, EK_SNAPSHOT_MAGIC, EK_SNAPSHOT_MAGIC_SIZE),
                     EK_SNAPSHOT_MAGIC_SIZE);
        cr_assert_eq(ek_link_new_file(dup(file), &export_.link), 0);
        cr_assert_eq(ek_tagged_add(&tagged), 0);
        cr_assert_eq(ek_snapshot_write(&export_, &origin, &error), 0, "%s", error.sentence);
        ek_link_free(export_.link);
        explicit_bzero(program->secret, sizeof(program->secret));
        return file;
}

Test(secrets, in_a_snapshot_are_nowhere_when_it_was_written_and_when_it_was_read)
{
        static struct program program;
        struct ekiden_error error = {0};
        struct ek_snapshot snapshot;
        size_t left;
        int file;

        fill(&program, RECORDS, SECRET_SIZE);
        file = write_snapshot(&program);
        left = count_marks();
        cr_expect_eq(left, 0, "%zu copies are left by the writer", left);
        cr_assert_eq(ek_snapshot_open(file, &snapshot, &error), 0, "%s", error.sentence);
        cr_expect_eq(snapshot.total.records, RECORDS);
        ek_snapshot_close(&snapshot);
        cr_expect_eq(count_marks(), 0, "%zu copies are left by the reader", count_marks());
}

#define MANY_TYPES 300

Test(secrets, are_assumed_behind_more_types_than_are_looked_at)
{
        static struct ekiden_message types[MANY_TYPES];
        static struct ekiden_field fields[MANY_TYPES];

        for (size_t i = 0; i < MANY_TYPES; i++) {
                fields[i].nested = i + 1 < MANY_TYPES ? &types[i + 1] : NULL;
                types[i] = (struct ekiden_message){.fields = &fields[i], .field_count = 1};
        }
        cr_expect(ek_message_has_secrets(&types[0]), "for all we know");
        cr_expect_not(ek_message_has_secrets(&types[MANY_TYPES / 2]));
        fields[MANY_TYPES - 1].flags = EKIDEN_FIELD_SECRET;
        cr_expect(ek_message_has_secrets(&types[MANY_TYPES / 2]));
}

static int export_note(const void *functions, ProtobufCMessage *message,
                       struct ekiden_cursor *cursor, void *data)
{
        struct program *program = data;

        (void)functions;
        if (cursor->record == program->count)
                return 0;
        ((Safe__V1__Note *)message)->text = program->secret;
        return 1;
}

static int import_note(const void *functions, const ProtobufCMessage *message,
                       struct ekiden_cursor *cursor, void *data)
{
        (void)functions;
        (void)message;
        (void)cursor;
        ((struct program *)data)->taken++;
        return 0;
}

/* So it is the mark in the schema that does it, and not the allocator's luck. */
Test(secrets, that_are_not_marked_leave_copies)
{
        static const struct ekiden_binding notes = {
                .export_record = export_note,
                .import_record = import_note,
        };
        static struct program program;
        struct ek_tagged tagged = tag_item(&safe_v1, "notes", &notes, &program);
        struct ek_route route = identity(&safe_v1, "notes");
        struct exchange exchange = {.from = &tagged, .to = &tagged, .route = &route};

        fill(&program, RECORDS, SECRET_SIZE);
        expect_exchange(&exchange);
        explicit_bzero(program.secret, sizeof(program.secret));
        cr_expect_eq(program.taken, RECORDS);
        cr_expect_gt(count_marks(), 0);
}
