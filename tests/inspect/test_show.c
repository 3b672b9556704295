/* SPDX-License-Identifier: MIT */
/* The list, and the records of an item: as the command prints them. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "bureau.h"
#include "state/snapshot_write.h"
#include "tool.h"

static const char *file;

static void make_file(void)
{
        bureau_make_folder();
        file = bureau_path("one.ekiden");
        bureau_write(file, NULL);
        setenv("TZ", "UTC", 1);
}

TestSuite(show, .init = make_file, .fini = bureau_remove_folder);

static void expect(const char *const *arguments, int exit_status, const char *printed,
                   const char *errors)
{
        struct tool tool;

        tool_run(&tool, arguments);
        cr_expect_eq(tool.exit_status, exit_status, "%d: %s%s", tool.exit_status, tool.printed,
                     tool.errors);
        cr_expect_str_eq(tool.printed, printed);
        cr_expect_str_eq(tool.errors, errors);
        tool_deinit(&tool);
}

/* What stands somewhere in what was printed. */
static void expect_words(const char *const *arguments, int exit_status, const char *printed,
                         const char *errors)
{
        struct tool tool;

        tool_run(&tool, arguments);
        cr_expect_eq(tool.exit_status, exit_status, "%d: %s%s", tool.exit_status, tool.printed,
                     tool.errors);
        cr_expect_not_null(strstr(tool.printed, printed), "%s", tool.printed);
        cr_expect_not_null(strstr(tool.errors, errors), "%s", tool.errors);
        tool_deinit(&tool);
}

Test(show, without_options_lists_the_items_with_their_figures)
{
        struct tool tool;
        const char *table;

        tool_run(&tool, TOOL_ARGUMENTS(file));
        cr_expect_eq(tool.exit_status, 0, "%s", tool.errors);
        cr_expect_eq(strncmp(tool.printed,
                             "bureau, schema version 1, taken 2001-09-09 01:46:40 at main_loop, ",
                             66),
                     0, "%s", tool.printed);
        table = strstr(tool.printed, "\n\n");
        cr_assert_not_null(table);
        cr_expect_str_eq(
                table, "\n\n"
                       "ITEM    KIND       TYPE              RECORDS  OBJECTS  BYTES  DESCRIPTORS\n"
                       "office  singleton  bureau.v1.Office        1        0  358 B            0\n"
                       "count   value      ekiden.Value            1        0    2 B            0\n"
                       "clerks  stream     bureau.v1.Clerk         2        2   88 B            3\n"
                       "notes   stream     bureau.v1.Note          3        0    9 B            0\n"
                       "cards   stream     bureau.v1.Card          1        0   14 B            0\n"
                       "in all                                     8        2  471 B            3\n"
                       "\n"
                       "LEG  VERSION   PAUSE\n"
                       "3          1  1.5 ms\n");
        tool_deinit(&tool);
}

Test(show, what_has_an_identity_is_found_in_whichever_item)
{
        expect(TOOL_ARGUMENTS("--identity", "4", file), 0,
               "# object Folder 4\nidentity: 4\ntitle: \"all\"\n", "");
        expect_words(TOOL_ARGUMENTS("--identity", "4", "--item", "notes", file),
                     ekiden_error_exit_status(EKIDEN_EINVAL), "",
                     "nothing that came with item \"notes\" has the identity 4");
        expect_words(TOOL_ARGUMENTS("--identity", "99", file),
                     ekiden_error_exit_status(EKIDEN_EINVAL), "",
                     "nothing in the snapshot has the identity 99");
}

Test(show, a_secret_key_that_is_mistyped_is_not_shown)
{
        struct tool tool;

        tool_run(&tool, TOOL_ARGUMENTS("--item", "cards", "--key", "99", file));
        cr_expect_eq(tool.exit_status, ekiden_error_exit_status(EKIDEN_EINVAL));
        cr_expect_null(strstr(tool.errors, "99"), "%s", tool.errors);
        tool_deinit(&tool);
}

