/* SPDX-License-Identifier: MIT */
#include "binding.h"

#include <string.h>

#define TYPE(name) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##name

static const Ekiden__MessageOptions no_message_options = EKIDEN__MESSAGE_OPTIONS__INIT;
static const Ekiden__FieldOptions no_field_options = EKIDEN__FIELD_OPTIONS__INIT;
static const Ekiden__OneofOptions no_oneof_options = EKIDEN__ONEOF_OPTIONS__INIT;
static const Ekiden__EnumValueOptions no_value_options = EKIDEN__ENUM_VALUE_OPTIONS__INIT;

const Ekiden__MessageOptions *ek_binding_message_options(const struct ek_message *message)
{
        const void *options = message->message_option.message;

        return options != NULL ? options : &no_message_options;
}

const Ekiden__FieldOptions *ek_binding_field_options(const struct ek_field *field)
{
        const void *options = field->option.message;

        return options != NULL ? options : &no_field_options;
}

const Ekiden__OneofOptions *ek_binding_oneof_options(const struct ek_message *message, size_t i)
{
        const void *options = message->oneof_options[i].message;

        return options != NULL ? options : &no_oneof_options;
}

const Ekiden__EnumValueOptions *ek_binding_value_options(const struct ek_enum *type, size_t i)
{
        const void *options = type->value_options[i].message;

        return options != NULL ? options : &no_value_options;
}

bool ek_binding_is(const struct ek_message *message)
{
        return ek_binding_message_options(message)->c_struct != NULL;
}

bool ek_binding_any(const struct ek_schema *schema)
{
        for (size_t i = 0; i < schema->item_count; i++)
                if (ek_binding_is(schema->items[i].message))
                        return true;
        return false;
}

static enum ek_bound_kind kind_of(const struct ek_field *field, const Ekiden__FieldOptions *options)
{
        if (field->identity)
                return EK_BOUND_IDENTITY;
        if (options->has_bits)
                return EK_BOUND_BITS;
        if (options->function != NULL)
                return EK_BOUND_FUNCTION;
        if (field->message != NULL)
                return EK_BOUND_MESSAGE;
        if (field->proto->type == TYPE(STRING))
                return EK_BOUND_TEXT;
        if (field->proto->type == TYPE(BYTES))
                return EK_BOUND_BYTES;
        return EK_BOUND_NUMBER;
}

static const struct ek_bound_choice *find_choice(const struct ek_binding *binding,
                                                 const char *oneof)
{
        for (size_t i = 0; oneof != NULL && i < binding->choice_count; i++)
                if (strcmp(binding->choices[i].name, oneof) == 0)
                        return &binding->choices[i];
        return NULL;
}

struct ek_binding ek_binding_of(struct ek_memory *arena, struct ek_message *message)
{
        struct ek_binding binding = {
                .message = message,
                .options = ek_binding_message_options(message),
                .field_count = message->field_count,
                .choice_count = message->proto->n_oneof_decl,
        };

        binding.c_struct = binding.options->c_struct;
        binding.choices = ek_memory_alloc(arena, binding.choice_count, sizeof(*binding.choices));
        for (size_t i = 0; i < binding.choice_count; i++)
                binding.choices[i] = (struct ek_bound_choice){
                        .name = message->proto->oneof_decl[i]->name,
                        .options = ek_binding_oneof_options(message, i),
                        .place = ek_place_below(&message->place, 8, (int32_t)i, -1, -1),
                };
        binding.fields = ek_memory_alloc(arena, binding.field_count, sizeof(*binding.fields));
        for (size_t i = 0; i < binding.field_count; i++) {
                const struct ek_field *field = message->sorted[i];
                const Ekiden__FieldOptions *options = ek_binding_field_options(field);

                binding.fields[i] = (struct ek_bound_field){
                        .field = field,
                        .index = (unsigned int)i,
                        .kind = kind_of(field, options),
                        .options = options,
                        .member = options->c_member != NULL ? options->c_member : field->name,
                        .choice = find_choice(&binding, field->oneof),
                };
        }
        return binding;
}

const struct ek_bound_field *ek_binding_flexible(const struct ek_binding *binding)
{
        for (size_t i = 0; i < binding->field_count; i++)
                if (binding->fields[i].options->flexible)
                        return &binding->fields[i];
        return NULL;
}
