/* SPDX-License-Identifier: MIT */
/*
 * Which messages get functions, in which order, and the tables that the engine calls them by. A
 * message comes after those it holds; only where types hold themselves is there anything to declare
 * ahead, and a depth to be counted.
 */
#include "emit_codec_private.h"

#include <string.h>

#define FIELDS_INLINED_MAX 256 /* of a schema: what is inlined for each takes a compiler 12 ms */
#define HEIGHT_MAX 50 /* of messages in messages that are not counted; beyond, they are */

static const char forward_template[] =
        "\n"
        "static size_t size_$name$(const $Type$ *message, unsigned int depth);\n"
        "static uint8_t *pack_$name$(const $Type$ *message, uint8_t *out);\n"
        "static const uint8_t *get_$name$(struct ekiden_reader *reader, const uint8_t *at, const "
        "uint8_t *end, $Type$ **ret_message, unsigned int depth);\n";

static const char codec_template[] =
        "\n"
        "static size_t codec_size_$name$(const ProtobufCMessage *message)\n"
        "{\n"
        "        return size_$name$((const $Type$ *)(const void *)message$depth$);\n"
        "}\n"
        "\n"
        "static uint8_t *codec_pack_$name$(const ProtobufCMessage *message, uint8_t *out)\n"
        "{\n"
        "        return pack_$name$((const $Type$ *)(const void *)message, out);\n"
        "}\n"
        "\n"
        "static int codec_unpack_$name$(const uint8_t *data, size_t size, ProtobufCMessage "
        "*message, struct ekiden_scratch *scratch)\n"
        "{\n"
        "        struct ekiden_reader reader = {scratch, 0};\n"
        "        $Type$ *typed = ($Type$ *)(void *)message;\n"
        "\n"
        "        if (unpack_$name$(&reader, data, data + size, typed$depth$))\n"
        "                return 1;\n"
        "        return reader.answer;\n"
        "}\n"
        "\n"
        "static const struct ekiden_codec codec_$name$ = {\n"
        "        .size = codec_size_$name$,\n"
        "        .pack = codec_pack_$name$,\n"
        "        .unpack = codec_unpack_$name$,\n"
        "};\n";

const struct ek_codec_type *ek_codec_type_of(const struct ek_codec_code *code,
                                             const struct ek_codec_field *field)
{
        return &code->types[field->field->message->visit];
}

void ek_codec_emit_depth(const struct ek_codec_code *code, const struct ek_codec_field *field,
                         const char *indent, const char *otherwise)
{
        const struct ek_codec_type *type;

        if (!code->type->is_deep || field->wire != EK_CODEC_MESSAGE)
                return;
        type = ek_codec_type_of(code, field);
        ek_emit(code->out,
                "$indent$if (depth $less$)\n"
                "$indent$        return $otherwise$;\n",
                "indent", indent, "less",
                type->is_deep || type->height == 0
                        ? "== 0"
                        : ek_memory_printf(code->arena, "<= %u", type->height),
                "otherwise", otherwise, NULL);
}

const char *ek_codec_depth_argument(const struct ek_codec_code *code,
                                    const struct ek_codec_field *field)
{
        if (!ek_codec_type_of(code, field)->is_deep)
                return "";
        return ", depth - 1";
}

const char *ek_codec_condition(const struct ek_codec_code *code, const struct ek_codec_field *field)
{
        const char *member = field->member;

        switch (field->presence) {
        case EK_CODEC_IMPLICIT:
                if (field->wire == EK_CODEC_TEXT)
                        return ek_memory_printf(code->arena,
                                                "message->%s != NULL && message->%s[0] != '\\0'",
                                                member, member);
                return ek_memory_printf(code->arena, "message->%s%s != 0", member,
                                        field->wire == EK_CODEC_BYTES ? ".len" : "");
        case EK_CODEC_FLAG:
                return ek_memory_printf(code->arena, "message->has_%s", member);
        case EK_CODEC_POINTER:
                if (field->absent != NULL)
                        return ek_memory_printf(code->arena,
                                                "message->%s != NULL && message->%s != %s", member,
                                                member, field->absent);
                return ek_memory_printf(code->arena, "message->%s != NULL", member);
        case EK_CODEC_CASE:
                return ek_memory_printf(code->arena, "message->%s == %s", field->oneof,
                                        field->chosen);
        default:
                return NULL;
        }
}

