/* SPDX-License-Identifier: MIT */
/* See arena_held.h. */
#include "state/arena_held.h"

#include <stdlib.h>
#include <string.h>

#include "arena/arena.h"
#include "fields.h"
#include "state/arena_fields.h"

struct held {
        char name[EKIDEN_NAME_MAX + 1];
        struct ekiden_arena *arena;
        struct ek_figures last; /* of the item that it is */
        bool is_used; /* the program was given bytes in it */
        struct held *next;
};

static struct held *list;

static struct held **find(const char *name)
{
        struct held **place = &list;

        while (*place && strcmp((*place)->name, name) != 0)
                place = &(*place)->next;
        return place;
}

struct ekiden_arena *ek_arena_held(const char *name)
{
        const struct held *held = *find(name);

        return held ? held->arena : NULL;
}

void ek_arena_use_held(const char *name)
{
        struct held *held = *find(name);

        if (held)
                held->is_used = true;
}

bool ek_arena_take_held(const struct ek_tagged *tagged)
{
        struct held **place = find(tagged->name), *held = *place;

        if (!held)
                return false;
        *place = held->next;
        *(struct ekiden_arena **)tagged->data = held->arena;
        if (tagged->last && held->last.is_known)
                *tagged->last = held->last;
        free(held);
        return true;
}

static int out_of_memory(struct ekiden_error *error)
{
        return ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out while importing");
}

/* What an item asks for its arenas. */
struct hold {
        ek_pull_function pull;
        void *data;
        enum ek_digest_kind digest_kind;
        struct ekiden_error *error;
};

/* As the program would tag it. */
static int fetch(const struct hold *hold, struct held *held)
{
        struct ek_tagged tagged = {
                .item = {.name = held->name,
                         .kind = EKIDEN_ITEM_SINGLETON,
                         .message = &ek_value_message},
                .binding = &ek_value_binding,
                .data = &held->arena,
                .value_type = EK_VALUE_ARENA,
                .last = &held->last,
        };

        strcpy(tagged.name, held->name);
        tagged.functions = &tagged;
        return hold->pull(hold->data, &tagged.item, &tagged, NULL, hold->error);
}

/* One that the source does not have is made, for what will be put into it. */
static int hold_one(void *data, const char *name)
{
        const struct hold *hold = data;
        struct held *held;
        int r;

        if (ek_arena_tagged(name) || strlen(name) > EKIDEN_NAME_MAX)
                return 0;
        held = calloc(1, sizeof(*held));
        if (!held)
                return out_of_memory(hold->error);
        strcpy(held->name, name);
        held->last.digest_kind = hold->digest_kind;
        r = fetch(hold, held);
        if (r >= 0 && !held->arena) {
                held->arena = ekiden_arena_new(name, 0);
                r = held->arena ? 0 : out_of_memory(hold->error);
        }
        if (r < 0) {
                free(held);
                return r;
        }
        held->next = list;
        list = held;
        return 0;
}

int ek_arena_hold(const struct ekiden_item *source, const struct ek_tagged *tagged,
                  ek_pull_function pull, void *data, struct ekiden_error *error)
{
        struct hold hold = {.pull = pull, .data = data, .error = error};
        int r;

        if (ek_tagged_is_value(tagged))
                return 0;
        if (tagged->last)
                hold.digest_kind = tagged->last->digest_kind;
        r = ek_each_arena(source->message, hold_one, &hold);
        return r == 0 ? ek_each_arena(tagged->item.message, hold_one, &hold) : r;
}

int ek_arena_check_held(struct ekiden_error *error)
{
        const char *name = ek_arena_promised();

        for (const struct held *held = list; held && !name; held = held->next)
                if (held->is_used)
                        name = held->name;
        return name ? ekiden_error_set(
                              error, EKIDEN_EREFUSED,
                              "items have bytes in arena \"%s\", which the new version has "
                              "not tagged; call ekiden_tag_arena() for it before the first "
                              "update point",
                              name)
                    : 0;
}

/* The predecessor had it under several names: the program has it by another, or it is held by one.
 */
static bool has_another_name(const struct ekiden_arena *arena)
{
        size_t count;
        struct ek_tagged *const *all = ek_tagged_all(&count);

        for (size_t i = 0; i < count; i++)
                if (all[i]->value_type == EK_VALUE_ARENA &&
                    *(struct ekiden_arena *const *)all[i]->data == arena)
                        return true;
        for (const struct held *held = list; held; held = held->next)
                if (held->arena == arena)
                        return true;
        return false;
}

void ek_arena_drop_held(void)
{
        while (list) {
                struct held *held = list;

                list = held->next;
                if (!has_another_name(held->arena))
                        ek_arena_unmap(held->arena);
                free(held);
        }
}
