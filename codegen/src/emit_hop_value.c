/* SPDX-License-Identifier: MIT */
/*
 * The statements that make a value of one version one of another, and the functions for enums.
 */
#include "emit_hop_private.h"

#include <string.h>

#include "names.h"

typedef Google__Protobuf__EnumValueDescriptorProto Value;

static const char *const type_names[] = {
        "",
        "double",
        "float",
        "int64_t",
        "uint64_t",
        "int32_t",
        "uint64_t",
        "uint32_t",
        "protobuf_c_boolean",
        "char *",
        "",
        "",
        "ProtobufCBinaryData",
        "uint32_t",
        "",
        "int32_t",
        "int64_t",
        "int32_t",
        "int64_t",
};

static const char *plain_type(const struct ek_field *field)
{
        return type_names[field->proto->type];
}

const char *ek_hop_type(struct ek_memory *arena, const struct ek_field *field)
{
        if (field->message != NULL)
                return ek_memory_printf(arena, "%s *", field->message->type_name);
        if (field->enumeration != NULL)
                return ek_name_type(arena, field->enumeration->full_name);
        return plain_type(field);
}

static bool is_bool(const struct ek_field *field)
{
        return field->proto->type == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_BOOL;
}

static bool is_type(const struct ek_field *field, const char *type)
{
        return strcmp(plain_type(field), type) == 0;
}

static void emit_assignment(struct ek_hop_code *code, const struct ek_hop_value *value,
                            const char *expression)
{
        ek_emit(code->out, "$indent$$to$ = $expression$;\n", "indent", value->indent, "to",
                value->to, "expression", expression, NULL);
}

static void emit_refusal(struct ek_hop_code *code, const struct ek_hop_value *value,
                         const char *condition, const char *what)
{
        ek_emit(code->out,
                "$indent$if ($condition$)\n"
                "$indent$        return ekiden_hop_refuse(hop, \"field \\\"$field$\\\" "
                "$what$\");\n",
                "indent", value->indent, "condition", condition, "field", value->field->from->name,
                "what", what, NULL);
}

/* bool and enums are ints of some kind: said aloud, so that no compiler warns. */
static void emit_widened(struct ek_hop_code *code, const struct ek_hop_value *value)
{
        const char *expression = value->from;

        if (is_bool(value->field->from))
                expression = ek_memory_printf(code->arena, "%s ? 1 : 0", value->from);
        else if (value->field->from->enumeration != NULL)
                expression = ek_memory_printf(code->arena, "(int32_t)%s", value->from);
        emit_assignment(code, value, expression);
}

/* When a number does not fit: what may follow the value, below and above. */
static const char *misfit(struct ek_hop_code *code, const struct ek_hop_value *value)
{
        const struct ek_field *to = value->field->to;
        const char *from = value->from;
        const char *below = plain_type(value->field->from)[0] == 'u' ? "" : " < 0";
        const char *above;

        if (is_type(to, "float"))
                return ek_memory_printf(code->arena, "(double)(float)%s != %s && %s == %s", from,
                                        from, from, from);
        if (is_type(to, "int32_t"))
                below = " < INT32_MIN";
        above = is_bool(to) ? " > 1" : is_type(to, "uint32_t") ? " > UINT32_MAX" : " > INT32_MAX";
        return ek_memory_printf(code->arena, "%s%s%s%s%s", below[0] != '\0' ? from : "", below,
                                below[0] != '\0' ? " || " : "", from, above);
}

static void emit_narrowed(struct ek_hop_code *code, const struct ek_hop_value *value)
{
        const struct ek_field *to = value->field->to;
        const char *type = is_bool(to) ? "bool" : plain_type(to);

        emit_refusal(code, value, misfit(code, value),
                     ek_memory_printf(code->arena, "does not fit the %.*s of version %u",
                                      (int)strcspn(type, "_"), type,
                                      code->comparison->to->version));
        emit_assignment(
                code, value,
                is_bool(to) ? ek_memory_printf(code->arena, "%s != 0", value->from)
                            : ek_memory_printf(code->arena, "(%s)%s", plain_type(to), value->from));
}

static void emit_bytes(struct ek_hop_code *code, const struct ek_hop_value *value)
{
        code->uses_string = true;
        ek_emit(code->out,
                "$indent$$to$.data = (uint8_t *)$from$;\n"
                "$indent$$to$.len = strlen($from$);\n",
                "indent", value->indent, "to", value->to, "from", value->from, NULL);
}

static void emit_by_name(struct ek_hop_code *code, const struct ek_hop_value *value)
{
        const struct ek_enum_pair *pair = value->field->enums;
        size_t i = 0;

        while (i < code->by_name_count && code->by_name[i] != pair)
                i++;
        if (i == code->by_name_count) {
                code->by_name = ek_memory_grow(code->arena, code->by_name, code->by_name_count,
                                               &code->by_name_size, sizeof(struct ek_enum_pair *));
                code->by_name[code->by_name_count++] = pair;
        }
        emit_refusal(code, value,
                     ek_memory_printf(code->arena, "!%s%s(%s, &%s)", pair->name, code->suffix,
                                      value->from, value->to),
                     ek_memory_printf(code->arena, "has a value that version %u does not have",
                                      code->comparison->to->version));
}

static const char *from_number_name(const struct ek_hop_code *code,
                                    const struct ek_enum *enumeration)
{
        return ek_memory_printf(code->arena, "%s_of_number",
                                ek_name_lower(code->arena, enumeration->full_name));
}