Test(show, whoever_stops_reading_ends_it_without_a_word)
{
        struct tool tool;
        char said[64];
        int ends[2], status;

        cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
        close(ends[0]);
        tool_start_into(&tool, TOOL_ARGUMENTS(file), ends[1]);
        cr_assert_eq(waitpid(tool.pid, &status, 0), tool.pid);
        cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE, "%x", status);
        cr_expect_eq(pread(tool.err, said, sizeof(said), 0), 0);
        close(tool.err);
        close(ends[1]);
}

Test(show, lists_as_one_object_of_json)
{
        expect_words(TOOL_ARGUMENTS("--json", file), 0,
                     "\"program\":\"bureau\",\"version\":1,\"fingerprint\":\"", "");
        expect_words(TOOL_ARGUMENTS("--json", file), 0,
                     "\"taken\":1000000000,\"update_point\":\"main_loop\",\"file_bytes\":", "");
        expect_words(TOOL_ARGUMENTS("--json", file), 0,
                     "{\"item\":\"clerks\",\"kind\":\"stream\",\"type\":\"bureau.v1.Clerk\","
                     "\"records\":2,\"objects\":2,\"bytes\":88,\"descriptors\":3}",
                     "");
        expect_words(TOOL_ARGUMENTS("--json", file), 0,
                     "\"lineage\":[{\"leg\":3,\"version\":1,\"since\":null,\"pid\":null,"
                     "\"pause_us\":1500,\"from_snapshot\":false}]}\n",
                     "");
}

Test(show, prints_records_and_the_objects_behind_them)
{
        expect(TOOL_ARGUMENTS("--item", "clerks", file), 0,
               "# clerks 0, name ann\n"
               "name: \"ann\"\n"
               "age: 27\n"
               "telephone: #1 TCP 127.0.0.1:1\n"
               "folder {\n"
               "  identity: 2\n"
               "}\n"
               "password: (secret)\n"
               "home: (secret)\n"
               "\n"
               "# clerks 1, name bob\n"
               "name: \"bob\"\n"
               "age: 31\n"
               "folder {\n"
               "  identity: 2\n"
               "}\n"
               "password: (secret)\n"
               "lines: #1 a pipe\n"
               "lines: -1\n"
               "lines: #2 file /tmp/a\n"
               "\n"
               "# object Folder 2\n"
               "identity: 2\n"
               "title: \"plans\"\n"
               "within {\n"
               "  identity: 4\n"
               "}\n"
               "\n"
               "# object Folder 4\n"
               "identity: 4\n"
               "title: \"all\"\n",
               "");
}

Test(show, prints_records_as_lines_of_json)
{
        expect(TOOL_ARGUMENTS("--json", "--item", "clerks", "--key", "bob", file), 0,
               "{\"event\":\"record\",\"item\":\"clerks\",\"type\":\"bureau.v1.Clerk\","
               "\"object\":false,\"number\":1,\"key\":\"bob\",\"identity\":null,"
               "\"value\":{\"name\":\"bob\",\"age\":31,\"folder\":{\"identity\":\"2\"},"
               "\"password\":\"(secret)\",\"lines\":[\"a pipe\",null,\"file /tmp/a\"]}}\n",
               "");
}

Test(show, prints_maps_as_objects_of_json)
{
        expect_words(TOOL_ARGUMENTS("--json", "--item", "office", file), 0,
                     "\"shelf\":{\"x\":\"1\",\"y\":\"2\"},\"branches\":{\"-4\":{\"street\":", "");
}

Test(show, prints_items_that_need_no_schema)
{
        expect(TOOL_ARGUMENTS("--item", "count", file), 0, "# count 0\nnatural: 2\n", "");
}

Test(show, names_no_key_that_is_a_secret)
{
        expect(TOOL_ARGUMENTS("--item", "cards", file), 0,
               "# cards 0, number (secret)\nnumber: (secret)\nowner: \"ann\"\n", "");
        expect_words(TOOL_ARGUMENTS("--json", "--item", "cards", file), 0, "\"key\":\"(secret)\"",
                     "");
        expect(TOOL_ARGUMENTS("--item", "cards", "--show-secrets", file), 0,
               "# cards 0, number 4929000011112222\nnumber: 4929000011112222\nowner: \"ann\"\n",
               "");
}

