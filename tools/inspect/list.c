/* SPDX-License-Identifier: MIT */
/* The list of a snapshot's items, below what the snapshot as a whole is. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "../src/table.h"
#include "commands.h"
#include "state/tagged.h"

static const char *kind(const struct ek_snapshot_item *item)
{
        if (strcmp(item->message, ek_value_message.descriptor->name) == 0)
                return "value";
        return item->is_stream ? "stream" : "singleton";
}

static const char *moment(int64_t seconds, char ret_text[TEXT_FIGURE_MAX])
{
        time_t time = (time_t)seconds;
        struct tm broken_down;

        if (!localtime_r(&time, &broken_down) ||
            strftime(ret_text, TEXT_FIGURE_MAX, "%Y-%m-%d %H:%M:%S", &broken_down) == 0)
                return "at no known time";
        return ret_text;
}

static void print_head(const struct output *output, const struct file *file)
{
        const Ekiden__Snapshot *header = file->snapshot.header;
        char program[EKIDEN_NAME_MAX + 1], update_point[EKIDEN_NAME_MAX + 1];
        char figure[TEXT_FIGURE_MAX];
        FILE *out = output->terminal.out;

        fprintf(out, "%s, schema version %" PRIu32,
                output_clean(output, header->program, program, sizeof(program)),
                header->schema->version);
        if (header->has_taken)
                fprintf(out, ", taken %s", moment(header->taken, figure));
        if (header->update_point && header->update_point[0])
                fprintf(out, " at %s",
                        output_clean(output, header->update_point, update_point,
                                     sizeof(update_point)));
        fprintf(out, ", %s\n\n", text_bytes(file->snapshot.size_bytes, figure));
}

static void add_head(struct table *table, const char *const *head)
{
        for (size_t i = 0; i < table->columns; i++)
                table_add(table, head[i]);
}

static void add_row_figures(struct table *table, const struct ek_count *count)
{
        char figure[TEXT_FIGURE_MAX];

        table_add(table, text_count(count->records, figure));
        table_add(table, text_count(count->objects, figure));
        table_add(table, text_bytes(count->bytes, figure));
        table_add(table, text_count(count->descriptors, figure));
}

static int print_items(const struct output *output, const struct file *file)
{
        static const char *const head[] = {"ITEM",    "KIND",  "TYPE",       "RECORDS",
                                           "OBJECTS", "BYTES", "DESCRIPTORS"};
        struct table table = {.columns = sizeof(head) / sizeof(head[0]),
                              .words = 1U << 1 | 1U << 2,
                              .shortens = 2,
                              .drops = {1, 6, 4}};
        char text[OUTPUT_NAME_MAX];

        add_head(&table, head);
        for (size_t i = 0; i < file->snapshot.item_count; i++) {
                const struct ek_snapshot_item *item = &file->snapshot.items[i];

                table_add(&table, output_clean(output, item->name, text, sizeof(text)));
                table_add(&table, kind(item));
                table_add(&table, output_clean(output, item->message, text, sizeof(text)));
                add_row_figures(&table, &item->count);
        }
        table_add(&table, "in all");
        table_add(&table, NULL);
        table_add(&table, NULL);
        add_row_figures(&table, &file->snapshot.total);
        return table_print(&table, output->terminal.out, 0);
}

static void add_leg(struct table *table, const Ekiden__Leg *leg)
{
        char figure[TEXT_FIGURE_MAX], text[2 * TEXT_FIGURE_MAX];

        snprintf(text, sizeof(text), "%" PRIu32, leg->number);
        table_add(table, text);
        snprintf(text, sizeof(text), "%" PRIu32, leg->version);
        table_add(table, text);
        snprintf(text, sizeof(text), "%" PRId32, leg->pid);
        table_add(table, leg->has_pid ? text : NULL);
        table_add(table, leg->has_pause_us ? text_milliseconds(leg->pause_us, figure) : NULL);
        snprintf(text, sizeof(text), "%s%s", leg->has_since ? moment(leg->since, figure) : "",
                 leg->from_snapshot ? " from a snapshot" : "");
        table_add(table, text);
}

static int print_lineage(const struct output *output, const struct file *file)
{
        static const char *const head[] = {"LEG", "VERSION", "PID", "PAUSE", "SINCE"};
        const Ekiden__Snapshot *header = file->snapshot.header;
        struct table table = {.columns = sizeof(head) / sizeof(head[0])};

        if (header->n_lineage == 0)
                return 0;
        add_head(&table, head);
        for (size_t i = 0; i < header->n_lineage; i++)
                add_leg(&table, header->lineage[i]);
        fputc('\n', output->terminal.out);
        return table_print(&table, output->terminal.out, 0);
}

static void add_figures(struct json_object *object, const struct ek_count *count)
{
        output_add_number(object, "records", count->records);
        output_add_number(object, "objects", count->objects);
        output_add_number(object, "bytes", count->bytes);
        output_add_number(object, "descriptors", count->descriptors);
}

static struct json_object *items_json(const struct file *file)
{
        struct json_object *array = json_object_new_array();

        for (size_t i = 0; i < file->snapshot.item_count; i++) {
                const struct ek_snapshot_item *item = &file->snapshot.items[i];
                struct json_object *object = json_object_new_object();

                output_add_text(object, "item", item->name);
                output_add_text(object, "kind", kind(item));
                output_add_text(object, "type", item->message);
                add_figures(object, &item->count);
                json_object_array_add(array, object);
        }
        return array;
}

static struct json_object *lineage_json(const Ekiden__Snapshot *header)
{
        struct json_object *array = json_object_new_array();

        for (size_t i = 0; i < header->n_lineage; i++) {
                const Ekiden__Leg *leg = header->lineage[i];
                struct json_object *object = json_object_new_object();

                output_add_number(object, "leg", leg->number);
                output_add_number(object, "version", leg->version);
                json_object_object_add(object, "since",
                                       leg->has_since ? json_object_new_int64(leg->since) : NULL);
                json_object_object_add(object, "pid",
                                       leg->has_pid ? json_object_new_int(leg->pid) : NULL);
                json_object_object_add(object, "pause_us",
                                       leg->has_pause_us ? json_object_new_uint64(leg->pause_us)
                                                         : NULL);
                json_object_object_add(object, "from_snapshot",
                                       json_object_new_boolean(leg->from_snapshot));
                json_object_array_add(array, object);
        }
        return array;
}

static int print_as_json(const struct file *file)
{
        const Ekiden__Snapshot *header = file->snapshot.header;
        char fingerprint[2 * EKIDEN_FINGERPRINT_SIZE + 1];
        struct json_object *object = output_event("snapshot");

        for (size_t i = 0; i < EKIDEN_FINGERPRINT_SIZE; i++)
                snprintf(fingerprint + 2 * i, 3, "%02x", header->schema->fingerprint.data[i]);
        output_add_text(object, "file", file->path);
        output_add_text(object, "program", header->program);
        output_add_number(object, "version", header->schema->version);
        output_add_text(object, "fingerprint", fingerprint);
        json_object_object_add(object, "taken",
                               header->has_taken ? json_object_new_int64(header->taken) : NULL);
        output_add_text(object, "update_point", header->update_point);
        output_add_number(object, "file_bytes", file->snapshot.size_bytes);
        add_figures(object, &file->snapshot.total);
        json_object_object_add(object, "items", items_json(file));
        json_object_object_add(object, "lineage", lineage_json(header));
        return output_line(object);
}

int command_list(struct output *output)
{
        struct file file;
        int r = file_open(output->options->file, &file, &output->error);

        if (r == 0 && output->options->json) {
                r = print_as_json(&file);
        } else if (r == 0) {
                print_head(output, &file);
                r = print_items(output, &file);
                if (r == 0)
                        r = print_lineage(output, &file);
        }
        file_close(&file);
        if (r == 0)
                return 0;
        ekiden_error_set(&output->error, r, "%s", ekiden_error_text(r));
        return output_failure(output, output->options->file);
}
