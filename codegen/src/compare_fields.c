/* SPDX-License-Identifier: MIT */
/*
 * The fields of two messages: which belong together, what becomes of each, and what that asks of
 * the user.
 */
#include "compare_private.h"

#include <stdlib.h>
#include <string.h>

/* The pair in hand, by age and not by direction. */
struct context {
        struct ek_comparison *comparison;
        struct ek_message_pair *pair;
        const struct ek_message *older, *newer;
        const struct ek_field **olders; /* by the index of a newer field: what it was, or NULL */
        const struct ek_field **newers; /* by that of an older: what first says that it was it */
};

static int compare_names(const void *left, const void *right)
{
        const struct ek_field *a = *(const struct ek_field *const *)left;
        const struct ek_field *b = *(const struct ek_field *const *)right;

        return strcmp(a->name, b->name);
}

static const struct ek_field *older_of(const struct context *context, const struct ek_field *newer)
{
        return context->olders[newer - context->newer->fields];
}

static const struct ek_field *newer_of(const struct context *context, const struct ek_field *older)
{
        return context->newers[older - context->older->fields];
}

static const struct ek_field *find_by_name(const struct ek_field **by_name, size_t count,
                                           const char *name)
{
        const struct ek_field wanted = {.name = name}, *key = &wanted;
        const struct ek_field *const *found =
                count > 0 ? bsearch(&key, by_name, count, sizeof(*by_name), compare_names) : NULL;

        return found != NULL ? *found : NULL;
}

static void match(struct context *context, const struct ek_field *newer,
                  const struct ek_field *older)
{
        context->olders[newer - context->newer->fields] = older;
        if (context->newers[older - context->older->fields] == NULL)
                context->newers[older - context->older->fields] = newer;
}

/* Finds what belongs together, once: messages may have thousands of fields. A `was` that names
 * nothing, such as one that was copied along, is a mistake, and no reason to call its field new. */
static void match_fields(struct context *context)
{
        struct ek_memory *arena = context->comparison->arena;
        const struct ek_message *older = context->older, *newer = context->newer;
        const struct ek_field **by_name =
                ek_memory_alloc(arena, older->field_count, sizeof(struct ek_field *));

        context->olders = ek_memory_alloc(arena, newer->field_count, sizeof(struct ek_field *));
        context->newers = ek_memory_alloc(arena, older->field_count, sizeof(struct ek_field *));
        for (size_t i = 0; i < older->field_count; i++)
                by_name[i] = &older->fields[i];
        if (older->field_count > 0)
                qsort(by_name, older->field_count, sizeof(struct ek_field *), compare_names);
        for (size_t i = 0; i < newer->field_count; i++) {
                const struct ek_field *field = newer->sorted[i];
                const struct ek_field *found = find_by_name(
                        by_name, older->field_count,
                        ek_compare_older_name(ek_relation_field_was(field), field->name));

                if (found != NULL)
                        match(context, field, found);
        }
        for (size_t i = 0; i < newer->field_count; i++) {
                const struct ek_field *field = newer->sorted[i];
                const struct ek_field *found =
                        older_of(context, field) == NULL && ek_relation_field_was(field) != NULL
                                ? find_by_name(by_name, older->field_count, field->name)
                                : NULL;

                if (found != NULL && newer_of(context, found) == NULL)
                        match(context, field, found);
        }
}

static const struct ek_field *partner_of(const struct context *context,
                                         const struct ek_field *field, bool is_newer)
{
        const struct ek_field *older = is_newer ? older_of(context, field) : NULL;

        if (!is_newer)
                return newer_of(context, field);
        return older != NULL && newer_of(context, older) == field ? older : NULL;
}

static const char *subject(const struct context *context, const struct ek_message *message,
                           const struct ek_field *field)
{
        return ek_memory_printf(context->comparison->arena, "field %s.%s",
                                ek_relation_name(message), field->name);
}

