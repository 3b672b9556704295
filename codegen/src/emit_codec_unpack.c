/* SPDX-License-Identifier: MIT */
/*
 * The function that unpacks a message as a codec or protobuf-c packs it: known fields by number,
 * each once, all values of a repeated field together. Everything else it leaves to protobuf-c.
 */
#include "emit_codec_private.h"

#include <string.h>

#define BODY "        "
#define INNER "                "
#define ELEMENT "                        "

/* The call that reads a value behind its tag. */
static const char *reading(const struct ek_codec_field *field)
{
        switch (field->wire) {
        case EK_CODEC_VARINT:
                return "$indent$at = ekiden_get_varint(at + $tag_size$, end, &value);\n";
        case EK_CODEC_FIXED32:
                return "$indent$at = ekiden_get_fixed32(at + $tag_size$, end, &word);\n";
        case EK_CODEC_FIXED64:
                return "$indent$at = ekiden_get_fixed64(at + $tag_size$, end, &value);\n";
        case EK_CODEC_TEXT:
                return "$indent$at = ekiden_get_text(reader, at + $tag_size$, end, &$value$);\n";
        case EK_CODEC_BYTES:
                return "$indent$at = ekiden_get_bytes(at + $tag_size$, end, &$value$);\n";
        default:
                return "$indent$at = get_$name$(reader, at + $tag_size$, end, &$value$$more$);\n";
        }
}

static void emit_value(const struct ek_codec_code *code, const struct ek_codec_field *field,
                       const char *indent, const char *value)
{
        const char *number = field->wire == EK_CODEC_FIXED32 ? "word" : "value";
        const char *depth =
                field->wire == EK_CODEC_MESSAGE ? ek_codec_depth_argument(code, field) : "";

        ek_codec_emit_depth(code, field, indent, "false");
        ek_codec_add(code, field, indent, reading(field), value, depth);
        ek_codec_add(code, field, indent,
                     "$indent$if (at == NULL)\n"
                     "$indent$        return false;\n",
                     value, "");
        if (field->wire <= EK_CODEC_FIXED64)
                ek_codec_add(code, field, indent, "$indent$$value$ = $more$;\n", value,
                             ek_codec_from_wire(code->arena, field, number));
}

/* Room for `count` values. */
static void emit_array(const struct ek_codec_code *code, const struct ek_codec_field *field)
{
        ek_codec_add(code, field, INNER,
                     "$indent$message->$member$ = EKIDEN_ARRAY(reader, count, $type$);\n"
                     "$indent$if (message->$member$ == NULL)\n"
                     "$indent$        return false;\n"
                     "$indent$message->n_$member$ = count;\n",
                     "", "");
}

/* A run of numbers behind one length, which is in `size`. An empty one is left. */
static void emit_packed(const struct ek_codec_code *code, const struct ek_codec_field *field)
{
        const char *element = ek_memory_printf(code->arena, "message->%s[i]", field->member);
        bool is_bool = ek_codec_is_bool(field);

        ek_codec_add(code, field, INNER,
                     "$indent$at = ekiden_get_length(at + $tag_size$, end, &size);\n"
                     "$indent$if (at == NULL || size == 0$more$)\n"
                     "$indent$        return false;\n",
                     element,
                     field->wire == EK_CODEC_FIXED32   ? " || size % 4 != 0"
                     : field->wire == EK_CODEC_FIXED64 ? " || size % 8 != 0"
                     : is_bool                         ? ""
                                                       : " || at[size - 1] >= 0x80");
        ek_emit(code->out, "                count = $count$;\n", "count",
                field->wire == EK_CODEC_FIXED32   ? "size / 4"
                : field->wire == EK_CODEC_FIXED64 ? "size / 8"
                : is_bool                         ? "size"
                                                  : "ekiden_count_varints(at, size)",
                NULL);
        emit_array(code, field);
        if (field->wire != EK_CODEC_VARINT)
                ek_codec_add(code, field, INNER,
                             "$indent$ekiden_get_$more$_run(at, message->$member$, count);\n"
                             "$indent$at += size;\n",
                             element, field->wire == EK_CODEC_FIXED32 ? "fixed32" : "fixed64");
        else if (is_bool)
                ek_codec_add(code, field, INNER,
                             "$indent$for (size_t i = 0; i < count; i++) {\n"
                             "$indent$        if (*at > 1)\n"
                             "$indent$                return false;\n"
                             "$indent$        $value$ = *at++;\n"
                             "$indent$}\n",
                             element, "");
        else
                ek_codec_add(code, field, INNER,
                             "$indent$for (size_t i = 0; i < count; i++) {\n"
                             "$indent$        at = ekiden_get_varint(at, end, &value);\n"
                             "$indent$        if (at == NULL)\n"
                             "$indent$                return false;\n"
                             "$indent$        $value$ = $more$;\n"
                             "$indent$}\n",
                             element, ek_codec_from_wire(code->arena, field, "value"));
}

static void emit_repeated(const struct ek_codec_code *code, const struct ek_codec_field *field)
{
        const char *element = ek_memory_printf(code->arena, "message->%s[i]", field->member);

        ek_codec_add(code, field, INNER, "$indent$count = ekiden_count_run(at, end, $tag$);\n",
                     element, "");
        emit_array(code, field);
        ek_emit(code->out, "                for (size_t i = 0; i < count; i++) {\n", NULL);
        emit_value(code, field, ELEMENT, element);
        ek_emit(code->out, "                }\n", NULL);
}

