/* SPDX-License-Identifier: MIT */
/* What two snapshots do not have in common is told, each time by what identifies it. */
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "bureau.h"
#include "state/tagged.h"
#include "tool.h"

static const char *one, *other;

static void make_file(void)
{
        bureau_make_folder();
        one = bureau_path("one.ekiden");
        other = bureau_path("other.ekiden");
        bureau_write(one, NULL);
}

TestSuite(diff, .init = make_file, .fini = bureau_remove_folder);

static void expect(const char *const *arguments, int exit_status, const char *printed)
{
        struct tool tool;

        tool_run(&tool, arguments);
        cr_expect_eq(tool.exit_status, exit_status, "%d: %s%s", tool.exit_status, tool.printed,
                     tool.errors);
        cr_expect_str_eq(tool.printed, printed);
        tool_deinit(&tool);
}

Test(diff, of_the_same_state_says_nothing)
{
        bureau_write(other, NULL);
        expect(TOOL_ARGUMENTS("diff", one, other), 0, "");
        expect(TOOL_ARGUMENTS("diff", "--json", one, other), 0,
               "{\"event\":\"difference\",\"added\":0,\"removed\":0,\"changed\":0,\"not_compared\":"
               "[]}\n");
}

/* The two clerks in the other order, each with its descriptors, and the folders too. */
static void write_swapped(struct scribe *scribe)
{
        static const char *const of_bob[] = {"a pipe", "file /tmp/a", NULL};
        static const char *const of_ann[] = {"TCP 127.0.0.1:1", NULL};
        int32_t lines[] = {1, 0, 2};
        Bureau__V1__Folder folders[4];
        Parts__Address home = PARTS__ADDRESS__INIT;
        Bureau__V1__Clerk ann, bob;

        for (int i = 0; i < 4; i++) {
                bureau__v1__folder__init(&folders[i]);
                folders[i].has_identity = 1;
                folders[i].identity = i % 2 == 0 ? 2 : 4;
        }
        bureau_clerk(&ann, "ann", 27, "swordfish");
        bureau_clerk(&bob, "bob", 31, "opensesame");
        home.street = (char *)"Geheimgasse";
        ann.has_telephone = 1;
        ann.telephone = 1;
        ann.home = &home;
        ann.folder = bob.folder = &folders[0];
        bob.lines = lines;
        bob.n_lines = 3;
        scribe_descriptors(scribe, of_bob);
        scribe_record(scribe, bureau_table("clerks"), &bob.base);
        scribe_descriptors(scribe, of_ann);
        scribe_record(scribe, bureau_table("clerks"), &ann.base);
        folders[3].title = (char *)"all";
        scribe_object(scribe, "Folder", &folders[3].base);
        folders[2].title = (char *)"plans";
        folders[2].within = &folders[1];
        scribe_object(scribe, "Folder", &folders[2].base);
}

static void write_notes_in_order(struct scribe *scribe)
{
        static const char *const texts[] = {"a", "b", "b"};

        for (int i = 0; i < 3; i++) {
                Bureau__V1__Note note = BUREAU__V1__NOTE__INIT;

                note.text = (char *)(uintptr_t)texts[i];
                scribe_record(scribe, bureau_table("notes"), &note.base);
        }
}

Test(diff, minds_no_order)
{
        const struct bureau_change change = {.clerks = write_swapped,
                                             .notes = write_notes_in_order};

        bureau_write(other, &change);
        expect(TOOL_ARGUMENTS("diff", one, other), 0, "");
}

