/* SPDX-License-Identifier: MIT */
/*
 * The items of two schemas: which belong together, and where their state comes from.
 */
#include "compare_private.h"

#include <string.h>

static const struct ek_item *find_item(const struct ek_schema *schema, const char *name)
{
        for (size_t i = 0; i < schema->item_count; i++)
                if (strcmp(schema->items[i].name, name) == 0)
                        return &schema->items[i];
        return NULL;
}

static const char *older_name(const struct ek_comparison *comparison, const struct ek_item *newer)
{
        const char *was = ek_relation_item_was(comparison->arena, newer);

        if (was != NULL && find_item(comparison->older, was) == NULL)
                return newer->name; /* a mistake, which is told */
        return ek_compare_older_name(was, newer->name);
}

/* What has become of an older item: one of its name, or the first that was it; NULL: nothing. */
static const struct ek_item *newer_of(const struct ek_comparison *comparison,
                                      const struct ek_item *older)
{
        const struct ek_item *same = find_item(comparison->newer, older->name);

        if (same != NULL && strcmp(older_name(comparison, same), older->name) == 0)
                return same;
        for (size_t i = 0; i < comparison->newer->item_count; i++)
                if (strcmp(older_name(comparison, &comparison->newer->items[i]), older->name) == 0)
                        return &comparison->newer->items[i];
        return NULL;
}

static const struct ek_item *source_of(const struct ek_comparison *comparison,
                                       const struct ek_item *to)
{
        if (comparison->is_downgrade)
                return newer_of(comparison, to);
        return find_item(comparison->older, older_name(comparison, to));
}

static const char *kind_text(const struct ek_item *item)
{
        if (ek_relation_is_objects(item))
                return "objects";
        return item->stream ? "stream" : "singleton";
}

static struct ek_difference *note(struct ek_comparison *comparison, enum ek_severity severity,
                                  const struct ek_item *from, const struct ek_item *to,
                                  const char *sentence, const char *action)
{
        struct ek_difference *difference =
                ek_compare_note(comparison, severity, from != NULL ? &from->place : NULL,
                                to != NULL ? &to->place : NULL,
                                ek_memory_printf(comparison->arena, "item \"%s\"",
                                                 to != NULL ? to->name : from->name),
                                sentence, action);

        if (from != NULL)
                difference->from_text = kind_text(from);
        if (to != NULL)
                difference->to_text = kind_text(to);
        return difference;
}

static void demand_function(struct ek_comparison *comparison, struct ek_item_pair *item,
                            const char *sentence)
{
        item->severity = EK_SEVERITY_FUNCTION;
        item->pair->needs_function = true;
        note(comparison, EK_SEVERITY_FUNCTION, item->from, item->to, sentence, "by your function");
}

static void compare_kind(struct ek_comparison *comparison, struct ek_item_pair *item)
{
        bool was_stream = item->from->stream, is_stream = item->to->stream;

        if (was_stream == is_stream)
                return;
        if (is_stream || comparison->is_downgrade)
                note(comparison, EK_SEVERITY_COMPATIBLE, item->from, item->to,
                     is_stream ? "a singleton becomes a stream" : "a stream becomes a singleton",
                     is_stream ? "as one record" : "refused if there are several records");
        else
                demand_function(comparison, item, "a stream becomes a singleton");
        if (item->severity == EK_SEVERITY_SAME)
                item->severity = EK_SEVERITY_COMPATIBLE;
}

static bool is_same_key(const struct ek_item_pair *item)
{
        const char *from = item->from->key_name, *to = item->to->key_name;

        return from == to || (from != NULL && to != NULL && strcmp(from, to) == 0);
}

static void compare_names(struct ek_comparison *comparison, struct ek_item_pair *item)
{
        if (strcmp(item->from->name, item->to->name) != 0)
                note(comparison, EK_SEVERITY_COMPATIBLE, item->from, item->to,
                     ek_memory_printf(comparison->arena, "\"%s\" is called \"%s\"",
                                      item->from->name, item->to->name),
                     "renamed");
        else if (item->from->stream && item->to->stream && !is_same_key(item))
                note(comparison, EK_SEVERITY_COMPATIBLE, item->from, item->to,
                     "the key is another field", "keyed anew");
        else
                return;
        item->severity = EK_SEVERITY_COMPATIBLE;
}

static void add_lookup(struct ek_comparison *comparison, struct ek_item_pair *item,
                       const struct ek_item *looked_up, size_t count)
{
        if (item->lookups == NULL)
                item->lookups = ek_memory_alloc(comparison->arena, count, sizeof(struct ek_item *));
        item->lookups[item->lookup_count++] = looked_up;
}

