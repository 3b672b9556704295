/* SPDX-License-Identifier: MIT */
/*
 * How a value of one type becomes one of another: what is safe in both versions' domains, and what
 * of the rest can be checked when the record is there.
 */
#include "compare_private.h"

#include <stdlib.h>
#include <string.h>

enum class {
        OTHER,
        BOOL,
        INT32,
        UINT32,
        INT64,
        UINT64,
        FLOAT,
        DOUBLE,
        ENUM,
        STRING,
        BYTES,
        MESSAGE,
        CLASS_COUNT,
};

/* By FieldDescriptorProto.Type. */
static const enum class classes[] = {
        OTHER, DOUBLE,  FLOAT, INT64,  UINT64, INT32, UINT64, UINT32, BOOL,  STRING,
        OTHER, MESSAGE, BYTES, UINT32, ENUM,   INT32, INT64,  INT32,  INT64,
};

static enum class class_of(const struct ek_field *field) { return classes[field->proto->type]; }

/* Whether the second holds every value of the first. */
static const bool widens[CLASS_COUNT][CLASS_COUNT] = {
        [BOOL] = {[INT32] = true, [UINT32] = true, [INT64] = true, [UINT64] = true},
        [INT32] = {[INT64] = true},
        [UINT32] = {[INT64] = true, [UINT64] = true},
        [FLOAT] = {[DOUBLE] = true},
        [ENUM] = {[INT32] = true, [INT64] = true},
};

static bool is_integer(enum class class)
{
        return class == INT32 || class == UINT32 || class == INT64 || class == UINT64;
}

static enum ek_conversion convert_enums(struct ek_comparison *comparison,
                                        struct ek_field_pair *field)
{
        if (field->from->enumeration == field->to->enumeration)
                return EK_CONVERT_COPY;
        field->enums =
                ek_compare_enums(comparison, field->from->enumeration, field->to->enumeration);
        if (field->enums->is_same)
                return EK_CONVERT_ENUM;
        if (field->enums->is_complete || comparison->is_downgrade)
                return EK_CONVERT_ENUM_BY_NAME;
        return EK_CONVERT_NONE;
}

static enum ek_conversion convert_messages(struct ek_comparison *comparison,
                                           struct ek_field_pair *field)
{
        if (!ek_compare_is_match(comparison, field->from->message, field->to->message))
                return EK_CONVERT_NONE;
        if (field->from->message != field->to->message)
                field->pair = ek_compare_pair(comparison, field->from->message, field->to->message);
        return EK_CONVERT_MESSAGE;
}

static enum ek_conversion convert(struct ek_comparison *comparison, struct ek_field_pair *field)
{
        enum class from = class_of(field->from), to = class_of(field->to);

        if (field->from->descriptor != field->to->descriptor ||
            ek_relation_is_identity(field->from) != ek_relation_is_identity(field->to))
                return EK_CONVERT_NONE;
        if (from == ENUM && to == ENUM)
                return convert_enums(comparison, field);
        if (from == MESSAGE && to == MESSAGE)
                return convert_messages(comparison, field);
        if (from == to)
                return EK_CONVERT_COPY;
        if (widens[from][to])
                return EK_CONVERT_WIDEN;
        if (from == STRING && to == BYTES)
                return EK_CONVERT_TO_BYTES;
        if (is_integer(from) && to == ENUM)
                return EK_CONVERT_NUMBER_TO_ENUM;
        if (comparison->is_downgrade && widens[to][from])
                return EK_CONVERT_NARROW;
        return EK_CONVERT_NONE;
}

bool ek_compare_may_be_absent(const struct ek_field *field)
{
        return !field->required && !field->repeated;
}

void ek_compare_values(struct ek_comparison *comparison, struct ek_field_pair *field)
{
        field->conversion = convert(comparison, field);
        if (field->from->repeated && !field->to->repeated) {
                field->demands_one = true;
                if (!comparison->is_downgrade || field->to->oneof != NULL)
                        field->conversion = EK_CONVERT_NONE;
        }
        if (field->to->required && !field->from->required) {
                field->demands_presence = true;
                if (!comparison->is_downgrade)
                        field->conversion = EK_CONVERT_NONE;
        }
        if (field->conversion == EK_CONVERT_NONE)
                field->pair = NULL;
        field->keeps_default = field->conversion != EK_CONVERT_NONE &&
                               ek_compare_defaults_differ(comparison, field);
}

/* What an absent value is, as a text that is the same for all types that agree on it. */
static const char *default_text(struct ek_memory *arena, const struct ek_field *field)
{
        const char *value = field->proto->default_value;

        switch (class_of(field)) {
        case BOOL:
                return value != NULL && strcmp(value, "true") == 0 ? "1" : "0";
        case STRING:
                return value != NULL ? ek_compare_escaped(arena, value, true) : "";
        case BYTES:
                return value != NULL ? value : "";
        default:
                return value != NULL ? value : "0";
        }
}

static const Google__Protobuf__EnumValueDescriptorProto *default_value(const struct ek_field *field)
{
        const Google__Protobuf__EnumDescriptorProto *proto = field->enumeration->proto;

        for (size_t i = 0; i < proto->n_value && field->proto->default_value != NULL; i++)
                if (strcmp(proto->value[i]->name, field->proto->default_value) == 0)
                        return proto->value[i];
        return proto->value[0];
}

/* Which value of the new enum an absent one of the old enum stands for; where there is none, and
 * nobody stated it, it stays absent. */
static bool default_enums_differ(const struct ek_field_pair *field)
{
        const Google__Protobuf__EnumValueDescriptorProto *from = default_value(field->from);
        const Google__Protobuf__EnumValueDescriptorProto *to = default_value(field->to);
        const Google__Protobuf__EnumDescriptorProto *proto = field->from->enumeration->proto;

        if (field->enums == NULL)
                return from->number != to->number;
        for (size_t i = 0; i < proto->n_value; i++)
                if (proto->value[i] == from && field->enums->is_known[i])
                        return field->enums->numbers[i] != to->number;
        return field->from->proto->default_value != NULL;
}

/* The default of a float, which is not the same number as a double: 0.1. */
static bool is_rounded(const struct ek_field_pair *field)
{
        const char *value = field->from->proto->default_value;

        return value != NULL && class_of(field->from) == FLOAT && class_of(field->to) == DOUBLE &&
               (double)strtof(value, NULL) != strtod(value, NULL) && strcmp(value, "nan") != 0;
}

bool ek_compare_defaults_differ(const struct ek_comparison *comparison,
                                const struct ek_field_pair *field)
{
        const struct ek_field *from = field->from, *to = field->to;
        struct ek_memory *arena = comparison->arena;

        if (!ek_compare_may_be_absent(from) || !ek_compare_may_be_absent(to) ||
            from->message != NULL || from->descriptor || from->oneof != NULL || to->oneof != NULL)
                return false;
        if (from->enumeration != NULL && to->enumeration != NULL)
                return default_enums_differ(field);
        if (from->enumeration != NULL)
                return strcmp(ek_memory_printf(arena, "%d", default_value(from)->number),
                              default_text(arena, to)) != 0;
        if (to->enumeration != NULL)
                return from->proto->default_value != NULL &&
                       strcmp(default_text(arena, from),
                              ek_memory_printf(arena, "%d", default_value(to)->number)) != 0;
        return strcmp(default_text(arena, from), default_text(arena, to)) != 0 || is_rounded(field);
}
