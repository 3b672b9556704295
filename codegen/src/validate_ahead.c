/* SPDX-License-Identifier: MIT */
/*
 * The rules for items that are sent ahead: records are found by their keys, in both processes, and
 * each stands alone.
 */
#include "emit_native.h"
#include "validate.h"

#define TYPE(name) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##name

#define AHEAD_OPTION 6 /* in ItemOptions */
#define UNTOLD_OPTION 7 /* in FieldOptions */

static void check_held(struct ek_schema *schema, const struct ek_item *item,
                       const struct ek_place *place, struct ek_problems *problems)
{
        struct ek_reach reach = ek_model_reach(schema->model, item->message);

        for (size_t i = 0; i < reach.count; i++) {
                const struct ek_message *message = reach.messages[i];

                if (message->identity != NULL)
                        ek_problem(problems, place,
                                   "item \"%s\" cannot be sent ahead: message %s has an identity, "
                                   "and objects cross in the pause; remove `ahead`",
                                   item->name, message->proto->name);
                for (size_t k = 0; k < message->field_count; k++)
                        if (message->fields[k].descriptor)
                                ek_problem(problems, place,
                                           "item \"%s\" cannot be sent ahead: field \"%s\" is a "
                                           "descriptor, which crosses in the pause; remove "
                                           "`ahead`, or move it to another item",
                                           item->name, message->fields[k].name);
        }
}

static struct ek_place place_of_untold(const struct ek_field *field)
{
        return ek_place_below(&field->place, 8, EK_OPTION_EKIDEN_NUMBER, UNTOLD_OPTION, -1);
}

static bool may_be_untold(const struct ek_field *field)
{
        switch (field->proto->type) {
        case TYPE(STRING):
        case TYPE(BYTES):
        case TYPE(MESSAGE):
        case TYPE(GROUP):
                return false;
        default:
                return !field->repeated && !field->required && field->oneof == NULL &&
                       !field->descriptor && !field->identity;
        }
}

void ek_validate_untold(const struct ek_message *message, struct ek_problems *problems)
{
        for (size_t i = 0; i < message->field_count; i++) {
                const struct ek_field *field = &message->fields[i];
                struct ek_place place = place_of_untold(field);

                if (field->untold && !may_be_untold(field))
                        ek_problem(problems, &place,
                                   "`untold` is for an optional number, bool or enum outside a "
                                   "oneof, and \"%s\" is none: remove it, and tell of its changes",
                                   field->name);
        }
}

void ek_validate_ahead(struct ek_schema *schema, const struct ek_item *item,
                       struct ek_problems *problems)
{
        struct ek_place place = ek_place_below(&item->place, AHEAD_OPTION, -1, -1, -1);
        const struct ek_field *key;

        if (!item->ahead)
                return;
        if (!item->stream || item->key_name == NULL) {
                ek_problem(problems, &place,
                           "what is sent ahead are records with keys: add `stream: true` and "
                           "`key`, or remove `ahead`");
                return;
        }
        if (!ek_binding_is(item->message))
                ek_problem(problems, &place,
                           "item \"%s\" is sent ahead out of a container of structs: bind message "
                           "%s with (ekiden.message).c_struct, or remove `ahead`",
                           item->name, item->message->proto->name);
        key = ek_model_field(item->message, item->key_name);
        if (key != NULL && !ek_emit_native_is_key(key))
                ek_problem(problems, &place,
                           "field \"%s\" cannot be the key of an item that is sent ahead: choose "
                           "an integer, bool, string or bytes field of %s",
                           key->name, item->message->proto->name);
        if (key != NULL && key->untold) {
                struct ek_place untold = place_of_untold(key);

                ek_problem(problems, &untold,
                           "field \"%s\" is the key of item \"%s\", by which changes are told of: "
                           "remove `untold`",
                           key->name, item->name);
        }
        check_held(schema, item, &place, problems);
}
