/* SPDX-License-Identifier: MIT */
/*
 * The reader believes no byte of a snapshot: not its length, not its order, none of its figures. A
 * file is opened as a whole, or refused with a sentence, and nothing of it is left then.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ekiden/handover.pb-c.h"
#include "frames.h"
#include "open_descriptors.h"
#include "state/snapshot_read.h"

#define REGISTRY SNAPSHOTS "/registry_v3.ekiden" /* objects, descriptors, a singleton, streams */

/* Opens a file, which is consumed, and expects a refusal that leaves nothing. */
static void expect_refused(int file, int code, const char *says, const char *what, size_t place)
{
        struct ekiden_error error = {0};
        struct ek_snapshot snapshot;
        int r = ek_snapshot_open(file, &snapshot, &error);

        cr_expect_eq(r, code, "%s %zu: %s, %s", what, place, ekiden_error_name(r), error.sentence);
        cr_expect_eq(error.code, r);
        cr_expect(strstr(error.sentence, says), "%s %zu: \"%s\" does not say \"%s\"", what, place,
                  error.sentence, says);
        cr_expect(!snapshot.link && !snapshot.header && !snapshot.items && !snapshot.by_name);
        ek_snapshot_close(&snapshot);
}

static void expect_frames_refused(struct frames *frames, const char *says, const char *what,
                                  size_t place)
{
        expect_refused(frames_file(frames), EKIDEN_EPROTOCOL, says, what, place);
        frames_free(frames);
}

static uint8_t *read_file(const char *path, size_t *ret_size)
{
        uint8_t *bytes = malloc(1 << 16);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t size = bytes ? read(fd, bytes, 1 << 16) : -1;

        cr_assert(size > 0 && size < 1 << 16);
        close(fd);
        *ret_size = (size_t)size;
        return bytes;
}

LeakTest(snapshot_reader, tells_what_is_in_a_snapshot)
{
        struct ekiden_error error = {0};
        struct ek_snapshot snapshot;
        const struct ek_snapshot_item *item;
        struct ek_frame frame;

        cr_assert_eq(ek_snapshot_open(open(REGISTRY, O_RDONLY | O_CLOEXEC), &snapshot, &error), 0,
                     "%s", error.sentence);
        cr_expect_str_eq(snapshot.header->program, "registry");
        cr_expect_eq(snapshot.header->schema->version, 3);
        cr_expect_eq(snapshot.item_count, 3);
        cr_expect_eq(snapshot.total.records, 5);
        cr_expect_eq(snapshot.total.descriptors, 7); /* a listener, and two for each session */
        item = ek_snapshot_find(&snapshot, "sessions");
        cr_assert(item);
        cr_expect_str_eq(item->message, "registry.v3.Session");
        cr_expect(item->is_stream && item->has_digest);
        cr_expect_eq(item->count.records, 3);
        cr_expect_eq(item->count.objects, 1); /* the visitor, though it came with its own item */
        cr_expect_eq(ek_snapshot_find(&snapshot, "session"), NULL);
        cr_expect_eq(ek_snapshot_find(&snapshot, "sessionss"), NULL);
        cr_expect_eq(ek_snapshot_seek(&snapshot, item), 0);
        cr_expect_eq(ek_link_receive(snapshot.link, NULL, &frame), 0);
        cr_expect_eq(frame.kind, EKIDEN__FRAME_KIND__ITEM);
        ek_snapshot_close(&snapshot);
}

LeakTest(snapshot_reader, refuses_a_snapshot_that_is_cut_at_any_byte)
{
        size_t size;
        uint8_t *bytes = read_file(REGISTRY, &size);

        for (size_t length = 0; length < size; length++)
                expect_refused(file_of(bytes, length), EKIDEN_EPROTOCOL,
                               length < EK_SNAPSHOT_MAGIC_SIZE ? "not a snapshot" : "half a file",
                               "cut at byte", length);
        free(bytes);
}

