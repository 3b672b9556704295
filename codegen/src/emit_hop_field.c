/* SPDX-License-Identifier: MIT */
/*
 * The statements for one field: whether it is there in the old record, that it is there in the new
 * one, and how many of it there are. protoc-c has a way of its own for each kind of field.
 */
#include "emit_hop_private.h"

#include <string.h>

#include "names.h"

/* How protoc-c says that a field is there. */
enum presence {
        ALWAYS, /* required */
        IMPLICIT, /* proto3: a value in any case */
        FLAG, /* has_x */
        POINTER, /* NULL, or the default's address: it is not */
        CASE, /* in a oneof */
        COUNT, /* n_x */
};

/* A field in C, on its side of the hop. */
struct side {
        const struct ek_field *field;
        enum presence presence;
        const char *record; /* "old" or "new_" */
        const char *member; /* "port" */
        const char *absent; /* POINTER: the address of the default, or NULL */
        const char *oneof, *chosen, *unset; /* CASE: "medium_case", and values of it */
};

static bool is_text(const struct ek_field *field)
{
        return field->proto->type == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_STRING;
}

static enum presence presence_of(const struct ek_message *message, const struct ek_field *field)
{
        if (field->repeated)
                return COUNT;
        if (field->oneof != NULL)
                return CASE;
        if (field->required)
                return ALWAYS;
        if (field->message != NULL)
                return POINTER;
        if (message->file->proto3)
                return IMPLICIT;
        return is_text(field) ? POINTER : FLAG;
}

static struct side side_of(struct ek_memory *arena, const struct ek_message *message,
                           const struct ek_field *field, const char *record)
{
        struct side side = {
                .field = field,
                .presence = presence_of(message, field),
                .record = record,
                .member = ek_name_member(arena, field->name),
        };

        if (side.presence == POINTER && field->proto->default_value != NULL)
                side.absent = ek_memory_printf(
                        arena, "%s__default_value",
                        ek_name_lower(arena, ek_memory_printf(arena, "%s.%s", message->full_name,
                                                              field->name)));
        if (side.presence == CASE) {
                const char *upper =
                        ek_memory_printf(arena, "%s__%s", ek_name_upper(arena, message->full_name),
                                         ek_name_upper(arena, field->oneof));

                side.oneof = ek_memory_printf(arena, "%s_case", ek_name_lower(arena, field->oneof));
                side.unset = ek_memory_printf(arena, "%s__NOT_SET", upper);
                side.chosen =
                        ek_memory_printf(arena, "%s_%s", upper, ek_name_upper(arena, field->name));
        }
        return side;
}

/* Whether the old field is (or is not) there; NULL: it is in any case. */
static const char *presence_text(struct ek_memory *arena, const struct side *side, bool is_there)
{
        switch (side->presence) {
        case FLAG:
                return ek_memory_printf(arena, "%s%s->has_%s", is_there ? "" : "!", side->record,
                                        side->member);
        case POINTER:
                if (side->absent != NULL)
                        return ek_memory_printf(
                                arena, "%s->%s %s NULL %s %s->%s %s %s", side->record, side->member,
                                is_there ? "!=" : "==", is_there ? "&&" : "||", side->record,
                                side->member, is_there ? "!=" : "==", side->absent);
                return ek_memory_printf(arena, "%s->%s %s NULL", side->record, side->member,
                                        is_there ? "!=" : "==");
        case CASE:
                return ek_memory_printf(arena, "%s->%s %s %s", side->record, side->oneof,
                                        is_there ? "==" : "!=", side->chosen);
        case COUNT:
                return ek_memory_printf(arena, "%s->n_%s %s 0", side->record, side->member,
                                        is_there ? ">" : "==");
        case ALWAYS:
        case IMPLICIT:
                break;
        }
        return NULL;
}

static const char *value_text(struct ek_memory *arena, const struct side *side, const char *index)
{
        return ek_memory_printf(arena, "%s->%s%s", side->record, side->member, index);
}

