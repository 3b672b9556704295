/* SPDX-License-Identifier: MIT */
/*
 * A message as what it is in C: a struct of the program's, each field with the member that it is
 * bound to. The options of ekiden/options.proto say it; here they are put together, so that those
 * who check and those who write see one thing.
 */
#pragma once

#include "schema.h"

enum ek_bound_kind {
        EK_BOUND_NUMBER, /* or several, here and below */
        EK_BOUND_BITS,
        EK_BOUND_TEXT,
        EK_BOUND_BYTES,
        EK_BOUND_MESSAGE, /* embedded, or pointed to: the compiler knows */
        EK_BOUND_FUNCTION,
        EK_BOUND_IDENTITY, /* no member */
};

/** A oneof of a bound message: a union. */
struct ek_bound_choice {
        const char *name;
        const Ekiden__OneofOptions *options; /* never NULL */
        struct ek_place place; /* of the oneof */
};

struct ek_bound_field {
        const struct ek_field *field;
        unsigned int index; /* in the message's descriptor */
        enum ek_bound_kind kind;
        const Ekiden__FieldOptions *options; /* never NULL */
        const char *member; /* a name or a path; of an IDENTITY the field's name */
        const struct ek_bound_choice *choice; /* NULL: it is in no oneof */
};

struct ek_binding {
        struct ek_message *message;
        const Ekiden__MessageOptions *options;
        const char *c_struct;
        struct ek_bound_field *fields; /* by number */
        size_t field_count;
        struct ek_bound_choice *choices; /* in the order of declaration */
        size_t choice_count;
};

/** Whether the message is bound to a struct. */
bool ek_binding_is(const struct ek_message *message);

/** Whether the schema has an item whose message is bound: then it has a NAME.native.[ch]. */
bool ek_binding_any(const struct ek_schema *schema);

/** Options of a message, a field, a oneof and a value; never NULL. */
const Ekiden__MessageOptions *ek_binding_message_options(const struct ek_message *message);
const Ekiden__FieldOptions *ek_binding_field_options(const struct ek_field *field);
const Ekiden__OneofOptions *ek_binding_oneof_options(const struct ek_message *message, size_t i);
const Ekiden__EnumValueOptions *ek_binding_value_options(const struct ek_enum *type, size_t i);

/** Puts together what the options of a bound message say, right or wrong. */
struct ek_binding ek_binding_of(struct ek_memory *arena, struct ek_message *message);

/** The flexible array member's field, or NULL. */
const struct ek_bound_field *ek_binding_flexible(const struct ek_binding *binding);