LeakTest(snapshot_reader, refuses_a_snapshot_with_any_bit_flipped)
{
        size_t size;
        uint8_t *bytes = read_file(REGISTRY, &size);

        for (size_t bit = 0; bit < 8 * size; bit++) {
                bytes[bit / 8] ^= (uint8_t)(1 << (bit % 8));
                expect_refused(file_of(bytes, size), EKIDEN_EPROTOCOL, "snapshot", "bit", bit);
                bytes[bit / 8] ^= (uint8_t)(1 << (bit % 8));
        }
        free(bytes);
}

LeakTest(snapshot_reader, says_where_the_damaged_frame_begins)
{
        size_t size, offset = EK_SNAPSHOT_MAGIC_SIZE;
        uint8_t *bytes = read_file(REGISTRY, &size);
        struct frames frames = frames_read(REGISTRY);
        char words[64];

        for (size_t i = 0; i < frames.count; i++) {
                size_t last = offset + EK_FRAME_HEADER_SIZE + frames.all[i].size - 1;

                snprintf(words, sizeof(words), "in the frame that begins at byte %zu: ", offset);
                bytes[last] ^= 1;
                expect_refused(file_of(bytes, size), EKIDEN_EPROTOCOL, words, "frame", i);
                bytes[last] ^= 1;
                offset = last + 1;
        }
        frames_free(&frames);
        free(bytes);
}

LeakTest(snapshot_reader, refuses_what_comes_behind_the_end)
{
        size_t size;
        uint8_t *bytes = read_file(REGISTRY, &size);

        for (size_t more = 1; more < 32; more++)
                expect_refused(file_of(bytes, size + more), EKIDEN_EPROTOCOL, "behind its end",
                               "more bytes", more);
        free(bytes);
}

LeakTest(snapshot_reader, refuses_a_snapshot_without_any_one_of_its_frames)
{
        struct frames frames = frames_read(REGISTRY);
        size_t count = frames.count;

        frames_free(&frames);
        for (size_t i = 0; i < count; i++) {
                frames = frames_read(REGISTRY);
                frames_remove(&frames, i);
                expect_frames_refused(&frames, "snapshot", "without frame", i);
        }
}

LeakTest(snapshot_reader, refuses_a_snapshot_with_any_frame_twice)
{
        struct frames frames = frames_read(REGISTRY);
        size_t count = frames.count;

        frames_free(&frames);
        for (size_t i = 0; i < count; i++) {
                frames = frames_read(REGISTRY);
                frames_insert(&frames, i, frames.all[i]);
                expect_frames_refused(&frames, "snapshot", "twice frame", i);
        }
}

LeakTest(snapshot_reader, refuses_frames_of_any_kind_in_any_place)
{
        static const uint8_t payload[] = {1, 0};
        struct frames frames = frames_read(REGISTRY);
        size_t count = frames.count;

        frames_free(&frames);
        for (size_t i = 0; i <= count; i++)
                for (uint16_t kind = 0; kind < 80; kind++) {
                        frames = frames_read(REGISTRY);
                        frames_insert(&frames, i, (struct ek_frame){kind, payload, 2});
                        expect_frames_refused(&frames, "snapshot", "foreign frame at", i);
                }
}

/* Everything is right but that the name comes twice: END's figures, and the whole file's. */
LeakTest(snapshot_reader, refuses_two_items_of_one_name_and_names_it)
{
        struct frames frames = frames_read(REGISTRY);
        size_t item = frames_find(&frames, EKIDEN__FRAME_KIND__ITEM, 0);
        size_t end = frames_find(&frames, EKIDEN__FRAME_KIND__END, item);
        Ekiden__End *figures = frames_message(&frames, end, &ekiden__end__descriptor);
        Ekiden__SnapshotEnd *total;

        for (size_t i = 0; i <= end - item; i++)
                frames_insert(&frames, end + 1 + i, frames.all[item + i]);
        total = frames_message(&frames, frames.count - 1, &ekiden__snapshot_end__descriptor);
        total->items++;
        total->records += figures->records;
        total->objects += figures->objects;
        total->bytes += figures->bytes;
        total->descriptors += figures->descriptors;
        frames_replace(&frames, frames.count - 1, &total->base);
        protobuf_c_message_free_unpacked(&figures->base, NULL);
        expect_frames_refused(&frames, "item \"registry\" is in it twice", "item", 0);
}

