/* SPDX-License-Identifier: MIT */
#include "compare_private.h"

#include <string.h>

#include "names.h"

const char *ek_compare_older_name(const char *was, const char *name)
{
        return was != NULL ? was : name;
}

bool ek_compare_has_message(const struct ek_file *file, const char *name)
{
        for (const struct ek_message *message = file->messages; message != NULL;
             message = message->next)
                if (strcmp(ek_relation_name(message), name) == 0)
                        return true;
        return false;
}

bool ek_compare_is_match(const struct ek_comparison *comparison, const struct ek_message *from,
                         const struct ek_message *to)
{
        const struct ek_message *older = comparison->is_downgrade ? to : from;
        const struct ek_message *newer = comparison->is_downgrade ? from : to;
        const char *was = ek_relation_message_was(comparison->arena, newer);

        if (from == to || from->is_map_entry || to->is_map_entry)
                return from == to || (from->is_map_entry && to->is_map_entry);
        if (was != NULL && !ek_compare_has_message(older->file, was))
                was = NULL; /* a mistake, which is told */
        return strcmp(ek_compare_older_name(was, ek_relation_name(newer)),
                      ek_relation_name(older)) == 0;
}

static bool is_name_taken(const struct ek_comparison *comparison, const char *name)
{
        for (const struct ek_message_pair *pair = comparison->pairs; pair != NULL;
             pair = pair->next)
                if (strcmp(pair->name, name) == 0)
                        return true;
        return false;
}

/* "peer"; where that is taken, since two types become one, "peer_from_client"; types from other
 * files have their package in it. */
static const char *pair_name(const struct ek_comparison *comparison, const struct ek_message *from,
                             const struct ek_message *to)
{
        struct ek_memory *arena = comparison->arena;
        const char *name = to->file == comparison->to->file
                                   ? ek_name_lower(arena, ek_relation_name(to))
                                   : to->lower_name;

        if (is_name_taken(comparison, name))
                name = ek_memory_printf(arena, "%s_from_%s", name,
                                        from->file == comparison->from->file
                                                ? ek_name_lower(arena, ek_relation_name(from))
                                                : from->lower_name);
        while (is_name_taken(comparison, name))
                name = ek_memory_printf(arena, "%s_", name);
        return name;
}

struct ek_message_pair *ek_compare_pair(struct ek_comparison *comparison, struct ek_message *from,
                                        struct ek_message *to)
{
        struct ek_message_pair **tail = &comparison->pairs;
        struct ek_message_pair *pair;

        for (; *tail != NULL; tail = &(*tail)->next)
                if ((*tail)->from == from && (*tail)->to == to)
                        return *tail;
        pair = ek_memory_alloc(comparison->arena, 1, sizeof(*pair));
        pair->from = from;
        pair->to = to;
        pair->name = pair_name(comparison, from, to);
        pair->from_identity = ek_relation_identity(from);
        pair->to_identity = ek_relation_identity(to);
        *tail = pair;
        return pair;
}

static bool is_same_itself(const struct ek_message_pair *pair)
{
        if (pair->needs_function || pair->from->file->proto3 != pair->to->file->proto3)
                return false;
        for (size_t i = 0; i < pair->field_count; i++)
                if (pair->fields[i].severity != EK_SEVERITY_SAME)
                        return false;
        return true;
}

/* A pair is the same if all below it are; types may be recursive. */
static void find_same(struct ek_comparison *comparison)
{
        bool changed = true;

        for (struct ek_message_pair *pair = comparison->pairs; pair != NULL; pair = pair->next)
                pair->is_same = is_same_itself(pair);
        while (changed) {
                changed = false;
                for (struct ek_message_pair *pair = comparison->pairs; pair != NULL;
                     pair = pair->next)
                        for (size_t i = 0; i < pair->field_count && pair->is_same; i++) {
                                const struct ek_message_pair *below = pair->fields[i].pair;

                                if (below == NULL || below->is_same)
                                        continue;
                                pair->is_same = false;
                                changed = true;
                        }
        }
}

static bool needs_transformer(const struct ek_item_pair *item)
{
        if (item->from == NULL || item->to == NULL)
                return false;
        return strcmp(item->from->name, item->to->name) != 0 ||
               item->from->stream != item->to->stream || !item->pair->is_same ||
               memcmp(item->from->shape, item->to->shape, EK_FINGERPRINT_SIZE) != 0;
}

/* Code is written for what transformers need, and for all below. */
static void find_written(struct ek_comparison *comparison)
{
        bool changed = true;

        for (size_t i = 0; i < comparison->item_count; i++) {
                struct ek_item_pair *item = &comparison->items[i];

                item->needs_transformer = needs_transformer(item);
                if (item->needs_transformer)
                        item->pair->is_written = true;
        }
        while (changed) {
                changed = false;
                for (struct ek_message_pair *pair = comparison->pairs; pair != NULL;
                     pair = pair->next)
                        for (size_t i = 0; i < pair->field_count && pair->is_written; i++) {
                                struct ek_message_pair *below = pair->fields[i].pair;

                                if (below == NULL || below->is_value)
                                        continue;
                                below->is_value = true;
                                below->is_written = true;
                                changed = true;
                        }
        }
}

/* The user's functions and those that look records up have one name space. */
static void check_functions(struct ek_comparison *comparison)
{
        for (size_t i = 0; i < comparison->item_count; i++)
                for (size_t k = 0; k < comparison->items[i].lookup_count; k++) {
                        const struct ek_item *item = comparison->items[i].lookups[k];

                        for (const struct ek_message_pair *pair = comparison->pairs; pair != NULL;
                             pair = pair->next)
                                if (pair->is_written && pair->needs_function &&
                                    strncmp(pair->name, "find_", 5) == 0 &&
                                    strcmp(pair->name + 5, item->name) == 0)
                                        ek_compare_note_clash(comparison, pair, item);
                }
}

void ek_compare(struct ek_comparison *comparison, struct ek_schema *older, struct ek_schema *newer,
                bool downgrade)
{
        *comparison = (struct ek_comparison){
                .arena = older->model->arena,
                .from = downgrade ? newer : older,
                .to = downgrade ? older : newer,
                .older = older,
                .newer = newer,
                .is_downgrade = downgrade,
        };
        ek_compare_items(comparison);
        for (struct ek_message_pair *pair = comparison->pairs; pair != NULL; pair = pair->next)
                ek_compare_fields(comparison, pair);
        find_same(comparison);
        find_written(comparison);
        check_functions(comparison);
        ek_compare_settle(comparison);
}
