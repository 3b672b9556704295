/* SPDX-License-Identifier: MIT */
/* Any byte of a file may lie: what is in it is shown, or refused with a sentence. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "bureau.h"
#include "diff_index.h"
#include "key.h"
#include "print.h"
#include "state/snapshot_write.h"
#include "state/tagged.h"

TestSuite(hostile, .init = bureau_make_folder, .fini = bureau_remove_folder);

static void print_all(const struct record *record)
{
        const struct print print = {
                .show_secrets = true,
                .allowed = TEXT_PRINTABLE,
                .descriptors = record->descriptors,
                .descriptor_count = record->descriptor_count,
        };
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);

        cr_assert_not_null(out);
        print_text(&print, out, record->item->message, record->message, 0);
        cr_assert_eq(fclose(out), 0);
        free(text);
        json_object_put(print_json(&print, record->item->message, record->message));
        free(key_text(record));
}

/* Shows every record, then indexes all, as the commands do: 0 or the error. */
static int go_through(const char *path, struct ekiden_error *error)
{
        struct diff_index records_index = {0}, objects_index = {0};
        struct file file;
        int r = file_open(path, &file, error);

        for (size_t i = 0; r == 0 && i < file.snapshot.item_count; i++) {
                struct records records;
                struct record record;

                r = records_begin(&records, &file, &file.snapshot.items[i], error);
                while (r == 0 && (r = records_next(&records, &record)) == 1) {
                        print_all(&record);
                        r = 0;
                }
                records_end(&records);
                if (r == 0)
                        r = diff_index_add(&records_index, &objects_index, &file,
                                           &file.snapshot.items[i], DIFF_BY_CONTENT, error);
        }
        diff_index_deinit(&records_index);
        diff_index_deinit(&objects_index);
        file_close(&file);
        return r;
}

static void expect_error(const char *path, int code, const char *words)
{
        struct ekiden_error error = {0};

        cr_expect_eq(go_through(path, &error), code, "%s: %s", words, error.sentence);
        cr_expect_not_null(strstr(error.sentence, words), "\"%s\" says not \"%s\"", error.sentence,
                           words);
}

static size_t read_file(const char *path, uint8_t **ret_bytes)
{
        FILE *file = fopen(path, "r");
        size_t size;

        cr_assert_not_null(file);
        *ret_bytes = malloc(1 << 16);
        cr_assert_not_null(*ret_bytes);
        size = fread(*ret_bytes, 1, 1 << 16, file);
        cr_assert_lt(size, 1u << 16);
        fclose(file);
        return size;
}

static void write_file(const char *path, const uint8_t *bytes, size_t size)
{
        FILE *file = fopen(path, "w");

        cr_assert_not_null(file);
        cr_assert_eq(fwrite(bytes, 1, size, file), size);
        cr_assert_eq(fclose(file), 0);
}

Test(hostile, any_byte_that_was_changed_is_noticed, .timeout = 240)
{
        const char *path = bureau_path("one");
        uint8_t *bytes;
        size_t size;

        bureau_write(path, NULL);
        size = read_file(path, &bytes);
        for (size_t i = 0; i < size; i += i < 200 || i + 1200 > size ? 1 : 13) {
                struct ekiden_error error = {0};

                bytes[i] ^= (uint8_t)(1 << i % 8);
                write_file(path, bytes, size);
                cr_assert_eq(go_through(path, &error), EKIDEN_EPROTOCOL, "byte %zu: %s", i,
                             error.sentence);
                bytes[i] ^= (uint8_t)(1 << i % 8);
        }
        free(bytes);
}

Test(hostile, a_file_may_end_anywhere, .timeout = 240)
{
        const char *path = bureau_path("one");
        uint8_t *bytes;
        size_t size;

        bureau_write(path, NULL);
        size = read_file(path, &bytes);
        for (size_t i = 0; i < size; i += i < 200 || i + 1200 > size ? 1 : 13) {
                struct ekiden_error error = {0};

                write_file(path, bytes, i);
                cr_assert_eq(go_through(path, &error), EKIDEN_EPROTOCOL, "%zu bytes: %s", i,
                             error.sentence);
        }
        free(bytes);
}