static void write_changed(struct scribe *scribe)
{
        static const char *const described[] = {"TCP 127.0.0.1:2", NULL};
        Bureau__V1__Folder folder = BUREAU__V1__FOLDER__INIT, here = folder;
        Bureau__V1__Clerk ann, joe;

        bureau_clerk(&ann, "ann", 28, "anotherfish");
        bureau_clerk(&joe, "joe", 40, "hush");
        ann.has_telephone = 1;
        ann.telephone = 1;
        here.has_identity = 1;
        here.identity = 2;
        ann.folder = &here;
        scribe_descriptors(scribe, described);
        scribe_record(scribe, bureau_table("clerks"), &joe.base);
        scribe_record(scribe, bureau_table("clerks"), &ann.base);
        folder.has_identity = 1;
        folder.identity = 2;
        folder.title = (char *)"plan";
        scribe_object(scribe, "Folder", &folder.base);
}

static void write_other_notes(struct scribe *scribe)
{
        static const char *const texts[] = {"b", "c"};

        for (int i = 0; i < 2; i++) {
                Bureau__V1__Note note = BUREAU__V1__NOTE__INIT;

                note.text = (char *)(uintptr_t)texts[i];
                scribe_record(scribe, bureau_table("notes"), &note.base);
        }
}

Test(diff, names_what_is_more_less_and_another)
{
        const struct bureau_change change = {.clerks = write_changed, .notes = write_other_notes};

        bureau_write(other, &change);
        expect(TOOL_ARGUMENTS("diff", one, other), 1,
               "~ clerks 1, name ann\n"
               "    age: 27 -> 28\n"
               "    telephone: TCP 127.0.0.1:1 -> TCP 127.0.0.1:2\n"
               "    password: (secret) -> (secret, another one)\n"
               "    home: (secret) -> none\n"
               "- clerks 1, name bob\n"
               "    name: \"bob\"\n"
               "    age: 31\n"
               "    folder {\n"
               "      identity: 2\n"
               "    }\n"
               "    password: (secret)\n"
               "    lines: #1 a pipe\n"
               "    lines: -1\n"
               "    lines: #2 file /tmp/a\n"
               "+ clerks 0, name joe\n"
               "    name: \"joe\"\n"
               "    age: 40\n"
               "    password: (secret)\n"
               "- notes 1\n"
               "    text: \"a\"\n"
               "- notes 2\n"
               "    text: \"b\"\n"
               "+ notes 1\n"
               "    text: \"c\"\n"
               "~ object Folder 2\n"
               "    title: \"plans\" -> \"plan\"\n"
               "    within: {...} -> none\n"
               "- object Folder 4\n"
               "    identity: 4\n"
               "    title: \"all\"\n"
               "2 added, 4 removed, 2 changed\n");
}

Test(diff, tells_it_as_json_too)
{
        const struct bureau_change change = {.clerks = write_changed};

        bureau_write(other, &change);
        expect(TOOL_ARGUMENTS("diff", "--json", "--show-secrets", "--item", "clerks", other, one),
               1,
               "{\"event\":\"removed\",\"item\":\"clerks\",\"type\":\"bureau.v1.Clerk\","
               "\"object\":false,\"number\":0,\"key\":\"joe\",\"identity\":null,\"value\":"
               "{\"name\":\"joe\",\"age\":40,\"password\":\"hush\"}}\n"
               "{\"event\":\"changed\",\"item\":\"clerks\",\"type\":\"bureau.v1.Clerk\","
               "\"object\":false,\"number\":0,\"key\":\"ann\",\"identity\":null,\"fields\":["
               "{\"path\":\"age\",\"kind\":\"value\",\"older\":28,\"newer\":27},"
               "{\"path\":\"telephone\",\"kind\":\"value\",\"older\":\"TCP 127.0.0.1:2\","
               "\"newer\":\"TCP 127.0.0.1:1\"},"
               "{\"path\":\"password\",\"kind\":\"value\",\"older\":\"anotherfish\","
               "\"newer\":\"swordfish\"},"
               "{\"path\":\"home\",\"kind\":\"added\",\"older\":null,"
               "\"newer\":{\"street\":\"Geheimgasse\"}}]}\n"
               "{\"event\":\"added\",\"item\":\"clerks\",\"type\":\"bureau.v1.Clerk\","
               "\"object\":false,\"number\":1,\"key\":\"bob\",\"identity\":null,\"value\":"
               "{\"name\":\"bob\",\"age\":31,\"folder\":{\"identity\":\"2\"},"
               "\"password\":\"opensesame\",\"lines\":[\"a pipe\",null,\"file /tmp/a\"]}}\n"
               "{\"event\":\"changed\",\"item\":\"clerks\",\"type\":\"bureau.v1.Folder\","
               "\"object\":true,\"number\":0,\"key\":null,\"identity\":2,\"fields\":["
               "{\"path\":\"title\",\"kind\":\"value\",\"older\":\"plan\",\"newer\":\"plans\"},"
               "{\"path\":\"within\",\"kind\":\"added\",\"older\":null,"
               "\"newer\":{\"identity\":\"4\"}}]}\n"
               "{\"event\":\"added\",\"item\":\"clerks\",\"type\":\"bureau.v1.Folder\","
               "\"object\":true,\"number\":1,\"key\":null,\"identity\":4,\"value\":"
               "{\"identity\":\"4\",\"title\":\"all\"}}\n"
               "{\"event\":\"difference\",\"added\":2,\"removed\":1,\"changed\":2,\"not_compared\":"
               "[]}\n");
}