/* Notes a difference of a field, with what it was and what it is. */
static void note_field(const struct context *context, struct ek_field_pair *field,
                       const char *sentence, const char *action)
{
        struct ek_comparison *comparison = context->comparison;
        const struct ek_field *named = field->to != NULL ? field->to : field->from;
        struct ek_difference *note = ek_compare_note(
                comparison, field->severity, field->from != NULL ? &field->from->place : NULL,
                field->to != NULL ? &field->to->place : NULL,
                subject(context, field->to != NULL ? context->pair->to : context->pair->from,
                        named),
                sentence, action);

        note->pair = context->pair;
        note->field = field;
        if (field->from != NULL)
                note->from_text = ek_compare_field_text(comparison->arena, field->from);
        if (field->to != NULL)
                note->to_text = ek_compare_field_text(comparison->arena, field->to);
}

/* Adds a mistake in the newer message: at a field of it or, with NULL, at the message. */
static void note_mistake(const struct context *context, const struct ek_field *older,
                         const struct ek_field *newer, const char *sentence)
{
        bool down = context->comparison->is_downgrade;
        const struct ek_place *newer_place = newer != NULL ? &newer->place : &context->newer->place;
        const struct ek_place *older_place = older != NULL ? &older->place : NULL;
        struct ek_difference *note =
                ek_compare_note(context->comparison, EK_SEVERITY_BROKEN,
                                down ? newer_place : older_place, down ? older_place : newer_place,
                                subject(context, newer != NULL ? context->newer : context->older,
                                        newer != NULL ? newer : older),
                                sentence, "");

        note->pair = context->pair;
        note->mistaken = older;
}

/* The values that have no counterpart: `value "A"`, `values "A", "B"`. */
static const char *lost_values(struct ek_memory *arena, const struct ek_enum_pair *enums,
                               bool *ret_several)
{
        size_t count = 0;
        struct ek_text text;

        ek_text_init(&text, arena);
        for (size_t i = 0; i < enums->from->proto->n_value; i++)
                if (!enums->is_known[i])
                        ek_text_printf(&text, "%s\"%s\"", count++ == 0 ? "" : ", ",
                                       enums->from->proto->value[i]->name);
        *ret_several = count > 1;
        return ek_memory_printf(arena, "value%s %s", count > 1 ? "s" : "", text.bytes);
}

/* Why no generated code makes the one of the other. */
static const char *reason(const struct context *context, const struct ek_field_pair *field)
{
        struct ek_memory *arena = context->comparison->arena;
        const struct ek_field *from = field->from, *to = field->to;
        const char *was = ek_compare_type_text(arena, from), *is = ek_compare_type_text(arena, to);
        const char *values;
        bool several;

        if (ek_relation_is_identity(from) != ek_relation_is_identity(to))
                return ek_relation_is_identity(from) ? "an identity becomes a number"
                                                     : "a number becomes an identity";
        if (from->descriptor != to->descriptor)
                return from->descriptor ? "a descriptor becomes a number"
                                        : "a number becomes a descriptor";
        if (from->message != NULL && to->message != NULL &&
            !ek_compare_is_match(context->comparison, from->message, to->message))
                return ek_memory_printf(
                        arena,
                        "%s becomes %s: if that is the same message under another name, "
                        "say so in the newer one by option (ekiden.message).was",
                        was, is);
        if (field->demands_presence)
                return "it may be absent, and is required here";
        if (field->enums != NULL && !field->enums->is_complete) {
                values = lost_values(arena, field->enums, &several);
                return ek_memory_printf(arena, "%s of enum %s %s no counterpart here", values,
                                        ek_relation_enum_name(arena, field->enums->from),
                                        several ? "have" : "has");
        }
        return ek_memory_printf(arena, "%s does not become %s without a loss", was, is);
}

static void add_part(struct ek_text *text, const char *part)
{
        ek_text_printf(text, "%s%s", text->length > 0 ? ", " : "", part);
}

static const char *const conversion_texts[] = {
        [EK_CONVERT_COPY] = NULL,
        [EK_CONVERT_WIDEN] = "widened",
        [EK_CONVERT_NARROW] = "narrowed, refused where it does not fit",
        [EK_CONVERT_TO_BYTES] = "as bytes",
        [EK_CONVERT_ENUM] = NULL,
        [EK_CONVERT_ENUM_BY_NAME] = "by name, refused where there is none",
        [EK_CONVERT_NUMBER_TO_ENUM] = "as the value of that number, refused where there is none",
        [EK_CONVERT_MESSAGE] = NULL,
        [EK_CONVERT_NONE] = "by your function",
};

