/* SPDX-License-Identifier: MIT */
/* The records of one item, each behind a line that says which it is. */
#include <inttypes.h>
#include <string.h>

#include "commands.h"
#include "key.h"
#include "title.h"
#include "wire/cleanup.h"

static int print_line(const struct output *output, const char *item, const struct record *record)
{
        struct json_object *object = output_event("record");

        title_add(output, object, item, record);
        if (title_add_value(output, object, record) == 0)
                return output_line(object);
        json_object_put(object);
        return EKIDEN_ENOMEM;
}

static int print_record(const struct output *output, const char *item, const struct record *record,
                        bool is_first)
{
        const struct print print = output_print(output, record);
        FILE *out = output->terminal.out;

        if (output->options->json)
                return print_line(output, item, record);
        fputs(is_first ? "# " : "\n# ", out);
        title_print(output, item, record);
        fputc('\n', out);
        print_text(&print, out, record->item->message, record->message, 0);
        return 0;
}

static bool is_wanted(const struct options *options, const struct record *record)
{
        ek_auto_free char *key = options->key ? key_text(record) : NULL;
        uint64_t identity;

        if (options->has_identity &&
            (!record_identity(record, &identity) || identity != options->identity))
                return false;
        return !options->key || (key && strcmp(key, options->key) == 0);
}

/* Prints those that are asked for, behind others: how many, or an error. */
static int64_t show(struct output *output, struct records *records, uint64_t before)
{
        const struct options *options = output->options;
        const char *item = records->index->name;
        uint64_t shown = 0;

        while (shown < options->head) {
                struct record record;
                int r = records_next(records, &record);

                if (r <= 0)
                        return r < 0 ? r : (int64_t)shown;
                if (!is_wanted(options, &record))
                        continue;
                r = print_record(output, item, &record, before + shown == 0);
                if (r < 0)
                        return r;
                if (ferror(output->terminal.out))
                        return (int64_t)shown; /* nobody reads: main() says so */
                shown++;
        }
        return (int64_t)shown;
}

/* A key that is secret, though mistyped, is not shown either. */
static int no_such_record(struct output *output, const struct ekiden_item *item)
{
        const struct options *options = output->options;

        if (key_is_secret(item))
                return ekiden_error_set(&output->error, EKIDEN_EINVAL,
                                        "item \"%s\" has no record whose %s is what --key says",
                                        options->item, key_name(item));
        return ekiden_error_set(&output->error, EKIDEN_EINVAL,
                                "item \"%s\" has no record whose %s is \"%s\"", options->item,
                                key_name(item), options->key);
}

static int64_t show_item(struct output *output, struct file *file)
{
        const struct options *options = output->options;
        const struct ek_snapshot_item *item;
        struct records records;
        int64_t r = file_find(file, options->item, &item, &output->error);

        if (r < 0)
                return r;
        r = records_begin(&records, file, item, &output->error);
        if (r == 0 && options->key && !records.item.key)
                r = ekiden_error_set(&output->error, EKIDEN_EINVAL,
                                     "the records of item \"%s\" have no key", options->item);
        if (r == 0)
                r = show(output, &records, 0);
        if (r == 0 && options->has_identity && options->head > 0)
                r = ekiden_error_set(&output->error, EKIDEN_EINVAL,
                                     "nothing that came with item \"%s\" has the identity %" PRIu64,
                                     options->item, options->identity);
        if (r == 0 && options->key && options->head > 0)
                r = no_such_record(output, &records.item);
        records_end(&records);
        return r;
}

/* A pointer names an object by its identity, and not the item that it came with. */
static int64_t show_identity(struct output *output, struct file *file)
{
        uint64_t shown = 0;

        for (size_t i = 0; i < file->snapshot.item_count; i++) {
                struct records records;
                int64_t r = records_begin(&records, file, &file->snapshot.items[i], &output->error);

                if (r == 0)
                        r = show(output, &records, shown);
                records_end(&records);
                if (r < 0)
                        return r;
                shown += (uint64_t)r;
        }
        return shown > 0 ? 0
                         : ekiden_error_set(&output->error, EKIDEN_EINVAL,
                                            "nothing in the snapshot has the identity %" PRIu64,
                                            output->options->identity);
}

int command_show(struct output *output)
{
        struct file file;
        int64_t r = file_open(output->options->file, &file, &output->error);

        if (r == 0)
                r = output->options->item ? show_item(output, &file) : show_identity(output, &file);
        file_close(&file);
        if (r >= 0)
                return 0;
        ekiden_error_set(&output->error, (int)r, "%s", ekiden_error_text((int)r));
        return output_failure(output, output->options->file);
}
