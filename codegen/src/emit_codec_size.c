/* SPDX-License-Identifier: MIT */
/*
 * The function that finds how long a message is. It is also the one that looks whether a record is
 * sound, as it is the first to touch it: what the engine would refuse has no size.
 */
#include "emit_codec_private.h"

#define BODY "        "
#define INNER "                "

static bool has_constant_size(const struct ek_codec_field *field)
{
        return field->wire == EK_CODEC_FIXED32 || field->wire == EK_CODEC_FIXED64 ||
               ek_codec_is_bool(field);
}

static unsigned int constant_size(const struct ek_codec_field *field)
{
        return field->wire == EK_CODEC_FIXED32 ? 4 : field->wire == EK_CODEC_FIXED64 ? 8 : 1;
}

/* The size of one number without its tag. */
static const char *number_size(const struct ek_codec_code *code, const struct ek_codec_field *field,
                               const char *value)
{
        if (has_constant_size(field))
                return ek_memory_printf(code->arena, "%u", constant_size(field));
        return ek_memory_printf(code->arena, "ekiden_varint_size(%s)",
                                ek_codec_to_wire(code->arena, field, value));
}

/* What may have no size. */
static void emit_delimited(const struct ek_codec_code *code, const struct ek_codec_field *field,
                           const char *indent, const char *value)
{
        const char *template = "$indent$length = size_$name$($value$$more$);\n";
        const char *depth = "";

        if (field->wire == EK_CODEC_TEXT)
                template = "$indent$length = ekiden_text_size($value$);\n";
        else if (field->wire == EK_CODEC_BYTES)
                template = "$indent$length = ekiden_bytes_size(&$value$);\n";
        else
                depth = ek_codec_depth_argument(code, field);
        ek_codec_emit_depth(code, field, indent, "EKIDEN_CODEC_LEFT");
        ek_codec_add(code, field, indent, template, value, depth);
        ek_codec_add(code, field, indent,
                     "$indent$if (!ekiden_add_delimited(&size, $tag_size$, length))\n"
                     "$indent$        return EKIDEN_CODEC_LEFT;\n",
                     value, "");
}

static void emit_value(const struct ek_codec_code *code, const struct ek_codec_field *field,
                       const char *indent, const char *value)
{
        if (field->wire > EK_CODEC_FIXED64)
                emit_delimited(code, field, indent, value);
        else
                ek_codec_add(code, field, indent, "$indent$size += $tag_size$ + $more$;\n", value,
                             number_size(code, field, value));
}

/* Whether a field holds a value, though its flag says that it is not there; NULL: it may. */
static const char *stray_value(const struct ek_codec_code *code, const struct ek_codec_field *field)
{
        const struct ek_field *proto = field->field;
        const char *member = field->member;

        if (field->wire == EK_CODEC_BYTES)
                return proto->proto->default_value != NULL
                               ? NULL
                               : ek_memory_printf(code->arena, "message->%s.len != 0", member);
        if (proto->proto->default_value != NULL)
                return ek_memory_printf(code->arena, "!EKIDEN_IS_DEFAULT(message, %zu, %s)",
                                        field->index, member);
        if (proto->enumeration != NULL)
                return ek_memory_printf(code->arena, "(int32_t)message->%s != %d", member,
                                        proto->enumeration->proto->value[0]->number);
        if (proto->descriptor)
                return ek_memory_printf(code->arena, "message->%s != 0 && message->%s != -1",
                                        member, member);
        if (ek_codec_is_floating(field))
                return ek_memory_printf(
                        code->arena, "%s != 0",
                        ek_codec_to_wire(code->arena, field,
                                         ek_memory_printf(code->arena, "message->%s", member)));
        return ek_memory_printf(code->arena, "message->%s != 0", member);
}

/* A field that has a flag: a value without it is a mistake, which the engine tells. */
static void emit_flagged(const struct ek_codec_code *code, const struct ek_codec_field *field,
                         const char *value)
{
        const char *stray = stray_value(code, field);
        const char *brace = field->wire > EK_CODEC_FIXED64 ? " {" : "";
        const char *end = brace[0] != '\0' ? "} " : "";

        ek_codec_add(code, field, BODY, "$indent$if (message->has_$member$)$more$\n", value, brace);
        emit_value(code, field, INNER, value);
        if (stray != NULL)
                ek_emit(code->out,
                        "        $end$else if ($stray$)$brace$\n"
                        "                return EKIDEN_CODEC_LEFT;\n",
                        "end", end, "stray", stray, "brace", brace, NULL);
        if (brace[0] != '\0')
                ek_text_add_string(code->out, "        }\n");
}