Test(diff, names_items_that_only_one_has)
{
        const struct bureau_change change = {.without_notes = true};

        bureau_write(other, &change);
        expect(TOOL_ARGUMENTS("diff", one, other), 1,
               "- item notes, records: 3\n0 added, 1 removed, 0 changed\n");
        expect(TOOL_ARGUMENTS("diff", other, one), 1,
               "+ item notes, records: 3\n1 added, 0 removed, 0 changed\n");
}

static void write_card_of_other_number(struct scribe *scribe)
{
        Bureau__V1__Card card = BUREAU__V1__CARD__INIT;

        card.has_number = 1;
        card.number = 4929000011113333;
        card.owner = (char *)"ann";
        scribe_record(scribe, bureau_table("cards"), &card.base);
}

Test(diff, names_no_key_that_is_a_secret)
{
        const struct bureau_change change = {.cards = write_card_of_other_number};

        bureau_write(other, &change);
        expect(TOOL_ARGUMENTS("diff", one, other), 1,
               "- cards 0, number (secret)\n"
               "    number: (secret)\n"
               "    owner: \"ann\"\n"
               "+ cards 0, number (secret) (as one that was removed, but for a secret)\n"
               "    number: (secret)\n"
               "    owner: \"ann\"\n"
               "1 added, 1 removed, 0 changed\n");
}

/* A later version's: two clerks of whom one has moved to another telephone, and two notes. */
static void write_second_version(const char *path)
{
        static const char *const described[] = {"TCP 127.0.0.1:9", NULL};
        const struct ekiden_message *clerks = ekiden_schema_item(&bureau_v2, "clerks")->message;
        const struct ekiden_message *notes = ekiden_schema_item(&bureau_v2, "notes")->message;
        static const char *const texts[] = {"b", "a", "z"};
        Bureau__V2__Clerk ann = BUREAU__V2__CLERK__INIT, bob = ann;
        struct scribe scribe;

        ann.name = (char *)"ann";
        ann.password = (char *)"swordfish";
        ann.has_telephone = 1;
        ann.telephone = 1;
        ann.has_desk = 1;
        bob.name = (char *)"bob";
        bob.password = (char *)"opensesame";
        scribe_begin(&scribe, path, &bureau_v2, NULL, 0);
        scribe_item(&scribe, "clerks", true, NULL);
        scribe_descriptors(&scribe, described);
        scribe_record(&scribe, clerks, &bob.base);
        scribe_record(&scribe, clerks, &ann.base);
        scribe_end_item(&scribe);
        scribe_item(&scribe, "notes", true, NULL);
        for (int i = 0; i < 3; i++) {
                Bureau__V2__Note note = BUREAU__V2__NOTE__INIT;

                note.text = (char *)(uintptr_t)texts[i];
                note.author = (char *)"ann";
                scribe_record(&scribe, notes, &note.base);
        }
        scribe_end_item(&scribe);
        scribe_end(&scribe);
}