/* What an absent old value stands for, where that has to be said in the new record. */
static const char *value_or_default(struct ek_memory *arena, const struct side *from)
{
        if (from->presence != POINTER || from->field->message != NULL)
                return value_text(arena, from, "");
        return ek_memory_printf(arena, "(%s->%s != NULL ? %s->%s : %s)", from->record, from->member,
                                from->record, from->member,
                                from->absent != NULL ? from->absent
                                                     : "(char *)protobuf_c_empty_string");
}

/* Whether the C type is the same and nothing is to be looked at. */
static bool is_plain(const struct ek_field_pair *field)
{
        return field->conversion == EK_CONVERT_COPY ||
               (field->conversion == EK_CONVERT_MESSAGE && field->pair == NULL);
}

static void emit_refusal(struct ek_hop_code *code, const char *condition,
                         const struct ek_field *field, const char *what)
{
        ek_emit(code->out,
                "        if ($condition$)\n"
                "                return ekiden_hop_refuse(hop, \"field \\\"$field$\\\" "
                "$what$\");\n",
                "condition", condition, "field", field->name, "what", what, NULL);
}

/* Whether other fields than those of the old field's own oneof may have set the new one. */
static bool may_be_set(const struct ek_message_pair *pair, const struct ek_field_pair *field)
{
        for (size_t i = 0; i < pair->field_count; i++) {
                const struct ek_field_pair *other = &pair->fields[i];

                if (other == field || other->from == NULL || other->to == NULL ||
                    other->conversion == EK_CONVERT_NONE || other->to->oneof == NULL ||
                    strcmp(other->to->oneof, field->to->oneof) != 0)
                        continue;
                if (other->from->oneof == NULL || field->from->oneof == NULL ||
                    strcmp(other->from->oneof, field->from->oneof) != 0)
                        return true;
        }
        return false;
}

/* That the new field is there. */
static void emit_set(struct ek_hop_code *code, const struct ek_message_pair *pair,
                     const struct ek_field_pair *field, const struct side *to, const char *indent)
{
        if (to->presence == FLAG)
                ek_emit(code->out, "$indent$new_->has_$member$ = 1;\n", "indent", indent, "member",
                        to->member, NULL);
        if (to->presence != CASE)
                return;
        if (may_be_set(pair, field))
                ek_emit(code->out,
                        "$indent$if (new_->$oneof$ != $unset$)\n"
                        "$indent$        return ekiden_hop_refuse(hop, \"field \\\"$field$\\\" is "
                        "not the only one of oneof \\\"$name$\\\"\");\n",
                        "indent", indent, "oneof", to->oneof, "unset", to->unset, "field",
                        to->field->name, "name", to->field->oneof, NULL);
        ek_emit(code->out, "$indent$new_->$oneof$ = $chosen$;\n", "indent", indent, "oneof",
                to->oneof, "chosen", to->chosen, NULL);
}

static void emit_array(struct ek_hop_code *code, const struct side *to, const char *count,
                       const char *indent)
{
        const char *type = ek_hop_type(code->arena, to->field);

        ek_emit(code->out,
                "$indent$new_->$to$ = ($type$*)ekiden_hop_array(hop, $count$, "
                "sizeof(*new_->$to$));\n"
                "$indent$if (new_->$to$ == NULL)\n"
                "$indent$        return EKIDEN_ENOMEM;\n",
                "indent", indent, "to", to->member, "type",
                type[strlen(type) - 1] == '*' ? type : ek_memory_printf(code->arena, "%s ", type),
                "count", count, NULL);
}

static void emit_several(struct ek_hop_code *code, const struct ek_field_pair *field,
                         const struct side *from, const struct side *to)
{
        const struct ek_hop_value value = {
                .field = field,
                .from = value_text(code->arena, from, "[i]"),
                .to = value_text(code->arena, to, "[i]"),
                .indent = "                ",
        };
        const char *count = ek_memory_printf(code->arena, "old->n_%s", from->member);

        if (is_plain(field)) {
                ek_emit(code->out,
                        "        new_->n_$to$ = $count$;\n"
                        "        new_->$to$ = old->$from$;\n",
                        "to", to->member, "from", from->member, "count", count, NULL);
                return;
        }
        emit_array(code, to, count, "        ");
        ek_emit(code->out, "        for (size_t i = 0; i < $count$; i++) {\n", "count", count,
                NULL);
        ek_emit_hop_value(code, &value);
        ek_emit(code->out,
                "        }\n"
                "        new_->n_$to$ = $count$;\n",
                "to", to->member, "count", count, NULL);
}

