/* SPDX-License-Identifier: MIT */
/*
 * See diff_gap.h. A field that was renamed, or has another type, is compared with nothing: that two
 * snapshots do not differ must not be read as if it were.
 */
#include "diff_gap.h"

#include <string.h>

#include "fields.h"

#define DEPTH_MAX 8 /* of messages in messages; types may be in themselves */
#define PATH_MAX_BYTES 512

/* A look at the fields of one side that the other does not have. */
struct gaps {
        const struct output *output;
        const char *item;
        bool is_newer; /* the side whose fields are looked at */
        bool is_told; /* the line has begun */
        struct json_object *array; /* with --json */
};

static void tell(struct gaps *gaps, const char *path)
{
        FILE *out = gaps->output->terminal.out;
        char item[OUTPUT_NAME_MAX], text[PATH_MAX_BYTES];
        struct json_object *object;

        if (!gaps->array) {
                output_clean(gaps->output, path, text, sizeof(text));
                if (!gaps->is_told)
                        fprintf(out, "not compared in %s, only in the %s version: ",
                                output_clean(gaps->output, gaps->item, item, sizeof(item)),
                                gaps->is_newer ? "newer" : "older");
                fprintf(out, "%s%s", gaps->is_told ? ", " : "", text);
                gaps->is_told = true;
                return;
        }
        object = json_object_new_object();
        output_add_text(object, "item", gaps->item);
        output_add_text(object, "path", path);
        output_add_text(object, "only_in", gaps->is_newer ? "newer" : "older");
        json_object_array_add(gaps->array, object);
}

static void look(struct gaps *gaps, const ProtobufCMessageDescriptor *type,
                 const ProtobufCMessageDescriptor *other, const char *before, unsigned int depth)
{
        for (unsigned int i = 0; i < type->n_fields; i++) {
                const ProtobufCFieldDescriptor *field = &type->fields[i];
                const ProtobufCFieldDescriptor *counterpart = ek_field_counterpart(field, other);
                char path[PATH_MAX_BYTES];

                snprintf(path, sizeof(path), "%s%s%s", before, before[0] ? "." : "", field->name);
                if (!counterpart)
                        tell(gaps, path);
                else if (field->type == PROTOBUF_C_TYPE_MESSAGE && depth < DEPTH_MAX &&
                         field->descriptor != type)
                        look(gaps, field->descriptor, counterpart->descriptor, path, depth + 1);
        }
}

static bool is_wanted(const struct diff *diff, const struct ekiden_item *item)
{
        const char *only = diff->output->options->item;

        if (item->kind == EKIDEN_ITEM_OBJECTS)
                return !only;
        return (!only || strcmp(only, item->name) == 0) &&
               ek_snapshot_find(&diff->older.snapshot, item->name) &&
               ek_snapshot_find(&diff->newer.snapshot, item->name);
}

static void look_at_side(const struct diff *diff, const struct ekiden_item *item,
                         const struct ekiden_item *other, bool is_newer, struct json_object *array)
{
        struct gaps gaps = {
                .output = diff->output,
                .item = item->name,
                .is_newer = is_newer,
                .array = array,
        };

        look(&gaps, item->message->descriptor, other->message->descriptor, "", 0);
        if (gaps.is_told)
                fputc('\n', diff->output->terminal.out);
}

static void each_item(const struct diff *diff, struct json_object *array)
{
        for (size_t i = 0; !diff->same_schema && i < diff->older.schema->item_count; i++) {
                const struct ekiden_item *older = &diff->older.schema->items[i];
                const struct ekiden_item *newer =
                        ekiden_schema_item(diff->newer.schema, older->name);

                if (!newer || newer->kind != older->kind || !is_wanted(diff, older))
                        continue;
                look_at_side(diff, older, newer, false, array);
                look_at_side(diff, newer, older, true, array);
        }
}

void diff_tell_gaps(const struct diff *diff)
{
        each_item(diff, NULL);
}

struct json_object *diff_gaps_json(const struct diff *diff)
{
        struct json_object *array = json_object_new_array();

        if (array)
                each_item(diff, array);
        return array;
}
