/* SPDX-License-Identifier: MIT */
/* See title.h. */
#include "title.h"

#include <inttypes.h>

#include "key.h"
#include "wire/cleanup.h"

static bool may_show_key(const struct output *output, const struct ekiden_item *item)
{
        return output->options->show_secrets || !key_is_secret(item);
}

void title_print(const struct output *output, const char *item, const struct record *record)
{
        ek_auto_free char *key = key_text(record);
        FILE *out = output->terminal.out;
        char text[OUTPUT_NAME_MAX];
        uint64_t identity;

        if (record->is_object)
                fprintf(out, "object %s",
                        output_clean(output, record->item->name, text, sizeof(text)));
        else
                fprintf(out, "%s %" PRIu64, output_clean(output, item, text, sizeof(text)),
                        record->number);
        if (key)
                fprintf(out, ", %s %s", key_name(record->item),
                        may_show_key(output, record->item)
                                ? output_clean(output, key, text, sizeof(text))
                                : PRINT_SECRET);
        if (record_identity(record, &identity))
                fprintf(out, "%s%" PRIu64, record->is_object ? " " : ", identity ", identity);
}

void title_add(const struct output *output, struct json_object *object, const char *item,
               const struct record *record)
{
        ek_auto_free char *key = key_text(record);
        uint64_t identity;

        output_add_text(object, "item", item);
        output_add_text(object, "type", record->message->descriptor->name);
        json_object_object_add(object, "object", json_object_new_boolean(record->is_object));
        output_add_number(object, "number", record->number);
        output_add_text(object, "key",
                        key && !may_show_key(output, record->item) ? PRINT_SECRET : key);
        json_object_object_add(object, "identity",
                               record_identity(record, &identity) ? json_object_new_uint64(identity)
                                                                  : NULL);
}

int title_add_value(const struct output *output, struct json_object *object,
                    const struct record *record)
{
        const struct print print = output_print(output, record);
        struct json_object *value = print_json(&print, record->item->message, record->message);

        json_object_object_add(object, "value", value);
        return value ? 0 : EKIDEN_ENOMEM;
}
