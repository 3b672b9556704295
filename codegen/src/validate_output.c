/* SPDX-License-Identifier: MIT */
/*
 * The names in our own output are put together from those of the program, of items and of messages,
 * and few of them can meet: a program "count" has a schema count_v1, and a stream "v1" would have a
 * function of that name.
 */
#include "clash.h"
#include "tables.h"
#include "validate.h"

static void add_item(struct ek_clash *clash, const struct ek_schema *schema,
                     const struct ek_item *item)
{
        static const char *const prefixes[] = {"count", "export", "import", "binding"};
        struct ek_memory *arena = clash->arena;

        ek_clash_add(clash, ek_memory_printf(arena, "%s_tag_%s", schema->c_name, item->name),
                     ek_memory_printf(arena, "the tag function of item \"%s\"", item->name),
                     &item->place);
        if (ek_binding_is(item->message)) /* in NAME.native.c names cannot meet */
                return;
        for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]) && item->stream; i++)
                ek_clash_add(
                        clash, ek_memory_printf(arena, "%s_%s", prefixes[i], item->name),
                        ek_memory_printf(arena, "the %s of stream \"%s\"", prefixes[i], item->name),
                        &item->place);
}

static void add_table(struct ek_clash *clash, const struct ek_schema *schema,
                      const struct ek_message *message)
{
        struct ek_place place = ek_place_below(&message->place, 1, -1, -1, -1);

        ek_clash_add(clash,
                     ek_memory_printf(clash->arena, "%s__message", ek_tables_name(schema, message)),
                     ek_memory_printf(clash->arena, "the table of message %s", message->full_name),
                     &place);
}

void ek_validate_output(const struct ek_schema *schema, struct ek_problems *problems)
{
        struct ek_clash clash = {.arena = schema->model->arena};
        struct ek_place program =
                ek_place_below(&schema->file->place, 8, EK_OPTION_EKIDEN_NUMBER, -1, -1);
        struct ek_tables tables;

        if (problems->count > 0) /* names may be none, and messages may be one */
                return;
        ek_clash_add(&clash, schema->c_name, "the schema", &program);
        for (size_t i = 0; i < schema->item_count; i++)
                if (!schema->items[i].objects)
                        add_item(&clash, schema, &schema->items[i]);
        tables = ek_tables_order(schema);
        for (size_t i = 0; i < tables.count; i++)
                add_table(&clash, schema, tables.list[i].message);
        ek_clash_report(&clash, problems);
}
