/* SPDX-License-Identifier: MIT */
/*
 * Target "inspect": a file that somebody wants to look into. All of its records are printed, as
 * text and as JSON, by the schema that it brings along. An input is what follows the file's magic.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "peer.h"
#include "print.h"
#include "records.h"
#include "state/snapshot_write.h"

static int make_file(const uint8_t *data, size_t size)
{
        int file = memfd_create("snapshot", MFD_CLOEXEC);

        expect(file >= 0);
        expect(write(file, EK_SNAPSHOT_MAGIC, EK_SNAPSHOT_MAGIC_SIZE) == EK_SNAPSHOT_MAGIC_SIZE);
        expect(write(file, data, size) == (ssize_t)size);
        return file;
}

/* Lines that no terminal obeys. */
static void expect_printable(const char *text, size_t size)
{
        for (size_t i = 0; i < size; i++)
                expect(((unsigned char)text[i] >= ' ' && text[i] != 0x7f) || text[i] == '\n');
}

static void print_record(const struct record *record)
{
        const struct print print = {
                .allowed = TEXT_PRINTABLE,
                .descriptors = record->descriptors,
                .descriptor_count = record->descriptor_count,
        };
        struct json_object *object;
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);

        expect(out);
        print_text(&print, out, record->item->message, record->message, 0);
        expect(fclose(out) == 0);
        expect_printable(text, size);
        free(text);
        object = print_json(&print, record->item->message, record->message);
        expect(object);
        expect(json_object_to_json_string(object));
        json_object_put(object);
}

static int print_item(struct file *file, const struct ek_snapshot_item *item)
{
        struct ekiden_error error = {0};
        struct records records;
        struct record record;
        int r = records_begin(&records, file, item, &error);

        while (r >= 0 && (r = records_next(&records, &record)) == 1)
                print_record(&record);
        records_end(&records);
        if (r < 0)
                expect_told(&error, r);
        return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct ekiden_error error = {0};
        int before = open_descriptors(), fd = make_file(data, size), r;
        struct file file;
        char path[64];

        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        r = file_open(path, &file, &error);
        if (r < 0)
                expect_told(&error, r);
        for (size_t i = 0; r >= 0 && i < file.snapshot.item_count; i++)
                r = print_item(&file, &file.snapshot.items[i]);
        if (r == 0)
                target_succeeded();
        file_close(&file);
        close(fd);
        expect(open_descriptors() == before);
        return 0;
}
