/* SPDX-License-Identifier: MIT */
/*
 * Two snapshots of one program: which items, records and objects are in one and not in the other,
 * and in which fields those that are in both differ.
 */
#include <string.h>

#include "commands.h"
#include "diff_record.h"

static int open_both(struct diff *diff)
{
        const struct options *options = diff->output->options;
        struct ekiden_error *error = &diff->output->error;
        int r;

        diff->path = options->file;
        r = file_open(options->file, &diff->older, error);
        if (r < 0)
                return r;
        diff->path = options->other;
        r = file_open(options->other, &diff->newer, error);
        if (r < 0)
                return r;
        diff->path = NULL;
        if (strcmp(diff->older.schema->program, diff->newer.schema->program) != 0)
                return ekiden_error_set(error, EKIDEN_EPROGRAM,
                                        "the one is a snapshot of %s, and the other of %s",
                                        diff->older.schema->program, diff->newer.schema->program);
        diff->same_schema = memcmp(diff->older.schema->fingerprint, diff->newer.schema->fingerprint,
                                   EKIDEN_FINGERPRINT_SIZE) == 0;
        return 0;
}

/* Objects are found again whatever item they came with. */
struct objects {
        struct diff_index older, newer;
};

static int add_to_index(struct diff *diff, struct file *file, const struct ek_snapshot_item *item,
                        struct diff_index *records, struct diff_index *objects)
{
        int r = diff_index_add(records, objects, file, item,
                               diff->same_schema ? DIFF_BY_CONTENT : DIFF_BY_NUMBER,
                               &diff->output->error);

        if (r < 0)
                diff->path = file->path;
        return r;
}

static int diff_indices(struct diff *diff, struct diff_index *older, struct diff_index *newer)
{
        struct diff_pairs pairs;
        int r = diff_pairs_find(older, newer, diff->same_schema, &pairs);
        for (size_t i = 0; r == 0 && i < pairs.count; i++)
                r = diff_record(diff, &pairs.list[i]);
        diff_pairs_deinit(&pairs);
        return r;
}

/* Both have the item. */
static int diff_item(struct diff *diff, const struct ek_snapshot_item *older,
                     const struct ek_snapshot_item *newer, struct objects *objects)
{
        struct diff_index older_records = {0}, newer_records = {0};
        int r = add_to_index(diff, &diff->older, older, &older_records, &objects->older);

        if (r == 0)
                r = add_to_index(diff, &diff->newer, newer, &newer_records, &objects->newer);
        diff_index_sort(&older_records);
        diff_index_sort(&newer_records);
        if (r == 0)
                r = diff_records_begin(diff, older, newer);
        if (r == 0) {
                r = diff_indices(diff, &older_records, &newer_records);
                diff_records_end(diff);
        }
        diff_index_deinit(&older_records);
        diff_index_deinit(&newer_records);
        return r;
}

static bool is_wanted(const struct diff *diff, const struct ek_snapshot_item *item)
{
        const char *only = diff->output->options->item;

        return !only || strcmp(only, item->name) == 0;
}

static int diff_items(struct diff *diff, struct objects *objects)
{
        const struct ek_snapshot *older = &diff->older.snapshot;
        const struct ek_snapshot *newer = &diff->newer.snapshot;
        int r = 0;

        for (size_t i = 0; r == 0 && i < older->item_count; i++) {
                const struct ek_snapshot_item *item = &older->items[i];
                const struct ek_snapshot_item *other = ek_snapshot_find(newer, item->name);

                if (!is_wanted(diff, item))
                        continue;
                if (other && other->is_stream == item->is_stream)
                        r = diff_item(diff, item, other, objects);
                else
                        r = diff_lone_item(diff, item, false);
        }
        for (size_t i = 0; r == 0 && i < newer->item_count; i++) {
                const struct ek_snapshot_item *item = &newer->items[i];
                const struct ek_snapshot_item *other = ek_snapshot_find(older, item->name);

                if (is_wanted(diff, item) && (!other || other->is_stream != item->is_stream))
                        r = diff_lone_item(diff, item, true);
        }
        return r;
}

static int diff_objects(struct diff *diff, struct objects *objects)
{
        const struct ek_snapshot_item *older =
                objects->older.count > 0 ? objects->older.entries[0].item : NULL;
        const struct ek_snapshot_item *newer =
                objects->newer.count > 0 ? objects->newer.entries[0].item : NULL;
        int r;

        if (!older && !newer)
                return 0;
        diff_index_sort(&objects->older);
        diff_index_sort(&objects->newer);
        diff_index_unique(&objects->older);
        diff_index_unique(&objects->newer);
        r = diff_records_begin(diff, older, newer);
        if (r == 0) {
                r = diff_indices(diff, &objects->older, &objects->newer);
                diff_records_end(diff);
        }
        return r;
}

/* The item that was asked for must be in one of them. */
static int check_item(struct diff *diff)
{
        const char *only = diff->output->options->item;
        const struct ek_snapshot_item *item;

        if (!only || ek_snapshot_find(&diff->newer.snapshot, only))
                return 0;
        return file_find(&diff->older, only, &item, &diff->output->error);
}

int command_diff(struct output *output)
{
        struct diff diff = {.output = output};
        struct objects objects = {0};
        int r = open_both(&diff);

        if (r == 0)
                r = check_item(&diff);
        if (r == 0)
                r = diff_items(&diff, &objects);
        if (r == 0)
                r = diff_objects(&diff, &objects);
        if (r == 0)
                r = diff_sum(&diff);
        diff_index_deinit(&objects.older);
        diff_index_deinit(&objects.newer);
        file_close(&diff.older);
        file_close(&diff.newer);
        if (r == 0)
                return diff.added + diff.removed + diff.changed > 0 ? 1 : 0;
        ekiden_error_set(&output->error, r, "%s", ekiden_error_text(r));
        return output_failure(output, diff.path);
}