/* What the hop does to a field of both, in words. */
static const char *action_of(const struct context *context, const struct ek_field_pair *field)
{
        const char *conversion = conversion_texts[field->conversion];
        struct ek_text text;

        ek_text_init(&text, context->comparison->arena);
        if (conversion != NULL)
                add_part(&text, conversion);
        if (field->conversion == EK_CONVERT_NONE)
                return text.bytes;
        if (field->to->repeated && !field->from->repeated)
                add_part(&text, "as one element");
        if (field->demands_one)
                add_part(&text, "refused if there are several");
        if (field->demands_presence)
                add_part(&text, "refused if absent");
        if (field->keeps_default)
                add_part(&text, "absent becomes the old default");
        return text.length > 0 ? text.bytes : "copied";
}

static bool is_same_text(const char *a, const char *b)
{
        return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* What differs between a field of both, in words; NULL: nothing. */
static const char *difference_of(const struct context *context, const struct ek_field_pair *field)
{
        struct ek_memory *arena = context->comparison->arena;
        const struct ek_field *from = field->from, *to = field->to;
        const char *was = ek_compare_type_text(arena, from), *is = ek_compare_type_text(arena, to);
        struct ek_text text;

        ek_text_init(&text, arena);
        if (strcmp(from->name, to->name) != 0)
                add_part(&text,
                         ek_memory_printf(arena, "\"%s\" is called \"%s\"", from->name, to->name));
        if (from->number != to->number)
                add_part(&text,
                         ek_memory_printf(arena, "number %u is %u", from->number, to->number));
        if (!is_same_text(from->oneof, to->oneof))
                add_part(&text, from->oneof == NULL ? "it is in a oneof"
                                : to->oneof == NULL ? "it is in a oneof no more"
                                                    : "it is in another oneof");
        else if (from->proto->type != to->proto->type || from->repeated != to->repeated ||
                 from->required != to->required)
                add_part(&text, ek_memory_printf(arena, "%s becomes %s", was, is));
        if (field->keeps_default)
                add_part(&text, "the default is another one");
        if (field->conversion == EK_CONVERT_ENUM_BY_NAME)
                add_part(&text, "the enum's values differ");
        return text.bytes;
}

static void compare_both(const struct context *context, struct ek_field_pair *field)
{
        const char *sentence;

        ek_compare_values(context->comparison, field);
        sentence = difference_of(context, field);
        if (field->conversion == EK_CONVERT_NONE) {
                field->severity = EK_SEVERITY_FUNCTION;
                sentence = reason(context, field);
        } else if (sentence != NULL) {
                field->severity = EK_SEVERITY_COMPATIBLE;
        }
        note_field(context, field, sentence != NULL ? sentence : "nothing differs",
                   action_of(context, field));
}

static void compare_added(const struct context *context, struct ek_field_pair *field)
{
        struct ek_comparison *comparison = context->comparison;
        const char *value = ek_compare_default_text(comparison->arena, field->to);

        if (comparison->is_downgrade || field->to->required) {
                field->severity = EK_SEVERITY_FUNCTION;
                note_field(context, field,
                           comparison->is_downgrade ? ek_memory_printf(comparison->arena,
                                                                       "version %u has it no more",
                                                                       comparison->newer->version)
                                                    : "it is new and required",
                           "by your function");
                return;
        }
        field->severity = EK_SEVERITY_COMPATIBLE;
        note_field(context, field, "it is new",
                   value != NULL ? ek_memory_printf(comparison->arena, "added: default %s", value)
                                 : "added: absent");
}

/* The fields that are new, at most three by name: `"host" or "port"`; NULL: there are none. */
static const char *new_fields(const struct context *context)
{
        const struct ek_message_pair *pair = context->pair;
        struct ek_text text;
        size_t count = 0;

        ek_text_init(&text, context->comparison->arena);
        for (size_t i = 0; i < pair->field_count; i++)
                if (pair->fields[i].from == NULL && count++ < 3)
                        ek_text_printf(&text, "%s\"%s\"", text.length > 0 ? " or " : "",
                                       pair->fields[i].to->name);
        if (count > 3)
                ek_text_add_string(&text, " or another one");
        return text.bytes;
}

/* What the hop does not do for somebody who meant more than to drop a field. */
static const char *advice_on_gone(const struct context *context)
{
        const char *names = new_fields(context);

        if (context->comparison->is_downgrade || context->pair->needs_function || names == NULL)
                return NULL;
        return ek_memory_printf(
                context->comparison->arena,
                "its value is lost; if it goes on in %s, say changed: true in option "
                "(ekiden.message)",
                names);
}

static void compare_gone(const struct context *context, struct ek_field_pair *field)
{
        struct ek_comparison *comparison = context->comparison;
        const char *sentence =
                comparison->is_downgrade
                        ? ek_memory_printf(comparison->arena, "version %u does not have it",
                                           comparison->older->version)
                        : "it is dropped";
        const char *action = "let go", *advice = advice_on_gone(context);

        if (field->from->descriptor)
                action = "let go, and what is open is closed";
        else if (ek_relation_is_identity(field->from))
                action = "let go, and pointers to the message are refused";
        if (strcmp(action, "let go") != 0)
                sentence = ek_memory_printf(comparison->arena, "%s: %s", sentence, action);
        else if (advice != NULL)
                sentence = ek_memory_printf(comparison->arena, "%s: %s", sentence, advice);
        field->severity = EK_SEVERITY_COMPATIBLE;
        note_field(context, field, sentence, action);
}

/* A new field that has the number of one that is gone is most likely the same. */
static bool check_renumbered(const struct context *context, const struct ek_field *older)
{
        for (size_t i = 0; i < context->newer->field_count; i++) {
                const struct ek_field *newer = context->newer->sorted[i];

                if (newer->number != older->number || partner_of(context, newer, true) != NULL ||
                    ek_relation_field_was(newer) != NULL)
                        continue;
                note_mistake(
                        context, older, newer,
                        ek_memory_printf(context->comparison->arena,
                                         "field %u of message %s was \"%s\" in version %u and is "
                                         "\"%s\" here: if it was renamed, say so by "
                                         "[(ekiden.field).was = \"%s\"]; if it was not, give the "
                                         "new one another number, and write `reserved %u;`",
                                         older->number, ek_relation_name(context->newer),
                                         older->name, context->comparison->older->version,
                                         newer->name, older->name, older->number));
                return false;
        }
        return true;
}

/* A field of the older message that the newer one lacks: its number must be out of use. */
static void check_gone(const struct context *context, const struct ek_field *older)
{
        struct ek_memory *arena = context->comparison->arena;
        unsigned int version = context->comparison->older->version;

        if (!check_renumbered(context, older) ||
            ek_relation_is_reserved(context->newer, older->number))
                return;
        for (size_t i = 0; i < context->newer->field_count; i++) {
                const struct ek_field *taker = context->newer->sorted[i];

                if (taker->number != older->number)
                        continue;
                if (ek_relation_field_was(taker) != NULL && older_of(context, taker) == NULL)
                        return; /* its `was` is wrong, which is told, and meant this one */
                note_mistake(context, older, taker,
                             ek_memory_printf(arena,
                                              "field %u of message %s was \"%s\" in version %u, "
                                              "which is gone: give \"%s\" another number, and "
                                              "write `reserved %u;`",
                                              older->number, ek_relation_name(context->newer),
                                              older->name, version, taker->name, older->number));
                return;
        }
        note_mistake(
                context, older, NULL,
                ek_memory_printf(arena,
                                 "message %s lacks field \"%s\" of version %u: if it is "
                                 "dropped, write `reserved %u;`; if it has another name, say "
                                 "so by [(ekiden.field).was = \"%s\"]; if its value goes on in "
                                 "other fields, write `reserved %u;` and option "
                                 "(ekiden.message).changed = true, which demands a function",
                                 ek_relation_name(context->newer), older->name, version,
                                 older->number, older->name, older->number));
}

/* A `was` must name a field, and no field may be claimed twice. */
static void check_was(const struct context *context, const struct ek_field *newer)
{
        const char *was = ek_relation_field_was(newer);
        const struct ek_field *older = older_of(context, newer);
        const struct ek_field *other = older != NULL ? newer_of(context, older) : NULL;
        struct ek_memory *arena = context->comparison->arena;

        if (was != NULL && (older == NULL || strcmp(older->name, was) != 0))
                note_mistake(context, NULL, newer,
                             ek_memory_printf(arena,
                                              "was: \"%s\" is no field of message %s in version "
                                              "%u: correct it or, if this schema was copied from "
                                              "that one, remove it",
                                              was, ek_relation_name(context->older),
                                              context->comparison->older->version));
        else if (other != NULL && other != newer)
                note_mistake(context, older, newer,
                             ek_memory_printf(arena,
                                              "\"%s\" and \"%s\" are both said to be field \"%s\" "
                                              "of version %u: correct the `was` of one of them",
                                              other->name, newer->name, older->name,
                                              context->comparison->older->version));
}

/* The message's own `was`, too. */
static void check_message_was(const struct context *context)
{
        struct ek_comparison *comparison = context->comparison;
        const char *was = ek_relation_message_was(comparison->arena, context->newer);
        struct ek_place place =
                ek_place_below(&context->newer->place, 7, EK_OPTION_MESSAGE_NUMBER, -1, -1);

        if (was == NULL || ek_compare_has_message(context->older->file, was))
                return;
        ek_compare_note(
                comparison, EK_SEVERITY_BROKEN, comparison->is_downgrade ? &place : NULL,
                comparison->is_downgrade ? NULL : &place,
                ek_memory_printf(comparison->arena, "message %s", ek_relation_name(context->newer)),
                ek_memory_printf(comparison->arena,
                                 "was: \"%s\" is no message of version %u: correct it or, if this "
                                 "schema was copied from that one, remove it",
                                 was, comparison->older->version),
                "");
}

static void check_mistakes(const struct context *context)
{
        check_message_was(context);
        for (size_t i = 0; i < context->newer->field_count; i++)
                check_was(context, context->newer->sorted[i]);
        for (size_t i = 0; i < context->older->field_count; i++)
                if (newer_of(context, context->older->sorted[i]) == NULL)
                        check_gone(context, context->older->sorted[i]);
}

/* Whether the message itself says that its meaning changed. */
static void check_changed(const struct context *context)
{
        struct ek_comparison *comparison = context->comparison;
        struct ek_difference *note;

        if (!ek_relation_is_changed(comparison->arena, context->newer))
                return;
        context->pair->needs_function = true;
        note = ek_compare_note(comparison, EK_SEVERITY_FUNCTION, &context->pair->from->place,
                               &context->pair->to->place,
                               ek_memory_printf(comparison->arena, "message %s",
                                                ek_relation_name(context->pair->to)),
                               "its meaning is another one", "by your function");
        note->pair = context->pair;
}

void ek_compare_fields(struct ek_comparison *comparison, struct ek_message_pair *pair)
{
        bool down = comparison->is_downgrade;
        struct context context = {
                .comparison = comparison,
                .pair = pair,
                .older = down ? pair->to : pair->from,
                .newer = down ? pair->from : pair->to,
        };

        pair->fields =
                ek_memory_alloc(comparison->arena, pair->from->field_count + pair->to->field_count,
                                sizeof(*pair->fields));
        match_fields(&context);
        check_changed(&context);
        for (size_t i = 0; i < pair->to->field_count; i++) {
                struct ek_field_pair *field = &pair->fields[pair->field_count++];

                field->to = pair->to->sorted[i];
                field->from = partner_of(&context, field->to, !down);
                if (field->from != NULL)
                        compare_both(&context, field);
                else
                        compare_added(&context, field);
                pair->needs_function |= field->severity == EK_SEVERITY_FUNCTION;
        }
        for (size_t i = 0; i < pair->from->field_count; i++) {
                struct ek_field_pair *field = &pair->fields[pair->field_count];

                if (partner_of(&context, pair->from->sorted[i], down) != NULL)
                        continue;
                pair->field_count++;
                field->from = pair->from->sorted[i];
                compare_gone(&context, field);
        }
        check_mistakes(&context);
}
