/* SPDX-License-Identifier: MIT */
/* See bureau.h. */
#include "bureau.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "state/tagged.h"

static char folder[64];

void bureau_make_folder(void)
{
        strcpy(folder, "/tmp/ekiden-inspect.XXXXXX");
        cr_assert_not_null(mkdtemp(folder));
}

void bureau_remove_folder(void)
{
        DIR *directory = opendir(folder);
        const struct dirent *entry;
        char path[400];

        cr_assert_not_null(directory);
        while ((entry = readdir(directory))) {
                snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
                unlink(path);
        }
        closedir(directory);
        cr_assert_eq(rmdir(folder), 0);
}

const char *bureau_path(const char *name)
{
        static char paths[4][128];
        static unsigned int next;
        char *path = paths[next++ % 4];

        snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
        return path;
}

const struct ekiden_message *bureau_table(const char *item)
{
        return ekiden_schema_item(&bureau_v1, item)->message;
}

static void fill_repeated(Bureau__V1__Office *office)
{
        static int32_t all_int32[] = {1, -1};
        static int64_t all_sint64[] = {INT64_MIN, 5};
        static uint32_t all_fixed32[] = {0, 7};
        static protobuf_c_boolean all_bool[] = {1, 0, 1};
        static double all_double[] = {0.1, -1e300, 1.0 / 3};
        static float all_float[] = {0.1f, 16777216.0f};
        static Bureau__V1__Colour all_colour[] = {BUREAU__V1__COLOUR__BLUE,
                                                  BUREAU__V1__COLOUR__GREEN};
        static char *all_string[] = {(char *)"", (char *)"two\nlines"};
        static uint8_t bytes[] = {0, 0xff, '"'};
        static ProtobufCBinaryData all_bytes[] = {{0, NULL}, {sizeof(bytes), bytes}};

        office->n_all_int32 = 2;
        office->all_int32 = all_int32;
        office->n_all_sint64 = 2;
        office->all_sint64 = all_sint64;
        office->n_all_fixed32 = 2;
        office->all_fixed32 = all_fixed32;
        office->n_all_bool = 3;
        office->all_bool = all_bool;
        office->n_all_double = 3;
        office->all_double = all_double;
        office->n_all_float = 2;
        office->all_float = all_float;
        office->n_all_colour = 2;
        office->all_colour = all_colour;
        office->n_all_string = 2;
        office->all_string = all_string;
        office->n_all_bytes = 2;
        office->all_bytes = all_bytes;
}

static void fill_messages(Bureau__V1__Office *office)
{
        static Parts__Address address = PARTS__ADDRESS__INIT;
        static Parts__Address empty = PARTS__ADDRESS__INIT;
        static Parts__Address__Deep deep = PARTS__ADDRESS__DEEP__INIT;
        static int32_t floors[] = {-1, 0};
        static Parts__Address *addresses[] = {&address, &empty};
        static Bureau__V1__Office__ShelfEntry shelves[2];
        static Bureau__V1__Office__ShelfEntry *shelf[] = {&shelves[0], &shelves[1]};
        static Bureau__V1__Office__BranchesEntry branch;
        static Bureau__V1__Office__BranchesEntry *branches[] = {&branch};

        deep.inner = PARTS__ADDRESS__DEEP__INNER__SOME;
        address.street = (char *)"Höhenweg";
        address.number = 12;
        address.floors = floors;
        address.n_floors = 2;
        address.kind = PARTS__KIND__TENT;
        address.deep = &deep;
        office->all_addresses = addresses;
        office->n_all_addresses = 2;
        for (int i = 0; i < 2; i++) {
                bureau__v1__office__shelf_entry__init(&shelves[i]);
                shelves[i].key = (char *)(i == 0 ? "x" : "y");
                shelves[i].has_value = 1;
                shelves[i].value = (uint64_t)i + 1;
        }
        office->shelf = shelf;
        office->n_shelf = 2;
        bureau__v1__office__branches_entry__init(&branch);
        branch.has_key = 1;
        branch.key = -4;
        branch.value = &address;
        office->branches = branches;
        office->n_branches = 1;
        office->door_case = BUREAU__V1__OFFICE__DOOR_ELSEWHERE;
        office->elsewhere = &empty;
}

