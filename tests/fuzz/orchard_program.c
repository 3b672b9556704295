/* SPDX-License-Identifier: MIT */
/* See orchard_program.h. */
#include "orchard_program.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "entry/process.h"
#include "orchard_v1.native.h"
#include "orchard_v2.native.h"
#include "state/tagged.h"
#include "target.h"

#define ALLOCATION_MAX ((size_t)1 << 20)

/* In front of what is allocated. */
struct allocation {
        struct allocation *next, *previous;
        max_align_t memory[];
};

static struct allocation *allocations;

struct orchard_program orchard_program;

void *orchard_allocate(size_t size_bytes)
{
        struct allocation *allocation;

        if (size_bytes > ALLOCATION_MAX)
                return NULL;
        allocation = malloc(sizeof(*allocation) + size_bytes);
        expect(allocation);
        memset(allocation->memory, 0xa5, size_bytes);
        *allocation = (struct allocation){.next = allocations};
        if (allocations)
                allocations->previous = allocation;
        allocations = allocation;
        orchard_program.allocations++;
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
                allocations = allocation->next;
        orchard_program.allocations--;
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

static void *zeroed(size_t size_bytes)
{
        return memset(orchard_allocate(size_bytes), 0, size_bytes);
}

static char *text(const char *words)
{
        return strcpy(orchard_allocate(strlen(words) + 1), words);
}

static struct tree *new_tree(const char *name)
{
        struct tree *tree = zeroed(sizeof(*tree));

        tree->kind = KIND_APPLE;
        tree->fruit_kind = FRUIT_NONE;
        tree->soil.kind = SOIL_SAND;
        tree->name = text(name);
        return tree;
}

static void add_farmer(uint32_t id, struct tree *tree)
{
        struct farmer *farmer = farmer_new();

        *farmer = (struct farmer){.id = id, .tree_count = 1};
        farmer->trees = orchard_allocate(sizeof(*farmer->trees));
        farmer->trees[0] = tree;
        orchard_program.farmers[orchard_program.farmer_count++] = farmer;
}

void orchard_program_fill(void)
{
        struct tree *first = new_tree("first"), *second = new_tree("second");
        struct basket *basket = zeroed(sizeof(*basket) + sizeof(struct tree *));
        struct note *note = zeroed(sizeof(*note));

        first->left = second, second->parent = first;
        second->fruit_kind = FRUIT_JUICE, second->fruit.juice = text("sweet");
        *basket = (struct basket){.self = basket, .tree_count = 1};
        basket->trees[0] = second;
        first->basket = basket;
        add_farmer(1, first);
        add_farmer(2, second);
        orchard_program.farmers[0]->friends[1] = orchard_program.farmers[1];
        orchard_program.orchard.first = first;
        orchard_program.orchard.self = &orchard_program.orchard;
        orchard_program.orchard.mother.fruit_kind = FRUIT_NONE;
        orchard_program.orchard.mother.soil.kind = SOIL_CLAY;
        orchard_program.orchard.mother.kind = KIND_PLUM;
        orchard_program.orchard.boss = orchard_program.farmers[0];
        orchard_program.shed.trees[2] = second;
        strcpy(note->title, "hail");
        note->place_count = 2;
        orchard_program.notes[orchard_program.note_count++] = note;
}

static uint64_t count_farmers(void *data)
{
        return ((struct orchard_program *)data)->farmer_count;
}

static struct farmer *next_farmer(struct farmer *previous, struct ekiden_cursor *cursor, void *data)
{
        struct orchard_program *program = data;

        (void)previous;
        return cursor->record < program->farmer_count ? program->farmers[cursor->record] : NULL;
}

static int insert_farmer(struct farmer *farmer, struct ekiden_cursor *cursor, void *data)
{
        struct orchard_program *program = data;

        if (cursor->record != program->farmer_count || cursor->record == ORCHARD_ENTRIES_MAX)
                return ekiden_cursor_refuse(cursor, "there are too many farmers");
        program->farmers[program->farmer_count++] = farmer;
        return 0;
}

static bool remove_farmer(struct farmer *farmer, void *data)
{
        struct orchard_program *program = data;

        return program->farmers[--program->farmer_count] == farmer;
}

static struct note *next_note(struct note *previous, struct ekiden_cursor *cursor, void *data)
{
        struct orchard_program *program = data;

        (void)previous;
        return cursor->record < program->note_count ? program->notes[cursor->record] : NULL;
}

static int insert_note(struct note *note, struct ekiden_cursor *cursor, void *data)
{
        struct orchard_program *program = data;

        if (program->note_count == ORCHARD_ENTRIES_MAX)
                return ekiden_cursor_refuse(cursor, "there are too many notes");
        program->notes[program->note_count++] = note;
        return 0;
}

static bool remove_note(struct note *note, void *data)
{
        struct orchard_program *program = data;

        return program->notes[--program->note_count] == note;
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
        .remove = remove_note,
};
static const struct orchard_v2_notes_functions notes_v2 = {
        .next = next_note,
        .insert = insert_note,
        .remove = remove_note,
};

static int lesser(int one, int other)
{
        return one < other ? one : other;
}

int orchard_program_tag(uint32_t version)
{
        struct orchard_program *program = &orchard_program;
        int r;

        ek_process.is_started = true;
        ek_process.pid = getpid();
        if (version == 1) {
                ek_process.schema = &orchard_v1;
                r = orchard_v1_tag_shed(&program->shed);
                r = lesser(r, orchard_v1_tag_farmers(&farmers_v1, program));
                r = lesser(r, orchard_v1_tag_orchard(&program->orchard));
                return lesser(r, orchard_v1_tag_notes(&notes_v1, program));
        }
        ek_process.schema = &orchard_v2;
        r = orchard_v2_tag_shed(&program->shed);
        r = lesser(r, orchard_v2_tag_farmers(&farmers_v2, program));
        r = lesser(r, orchard_v2_tag_orchard(&program->orchard));
        return lesser(r, orchard_v2_tag_notes(&notes_v2, program));
}

void orchard_program_end(void)
{
        for (size_t count = 1; count > 0;) {
                struct ek_tagged *const *all = ek_tagged_all(&count);

                if (count > 0)
                        expect(ekiden_untag(all[count - 1]->name) == 0);
        }
        while (allocations)
                orchard_release(allocations->memory);
        memset(&orchard_program.orchard, 0, sizeof(orchard_program.orchard));
        memset(&orchard_program.shed, 0, sizeof(orchard_program.shed));
        orchard_program.farmer_count = orchard_program.note_count = 0;
}
