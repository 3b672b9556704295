/* SPDX-License-Identifier: MIT */
/*
 * What NAME.native.c has for a stream whose entries are in a container of the program's: a function
 * without types for each typed one of the program's table, and the one that tags the item.
 */
#include "emit_native.h"

/* One that leads to a function of the program's, `call` being its arguments. */
static const char through_template[] =
        "\n"
        "static $result$$schema$_$function$_$item$(const void *functions, $parameters$void *data)\n"
        "{\n"
        "        const struct $schema$_$item$_functions *typed = (const struct "
        "$schema$_$item$_functions *)functions;\n"
        "\n"
        "        $body$;\n"
        "}\n";

static const struct {
        const char *function, *result, *parameters, *body;
} through[] = {
        {"count", "uint64_t ", "", "return typed->count != NULL ? typed->count(data) : UINT64_MAX"},
        {"next", "void *", "void *previous, struct ekiden_cursor *cursor, ",
         "return typed->next(($struct$ *)previous, cursor, data)"},
        {"insert", "int ", "void *entry, struct ekiden_cursor *cursor, ",
         "return typed->insert(($struct$ *)entry, cursor, data)"},
        {"remove", "bool ", "void *entry, ",
         "return typed->remove != NULL && typed->remove(($struct$ *)entry, data)"},
        {"scan", "uint64_t ", "uint64_t position, void **entries, size_t room, size_t *ret_count, ",
         "return typed->scan(position, ($struct$ **)entries, room, ret_count, data)"},
        {"reserve", "int ", "uint64_t count, ", "return typed->reserve(count, data)"},
        {"prefetch", "void ", "const void *entry, ",
         "typed->prefetch((const $struct$ *)entry, data)"},
};

static const char container_template[] =
        "\n"
        "static unsigned int $schema$_parts_$item$(const void *functions)\n"
        "{\n"
        "        const struct $schema$_$item$_functions *typed = (const struct "
        "$schema$_$item$_functions *)functions;\n"
        "\n"
        "        return (typed->scan != NULL ? (unsigned int)EKIDEN_CONTAINER_SCAN : 0u) |\n"
        "               (typed->remove != NULL ? (unsigned int)EKIDEN_CONTAINER_REMOVE : 0u) |\n"
        "               (typed->reserve != NULL ? (unsigned int)EKIDEN_CONTAINER_RESERVE : 0u) |\n"
        "               (typed->prefetch != NULL ? (unsigned int)EKIDEN_CONTAINER_PREFETCH : 0u) "
        "|\n"
        "               (typed->next != NULL ? (unsigned int)EKIDEN_CONTAINER_NEXT : 0u) |\n"
        "               (typed->insert != NULL ? (unsigned int)EKIDEN_CONTAINER_INSERT : "
        "0u)$more$;\n"
        "}\n"
        "\n"
        "static const struct ekiden_container $schema$_container_$item$ = {\n"
        "        .count = $schema$_count_$item$,\n"
        "        .next = $schema$_next_$item$,\n"
        "        .insert = $schema$_insert_$item$,\n"
        "        .remove = $schema$_remove_$item$,\n"
        "        .parts = $schema$_parts_$item$,\n"
        "        .scan = $schema$_scan_$item$,\n"
        "        .reserve = $schema$_reserve_$item$,\n"
        "        .prefetch = $schema$_prefetch_$item$,\n"
        "$find$"
        "};\n"
        "\n"
        "int $schema$_tag_$item$(const struct $schema$_$item$_functions *functions, void *data)\n"
        "{\n"
        "        int result = ekiden_container_check(&$schema$.items[$index$], functions != NULL ? "
        "$schema$_parts_$item$(functions) : 0u);\n"
        "\n"
        "        if (result < 0)\n"
        "                return result;\n"
        "        return ekiden_tag_container(&$schema$.items[$index$], &$schema$_natives, "
        "&$schema$_container_$item$, functions, data);\n"
        "}\n";

/* One that only items which are sent ahead have. */
static const char find_part[] =
        " |\n"
        "               (typed->find != NULL ? (unsigned int)EKIDEN_CONTAINER_FIND : 0u)";

void ek_emit_native_container(struct ek_text *out, const struct ek_schema *schema, size_t index)
{
        const struct ek_item *item = &schema->items[index];
        const char *c_struct = ek_binding_message_options(item->message)->c_struct;

        for (size_t i = 0; i < sizeof(through) / sizeof(through[0]); i++) {
                struct ek_text body;

                ek_text_init(&body, out->arena);
                ek_emit(&body, through[i].body, "struct", c_struct, NULL);
                ek_emit(out, through_template, "schema", schema->c_name, "item", item->name,
                        "function", through[i].function, "result", through[i].result, "parameters",
                        through[i].parameters, "body", body.bytes, NULL);
        }
        ek_emit_native_find(out, schema, item);
        ek_emit(out, container_template, "schema", schema->c_name, "item", item->name, "index",
                ek_memory_printf(out->arena, "%zu", index), "find",
                ek_emit_native_find_entry(out->arena, schema, item), "more",
                item->ahead ? find_part : "", NULL);
}