size_t bureau_pack_office(uint8_t packed[4096])
{
        static uint8_t bytes[] = {0, 'a', 0x80};
        Bureau__V1__Office office = BUREAU__V1__OFFICE__INIT;
        Bureau__V1__Office inner = BUREAU__V1__OFFICE__INIT;

        office.has_one_int32 = office.has_one_sint32 = office.has_one_sfixed32 = 1;
        office.one_int32 = -1;
        office.one_sint32 = INT32_MIN;
        office.one_sfixed32 = INT32_MAX;
        office.has_one_int64 = office.has_one_sint64 = office.has_one_sfixed64 = 1;
        office.one_int64 = -1;
        office.one_sint64 = INT64_MIN;
        office.one_sfixed64 = INT64_MAX;
        office.has_one_uint32 = office.has_one_fixed32 = 1;
        office.one_uint32 = UINT32_MAX;
        office.one_fixed32 = 1;
        office.has_one_uint64 = office.has_one_fixed64 = 1;
        office.one_uint64 = UINT64_MAX;
        office.one_fixed64 = 1;
        office.has_one_bool = office.has_one_float = office.has_one_double = 1;
        office.one_bool = 0;
        office.one_float = -0.1f;
        office.one_double = __builtin_inf();
        office.has_one_colour = office.has_one_bytes = 1;
        office.one_colour = BUREAU__V1__COLOUR__RED;
        office.one_string = (char *)"tab\t駅伝 \"quoted\"";
        office.one_bytes = (ProtobufCBinaryData){sizeof(bytes), bytes};
        office.has_far = 1;
        office.far = 9;
        office.empty_or_not_case = BUREAU__V1__OFFICE__EMPTY_OR_NOT_PAINT;
        office.paint = BUREAU__V1__COLOUR__GREEN;
        inner.door_case = BUREAU__V1__OFFICE__DOOR_CODE;
        inner.code = 4711;
        office.one_office = &inner;
        fill_repeated(&office);
        fill_messages(&office);
        cr_assert_leq(bureau__v1__office__get_packed_size(&office), 4096);
        return bureau__v1__office__pack(&office, packed);
}

void bureau_clerk(Bureau__V1__Clerk *clerk, const char *name, uint32_t age, const char *password)
{
        bureau__v1__clerk__init(clerk);
        clerk->name = (char *)(uintptr_t)name;
        clerk->has_age = 1;
        clerk->age = age;
        clerk->password = (char *)(uintptr_t)password;
}

static void write_office(struct scribe *scribe)
{
        uint8_t packed[4096];
        size_t size = bureau_pack_office(packed);
        Bureau__V1__Office *office = bureau__v1__office__unpack(NULL, size, packed);

        cr_assert_not_null(office);
        scribe_item(scribe, "office", false, NULL);
        scribe_record(scribe, bureau_table("office"), &office->base);
        scribe_end_item(scribe);
        bureau__v1__office__free_unpacked(office, NULL);
}

static void write_count(struct scribe *scribe)
{
        Ekiden__Value value = EKIDEN__VALUE__INIT;

        value.value_case = EKIDEN__VALUE__VALUE_NATURAL;
        value.natural = 2;
        scribe_item(scribe, "count", false, "ekiden.Value");
        scribe_record(scribe, &ek_value_message, &value.base);
        scribe_end_item(scribe);
}

static void write_clerks(struct scribe *scribe)
{
        static const char *const descriptors[] = {"TCP 127.0.0.1:1", "file /tmp/a", "a pipe", NULL};
        int32_t lines[] = {3, 0, 2};
        Bureau__V1__Folder all = BUREAU__V1__FOLDER__INIT, plans = all, here = all, above = all;
        Parts__Address home = PARTS__ADDRESS__INIT;
        Bureau__V1__Clerk ann, bob;

        bureau_clerk(&ann, "ann", 27, "swordfish");
        bureau_clerk(&bob, "bob", 31, "opensesame");
        here.has_identity = plans.has_identity = all.has_identity = above.has_identity = 1;
        here.identity = plans.identity = 2;
        above.identity = all.identity = 4;
        home.street = (char *)"Geheimgasse";
        ann.has_telephone = 1;
        ann.telephone = 1;
        ann.home = &home;
        ann.folder = bob.folder = &here;
        bob.lines = lines;
        bob.n_lines = 3;
        scribe_descriptors(scribe, descriptors);
        scribe_record(scribe, bureau_table("clerks"), &ann.base);
        scribe_record(scribe, bureau_table("clerks"), &bob.base);
        plans.title = (char *)"plans";
        plans.within = &above;
        all.title = (char *)"all";
        scribe_object(scribe, "Folder", &plans.base);
        scribe_object(scribe, "Folder", &all.base);
}

static void write_notes(struct scribe *scribe)
{
        static const char *const texts[] = {"b", "a", "b"};

        for (int i = 0; i < 3; i++) {
                Bureau__V1__Note note = BUREAU__V1__NOTE__INIT;

                note.text = (char *)(uintptr_t)texts[i];
                scribe_record(scribe, bureau_table("notes"), &note.base);
                scribe_flush(scribe); /* each in a batch of its own */
        }
}

static void write_cards(struct scribe *scribe)
{
        Bureau__V1__Card card = BUREAU__V1__CARD__INIT;

        card.has_number = 1;
        card.number = 4929000011112222;
        card.owner = (char *)"ann";
        scribe_record(scribe, bureau_table("cards"), &card.base);
}

static void write_stream(struct scribe *scribe, const char *item,
                         void (*write)(struct scribe *scribe))
{
        scribe_item(scribe, item, true, NULL);
        write(scribe);
        scribe_end_item(scribe);
}

void bureau_write(const char *path, const struct bureau_change *change)
{
        static const struct bureau_change none;
        struct scribe scribe;

        if (!change)
                change = &none;
        scribe_begin(&scribe, path, &bureau_v1, NULL, 0);
        write_office(&scribe);
        write_count(&scribe);
        write_stream(&scribe, "clerks", change->clerks ? change->clerks : write_clerks);
        if (!change->without_notes)
                write_stream(&scribe, "notes", change->notes ? change->notes : write_notes);
        write_stream(&scribe, "cards", change->cards ? change->cards : write_cards);
        scribe_end(&scribe);
}
