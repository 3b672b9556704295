/* SPDX-License-Identifier: MIT */
/*
 * Values of enums cross by name, so that a newer version may give them other numbers.
 */
#include "compare_private.h"

#include <string.h>

#include "names.h"

typedef Google__Protobuf__EnumValueDescriptorProto Value;

static struct ek_place value_place(const struct ek_enum *enumeration, size_t index)
{
        return ek_place_below(&enumeration->place, 2, (int32_t)index, -1, -1);
}

static const Value *value_named(const struct ek_enum *enumeration, const char *name,
                                size_t *ret_index)
{
        for (size_t i = 0; i < enumeration->proto->n_value; i++)
                if (strcmp(enumeration->proto->value[i]->name, name) == 0) {
                        *ret_index = i;
                        return enumeration->proto->value[i];
                }
        return NULL;
}

/* The value of the newer enum that a value of the older one has become, or NULL. */
static const Value *successor_of(struct ek_comparison *comparison, const struct ek_enum *older,
                                 const struct ek_enum *newer, const char *older_name,
                                 size_t *ret_index)
{
        for (size_t i = 0; i < newer->proto->n_value; i++) {
                const Value *value = newer->proto->value[i];
                const char *was = ek_relation_value_was(comparison->arena, value);
                size_t unused;

                if (was != NULL && value_named(older, was, &unused) == NULL)
                        was = NULL; /* a mistake, which is told */
                if (strcmp(ek_compare_older_name(was, value->name), older_name) != 0)
                        continue;
                *ret_index = i;
                return value;
        }
        return NULL;
}

static const char *subject(const struct ek_comparison *comparison,
                           const struct ek_enum *enumeration, const char *value)
{
        return ek_memory_printf(comparison->arena, "value %s.%s",
                                ek_relation_enum_name(comparison->arena, enumeration), value);
}

/* A value that the newer enum lacks; another one with its number is most likely the same. */
static void note_lost(struct ek_comparison *comparison, const struct ek_enum *older,
                      const struct ek_enum *newer, size_t index)
{
        const Value *value = older->proto->value[index];
        struct ek_place place = value_place(older, index);
        const struct ek_place *from = comparison->is_downgrade ? NULL : &place;
        const struct ek_place *to = comparison->is_downgrade ? &place : NULL;
        struct ek_difference *note;
        size_t unused;

        for (size_t i = 0; i < newer->proto->n_value; i++) {
                const Value *other = newer->proto->value[i];
                struct ek_place other_place = value_place(newer, i);

                if (other->number != value->number ||
                    ek_relation_value_was(comparison->arena, other) != NULL ||
                    value_named(older, other->name, &unused) != NULL)
                        continue;
                note = ek_compare_note(
                        comparison, EK_SEVERITY_BROKEN,
                        comparison->is_downgrade ? &other_place : &place,
                        comparison->is_downgrade ? &place : &other_place,
                        subject(comparison, newer, other->name),
                        ek_memory_printf(comparison->arena,
                                         "value %d was \"%s\" in version %u and is \"%s\" here: if "
                                         "it was renamed, say so by [(ekiden.value).was = \"%s\"]; "
                                         "if it was not, give it another number",
                                         value->number, value->name, comparison->older->version,
                                         other->name, value->name),
                        "");
                note->to_text = other->name;
                return;
        }
        note = ek_compare_note(comparison,
                               comparison->is_downgrade ? EK_SEVERITY_COMPATIBLE
                                                        : EK_SEVERITY_FUNCTION,
                               from, to, subject(comparison, older, value->name),
                               ek_memory_printf(comparison->arena, "version %u has no value \"%s\"",
                                                comparison->newer->version, value->name),
                               comparison->is_downgrade ? "never set" : "by your function");
        if (comparison->is_downgrade)
                note->to_text = value->name;
        else
                note->from_text = value->name;
}

static void note_kept(struct ek_comparison *comparison, const struct ek_enum *older,
                      size_t older_index, const struct ek_enum *newer, size_t newer_index)
{
        const Value *a = older->proto->value[older_index], *b = newer->proto->value[newer_index];
        struct ek_place older_place = value_place(older, older_index);
        struct ek_place newer_place = value_place(newer, newer_index);
        bool down = comparison->is_downgrade;
        struct ek_difference *note;

        if (a->number == b->number && strcmp(a->name, b->name) == 0)
                return;
        note = ek_compare_note(
                comparison, EK_SEVERITY_COMPATIBLE, down ? &newer_place : &older_place,
                down ? &older_place : &newer_place,
                subject(comparison, down ? older : newer, down ? a->name : b->name),
                strcmp(a->name, b->name) != 0
                        ? ek_memory_printf(comparison->arena, "\"%s\" is called \"%s\" here",
                                           a->name, b->name)
                        : ek_memory_printf(comparison->arena, "number %d is %d here", a->number,
                                           b->number),
                "by name");
        note->from_text = down ? b->name : a->name;
        note->to_text = down ? a->name : b->name;
}

