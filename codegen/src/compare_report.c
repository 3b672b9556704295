/* SPDX-License-Identifier: MIT */
/*
 * Differences as people read them.
 */
#include "compare_private.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TYPE_STRING GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_STRING

static const char *const severity_texts[] = {"same", "compatible", "needs a function", "broken"};

const char *ek_severity_text(enum ek_severity severity)
{
        return severity_texts[severity];
}

struct ek_difference *ek_compare_note(struct ek_comparison *comparison, enum ek_severity severity,
                                      const struct ek_place *from, const struct ek_place *to,
                                      const char *subject, const char *sentence, const char *action)
{
        const struct ek_place *older = comparison->is_downgrade ? to : from;
        const struct ek_place *newer = comparison->is_downgrade ? from : to;
        struct ek_difference *difference;

        comparison->differences = ek_memory_grow(
                comparison->arena, comparison->differences, comparison->difference_count,
                &comparison->difference_size, sizeof(*comparison->differences));
        difference = &comparison->differences[comparison->difference_count++];
        *difference = (struct ek_difference){
                .severity = severity,
                .subject = subject,
                .sentence = sentence,
                .action = action,
        };
        if (older != NULL)
                difference->older = *older;
        if (newer != NULL)
                difference->newer = *newer;
        return difference;
}

void ek_compare_note_clash(struct ek_comparison *comparison, const struct ek_message_pair *pair,
                           const struct ek_item *item)
{
        const bool down = comparison->is_downgrade;
        struct ek_difference *difference = ek_compare_note(
                comparison, EK_SEVERITY_BROKEN, down ? &item->place : NULL,
                down ? NULL : &pair->to->place,
                ek_memory_printf(comparison->arena, "message %s", ek_relation_name(pair->to)),
                ek_memory_printf(comparison->arena,
                                 "the function for message %s and the one that looks up item "
                                 "\"%s\" are both called \"%s\": rename the %s here, with `was`",
                                 ek_relation_name(pair->to), item->name, pair->name,
                                 down ? "item" : "message"),
                "");

        difference->pair = pair;
}

/* One thing's differences next to each other, what is broken first. */
static int compare_things(const void *left, const void *right)
{
        const struct ek_difference *a = *(const struct ek_difference *const *)left;
        const struct ek_difference *b = *(const struct ek_difference *const *)right;
        int order = strcmp(a->subject, b->subject);

        if (order == 0 && a->pair != b->pair)
                order = (uintptr_t)a->pair < (uintptr_t)b->pair ? -1 : 1;
        if (order == 0 && a->severity != b->severity)
                order = a->severity > b->severity ? -1 : 1;
        return order != 0 ? order : a < b ? -1 : a > b;
}

/* What is told of the older field beside a mistake that is about it under another name. */
static void settle_mistaken(struct ek_comparison *comparison, struct ek_difference *broken)
{
        for (size_t i = 0; i < comparison->difference_count; i++) {
                struct ek_difference *difference = &comparison->differences[i];
                const struct ek_field_pair *field = difference->field;

                if (field == NULL || difference->pair != broken->pair ||
                    difference->severity == EK_SEVERITY_BROKEN ||
                    (comparison->is_downgrade ? field->to : field->from) != broken->mistaken ||
                    (field->from != NULL && field->to != NULL))
                        continue;
                if (broken->from_text == NULL)
                        broken->from_text = difference->from_text;
                if (broken->to_text == NULL)
                        broken->to_text = difference->to_text;
                difference->subject = NULL;
        }
}