/* A field that is there on a condition, which has no flag. */
static void emit_conditional(const struct ek_codec_code *code, const struct ek_codec_field *field,
                             const char *condition, const char *value)
{
        const char *brace = field->wire > EK_CODEC_FIXED64 ? " {" : "";

        ek_emit(code->out, "        if ($condition$)$brace$\n", "condition", condition, "brace",
                brace, NULL);
        emit_value(code, field, INNER, value);
        if (brace[0] != '\0')
                ek_text_add_string(code->out, "        }\n");
}

static void emit_packed(const struct ek_codec_code *code, const struct ek_codec_field *field,
                        const char *element)
{
        if (has_constant_size(field)) {
                ek_codec_add(code, field, BODY,
                             "$indent$if (message->n_$member$ > 0)\n"
                             "$indent$        size += $tag_size$ + "
                             "ekiden_delimited_size($more$message->n_$member$);\n",
                             element,
                             constant_size(field) == 1 ? ""
                                                       : ek_memory_printf(code->arena, "%u * ",
                                                                          constant_size(field)));
                return;
        }
        ek_codec_add(code, field, BODY,
                     "$indent$if (message->n_$member$ > 0) {\n"
                     "$indent$        length = 0;\n"
                     "$indent$        for (size_t i = 0; i < message->n_$member$; i++)\n"
                     "$indent$                length += $more$;\n"
                     "$indent$        size += $tag_size$ + ekiden_delimited_size(length);\n"
                     "$indent$}\n",
                     element, number_size(code, field, element));
}

static void emit_repeated(const struct ek_codec_code *code, const struct ek_codec_field *field)
{
        const char *element = ek_memory_printf(code->arena, "message->%s[i]", field->member);

        if (field->maybe_packed)
                ek_emit(code->out,
                        "        if (!ekiden_field_is_packed(&$descriptor$__descriptor, $index$))\n"
                        "                return EKIDEN_CODEC_LEFT;\n",
                        "descriptor", code->type->message->lower_name, "index",
                        ek_memory_printf(code->arena, "%zu", field->index), NULL);
        ek_codec_add(code, field, BODY,
                     "$indent$if (message->n_$member$ > 0 && message->$member$ == NULL)\n"
                     "$indent$        return EKIDEN_CODEC_LEFT;\n",
                     element, "");
        if (field->packed) {
                emit_packed(code, field, element);
        } else if (has_constant_size(field)) {
                ek_codec_add(code, field, BODY,
                             "$indent$size += ($tag_size$ + $more$) * message->n_$member$;\n",
                             element, number_size(code, field, element));
        } else {
                ek_codec_add(code, field, BODY,
                             "$indent$for (size_t i = 0; i < message->n_$member$; i++)$more$\n",
                             element, field->wire > EK_CODEC_FIXED64 ? " {" : "");
                emit_value(code, field, INNER, element);
                if (field->wire > EK_CODEC_FIXED64)
                        ek_text_add_string(code->out, "        }\n");
        }
}

static void emit_field(const struct ek_codec_code *code, const struct ek_codec_field *field)
{
        const char *value = ek_memory_printf(code->arena, "message->%s", field->member);
        const char *condition = ek_codec_condition(code, field);

        if (field->presence == EK_CODEC_COUNT)
                emit_repeated(code, field);
        else if (field->presence == EK_CODEC_FLAG)
                emit_flagged(code, field, value);
        else if (condition == NULL)
                emit_value(code, field, BODY, value);
        else
                emit_conditional(code, field, condition, value);
        /* to the reference, an address in a oneof may mean that nothing is there */
        if (field->presence == EK_CODEC_CASE && field->absent != NULL)
                ek_emit(code->out,
                        "        if ($condition$ && $value$ == $absent$)\n"
                        "                return EKIDEN_CODEC_LEFT;\n",
                        "condition", condition, "value", value, "absent", field->absent, NULL);
}

static bool needs_length(const struct ek_codec_type *type)
{
        for (size_t i = 0; i < type->field_count; i++) {
                const struct ek_codec_field *field = &type->fields[i];

                if (field->wire > EK_CODEC_FIXED64 || (field->packed && !has_constant_size(field)))
                        return true;
        }
        return false;
}

void ek_emit_codec_size(const struct ek_codec_code *code)
{
        const struct ek_codec_type *type = code->type;

        ek_emit(code->out,
                "\n"
                "static size_t size_$name$(const $Type$ *message$depth$)\n"
                "{\n"
                "        size_t size = 0$length$;\n"
                "\n"
                "        if (!ekiden_message_is(message, &$descriptor$__descriptor))\n"
                "                return EKIDEN_CODEC_LEFT;\n",
                "name", type->name, "Type", type->message->type_name, "depth",
                type->is_deep ? ", unsigned int depth" : "", "length",
                needs_length(type) ? ", length" : "", "descriptor", type->message->lower_name,
                NULL);
        for (size_t i = 0; i < type->field_count; i++)
                emit_field(code, &type->fields[i]);
        ek_text_add_string(code->out, "        return size;\n"
                                      "}\n");
}
