/* SPDX-License-Identifier: MIT */
/* See emit_native_value.h. */
#include "emit_native_value.h"

#include "emit.h"
#include "names.h"

#define TYPE(name) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##name

static const struct ek_value_form forms[] = {
        [TYPE(INT32)] = {EK_WIRE_VARINT, 0, "(uint64_t)$value$", "int64_t", "SIGNED",
                         "(int32_t)varint"},
        [TYPE(INT64)] = {EK_WIRE_VARINT, 0, "(uint64_t)$value$", "int64_t", "SIGNED",
                         "(int64_t)varint"},
        [TYPE(UINT32)] = {EK_WIRE_VARINT, 0, "$value$", "uint64_t", "UNSIGNED", "(uint32_t)varint"},
        [TYPE(UINT64)] = {EK_WIRE_VARINT, 0, "$value$", "uint64_t", "UNSIGNED", "varint"},
        [TYPE(SINT32)] = {EK_WIRE_VARINT, 0, "ekiden_zigzag32($value$)", "int32_t", "SIGNED",
                          "ekiden_unzigzag32((uint32_t)varint)"},
        [TYPE(SINT64)] = {EK_WIRE_VARINT, 0, "ekiden_zigzag64($value$)", "int64_t", "SIGNED",
                          "ekiden_unzigzag64(varint)"},
        [TYPE(BOOL)] = {EK_WIRE_VARINT, 1, "(uint64_t)($value$ != 0)", "uint64_t", "UNSIGNED",
                        "varint != 0"},
        [TYPE(ENUM)] = {EK_WIRE_VARINT, 0, "$value$", "int64_t", "SIGNED", "constant"},
        [TYPE(FIXED32)] = {EK_WIRE_FIXED32, 4, "$value$", "uint32_t", "UNSIGNED", "fixed32"},
        [TYPE(SFIXED32)] = {EK_WIRE_FIXED32, 4, "(uint32_t)$value$", "int32_t", "SIGNED",
                            "(int32_t)fixed32"},
        [TYPE(FIXED64)] = {EK_WIRE_FIXED64, 8, "$value$", "uint64_t", "UNSIGNED", "fixed64"},
        [TYPE(SFIXED64)] = {EK_WIRE_FIXED64, 8, "(uint64_t)$value$", "int64_t", "SIGNED",
                            "(int64_t)fixed64"},
        [TYPE(FLOAT)] = {EK_WIRE_FIXED32, 4, "ekiden_bits_of_float($value$)", "float", "REAL",
                         "(double)ekiden_float_of_bits(fixed32)"},
        [TYPE(DOUBLE)] = {EK_WIRE_FIXED64, 8, "ekiden_bits_of_double($value$)", "double", "REAL",
                          "ekiden_double_of_bits(fixed64)"},
};

const struct ek_value_form *ek_value_form(const struct ek_field *field)
{
        return &forms[field->proto->type];
}

static bool is_number(const struct ek_field *field)
{
        const size_t type = (size_t)field->proto->type;

        return type < sizeof(forms) / sizeof(forms[0]) && forms[type].out != NULL;
}

bool ek_value_is_packed(const struct ek_field *field)
{
        return field->repeated && is_number(field) && field->proto->options != NULL &&
               field->proto->options->packed;
}

static uint32_t tag_of(const struct ek_field *field)
{
        const enum ek_wire wire = is_number(field) && !ek_value_is_packed(field)
                                          ? ek_value_form(field)->wire
                                          : EK_WIRE_LENGTH;

        return field->number << 3 | (uint32_t)wire;
}

const char *ek_value_tag(struct ek_memory *arena, const struct ek_field *field)
{
        return ek_memory_printf(arena, "0x%02x", tag_of(field));
}

const char *ek_value_tag_size(struct ek_memory *arena, const struct ek_field *field)
{
        unsigned int size = 1;

        for (uint32_t tag = tag_of(field); tag >= 0x80; tag >>= 7)
                size++;
        return ek_memory_printf(arena, "%u", size);
}

const char *ek_value_wire(const struct ek_field *field)
{
        switch (ek_value_form(field)->wire) {
        case EK_WIRE_FIXED32:
                return "fixed32";
        case EK_WIRE_FIXED64:
                return "fixed64";
        default:
                return "varint";
        }
}

const char *ek_value_out(struct ek_memory *arena, const struct ek_bound_field *bound,
                         const char *lvalue)
{
        const struct ek_value_form *form = ek_value_form(bound->field);
        const bool is_plain = bound->kind == EK_BOUND_BITS || form->set[0] == 'R';
        const char *value =
                is_plain ? ek_memory_printf(arena, "(%s)%s", form->type, lvalue)
                         : ek_memory_printf(arena, "EKIDEN_VALUE_OF(%s, %s)", form->type, lvalue);
        struct ek_text text;

        ek_text_init(&text, arena);
        ek_emit(&text, form->out, "value", value, NULL);
        if (bound->field->enumeration == NULL)
                return text.bytes;
        return ek_memory_printf(arena, "ekiden_enumeration_varint(&%s__enumeration, %s)",
                                ek_name_lower(arena, bound->field->enumeration->full_name),
                                text.bytes);
}