/* Records that hold pointers are no use apart from the objects that they point to. */
static bool holds_objects(const struct ek_comparison *comparison, const struct ek_item *item)
{
        struct ek_reach reach = ek_model_reach(comparison->older->model, item->message);

        for (size_t i = 0; i < reach.count; i++)
                if (ek_relation_identity(reach.messages[i]) != NULL)
                        return true;
        return false;
}

/* looks_up: "peers": on the way up only. */
static void compare_lookups(struct ek_comparison *comparison, struct ek_item_pair *item)
{
        size_t count;
        char **names = ek_relation_looks_up(item->to, &count);

        for (size_t i = 0; i < count; i++) {
                const struct ek_item *other = find_item(comparison->older, names[i]);

                if (other == NULL || !other->stream || other->key == 0) {
                        note(comparison, EK_SEVERITY_BROKEN, item->from, item->to,
                             ek_memory_printf(comparison->arena,
                                              "item \"%s\" looks up \"%s\", which is no stream "
                                              "with a key in version %u: correct or remove it",
                                              item->to->name, names[i], comparison->older->version),
                             "");
                        continue;
                }
                if (holds_objects(comparison, other)) {
                        note(comparison, EK_SEVERITY_BROKEN, item->from, item->to,
                             ek_memory_printf(comparison->arena,
                                              "item \"%s\" looks up \"%s\", whose records hold "
                                              "objects with an identity: look up an item of plain "
                                              "records",
                                              item->to->name, names[i]),
                             "");
                        continue;
                }
                add_lookup(comparison, item, other, count);
                demand_function(comparison, item,
                                ek_memory_printf(comparison->arena, "it looks up item \"%s\"",
                                                 other->name));
        }
}

/* On the way down an item that was split is put together again: its parts are looked up. */
static void compare_parts(struct ek_comparison *comparison, struct ek_item_pair *item)
{
        for (size_t i = 0; i < comparison->newer->item_count; i++) {
                const struct ek_item *part = &comparison->newer->items[i];

                if (part == item->from || strcmp(older_name(comparison, part), item->to->name) != 0)
                        continue;
                if (part->stream && part->key != 0 && !holds_objects(comparison, part))
                        add_lookup(comparison, item, part, comparison->newer->item_count);
                demand_function(comparison, item,
                                ek_memory_printf(comparison->arena,
                                                 "item \"%s\" was split off from it", part->name));
        }
}

static void compare_item(struct ek_comparison *comparison, struct ek_item_pair *item)
{
        size_t first = comparison->difference_count;

        item->from = source_of(comparison, item->to);
        if (item->from == NULL) {
                item->severity = EK_SEVERITY_COMPATIBLE;
                note(comparison, EK_SEVERITY_COMPATIBLE, NULL, item->to,
                     ek_memory_printf(comparison->arena, "version %u does not have it",
                                      comparison->from->version),
                     "starts fresh");
                return;
        }
        item->pair = ek_compare_pair(comparison, item->from->message, item->to->message);
        compare_kind(comparison, item);
        compare_names(comparison, item);
        if (comparison->is_downgrade)
                compare_parts(comparison, item);
        else
                compare_lookups(comparison, item);
        if (comparison->difference_count == first)
                note(comparison, EK_SEVERITY_SAME, item->from, item->to, "nothing differs",
                     "its records");
}

static bool is_used(const struct ek_comparison *comparison, const struct ek_item *from)
{
        for (size_t i = 0; i < comparison->item_count; i++)
                if (comparison->items[i].from == from)
                        return true;
        return false;
}

static bool is_dropped(const struct ek_comparison *comparison, const char *name)
{
        size_t count;
        char **names = ek_relation_dropped(comparison->newer, &count);

        for (size_t i = 0; i < count; i++)
                if (strcmp(names[i], name) == 0)
                        return true;
        return false;
}

static struct ek_place program_place(const struct ek_schema *schema)
{
        return ek_place_below(&schema->file->place, 8, EK_OPTION_EKIDEN_NUMBER, -1, -1);
}

/* Adds a mistake in the newer schema, at a place of it. */
static void note_mistake(struct ek_comparison *comparison, const struct ek_item *older,
                         const struct ek_place *newer, const char *name, const char *sentence)
{
        const struct ek_place *older_place = older != NULL ? &older->place : NULL;

        ek_compare_note(comparison, EK_SEVERITY_BROKEN,
                        comparison->is_downgrade ? newer : older_place,
                        comparison->is_downgrade ? older_place : newer,
                        ek_memory_printf(comparison->arena, "item \"%s\"", name), sentence, "");
}

/* Every item of the older schema has become one, or is said to be dropped; objects that nothing
 * points to any more just are no more. */