Test(diff, of_two_versions_compares_the_fields_that_both_have)
{
        write_second_version(other);
        expect(TOOL_ARGUMENTS("diff", one, other), 1,
               "- item office, records: 1\n"
               "- item count, records: 1\n"
               "~ clerks 1, name ann\n"
               "    telephone: TCP 127.0.0.1:1 -> TCP 127.0.0.1:9\n"
               "~ notes 2\n"
               "    text: \"b\" -> \"z\"\n"
               "- item cards, records: 1\n"
               "- object Folder 2\n"
               "    identity: 2\n"
               "    title: \"plans\"\n"
               "    within {\n"
               "      identity: 4\n"
               "    }\n"
               "- object Folder 4\n"
               "    identity: 4\n"
               "    title: \"all\"\n"
               "not compared in clerks, only in the older version: age, folder, home, lines\n"
               "not compared in clerks, only in the newer version: desk\n"
               "not compared in notes, only in the newer version: author\n"
               "0 added, 5 removed, 2 changed\n");
}

Test(diff, of_two_programs_is_refused)
{
        struct tool tool;

        tool_run(&tool, TOOL_ARGUMENTS("diff", one, SNAPSHOTS "/chat_v1.ekiden"));
        cr_expect_eq(tool.exit_status, 8);
        cr_expect_not_null(strstr(tool.errors, "the one is a snapshot of bureau, and the other of "
                                               "chat"),
                           "%s", tool.errors);
        tool_deinit(&tool);
}

Test(diff, names_the_file_that_cannot_be_read)
{
        struct tool tool;

        tool_run(&tool, TOOL_ARGUMENTS("diff", one, "/nowhere/at/all"));
        cr_expect_eq(tool.exit_status, 72);
        cr_expect_not_null(strstr(tool.errors, "/nowhere/at/all: the snapshot cannot be opened"),
                           "%s", tool.errors);
        tool_deinit(&tool);
}

/* Many batches, so that records are looked for far and wide. */
static void write_many(struct scribe *scribe, int from, int step)
{
        for (int i = from; i >= 0 && i < 1000; i += step) {
                Bureau__V1__Clerk clerk;
                char name[16];

                snprintf(name, sizeof(name), "clerk%d", i);
                bureau_clerk(&clerk, name, (uint32_t)(step > 0 || i % 100 != 7 ? i : 0), NULL);
                scribe_record(scribe, bureau_table("clerks"), &clerk.base);
                if (i % 10 == 0)
                        scribe_flush(scribe);
        }
}

static void write_upwards(struct scribe *scribe)
{
        write_many(scribe, 0, 1);
}

static void write_downwards(struct scribe *scribe)
{
        write_many(scribe, 999, -1);
}

Test(diff, finds_records_wherever_they_are)
{
        const struct bureau_change upwards = {.clerks = write_upwards};
        const struct bureau_change downwards = {.clerks = write_downwards};
        const char *third = bureau_path("third.ekiden");
        struct tool tool;

        bureau_write(other, &upwards);
        bureau_write(third, &downwards);
        tool_run(&tool, TOOL_ARGUMENTS("diff", other, third));
        cr_expect_eq(tool.exit_status, 1, "%s", tool.errors);
        cr_expect_not_null(strstr(tool.printed, "~ clerks 992, name clerk7\n    age: 7 -> 0\n"),
                           "%s", tool.printed);
        cr_expect_not_null(strstr(tool.printed, "\n0 added, 0 removed, 10 changed\n"), "%s",
                           tool.printed);
        tool_deinit(&tool);
}