/* One record of an item, whose bytes are what they are; all checksums and figures fit. */
static void write_record(const char *path, const char *item, const void *bytes, size_t size)
{
        struct scribe scribe;

        scribe_begin(&scribe, path, &bureau_v1, NULL, 0);
        scribe.without_digest = true;
        scribe_item(&scribe, item, ekiden_schema_item(&bureau_v1, item)->kind == EKIDEN_ITEM_STREAM,
                    NULL);
        scribe_raw(&scribe, 0, bytes, size);
        scribe_end_item(&scribe);
        scribe_end(&scribe);
}

Test(hostile, any_bit_of_a_record_may_lie, .timeout = 240)
{
        const char *path = bureau_path("one");
        uint8_t packed[4096];
        size_t size = bureau_pack_office(packed);

        for (size_t bit = 0; bit < 8 * size; bit++) {
                struct ekiden_error error = {0};

                packed[bit / 8] ^= (uint8_t)(1 << bit % 8);
                write_record(path, "office", packed, size);
                cr_assert(go_through(path, &error) == 0 || error.code == EKIDEN_EPROTOCOL, "%d: %s",
                          error.code, error.sentence);
                packed[bit / 8] ^= (uint8_t)(1 << bit % 8);
                unlink(path);
        }
}

Test(hostile, a_record_may_end_anywhere)
{
        const char *path = bureau_path("one");
        uint8_t packed[4096];
        size_t size = bureau_pack_office(packed);

        for (size_t i = 0; i < size; i++) {
                struct ekiden_error error = {0};

                write_record(path, "office", packed, i);
                cr_assert(go_through(path, &error) == 0 || error.code == EKIDEN_EPROTOCOL, "%d: %s",
                          error.code, error.sentence);
                unlink(path);
        }
}

static void begin_clerks(struct scribe *scribe, const char *path)
{
        scribe_begin(scribe, path, &bureau_v1, NULL, 0);
        scribe->without_digest = true;
        scribe_item(scribe, "clerks", true, NULL);
}

static void end_clerks(struct scribe *scribe)
{
        scribe_end_item(scribe);
        scribe_end(scribe);
}

Test(hostile, a_descriptor_that_did_not_come_is_refused)
{
        static const char *const one[] = {"a pipe", NULL};
        static const int32_t numbers[] = {2, -1, INT32_MAX, INT32_MIN};

        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
                const char *path = bureau_path("one");
                Bureau__V1__Clerk clerk;
                struct scribe scribe;

                bureau_clerk(&clerk, "ann", 1, NULL);
                clerk.has_telephone = 1;
                clerk.telephone = numbers[i];
                begin_clerks(&scribe, path);
                scribe_descriptors(&scribe, one);
                scribe_record(&scribe, bureau_table("clerks"), &clerk.base);
                end_clerks(&scribe);
                expect_error(path, EKIDEN_EPROTOCOL,
                             "names a descriptor that did not come with it");
                unlink(path);
        }
}

Test(hostile, a_descriptor_that_is_named_twice_is_refused)
{
        static const char *const one[] = {"a pipe", NULL};
        const char *path = bureau_path("one");
        int32_t lines[] = {1, 1};
        Bureau__V1__Clerk clerk;
        struct scribe scribe;

        bureau_clerk(&clerk, "ann", 1, NULL);
        clerk.lines = lines;
        clerk.n_lines = 2;
        begin_clerks(&scribe, path);
        scribe_descriptors(&scribe, one);
        scribe_record(&scribe, bureau_table("clerks"), &clerk.base);
        end_clerks(&scribe);
        expect_error(path, EKIDEN_EPROTOCOL, "names a descriptor that did not come with it");
}