/* One value, or one element of several, becomes one. */
static void emit_one(struct ek_hop_code *code, const struct ek_message_pair *pair,
                     const struct ek_field_pair *field, const struct side *from,
                     const struct side *to, const char *indent)
{
        struct ek_hop_value value = {
                .field = field,
                .from = field->keeps_default ? value_or_default(code->arena, from)
                                             : value_text(code->arena, from,
                                                          from->presence == COUNT ? "[0]" : ""),
                .to = value_text(code->arena, to, to->presence == COUNT ? "[0]" : ""),
                .indent = indent,
        };

        if (to->presence == COUNT)
                emit_array(code, to, "1", indent);
        emit_set(code, pair, field, to, indent);
        ek_emit_hop_value(code, &value);
        if (to->presence == COUNT)
                ek_emit(code->out, "$indent$new_->n_$to$ = 1;\n", "indent", indent, "to",
                        to->member, NULL);
}

/* The same in a block that depends on a condition, with braces where C needs them. */
static void emit_if(struct ek_hop_code *code, const char *condition,
                    const struct ek_message_pair *pair, const struct ek_field_pair *field,
                    const struct side *from, const struct side *to)
{
        struct ek_text body, *out = code->out;
        bool braces;

        ek_text_init(&body, code->arena);
        code->out = &body;
        emit_one(code, pair, field, from, to, "                ");
        code->out = out;
        braces = strchr(body.bytes, '\n') != body.bytes + body.length - 1;
        ek_emit(out, "        if ($condition$)$brace$\n", "condition", condition, "brace",
                braces ? " {" : "", NULL);
        ek_text_add(out, body.bytes, body.length);
        if (braces)
                ek_text_add_string(out, "        }\n");
}

/* Presence and value can be copied side by side, be there a value or not. */
static bool emit_aligned(struct ek_hop_code *code, const struct ek_field_pair *field,
                         const struct side *from, const struct side *to)
{
        const bool is_aligned =
                (from->presence == POINTER && to->presence == POINTER && from->absent == NULL) ||
                from->presence == ALWAYS || from->presence == IMPLICIT;
        const struct ek_hop_value value = {
                .field = field,
                .from = value_text(code->arena, from, ""),
                .to = value_text(code->arena, to, ""),
                .indent = "        ",
        };

        if (field->keeps_default || field->demands_presence ||
            (!is_plain(field) && field->conversion != EK_CONVERT_ENUM))
                return false;
        if (from->presence == FLAG && to->presence == FLAG)
                ek_emit(code->out, "        new_->has_$to$ = old->has_$from$;\n", "to", to->member,
                        "from", from->member, NULL);
        else if (!is_aligned || to->presence == FLAG || to->presence == CASE ||
                 to->presence == COUNT)
                return false;
        ek_emit_hop_value(code, &value);
        return true;
}

void ek_emit_hop_field(struct ek_hop_code *code, const struct ek_message_pair *pair,
                       const struct ek_field_pair *field)
{
        const struct side from = side_of(code->arena, pair->from, field->from, "old");
        const struct side to = side_of(code->arena, pair->to, field->to, "new_");
        const char *condition;

        if (from.presence == COUNT && to.presence == COUNT) {
                emit_several(code, field, &from, &to);
                return;
        }
        if (emit_aligned(code, field, &from, &to))
                return;
        if (field->demands_one)
                emit_refusal(code, ek_memory_printf(code->arena, "old->n_%s > 1", from.member),
                             field->from, "has several values and may have one");
        if (field->demands_presence) {
                condition = presence_text(code->arena, &from, false);
                if (condition != NULL)
                        emit_refusal(code, condition, field->from, "is absent and may not be");
        }
        condition = field->keeps_default || field->demands_presence
                            ? NULL
                            : presence_text(code->arena, &from, true);
        if (condition != NULL)
                emit_if(code, condition, pair, field, &from, &to);
        else
                emit_one(code, pair, field, &from, &to, "        ");
}