LeakTest(snapshot_reader, compares_every_figure_with_what_it_counted)
{
        for (size_t figure = 0; figure < 5; figure++) {
                struct frames frames = frames_read(REGISTRY);
                Ekiden__SnapshotEnd *total = frames_message(&frames, frames.count - 1,
                                                            &ekiden__snapshot_end__descriptor);
                uint64_t *figures[] = {&total->items, &total->records, &total->objects,
                                       &total->bytes, &total->descriptors};

                ++*figures[figure];
                frames_replace(&frames, frames.count - 1, &total->base);
                expect_frames_refused(&frames, "figures", "of the whole", figure);
        }
        for (size_t figure = 0; figure < 4; figure++) {
                struct frames frames = frames_read(REGISTRY);
                size_t at = frames_find(&frames, EKIDEN__FRAME_KIND__END, 0);
                Ekiden__End *end = frames_message(&frames, at, &ekiden__end__descriptor);
                uint64_t *figures[] = {&end->records, &end->bytes, &end->descriptors,
                                       &end->objects};

                end->has_objects = 1;
                ++*figures[figure];
                frames_replace(&frames, at, &end->base);
                expect_frames_refused(&frames, "figures", "of an item", figure);
        }
}

LeakTest(snapshot_reader, refuses_descriptors_that_are_not_told_of_one_by_one)
{
        struct frames frames = frames_read(REGISTRY);
        size_t at = frames_find(&frames, EKIDEN__FRAME_KIND__DESCRIPTORS, 0);
        Ekiden__Descriptors *message =
                frames_message(&frames, at, &ekiden__descriptors__descriptor);

        cr_assert_gt(message->n_described, 0u);
        cr_expect(strstr(message->described[0], "TCP 127.0.0.1:"), "%s", message->described[0]);
        cr_expect(strstr(message->described[0], ", listening"), "%s", message->described[0]);
        free(message->described[--message->n_described]);
        frames_replace(&frames, at, &message->base);
        expect_frames_refused(&frames, "one by one", "descriptors", 0);
}

/* All figures are right, but the descriptors come behind the last record. */
LeakTest(snapshot_reader, refuses_descriptors_that_no_record_can_name)
{
        struct frames frames = frames_read(REGISTRY);
        size_t from = frames_find(&frames, EKIDEN__FRAME_KIND__DESCRIPTORS, 0);
        size_t at = frames_find(&frames, EKIDEN__FRAME_KIND__END, from);
        Ekiden__SnapshotEnd *total;
        Ekiden__End *end;

        frames_insert(&frames, at, frames.all[from]);
        end = frames_message(&frames, at + 1, &ekiden__end__descriptor);
        end->descriptors++;
        frames_replace(&frames, at + 1, &end->base);
        total = frames_message(&frames, frames.count - 1, &ekiden__snapshot_end__descriptor);
        total->descriptors++;
        frames_replace(&frames, frames.count - 1, &total->base);
        expect_frames_refused(&frames, "descriptors come with no record", "descriptors", 0);
}

LeakTest(snapshot_reader, refuses_a_newer_format_and_says_what_to_do)
{
        struct frames frames = frames_read(REGISTRY);
        Ekiden__Snapshot *header = frames_message(&frames, 0, &ekiden__snapshot__descriptor);

        header->format++;
        frames_replace(&frames, 0, &header->base);
        expect_frames_refused(&frames, "format 2, and this library reads format 1; use a newer one",
                              "format", 2);
}

LeakTest(snapshot_reader, refuses_a_header_that_does_not_say_what_it_is_of)
{
        for (size_t part = 0; part < 3; part++) {
                struct frames frames = frames_read(REGISTRY);
                Ekiden__Snapshot *header =
                        frames_message(&frames, 0, &ekiden__snapshot__descriptor);

                if (part == 0)
                        header->program[0] = '\0';
                else if (part == 1)
                        header->schema->version = 0;
                else
                        header->schema->fingerprint.len--;
                frames_replace(&frames, 0, &header->base);
                expect_frames_refused(&frames, "what it is of", "header", part);
        }
}