Test(hostile, an_object_of_no_type_is_refused)
{
        static const uint64_t tags[] = {1 << 3 | 2, 99 << 3 | 2, UINT64_MAX << 3 | 2};

        for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
                const char *path = bureau_path("one");
                struct scribe scribe;

                /* The first of these numbers is that of an item: ekiden_schema_item() sorts. */
                cr_assert_neq(bureau_v1.items[1].kind, EKIDEN_ITEM_OBJECTS);
                begin_clerks(&scribe, path);
                scribe_raw(&scribe, i == 0 ? (uint64_t)(2 << 3 | 2) : tags[i], "\010\002", 2);
                end_clerks(&scribe);
                expect_error(path, EKIDEN_EPROTOCOL, "is of no type");
                unlink(path);
        }
}

Test(hostile, an_item_that_the_schema_does_not_have_is_refused)
{
        static const struct {
                const char *item, *message;
                bool is_stream;
        } cases[] = {
                {"nobody", "bureau.v1.Clerk", true},   {"clerks", "bureau.v1.Note", true},
                {"clerks", "bureau.v1.Clerk", false},  {"office", "bureau.v1.Office", true},
                {"Folder", "bureau.v1.Folder", false}, {"count", "ekiden.Value", true},
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const char *path = bureau_path("one");
                struct scribe scribe;

                scribe_begin(&scribe, path, &bureau_v1, NULL, 0);
                scribe_item(&scribe, cases[i].item, cases[i].is_stream, cases[i].message);
                scribe_raw(&scribe, 0, "", 0);
                scribe_end_item(&scribe);
                scribe_end(&scribe);
                expect_error(path, EKIDEN_EPROTOCOL, "the schema in it has no item");
                unlink(path);
        }
}

Test(hostile, any_byte_of_the_schema_may_lie, .timeout = 240)
{
        const char *path = bureau_path("one");
        size_t size = bureau_v1.descriptor_set_size;
        ProtobufCBinaryData set;
        uint8_t *own;

        cr_assert_eq(ek_snapshot_schemas(&bureau_v1, &set), 0);
        own = memmem(set.data, set.len, bureau_v1.descriptor_set, size);
        cr_assert_not_null(own);
        for (size_t i = 0; i < size; i++) {
                struct ekiden_error error = {0};
                struct scribe scribe;

                own[i] ^= (uint8_t)(1 << i % 8);
                scribe_begin(&scribe, path, &bureau_v1, set.data, set.len);
                scribe_end(&scribe);
                go_through(path, &error);
                cr_assert(error.code == 0 || error.code == EKIDEN_EPROTOCOL ||
                                  error.code == EKIDEN_ESCHEMA || error.code == EKIDEN_ELIMIT,
                          "byte %zu: %d, %s", i, error.code, error.sentence);
                own[i] ^= (uint8_t)(1 << i % 8);
                unlink(path);
        }
        free(set.data);
}

Test(hostile, a_schema_that_is_not_there_is_refused)
{
        const char *path = bureau_path("one");
        struct scribe scribe;

        scribe_begin(&scribe, path, &bureau_v1, (const uint8_t *)"", 0);
        scribe_end(&scribe);
        expect_error(path, EKIDEN_EPROTOCOL, "no file in it is of this program and version");
}

Test(hostile, a_schema_that_breaks_the_rules_is_refused_with_the_rule)
{
        const char *path = bureau_path("one");
        struct ekiden_schema schema = bureau_v1;
        uint8_t set[16384];
        uint8_t *key;
        size_t size = bureau_v1.descriptor_set_size;
        ProtobufCBinaryData whole;
        struct scribe scribe;

        /* The key of the clerks becomes a field that they do not have. */
        cr_assert_eq(ek_snapshot_schemas(&schema, &whole), 0);
        cr_assert_leq(whole.len, sizeof(set));
        memcpy(set, whole.data, whole.len);
        key = memmem(set, whole.len, "clerks\020\001\032\004name",
                     strlen("clerks\020\001\032\004name"));
        cr_assert_not_null(key, "%zu", size);
        memcpy(key + strlen("clerks\020\001\032\004"), "nome", 4);
        scribe_begin(&scribe, path, &bureau_v1, set, whole.len);
        scribe_end(&scribe);
        free(whole.data);
        expect_error(path, EKIDEN_EPROTOCOL, "not one that this release knows: bureau_v1.proto");
}