void ek_codec_add(const struct ek_codec_code *code, const struct ek_codec_field *field,
                  const char *indent, const char *template, const char *value, const char *more)
{
        ek_emit(code->out, template, "indent", indent, "member", field->member, "tag", field->tag,
                "tag_size", field->tag_size, "value", value, "type",
                ek_codec_type(code->arena, field->field), "name",
                field->wire == EK_CODEC_MESSAGE ? ek_codec_type_of(code, field)->name : "", "more",
                more, NULL);
}

/* Whether the type may hold itself, and how high it stands where it may not. What it holds, but for
   what is forward, comes ahead of it. */
static void find_height(struct ek_codec_code *code, struct ek_codec_type *type)
{
        type->is_deep = type->is_forward;
        for (size_t i = 0; i < type->field_count; i++) {
                const struct ek_field *field = type->fields[i].field;
                struct ek_codec_type *inner;

                if (field->message == NULL)
                        continue;
                inner = &code->types[field->message->visit];
                inner->is_inner = true;
                type->is_deep = type->is_deep || inner->is_deep || inner->is_forward;
                if (inner->height + 1 > type->height)
                        type->height = inner->height + 1;
        }
        type->is_deep = type->is_deep || type->height > HEIGHT_MAX;
        if (type->is_deep)
                type->height = 0;
}

static void init_type(const struct ek_codec_code *code, const struct ek_schema *schema,
                      struct ek_codec_type *type, const struct ek_table *table)
{
        const struct ek_message *message = table->message;

        *type = (struct ek_codec_type){
                .message = message,
                .name = ek_tables_name(schema, message),
                .is_forward = table->forward,
                .fields = ek_memory_alloc(code->arena, message->field_count, sizeof(*type->fields)),
                .field_count = message->field_count,
        };
        for (size_t i = 0; i < message->field_count; i++)
                type->fields[i] = ek_codec_field(code->arena, message, i);
}

static void emit_forward(const struct ek_codec_code *code, size_t count)
{
        for (size_t i = 0; i < count; i++)
                if (code->types[i].is_forward)
                        ek_emit(code->out, forward_template, "name", code->types[i].name, "Type",
                                code->types[i].message->type_name, NULL);
}

static bool has_deprecated(const struct ek_codec_type *types, size_t count)
{
        for (size_t i = 0; i < count; i++)
                for (size_t k = 0; k < types[i].field_count; k++) {
                        const struct ek_field *field = types[i].fields[k].field;

                        if (field->proto->options != NULL && field->proto->options->deprecated)
                                return true;
                }
        return false;
}

static void emit_functions(struct ek_codec_code *code, size_t count)
{
        /* what a program is to use no more crosses all the same */
        bool quiet = has_deprecated(code->types, count);

        if (quiet)
                ek_text_add_string(code->out, "\n"
                                              "#pragma GCC diagnostic push\n"
                                              "#pragma GCC diagnostic ignored "
                                              "\"-Wdeprecated-declarations\"\n");
        emit_forward(code, count);
        for (size_t i = 0; i < count; i++) {
                code->type = &code->types[i];
                ek_emit_codec_size(code);
                ek_emit_codec_pack(code);
                ek_emit_codec_unpack(code);
        }
        if (quiet)
                ek_text_add_string(code->out, "\n"
                                              "#pragma GCC diagnostic pop\n");
}

bool ek_codecs_are_many(const struct ek_schema *schema)
{
        struct ek_tables all = ek_tables_all(schema);
        size_t fields = 0;

        for (size_t i = 0; i < all.count; i++)
                fields += all.list[i].message->field_count;
        return fields > FIELDS_INLINED_MAX;
}

void ek_emit_codecs(struct ek_text *out, const struct ek_schema *schema,
                    const struct ek_tables *tables)
{
        struct ek_tables all = ek_tables_all(schema);
        struct ek_codec_code code = {
                .out = out,
                .arena = out->arena,
                .types = ek_memory_alloc(out->arena, all.count, sizeof(*code.types)),
        };

        for (size_t i = 0; i < all.count; i++) {
                all.list[i].message->visit = (unsigned int)i;
                init_type(&code, schema, &code.types[i], &all.list[i]);
        }
        for (size_t i = 0; i < all.count; i++)
                find_height(&code, &code.types[i]);
        emit_functions(&code, all.count);
        for (size_t i = 0; i < tables->count; i++) {
                const struct ek_codec_type *type = &code.types[tables->list[i].message->visit];

                ek_emit(out, codec_template, "name", type->name, "Type", type->message->type_name,
                        "depth", type->is_deep ? ", EKIDEN_CODEC_DEPTH" : "", NULL);
        }
}