void ek_compare_settle(struct ek_comparison *comparison)
{
        const size_t count = comparison->difference_count;
        struct ek_difference **things, *broken = NULL;

        if (ek_comparison_severity(comparison) != EK_SEVERITY_BROKEN)
                return;
        things = ek_memory_alloc(comparison->arena, count, sizeof(*things));
        for (size_t i = 0; i < count; i++)
                things[i] = &comparison->differences[i];
        qsort(things, count, sizeof(*things), compare_things);
        for (size_t i = 0; i < count; i++) {
                struct ek_difference *difference = things[i];

                if (difference->severity == EK_SEVERITY_BROKEN) {
                        broken = difference;
                } else if (broken != NULL && difference->pair == broken->pair &&
                           strcmp(difference->subject, broken->subject) == 0) {
                        if (broken->from_text == NULL)
                                broken->from_text = difference->from_text;
                        if (broken->to_text == NULL)
                                broken->to_text = difference->to_text;
                        difference->subject = NULL;
                }
        }
        for (size_t i = 0; i < count; i++)
                if (comparison->differences[i].severity == EK_SEVERITY_BROKEN &&
                    comparison->differences[i].mistaken != NULL)
                        settle_mistaken(comparison, &comparison->differences[i]);
        comparison->difference_count = 0;
        for (size_t i = 0; i < count; i++)
                if (comparison->differences[i].subject != NULL)
                        comparison->differences[comparison->difference_count++] =
                                comparison->differences[i];
}

enum ek_severity ek_comparison_severity(const struct ek_comparison *comparison)
{
        enum ek_severity worst = EK_SEVERITY_SAME;

        for (size_t i = 0; i < comparison->difference_count; i++)
                if (comparison->differences[i].severity > worst)
                        worst = comparison->differences[i].severity;
        return worst;
}

void ek_comparison_report(const struct ek_comparison *comparison, struct ek_problems *problems)
{
        for (size_t i = 0; i < comparison->difference_count; i++) {
                const struct ek_difference *difference = &comparison->differences[i];

                if (difference->severity == EK_SEVERITY_BROKEN)
                        ek_problem_told(problems,
                                        difference->newer.source != NULL ? &difference->newer
                                                                         : &difference->older,
                                        difference->sentence);
        }
}

static const char *const type_texts[] = {
        "",        "double",   "float",    "int64",  "uint64",  "int32", "fixed64",
        "fixed32", "bool",     "string",   "group",  "message", "bytes", "uint32",
        "enum",    "sfixed32", "sfixed64", "sint32", "sint64",
};

static const char *label_text(const struct ek_field *field)
{
        if (field->oneof != NULL)
                return "";
        return field->repeated ? "repeated " : field->required ? "required " : "optional ";
}

const char *ek_compare_type_text(struct ek_memory *arena, const struct ek_field *field)
{
        const char *type = type_texts[field->proto->type];

        if (field->message != NULL && field->message->is_map_entry)
                return "map";
        if (field->message != NULL)
                type = ek_relation_name(field->message);
        else if (field->enumeration != NULL)
                type = ek_relation_enum_name(arena, field->enumeration);
        return ek_memory_printf(arena, "%s%s", label_text(field), type);
}

/* That of bytes is on one line already. */
const char *ek_compare_default_text(struct ek_memory *arena, const struct ek_field *field)
{
        const char *value = field->proto->default_value;

        if (value == NULL || field->proto->type != TYPE_STRING)
                return value;
        return ek_compare_escaped(arena, value, false);
}

const char *ek_compare_escaped(struct ek_memory *arena, const char *text, bool all)
{
        static const char special[] = "\n\r\t\"'\\", letters[] = "nrt\"'\\";
        struct ek_text escaped;

        ek_text_init(&escaped, arena);
        ek_text_add_string(&escaped, "");
        for (; *text != '\0'; text++) {
                const unsigned char c = (unsigned char)*text;
                const char *found = strchr(special, *text);

                if (found != NULL)
                        ek_text_printf(&escaped, "\\%c", letters[found - special]);
                else if (c < ' ' || c == 0x7f || (c > 0x7f && all))
                        ek_text_printf(&escaped, "\\%03o", c);
                else
                        ek_text_add(&escaped, text, 1);
        }
        return escaped.bytes;
}

const char *ek_compare_field_text(struct ek_memory *arena, const struct ek_field *field)
{
        const char *value = ek_compare_default_text(arena, field);

        return ek_memory_printf(arena, "%s %s = %u%s%s%s%s%s", ek_compare_type_text(arena, field),
                                field->name, field->number, value != NULL ? " [default: " : "",
                                value != NULL ? value : "", value != NULL ? "]" : "",
                                field->oneof != NULL ? " in oneof " : "",
                                field->oneof != NULL ? field->oneof : "");
}
