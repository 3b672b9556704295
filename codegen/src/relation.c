/* SPDX-License-Identifier: MIT */
#include "relation.h"

#include <string.h>

/* "" is as good as nothing. */
static const char *name_or_null(const char *name)
{
        return name != NULL && name[0] != '\0' ? name : NULL;
}

const char *ek_relation_name(const struct ek_message *message)
{
        size_t length = strlen(message->file->package);

        return length > 0 ? message->full_name + length + 1 : message->full_name;
}

const char *ek_relation_enum_name(struct ek_memory *arena, const struct ek_enum *type)
{
        if (type->parent == NULL)
                return type->proto->name;
        return ek_memory_printf(arena, "%s.%s", ek_relation_name(type->parent), type->proto->name);
}

static const Ekiden__MessageOptions *message_options(struct ek_memory *arena,
                                                     const struct ek_message *message)
{
        const struct ek_option option = ek_option_message(arena, message->proto->options);

        return (const void *)option.message;
}

/* The options of an item that bears the name that they give; an item of objects has a message's
 * name, and the relation of the message. */
static const Ekiden__ItemOptions *item_options(const struct ek_item *item)
{
        const Ekiden__ItemOptions *options = (const void *)item->message->option.message;

        if (options == NULL || options->name == NULL || strcmp(options->name, item->name) != 0)
                return NULL;
        return options;
}

bool ek_relation_is_objects(const struct ek_item *item)
{
        return item_options(item) == NULL;
}

const char *ek_relation_item_was(struct ek_memory *arena, const struct ek_item *item)
{
        const Ekiden__ItemOptions *options = item_options(item);

        return options != NULL ? name_or_null(options->was)
                               : ek_relation_message_was(arena, item->message);
}

const char *ek_relation_message_was(struct ek_memory *arena, const struct ek_message *message)
{
        const Ekiden__MessageOptions *options = message_options(arena, message);

        return options != NULL ? name_or_null(options->was) : NULL;
}

static const Ekiden__FieldOptions *field_options(const struct ek_field *field)
{
        return (const void *)field->option.message;
}

const char *ek_relation_field_was(const struct ek_field *field)
{
        const Ekiden__FieldOptions *options = field_options(field);

        return options != NULL ? name_or_null(options->was) : NULL;
}

const char *ek_relation_value_was(struct ek_memory *arena,
                                  const Google__Protobuf__EnumValueDescriptorProto *value)
{
        const struct ek_option option = ek_option_value(arena, value->options);
        const Ekiden__EnumValueOptions *options = (const void *)option.message;

        return options != NULL ? name_or_null(options->was) : NULL;
}

bool ek_relation_is_changed(struct ek_memory *arena, const struct ek_message *message)
{
        const Ekiden__MessageOptions *options = message_options(arena, message);

        return options != NULL && options->changed;
}

char **ek_relation_looks_up(const struct ek_item *item, size_t *ret_count)
{
        const Ekiden__ItemOptions *options = item_options(item);

        *ret_count = options != NULL ? options->n_looks_up : 0;
        return options != NULL ? options->looks_up : NULL;
}

char **ek_relation_dropped(const struct ek_schema *schema, size_t *ret_count)
{
        const Ekiden__ProgramOptions *options = (const void *)schema->file->option.message;

        *ret_count = options != NULL ? options->n_dropped : 0;
        return options != NULL ? options->dropped : NULL;
}

bool ek_relation_is_identity(const struct ek_field *field)
{
        const Ekiden__FieldOptions *options = field_options(field);

        return options != NULL && options->identity;
}

const struct ek_field *ek_relation_identity(const struct ek_message *message)
{
        for (size_t i = 0; i < message->field_count; i++)
                if (ek_relation_is_identity(&message->fields[i]))
                        return &message->fields[i];
        return NULL;
}

bool ek_relation_is_reserved(const struct ek_message *message, uint32_t number)
{
        for (size_t i = 0; i < message->proto->n_reserved_range; i++) {
                const Google__Protobuf__DescriptorProto__ReservedRange *range =
                        message->proto->reserved_range[i];

                if (number >= (uint32_t)range->start && number < (uint32_t)range->end)
                        return true;
        }
        return false;
}