/* Whether another field of the oneof has a lower number: then there may be a value already. */
static bool is_second_of_oneof(const struct ek_codec_type *type, const struct ek_codec_field *field)
{
        for (const struct ek_codec_field *other = type->fields; other < field; other++)
                if (other->oneof != NULL && strcmp(other->oneof, field->oneof) == 0)
                        return true;
        return false;
}

static void emit_presence(const struct ek_codec_code *code, const struct ek_codec_field *field)
{
        if (field->presence == EK_CODEC_FLAG)
                ek_codec_add(code, field, INNER, "$indent$message->has_$member$ = 1;\n", "", "");
        if (field->presence != EK_CODEC_CASE)
                return;
        if (is_second_of_oneof(code->type, field))
                ek_codec_add(code, field, INNER,
                             "$indent$if (message->$more$ != 0)\n"
                             "$indent$        return false;\n",
                             "", field->oneof);
        ek_emit(code->out, "                message->$oneof$ = $chosen$;\n", "oneof", field->oneof,
                "chosen", field->chosen, NULL);
}

static void emit_field(const struct ek_codec_code *code, const struct ek_codec_field *field)
{
        const char *value = ek_memory_printf(code->arena, "message->%s", field->member);

        if (field->presence == EK_CODEC_ALWAYS) {
                ek_codec_add(code, field, BODY,
                             "$indent$if (!ekiden_tag_is_next(at, end, $tag$))\n"
                             "$indent$        return false;\n",
                             value, "");
                emit_value(code, field, BODY, value);
                return;
        }
        ek_codec_add(code, field, BODY, "$indent$if (ekiden_tag_is_next(at, end, $tag$)) {\n",
                     value, "");
        if (field->packed) {
                emit_packed(code, field);
        } else if (field->presence == EK_CODEC_COUNT) {
                emit_repeated(code, field);
        } else {
                emit_presence(code, field);
                emit_value(code, field, INNER, value);
        }
        ek_text_add_string(code->out, "        }\n");
}

/* What the function's statements need: locals, and the reader. */
struct needs {
        bool value, word, size, count, reader;
};

static struct needs needs_of(const struct ek_codec_type *type)
{
        struct needs needs = {0};

        for (size_t i = 0; i < type->field_count; i++) {
                const struct ek_codec_field *field = &type->fields[i];
                bool is_run = field->packed &&
                              (field->wire != EK_CODEC_VARINT || ek_codec_is_bool(field));

                needs.value |= !is_run &&
                               (field->wire == EK_CODEC_VARINT || field->wire == EK_CODEC_FIXED64);
                needs.word |= !is_run && field->wire == EK_CODEC_FIXED32;
                needs.size |= field->packed;
                needs.count |= field->presence == EK_CODEC_COUNT;
                needs.reader |= field->presence == EK_CODEC_COUNT || field->wire == EK_CODEC_TEXT ||
                                field->wire == EK_CODEC_MESSAGE;
        }
        return needs;
}

/* Locals of one type stand on one line. */
static void emit_locals(const struct ek_codec_code *code, const struct needs *needs)
{
        if (needs->value)
                ek_text_add_string(code->out, "        uint64_t value;\n");
        if (needs->word)
                ek_text_add_string(code->out, "        uint32_t word;\n");
        if (needs->size || needs->count)
                ek_emit(code->out, "        size_t $size$$count$;\n", "size",
                        needs->size ? "size, " : "", "count", "count", NULL);
        if (needs->value || needs->word || needs->count)
                ek_text_add_string(code->out, "\n");
        if (!needs->reader)
                ek_text_add_string(code->out, "        (void)reader;\n");
}

/* A message behind the tag of a field: its length, and what lies there. */
static void emit_get(const struct ek_codec_code *code)
{
        const struct ek_codec_type *type = code->type;

        ek_emit(code->out,
                "\n"
                "static const uint8_t *get_$name$(struct ekiden_reader *reader, const uint8_t *at, "
                "const uint8_t *end, $Type$ **ret_message$parameter$)\n"
                "{\n"
                "        $Type$ *message = EKIDEN_ARRAY(reader, 1, $Type$);\n"
                "        size_t size;\n"
                "\n"
                "        at = ekiden_get_length(at, end, &size);\n"
                "        if (at == NULL || message == NULL)\n"
                "                return NULL;\n"
                "        if (!unpack_$name$(reader, at, at + size, message$depth$))\n"
                "                return NULL;\n"
                "        *ret_message = message;\n"
                "        return at + size;\n"
                "}\n",
                "name", type->name, "Type", type->message->type_name, "parameter",
                type->is_deep ? ", unsigned int depth" : "", "depth",
                type->is_deep ? ", depth" : "", NULL);
}

void ek_emit_codec_unpack(const struct ek_codec_code *code)
{
        const struct ek_codec_type *type = code->type;
        struct needs needs = needs_of(type);

        ek_emit(code->out,
                "\n"
                "static bool unpack_$name$(struct ekiden_reader *reader, const uint8_t *at, const "
                "uint8_t *end, $Type$ *message$depth$)\n"
                "{\n",
                "name", type->name, "Type", type->message->type_name, "depth",
                type->is_deep ? ", unsigned int depth" : "", NULL);
        emit_locals(code, &needs);
        ek_emit(code->out, "        $descriptor$__init(message);\n", "descriptor",
                type->message->lower_name, NULL);
        for (size_t i = 0; i < type->field_count; i++)
                emit_field(code, &type->fields[i]);
        ek_text_add_string(code->out, "        return at == end;\n"
                                      "}\n");
        if (type->is_inner)
                emit_get(code);
}