static void note_added(struct ek_comparison *comparison, const struct ek_enum *older,
                       const struct ek_enum *newer, size_t index)
{
        const Value *value = newer->proto->value[index];
        struct ek_place place = value_place(newer, index);
        const char *was = ek_relation_value_was(comparison->arena, value);
        bool down = comparison->is_downgrade;
        struct ek_difference *note;
        size_t unused;

        if (value_named(older, ek_compare_older_name(was, value->name), &unused) != NULL)
                return;
        if (was != NULL) {
                ek_compare_note(
                        comparison, EK_SEVERITY_BROKEN, down ? &place : NULL, down ? NULL : &place,
                        subject(comparison, newer, value->name),
                        ek_memory_printf(comparison->arena,
                                         "was: \"%s\" is no value of version %u: correct it or, "
                                         "if this schema was copied from that one, remove "
                                         "it",
                                         was, comparison->older->version),
                        "");
                return;
        }
        note = ek_compare_note(comparison, EK_SEVERITY_COMPATIBLE, down ? &place : NULL,
                               down ? NULL : &place, subject(comparison, newer, value->name),
                               ek_memory_printf(comparison->arena,
                                                "value \"%s\" is new in version %u", value->name,
                                                comparison->newer->version),
                               down ? "refused" : "added");
        if (down)
                note->from_text = value->name;
        else
                note->to_text = value->name;
}

static void compare(struct ek_comparison *comparison, struct ek_enum_pair *pair)
{
        const struct ek_enum *older = comparison->is_downgrade ? pair->to : pair->from;
        const struct ek_enum *newer = comparison->is_downgrade ? pair->from : pair->to;
        size_t count = pair->from->proto->n_value;
        int32_t *numbers = ek_memory_alloc(comparison->arena, count, sizeof(*numbers));
        bool *is_known = ek_memory_alloc(comparison->arena, count, sizeof(*is_known));
        size_t first = comparison->difference_count;

        for (size_t i = 0; i < older->proto->n_value; i++) {
                size_t k;
                const Value *value =
                        successor_of(comparison, older, newer, older->proto->value[i]->name, &k);
                size_t at = comparison->is_downgrade ? k : i;

                if (value == NULL) {
                        note_lost(comparison, older, newer, i);
                        continue;
                }
                is_known[at] = true;
                numbers[at] =
                        comparison->is_downgrade ? older->proto->value[i]->number : value->number;
                note_kept(comparison, older, i, newer, k);
        }
        for (size_t i = 0; i < newer->proto->n_value; i++)
                note_added(comparison, older, newer, i);
        pair->numbers = numbers;
        pair->is_known = is_known;
        pair->is_same = comparison->difference_count == first;
        pair->is_complete = true;
        for (size_t i = 0; i < count; i++)
                pair->is_complete = pair->is_complete && is_known[i];
}

static bool is_name_taken(const struct ek_comparison *comparison, const char *name)
{
        for (const struct ek_enum_pair *pair = comparison->enums; pair != NULL; pair = pair->next)
                if (strcmp(pair->name, name) == 0)
                        return true;
        return false;
}

struct ek_enum_pair *ek_compare_enums(struct ek_comparison *comparison, const struct ek_enum *from,
                                      const struct ek_enum *to)
{
        struct ek_enum_pair **tail = &comparison->enums, *pair;
        const char *name;

        for (; *tail != NULL; tail = &(*tail)->next)
                if ((*tail)->from == from && (*tail)->to == to)
                        return *tail;
        pair = ek_memory_alloc(comparison->arena, 1, sizeof(*pair));
        pair->from = from;
        pair->to = to;
        name = ek_name_lower(comparison->arena, to->full_name);
        if (strncmp(to->full_name, comparison->to->file->package,
                    strlen(comparison->to->file->package)) == 0)
                name = ek_name_lower(comparison->arena,
                                     to->full_name + strlen(comparison->to->file->package) + 1);
        if (is_name_taken(comparison, name))
                name = ek_memory_printf(comparison->arena, "%s_from_%s", name,
                                        ek_name_lower(comparison->arena, from->full_name));
        pair->name = name;
        *tail = pair;
        compare(comparison, pair);
        return pair;
}