static void emit_from_number(struct ek_hop_code *code, const struct ek_hop_value *value)
{
        const struct ek_enum *enumeration = value->field->to->enumeration;
        const char *too_large =
                is_type(value->field->from, "uint64_t")
                        ? ek_memory_printf(code->arena, "%s > INT32_MAX || ", value->from)
                        : "";
        const char *cast = is_type(value->field->from, "uint64_t") ? "(int64_t)" : "";
        size_t i = 0;

        while (i < code->from_number_count && code->from_number[i] != enumeration)
                i++;
        if (i == code->from_number_count) {
                code->from_number =
                        ek_memory_grow(code->arena, code->from_number, code->from_number_count,
                                       &code->from_number_size, sizeof(struct ek_enum *));
                code->from_number[code->from_number_count++] = enumeration;
        }
        emit_refusal(code, value,
                     ek_memory_printf(code->arena, "%s!%s(%s%s, &%s)", too_large,
                                      from_number_name(code, enumeration), cast, value->from,
                                      value->to),
                     ek_memory_printf(code->arena, "is no value of enum %s in version %u",
                                      enumeration->proto->name, code->comparison->to->version));
}

static void emit_message(struct ek_hop_code *code, const struct ek_hop_value *value)
{
        const struct ek_message_pair *pair = value->field->pair;

        if (pair == NULL) {
                emit_assignment(code, value, value->from);
                return;
        }
        code->uses_result = true;
        ek_emit(code->out,
                "$indent$r = $name$$suffix$_value($from$, &$to$, hop);\n"
                "$indent$if (r < 0)\n"
                "$indent$        return r;\n",
                "indent", value->indent, "name", pair->name, "suffix", code->suffix, "from",
                value->from, "to", value->to, NULL);
}

void ek_emit_hop_value(struct ek_hop_code *code, const struct ek_hop_value *value)
{
        switch (value->field->conversion) {
        case EK_CONVERT_COPY:
                emit_assignment(code, value, value->from);
                break;
        case EK_CONVERT_WIDEN:
                emit_widened(code, value);
                break;
        case EK_CONVERT_NARROW:
                emit_narrowed(code, value);
                break;
        case EK_CONVERT_TO_BYTES:
                emit_bytes(code, value);
                break;
        case EK_CONVERT_ENUM:
                emit_assignment(code, value,
                                ek_memory_printf(code->arena, "(%s)%s",
                                                 ek_hop_type(code->arena, value->field->to),
                                                 value->from));
                break;
        case EK_CONVERT_ENUM_BY_NAME:
                emit_by_name(code, value);
                break;
        case EK_CONVERT_NUMBER_TO_ENUM:
                emit_from_number(code, value);
                break;
        case EK_CONVERT_MESSAGE:
                emit_message(code, value);
                break;
        case EK_CONVERT_NONE:
                break;
        }
}

/* Several names for one number: C's switch takes the first. */
static bool is_alias(const struct ek_enum *enumeration, size_t index)
{
        for (size_t i = 0; i < index; i++)
                if (enumeration->proto->value[i]->number ==
                    enumeration->proto->value[index]->number)
                        return true;
        return false;
}

static const char *constant(struct ek_memory *arena, const struct ek_enum *enumeration,
                            const Value *value)
{
        return ek_memory_printf(arena, "%s__%s", ek_name_upper(arena, enumeration->full_name),
                                value->name);
}

static const char *constant_of_number(struct ek_memory *arena, const struct ek_enum *enumeration,
                                      int32_t number)
{
        size_t i = 0;

        while (enumeration->proto->value[i]->number != number)
                i++;
        return constant(arena, enumeration, enumeration->proto->value[i]);
}

static const char end_template[] = "        default:\n"
                                   "                return false;\n"
                                   "        }\n"
                                   "}\n";

static const char case_template[] = "        case $from$:\n"
                                    "                *ret_new = $to$;\n"
                                    "                return true;\n";

static void emit_by_name_function(struct ek_text *out, const struct ek_hop_code *code,
                                  const struct ek_enum_pair *pair)
{
        struct ek_memory *arena = code->arena;

        ek_emit(out,
                "\n"
                "/* Numbers without a name are not known to cross. */\n"
                "static bool $name$$suffix$($From$ old, $To$ *ret_new)\n"
                "{\n"
                "        switch ((int)old) {\n",
                "name", pair->name, "suffix", code->suffix, "From",
                ek_name_type(arena, pair->from->full_name), "To",
                ek_name_type(arena, pair->to->full_name), NULL);
        for (size_t i = 0; i < pair->from->proto->n_value; i++)
                if (pair->is_known[i] && !is_alias(pair->from, i))
                        ek_emit(out, case_template, "from",
                                constant(arena, pair->from, pair->from->proto->value[i]), "to",
                                constant_of_number(arena, pair->to, pair->numbers[i]), NULL);
        ek_text_add_string(out, end_template);
}

static void emit_from_number_function(struct ek_text *out, const struct ek_hop_code *code,
                                      const struct ek_enum *enumeration)
{
        ek_emit(out,
                "\n"
                "static bool $name$(int64_t number, $To$ *ret_new)\n"
                "{\n"
                "        switch (number) {\n",
                "name", from_number_name(code, enumeration), "To",
                ek_name_type(code->arena, enumeration->full_name), NULL);
        for (size_t i = 0; i < enumeration->proto->n_value; i++) {
                const char *name = constant(code->arena, enumeration, enumeration->proto->value[i]);

                if (!is_alias(enumeration, i))
                        ek_emit(out, case_template, "from", name, "to", name, NULL);
        }
        ek_text_add_string(out, end_template);
}

void ek_emit_hop_enums(struct ek_text *out, const struct ek_hop_code *code)
{
        for (size_t i = 0; i < code->by_name_count; i++)
                emit_by_name_function(out, code, code->by_name[i]);
        for (size_t i = 0; i < code->from_number_count; i++)
                emit_from_number_function(out, code, code->from_number[i]);
}