static void check_dropped(struct ek_comparison *comparison)
{
        struct ek_place program = program_place(comparison->newer);

        for (size_t i = 0; i < comparison->older->item_count; i++) {
                const struct ek_item *older = &comparison->older->items[i];
                bool dropped = is_dropped(comparison, older->name);
                bool is_there = newer_of(comparison, older) != NULL;

                if (!is_there && !dropped && !ek_relation_is_objects(older))
                        note_mistake(comparison, older, &program, older->name,
                                     ek_memory_printf(comparison->arena,
                                                      "item \"%s\" of version %u is gone: if its "
                                                      "state ends here, add `dropped: \"%s\"` to "
                                                      "option (ekiden.program); if it has another "
                                                      "name, say so by `was: \"%s\"`",
                                                      older->name, comparison->older->version,
                                                      older->name, older->name));
                if (is_there && dropped)
                        note_mistake(comparison, older, &program, older->name,
                                     ek_memory_printf(comparison->arena,
                                                      "dropped: \"%s\" is still an item here: "
                                                      "remove it there",
                                                      older->name));
        }
}

/* `dropped` and `was` name items that there were. */
static void check_names(struct ek_comparison *comparison)
{
        struct ek_place program = program_place(comparison->newer);
        size_t count;
        char **names = ek_relation_dropped(comparison->newer, &count);

        for (size_t i = 0; i < count; i++)
                if (find_item(comparison->older, names[i]) == NULL)
                        note_mistake(comparison, NULL, &program, names[i],
                                     ek_memory_printf(comparison->arena,
                                                      "dropped: \"%s\" is no item of version %u: "
                                                      "correct or remove it",
                                                      names[i], comparison->older->version));
        for (size_t i = 0; i < comparison->newer->item_count; i++) {
                const struct ek_item *newer = &comparison->newer->items[i];
                const char *was = ek_relation_item_was(comparison->arena, newer);

                ek_relation_looks_up(newer, &count);
                if (count > 0 &&
                    find_item(comparison->older, older_name(comparison, newer)) == NULL)
                        note_mistake(comparison, NULL, &newer->place, newer->name,
                                     ek_memory_printf(comparison->arena,
                                                      "item \"%s\" looks others up, and version %u "
                                                      "has no records of it to do that with: say "
                                                      "by `was` which it had",
                                                      newer->name, comparison->older->version));

                if (was != NULL && !ek_relation_is_objects(newer) &&
                    find_item(comparison->older, was) == NULL)
                        note_mistake(comparison, NULL, &newer->place, newer->name,
                                     ek_memory_printf(comparison->arena,
                                                      "was: \"%s\" is no item of version %u: "
                                                      "correct it or, if this schema was copied "
                                                      "from that one, remove it",
                                                      was, comparison->older->version));
        }
}

/* What is split is fetched once for each part; objects cross only once. */
static void check_splits(struct ek_comparison *comparison)
{
        for (size_t i = 0; i < comparison->newer->item_count; i++) {
                const struct ek_item *part = &comparison->newer->items[i];
                const struct ek_item *older =
                        find_item(comparison->older, older_name(comparison, part));

                if (older == NULL || newer_of(comparison, older) == part ||
                    !holds_objects(comparison, older))
                        continue;
                note_mistake(comparison, older, &part->place, part->name,
                             ek_memory_printf(comparison->arena,
                                              "item \"%s\" cannot be split into \"%s\": its "
                                              "records hold objects with an identity; keep it one "
                                              "item, and let the program split it",
                                              older->name, part->name));
        }
}

static void add_gone(struct ek_comparison *comparison, const struct ek_item *from)
{
        comparison->items[comparison->item_count++] =
                (struct ek_item_pair){.from = from, .severity = EK_SEVERITY_COMPATIBLE};
        note(comparison, EK_SEVERITY_COMPATIBLE, from, NULL,
             ek_memory_printf(comparison->arena, "version %u does not have it",
                              comparison->to->version),
             "let go");
}

void ek_compare_items(struct ek_comparison *comparison)
{
        comparison->items = ek_memory_alloc(
                comparison->arena, comparison->from->item_count + comparison->to->item_count,
                sizeof(*comparison->items));
        for (size_t i = 0; i < comparison->to->item_count; i++) {
                struct ek_item_pair *item = &comparison->items[comparison->item_count++];

                item->to = &comparison->to->items[i];
                compare_item(comparison, item);
        }
        for (size_t i = 0; i < comparison->from->item_count; i++)
                if (!is_used(comparison, &comparison->from->items[i]))
                        add_gone(comparison, &comparison->from->items[i]);
        check_dropped(comparison);
        check_names(comparison);
        check_splits(comparison);
}