LeakTest(snapshot_reader, refuses_more_items_than_a_program_can_have)
{
        int fd = file_of(EK_SNAPSHOT_MAGIC, EK_SNAPSHOT_MAGIC_SIZE);
        struct frames frames = frames_read(REGISTRY);
        Ekiden__Item item = EKIDEN__ITEM__INIT;
        Ekiden__End end = EKIDEN__END__INIT;
        struct ek_link *link;
        char name[16];

        cr_assert_eq(ek_link_new_file(fcntl(fd, F_DUPFD_CLOEXEC, 0), &link), 0);
        ek_link_send(link, frames.all[0].kind, frames.all[0].payload, frames.all[0].size, NULL);
        item.item = name;
        item.has_stream = item.stream = 1;
        item.message = (char *)(uintptr_t) "m";
        for (int i = 0; i <= EK_SNAPSHOT_ITEMS_MAX; i++) {
                snprintf(name, sizeof(name), "%d", i);
                ek_link_queue_message(link, EKIDEN__FRAME_KIND__ITEM, &item.base, NULL);
                ek_link_queue_message(link, EKIDEN__FRAME_KIND__END, &end.base, NULL);
        }
        cr_assert_eq(ek_link_flush(link, NULL), 0);
        ek_link_free(link);
        frames_free(&frames);
        expect_refused(fd, EKIDEN_ELIMIT, "more than 65536 items", "items", 0);
}

/* What is 4 MiB long becomes far more when it is unpacked: so no more is. */
LeakTest(snapshot_reader, refuses_a_header_that_is_too_long_to_be_one)
{
        struct frames frames = frames_read(REGISTRY);
        Ekiden__Snapshot *header = frames_message(&frames, 0, &ekiden__snapshot__descriptor);

        free(header->schemas.data);
        header->schemas.len = EK_SNAPSHOT_HEADER_MAX;
        header->schemas.data = calloc(1, header->schemas.len);
        frames_replace(&frames, 0, &header->base);
        expect_frames_refused(&frames, "too long", "header", 0);
}

LeakTest(snapshot_reader, is_given_no_header_that_it_would_refuse)
{
        const struct ekiden_schema schema = {
                .program = "large",
                .version = 1,
                .descriptor_set = calloc(1, EK_SNAPSHOT_HEADER_MAX),
                .descriptor_set_size = EK_SNAPSHOT_HEADER_MAX,
        };
        const struct ek_snapshot_origin origin = {.schema = &schema, .update_point = "serve"};
        struct ekiden_error error = {0};
        struct ek_export export_ = {.wait = NULL};

        cr_assert_eq(ek_link_new_file(file_of("", 0), &export_.link), 0);
        cr_expect_eq(ek_snapshot_write(&export_, &origin, &error), EKIDEN_ELIMIT);
        cr_expect(strstr(error.sentence, "schema is larger than 4 MiB"), "%s", error.sentence);
        ek_link_free(export_.link);
        free((void *)(uintptr_t)schema.descriptor_set);
}

LeakTest(snapshot_reader, refuses_a_frame_over_64_kib_that_holds_no_records)
{
        struct frames frames = frames_read(REGISTRY);
        Ekiden__Item *item = frames_message(&frames, 1, &ekiden__item__descriptor);

        free(item->message);
        item->message = malloc((64 << 10) + 1);
        cr_assert_not_null(item->message);
        memset(item->message, 'm', 64 << 10);
        item->message[64 << 10] = '\0';
        frames_replace(&frames, 1, &item->base);
        expect_frames_refused(&frames, "too long for its kind", "item", 1);
}

LeakTest(snapshot_reader, refuses_what_is_no_regular_file)
{
        int ends[2];

        cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
        expect_refused(ends[0], EKIDEN_EINVAL, "regular file", "a pipe", 0);
        close(ends[1]);
        expect_refused(open("/tmp", O_RDONLY | O_CLOEXEC), EKIDEN_EINVAL, "regular file",
                       "a directory", 0);
        expect_refused(open("/dev/null", O_RDONLY | O_CLOEXEC), EKIDEN_EINVAL, "regular file",
                       "a device", 0);
}
