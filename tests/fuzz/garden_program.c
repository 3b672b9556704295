/* SPDX-License-Identifier: MIT */
/* See garden_program.h. */
#include "garden_program.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "entry/process.h"
#include "garden_v1_to_v2.hop.h"
#include "state/tagged.h"
#include "target.h"

struct garden_program garden_program = {.descriptor = -1};

static Garden__V1__Shed shed_v1;
static Garden__V2__Shed shed_v2;
static char *motto; /* a value beside the schema's items */
static int64_t total;

int garden_v1_to_v2_bed(const Garden__V1__Bed *old, Garden__V2__Bed *new_, struct ekiden_hop *hop)
{
        const Garden__V1__Gardener *gardener =
                old->gardener ? garden_v1_to_v2_find_gardeners(hop, old->gardener) : NULL;

        if (gardener) {
                new_->has_gardener_number = 1;
                new_->gardener_number = gardener->number;
        }
        return 0;
}

int garden_v1_to_v2_tool(const Garden__V1__Tool *old, Garden__V2__Tool *new_,
                         struct ekiden_hop *hop)
{
        new_->weight = ekiden_hop_printf(hop, "%u g", old->weight);
        return 0;
}

static int export_bed(Garden__V1__Bed *record, struct ekiden_cursor *cursor, void *data)
{
        const struct garden_program *program = data;

        if (cursor->record == program->bed_count)
                return 0;
        record->has_id = 1;
        record->id = (uint32_t)cursor->record;
        record->name = ekiden_cursor_printf(cursor, "bed %u", record->id);
        record->gardener = ekiden_cursor_printf(cursor, "gardener %u", record->id);
        record->has_tap = 1;
        record->tap = program->descriptor;
        return 1;
}

static int export_gardener(Garden__V1__Gardener *record, struct ekiden_cursor *cursor, void *data)
{
        const struct garden_program *program = data;

        if (cursor->record == program->gardener_count)
                return 0;
        record->name = ekiden_cursor_printf(cursor, "gardener %u", (unsigned int)cursor->record);
        record->has_number = 1;
        record->number = cursor->record;
        return 1;
}

/* The old version imports nothing. */
static int take_no_bed(const Garden__V1__Bed *record, struct ekiden_cursor *cursor, void *data)
{
        (void)record;
        (void)data;
        return ekiden_cursor_refuse(cursor, "never");
}

static int take_no_gardener(const Garden__V1__Gardener *record, struct ekiden_cursor *cursor,
                            void *data)
{
        (void)record;
        (void)data;
        return ekiden_cursor_refuse(cursor, "never");
}

/* What the program is given is the program's: sound, and its own to close. */
static void take_descriptor(int descriptor)
{
        expect(descriptor >= -1);
        if (descriptor >= 0)
                expect(close(descriptor) == 0);
}

static int import_bed(const Garden__V2__Bed *record, struct ekiden_cursor *cursor, void *data)
{
        struct garden_program *program = data;

        (void)cursor;
        for (size_t i = 0; i < record->n_plants; i++)
                for (size_t k = 0; k < record->plants[i]->n_name; k++)
                        expect(strlen(record->plants[i]->name[k]) < SIZE_MAX);
        take_descriptor(record->tap);
        program->bed_count++;
        return 0;
}

static int import_gardener(const Garden__V2__Gardener *record, struct ekiden_cursor *cursor,
                           void *data)
{
        struct garden_program *program = data;

        if (record->number == 666)
                return ekiden_cursor_refuse(cursor, "the number is not a good one");
        take_descriptor(record->badge);
        program->gardener_count++;
        return 0;
}

static int export_no_bed(Garden__V2__Bed *record, struct ekiden_cursor *cursor, void *data)
{
        (void)record;
        (void)cursor;
        (void)data;
        return 0;
}

static int export_no_gardener(Garden__V2__Gardener *record, struct ekiden_cursor *cursor,
                              void *data)
{
        (void)record;
        (void)cursor;
        (void)data;
        return 0;
}

static int lesser(int one, int other)
{
        return one < other ? one : other;
}

static int tag_v1(void)
{
        static const struct garden_v1_beds_functions beds = {NULL, export_bed, take_no_bed};
        static const struct garden_v1_gardeners_functions gardeners = {NULL, export_gardener,
                                                                       take_no_gardener};
        int r;

        ek_process.schema = &garden_v1;
        garden__v1__shed__init(&shed_v1);
        r = garden_v1_tag_gardeners(&gardeners, &garden_program);
        r = lesser(r, garden_v1_tag_beds(&beds, &garden_program));
        return lesser(r, garden_v1_tag_shed(&shed_v1));
}

static int tag_v2(void)
{
        static const struct garden_v2_beds_functions beds = {NULL, export_no_bed, import_bed};
        static const struct garden_v2_gardeners_functions gardeners = {NULL, export_no_gardener,
                                                                       import_gardener};
        int r;

        ek_process.schema = &garden_v2;
        garden__v2__shed__init(&shed_v2);
        r = garden_v2_tag_gardeners(&gardeners, &garden_program);
        r = lesser(r, garden_v2_tag_beds(&beds, &garden_program));
        return lesser(r, garden_v2_tag_shed(&shed_v2));
}

int garden_program_tag(uint32_t version)
{
        int r;

        ek_process.is_started = true;
        ek_process.pid = getpid();
        r = version == 1 ? tag_v1() : tag_v2();
        r = lesser(r, ekiden_tag_string("motto", &motto));
        return lesser(r, ekiden_tag_int64("total", &total));
}

/* The shed's message is in the program's memory: by malloc(), as ekiden_tag_message() says. */
static void free_shed(void)
{
        Garden__V2__Shed *copy;

        if (!shed_v2.base.descriptor)
                return;
        copy = malloc(sizeof(*copy));
        expect(copy);
        *copy = shed_v2;
        garden__v2__shed__free_unpacked(copy, NULL);
        garden__v2__shed__init(&shed_v2);
}

void garden_program_end(void)
{
        for (size_t count = 1; count > 0;) {
                struct ek_tagged *const *all = ek_tagged_all(&count);

                if (count > 0)
                        expect(ekiden_untag(all[count - 1]->name) == 0);
        }
        free_shed();
        free(motto);
        motto = NULL;
        total = 0;
        garden_program.bed_count = garden_program.gardener_count = 0;
}
