/* SPDX-License-Identifier: MIT */
/*
 * What is generated for an item that is sent ahead: the function that tells of a change, and the
 * container's find(). Both take the key as C has it: a number, text, or bytes and their size.
 */
#include <string.h>

#include "emit_native.h"

#define TYPE(name) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##name

/* A key's type in C. */
struct key_type {
        int type; /* in descriptor.proto */
        const char *parameters; /* of a function that takes a key */
        const char *touch; /* the library's function */
        const char *value; /* to that, of `key` */
        const char *from; /* a find() with `const struct ekiden_key *key` */
};

#define SIGNED "(uint64_t)(int64_t)key"

static const struct key_type types[] = {
        {TYPE(BYTES), "const uint8_t *key, size_t key_size", "bytes", "key, key_size",
         "key->data, key->size"},
        {TYPE(STRING), "const char *key", "text", "key", "(const char *)key->data"},
        {TYPE(BOOL), "bool key", "number", "key ? 1 : 0", "key->number != 0"},
        {TYPE(INT32), "int32_t key", "number", SIGNED, "(int32_t)key->number"},
        {TYPE(SINT32), "int32_t key", "number", SIGNED, "(int32_t)key->number"},
        {TYPE(SFIXED32), "int32_t key", "number", SIGNED, "(int32_t)key->number"},
        {TYPE(INT64), "int64_t key", "number", "(uint64_t)key", "(int64_t)key->number"},
        {TYPE(SINT64), "int64_t key", "number", "(uint64_t)key", "(int64_t)key->number"},
        {TYPE(SFIXED64), "int64_t key", "number", "(uint64_t)key", "(int64_t)key->number"},
        {TYPE(UINT32), "uint32_t key", "number", "key", "(uint32_t)key->number"},
        {TYPE(FIXED32), "uint32_t key", "number", "key", "(uint32_t)key->number"},
        {TYPE(UINT64), "uint64_t key", "number", "key", "key->number"},
        {TYPE(FIXED64), "uint64_t key", "number", "key", "key->number"},
};

static const char touch_template[] =
        "\n"
        "/**\n"
        " * Tells that the record of \"$item$\" with this key is inserted, changed or removed; see "
        "<ekiden/ahead.h>.\n"
        " */\n"
        "static inline void $schema$_touch_$item$($parameters$)\n"
        "{\n"
        "        if (ekiden_is_tracking())\n"
        "                ekiden_touch_$touch$(&$schema$.items[$index$], $value$);\n"
        "}\n";

static const char member_template[] =
        "        /* For sending ahead, which needs scan and remove as well. */\n"
        "        $struct$ *(*find)($parameters$, void *data);\n";

static const char find_template[] =
        "\n"
        "static void *$schema$_find_$item$(const void *functions, const struct ekiden_key *key, "
        "void *data)\n"
        "{\n"
        "        const struct $schema$_$item$_functions *typed = (const struct "
        "$schema$_$item$_functions *)functions;\n"
        "\n"
        "        return typed->find($from$, data);\n"
        "}\n";

static const struct key_type *type_of(const struct ek_item *item)
{
        const struct ek_field *field = ek_model_field(item->message, item->key_name);

        for (size_t i = 0; field != NULL && i < sizeof(types) / sizeof(types[0]); i++)
                if (types[i].type == (int)field->proto->type)
                        return &types[i];
        return NULL;
}

bool ek_emit_native_is_key(const struct ek_field *field)
{
        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
                if (types[i].type == (int)field->proto->type)
                        return true;
        return false;
}

void ek_emit_native_find_member(struct ek_text *out, const struct ek_item *item,
                                const char *c_struct)
{
        if (item->ahead)
                ek_emit(out, member_template, "struct", c_struct, "parameters",
                        type_of(item)->parameters, NULL);
}

void ek_emit_native_find(struct ek_text *out, const struct ek_schema *schema,
                         const struct ek_item *item)
{
        if (item->ahead)
                ek_emit(out, find_template, "schema", schema->c_name, "item", item->name, "from",
                        type_of(item)->from, NULL);
}

const char *ek_emit_native_find_entry(struct ek_memory *arena, const struct ek_schema *schema,
                                      const struct ek_item *item)
{
        return item->ahead ? ek_memory_printf(arena, "        .find = %s_find_%s,\n",
                                              schema->c_name, item->name)
                           : "";
}

void ek_emit_native_touch(struct ek_text *out, const struct ek_schema *schema,
                          const struct ek_item *item)
{
        const struct key_type *type = item->ahead ? type_of(item) : NULL;

        if (type != NULL)
                ek_emit(out, touch_template, "schema", schema->c_name, "item", item->name,
                        "parameters", type->parameters, "touch", type->touch, "value", type->value,
                        "index",
                        ek_memory_printf(out->arena, "%zu", (size_t)(item - schema->items)), NULL);
}
