/* SPDX-License-Identifier: MIT */
/* See world.h. */
#include "world.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "entry/process.h"
#include "orchard_v1.native.h"
#include "orchard_v2.native.h"
#include "state/tagged.h"

/* In front of what is allocated. */
struct allocation {
        struct allocation *next, *previous;
        struct world *world;
        max_align_t memory[];
};

struct world *world_in_use;

void *orchard_allocate(size_t size_bytes)
{
        struct world *world = world_in_use;
        struct allocation *allocation = malloc(sizeof(*allocation) + size_bytes);

        cr_assert_not_null(allocation);
        memset(allocation->memory, 0xa5, size_bytes);
        allocation->world = world;
        allocation->previous = NULL;
        allocation->next = world->allocations;
        if (world->allocations)
                world->allocations->previous = allocation;
        world->allocations = allocation;
        world->allocation_count++;
        return allocation->memory;
}

void orchard_release(void *memory)
{
        struct allocation *allocation =
                (void *)((char *)memory - offsetof(struct allocation, memory));

        if (allocation->next)
                allocation->next->previous = allocation->previous;
        if (allocation->previous)
                allocation->previous->next = allocation->next;
        else
                allocation->world->allocations = allocation->next;
        allocation->world->allocation_count--;
        free(allocation);
}

struct farmer *farmer_new(void)
{
        struct farmer *farmer = orchard_allocate(sizeof(*farmer));

        farmer->left = 12;
        farmer->phone = NULL;
        return farmer;
}

void farmer_free(struct farmer *farmer)
{
        orchard_release(farmer);
}

static int harvest_at_once(struct tree *tree)
{
        return tree->kind == KIND_APPLE;
}

static int harvest_late(struct tree *tree)
{
        return tree->kind == KIND_PEAR;
}

const struct ekiden_function harvests[] = {
        EKIDEN_FUNCTION(harvest_at_once),
        EKIDEN_FUNCTION(harvest_late),
        {NULL, NULL},
};

void world_end(struct world *world)
{
        while (world->allocations)
                orchard_release(world->allocations->memory);
        free(world->farmers);
        free(world->notes);
        memset(world, 0, sizeof(*world));
}

/* Room for one more in an array of pointers. */
static void *with_room(void *array, size_t count, size_t *room)
{
        if (count < *room)
                return array;
        *room = *room > 0 ? 2 * *room : 16;
        array = realloc(array, *room * sizeof(void *));
        cr_assert_not_null(array);
        return array;
}

void world_add_farmer(struct world *world, struct farmer *farmer)
{
        world->farmers = with_room(world->farmers, world->farmer_count, &world->farmer_room);
        world->farmers[world->farmer_count++] = farmer;
}

void world_add_note(struct world *world, struct note *note)
{
        world->notes = with_room(world->notes, world->note_count, &world->note_room);
        world->notes[world->note_count++] = note;
}

static uint64_t count_farmers(void *data)
{
        return ((struct world *)data)->farmer_count;
}

static struct farmer *next_farmer(struct farmer *previous, struct ekiden_cursor *cursor, void *data)
{
        struct world *world = data;

        cr_assert(!previous || world->farmers[cursor->record - 1] == previous);
        return cursor->record < world->farmer_count ? world->farmers[cursor->record] : NULL;
}

static int insert_farmer(struct farmer *farmer, struct ekiden_cursor *cursor, void *data)
{
        struct world *world = data;

        if (cursor->record != world->farmer_count)
                return EKIDEN_EINVAL;
        world_add_farmer(world, farmer);
        return 0;
}

static bool remove_farmer(struct farmer *farmer, void *data)
{
        struct world *world = data;

        return world->farmers[--world->farmer_count] == farmer;
}

static struct note *next_note(struct note *previous, struct ekiden_cursor *cursor, void *data)
{
        struct world *world = data;

        cr_assert(!previous || world->notes[cursor->record - 1] == previous);
        return cursor->record < world->note_count ? world->notes[cursor->record] : NULL;
}

static int insert_note(struct note *note, struct ekiden_cursor *cursor, void *data)
{
        (void)cursor;
        world_add_note(data, note);
        return 0;
}

static const struct orchard_v1_farmers_functions farmers_v1 = {
        .count = count_farmers,
        .next = next_farmer,
        .insert = insert_farmer,
        .remove = remove_farmer,
};
static const struct orchard_v2_farmers_functions farmers_v2 = {
        .count = count_farmers,
        .next = next_farmer,
        .insert = insert_farmer,
        .remove = remove_farmer,
};
static const struct orchard_v1_notes_functions notes_v1 = {
        .next = next_note,
        .insert = insert_note,
};
static const struct orchard_v2_notes_functions notes_v2 = {
        .next = next_note,
        .insert = insert_note,
};

void world_tag(struct world *world, enum orchard_version version)
{
        ek_process.is_started = true;
        ek_process.schema = version == ORCHARD_V1 ? &orchard_v1 : &orchard_v2;
        if (version == ORCHARD_V1) {
                cr_assert_eq(orchard_v1_tag_shed(&world->shed), EKIDEN_FRESH);
                cr_assert_eq(orchard_v1_tag_farmers(&farmers_v1, world), EKIDEN_FRESH);
                cr_assert_eq(orchard_v1_tag_orchard(&world->orchard), EKIDEN_FRESH);
                cr_assert_eq(orchard_v1_tag_notes(&notes_v1, world), EKIDEN_FRESH);
        } else {
                cr_assert_eq(orchard_v2_tag_shed(&world->shed), EKIDEN_FRESH);
                cr_assert_eq(orchard_v2_tag_farmers(&farmers_v2, world), EKIDEN_FRESH);
                cr_assert_eq(orchard_v2_tag_orchard(&world->orchard), EKIDEN_FRESH);
                cr_assert_eq(orchard_v2_tag_notes(&notes_v2, world), EKIDEN_FRESH);
        }
        world_in_use = world;
}

void world_untag(void)
{
        for (;;) {
                size_t count;
                struct ek_tagged *const *all = ek_tagged_all(&count);

                if (count == 0)
                        return;
                cr_assert_eq(ekiden_untag(all[count - 1]->name), 0);
        }
}

const struct ekiden_natives *world_natives(void)
{
        size_t count;

        return ek_tagged_all(&count)[0]->natives;
}