Test(show, prints_so_many_as_were_asked_for)
{
        expect(TOOL_ARGUMENTS("--item", "notes", "--head", "1", file), 0,
               "# notes 0\ntext: \"b\"\n", "");
        expect(TOOL_ARGUMENTS("--item", "notes", "--head", "0", file), 0, "", "");
}

Test(show, says_which_items_there_are_when_there_is_no_such)
{
        expect_words(TOOL_ARGUMENTS("--item", "clerk", file), 64, "",
                     "there is no item \"clerk\" in the snapshot; there are office, count, clerks, "
                     "notes, cards.");
}

Test(show, says_that_there_is_no_such_key)
{
        expect_words(TOOL_ARGUMENTS("--item", "clerks", "--key", "joe", file), 64, "",
                     "item \"clerks\" has no record whose name is \"joe\"");
        expect_words(TOOL_ARGUMENTS("--item", "notes", "--key", "joe", file), 64, "",
                     "the records of item \"notes\" have no key");
}

Test(show, tells_failures_as_json_too)
{
        expect_words(TOOL_ARGUMENTS("--json", "--item", "clerk", file), 64,
                     "\"error\":\"EKIDEN_EINVAL\",\"exit_status\":64,\"phase\":null,"
                     "\"item\":null,\"field\":null,\"sentence\":\"there is no item",
                     "");
}

Test(show, refuses_what_is_no_snapshot)
{
        expect_words(TOOL_ARGUMENTS("/dev/null"), 64, "", "a snapshot is a regular file");
        expect_words(TOOL_ARGUMENTS("/etc/passwd"), 15, "", "not a snapshot of Ekiden");
        expect_words(TOOL_ARGUMENTS("/nowhere/at/all"), 72, "", "No such file or directory");
}

Test(show, a_digest_that_is_not_the_records_is_told)
{
        const char *path = bureau_path("digest.ekiden");
        Bureau__V1__Note note = BUREAU__V1__NOTE__INIT;
        struct scribe scribe;

        scribe_begin(&scribe, path, &bureau_v1, NULL, 0);
        scribe_item(&scribe, "notes", true, NULL);
        note.text = (char *)"x";
        scribe_record(&scribe, bureau_table("notes"), &note.base);
        scribe.digest.low++;
        scribe_end_item(&scribe);
        scribe_end(&scribe);
        expect_words(TOOL_ARGUMENTS("--item", "notes", path), 15, "text: \"x\"",
                     "the records of item \"notes\" are not those that its digest stands for");
}

Test(show, a_schema_that_was_changed_is_refused)
{
        const char *path = bureau_path("schema.ekiden");
        ProtobufCBinaryData set;
        struct scribe scribe;
        char *text;

        cr_assert_eq(ek_snapshot_schemas(&bureau_v1, &set), 0);
        text = memmem(set.data, set.len, "password", strlen("password"));
        cr_assert_not_null(text);
        text[0] = 'P';
        scribe_begin(&scribe, path, &bureau_v1, set.data, set.len);
        scribe_end(&scribe);
        free(set.data);
        expect_words(TOOL_ARGUMENTS(path), 10, "",
                     "the schema in it is not the one that its fingerprint stands for");
}

Test(show, output_that_cannot_be_written_is_a_failure)
{
        struct tool tool;

        tool_start_closed(&tool, TOOL_ARGUMENTS(file));
        tool_wait(&tool);
        cr_expect_eq(tool.exit_status, 72, "%d", tool.exit_status);
        cr_expect_not_null(strstr(tool.errors, "cannot write the output"), "%s", tool.errors);
        tool_deinit(&tool);
}

/* Whoever may make files in a folder chooses what "ekiden-inspect *" is given. */
Test(show, the_name_of_a_file_moves_no_cursor)
{
        const char *path = bureau_path("\033]0;title\a");
        struct tool tool;

        tool_run(&tool, TOOL_ARGUMENTS(path));
        cr_expect_eq(tool.exit_status, ekiden_error_exit_status(EKIDEN_ESYSTEM));
        cr_expect_not_null(strstr(tool.errors, "?]0;title?: the snapshot cannot be opened"), "%s",
                           tool.errors);
        tool_deinit(&tool);
}
