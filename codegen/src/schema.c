/* SPDX-License-Identifier: MIT */
#include "schema.h"

#include <stdlib.h>
#include <string.h>

bool ek_schema_is_program_name(const char *name)
{
        static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
        static const char rest[] =
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

        return name[0] != '\0' && strchr(letters, name[0]) != NULL &&
               strspn(name, rest) == strlen(name) && strlen(name) <= EK_ITEM_NAME_MAX;
}

bool ek_schema_is_item_name(const char *name)
{
        return name[0] >= 'a' && name[0] <= 'z' &&
               strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name) &&
               strlen(name) <= EK_ITEM_NAME_MAX;
}

char *ek_schema_c_program(struct ek_memory *arena, const char *program)
{
        char *name = ek_memory_strdup(arena, program);

        for (char *c = name; *c != '\0'; c++)
                if (*c == '-')
                        *c = '_';
        return name;
}

static bool is_item(const struct ek_message *message)
{
        return message->option.message != NULL;
}

static void item_init(struct ek_item *item, struct ek_message *message)
{
        const Ekiden__ItemOptions *options = (const void *)message->option.message;
        const struct ek_field *key;

        item->name = options->name != NULL ? options->name : "";
        item->message = message;
        item->stream = options->stream;
        item->key_name = options->key;
        item->ahead = options->ahead;
        item->place = ek_place_below(&message->place, 7, EK_OPTION_EKIDEN_NUMBER, -1, -1);
        key = options->key != NULL ? ek_model_field(message, options->key) : NULL;
        item->key = key != NULL ? key->number : 0;
}

const char *ek_schema_object_name(const struct ek_message *message)
{
        size_t length = strlen(message->file->package);

        return message->full_name + (length > 0 ? length + 1 : 0);
}

static bool is_object_of(const struct ek_schema *schema, const struct ek_message *message)
{
        for (size_t i = 0; i < schema->item_count; i++)
                if (schema->items[i].objects && schema->items[i].message == message)
                        return true;
        return false;
}

/* An item of its own for each message type with an identity that records of the items can hold. */
static void add_objects(struct ek_schema *schema)
{
        const size_t count = schema->item_count;

        for (size_t i = 0; i < count; i++) {
                struct ek_reach reach = ek_model_reach(schema->model, schema->items[i].message);

                for (size_t k = 0; k < reach.count; k++) {
                        struct ek_message *message = reach.messages[k];

                        if (message->identity == NULL || is_object_of(schema, message))
                                continue;
                        schema->items[schema->item_count++] = (struct ek_item){
                                .name = ek_schema_object_name(message),
                                .message = message,
                                .objects = true,
                                .place = message->identity->place,
                        };
                }
        }
}

void ek_schema_init(struct ek_schema *schema, struct ek_model *model, struct ek_file *file)
{
        const Ekiden__ProgramOptions *options = (const void *)file->option.message;
        size_t count = 0;

        *schema = (struct ek_schema){.model = model, .file = file, .program = ""};
        if (options != NULL) {
                schema->version = options->version;
                if (options->name != NULL)
                        schema->program = options->name;
        }
        if (ek_schema_is_program_name(schema->program))
                schema->c_name = ek_memory_printf(
                        model->arena, "%s_v%u", ek_schema_c_program(model->arena, schema->program),
                        schema->version);
        for (struct ek_message *message = file->messages; message != NULL; message = message->next)
                count += is_item(message);
        /* A message may be an item, and what pointers point to besides. */
        schema->items = ek_memory_alloc(model->arena, count + ek_model_message_count(model),
                                        sizeof(*schema->items));
        for (struct ek_message *message = file->messages; message != NULL; message = message->next)
                if (is_item(message))
                        item_init(&schema->items[schema->item_count++], message);
        add_objects(schema);
}

static int compare_items(const void *a, const void *b)
{
        return strcmp(((const struct ek_item *)a)->name, ((const struct ek_item *)b)->name);
}

void ek_schema_sort(struct ek_schema *schema)
{
        if (schema->item_count > 0)
                qsort(schema->items, schema->item_count, sizeof(schema->items[0]), compare_items);
}
