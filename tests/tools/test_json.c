/* SPDX-License-Identifier: MIT */
/* --json: each line is an object with all the keys that docs/json-events.md gives its kind. */
#include <criterion/criterion.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"

TestSuite(json, .init = scene_directory_make, .fini = scene_directory_remove, .timeout = 60);

#define OF_UPGRADE "event", "elapsed_us", "program", "predecessor_pid", "role"

struct kind {
        const char *event;
        const char *const *keys;
};

static const struct kind kinds[] = {
        {"seen", TOOL_ARGUMENTS(OF_UPGRADE, "update_point")},
        {"phase", TOOL_ARGUMENTS(OF_UPGRADE, "phase")},
        {"progress", TOOL_ARGUMENTS(OF_UPGRADE, "item", "item_records", "item_count", "records",
                                    "objects", "bytes", "descriptors")},
        {"notice", TOOL_ARGUMENTS(OF_UPGRADE, "sentence")},
        {"committed",
         TOOL_ARGUMENTS(OF_UPGRADE, "successor_pid", "from_version", "to_version", "pause_us",
                        "total_us", "records", "objects", "bytes", "descriptors", "update_point",
                        "left_behind", "ahead", "room")},
        {"ahead", TOOL_ARGUMENTS(OF_UPGRADE, "item", "round", "item_records", "item_count", "rest",
                                 "bytes")},
        {"rehearsed",
         TOOL_ARGUMENTS(OF_UPGRADE, "successor_pid", "from_version", "to_version", "pause_us",
                        "total_us", "records", "objects", "bytes", "descriptors", "update_point",
                        "left_behind", "ahead", "room", "unrehearsed_us", "peak_bytes", "items")},
        {"rehearsals", TOOL_ARGUMENTS(OF_UPGRADE, "times", "from_version", "to_version", "pause_us",
                                      "total_us", "items")},
        {"failed", TOOL_ARGUMENTS(OF_UPGRADE, "target", "error", "exit_status", "phase", "item",
                                  "field", "from_version", "to_version", "sentence", "next",
                                  "serves_on", "serving_pid", "pause_us")},
        {"idle", TOOL_ARGUMENTS(OF_UPGRADE)},
        {"cancelled", TOOL_ARGUMENTS(OF_UPGRADE, "phase", "error", "sentence", "serving_pid")},
        {"tree", TOOL_ARGUMENTS("event", "program", "rehearse", "processes", "succeeded", "ended",
                                "skipped", "failed", "untried", "rounds", "longest_pause_us",
                                "total_us", "error", "exit_status", "sentence", "next")},
        {"ended", TOOL_ARGUMENTS(OF_UPGRADE)},
        {"skipped", TOOL_ARGUMENTS(OF_UPGRADE)},
        {"untried", TOOL_ARGUMENTS(OF_UPGRADE)},
        {"process",
         TOOL_ARGUMENTS("event", "program", "pid", "role", "role_place", "keeps_pid", "tree",
                        "spawned_by", "version", "leg", "leg_seconds", "binary", "update_point",
                        "upgrade_phase", "upgrade_returning", "upgrade_ms", "successor_pid",
                        "upgrade_binary", "upgrade_version", "upgrade_user", "upgrade_asker_pid",
                        "rehearse", "update_points", "threads", "watched_ms", "items", "lineage",
                        "error", "sentence")},
};

static const char *text_of(struct json_object *object, const char *key)
{
        return json_object_get_string(json_object_object_get(object, key));
}

static uint64_t number_of(struct json_object *object, const char *key)
{
        return json_object_get_uint64(json_object_object_get(object, key));
}

/* All keys of its kind are there, and no others; the schema's page names each. */
static void expect_keys(struct json_object *object)
{
        const char *event = text_of(object, "event");
        int count = 0;

        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
                if (strcmp(kinds[i].event, event) != 0)
                        continue;
                for (; kinds[i].keys[count]; count++)
                        cr_assert(json_object_object_get_ex(object, kinds[i].keys[count], NULL),
                                  "%s has no %s", event, kinds[i].keys[count]);
        }
        cr_assert_gt(count, 0, "%s is no documented event", event);
        cr_assert_eq(json_object_object_length(object), count, "%s has more keys", event);
}

/* The last object of the kind among the lines, which all are checked; the caller frees it. */
static struct json_object *parse_lines(const char *printed, const char *event)
{
        struct json_object *found = NULL;
        struct json_tokener *tokener = json_tokener_new();

        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
        while (*printed) {
                size_t length = strcspn(printed, "\n");
                struct json_object *object =
                        json_tokener_parse_ex(tokener, printed, (int)length + 1);

                cr_assert_eq(printed[length], '\n', "a line is not ended");
                cr_assert_not_null(object, "not JSON: %.*s", (int)length, printed);
                expect_keys(object);
                if (strcmp(text_of(object, "event"), event) == 0) {
                        json_object_put(found);
                        found = json_object_get(object);
                }
                json_object_put(object);
                json_tokener_reset(tokener);
                printed += length + 1;
        }
        json_tokener_free(tokener);
        cr_assert_not_null(found, "there is no event \"%s\"", event);
        return found;
}

static void start(struct scene *scene)
{
        scene_start(scene, TOOL_ARGUMENTS("--json", "chat", "./chat-v2"));
}

Test(json, an_upgrade_is_a_line_for_each_event)
{
        struct json_object *object;
        struct scene scene;

        start(&scene);
        scene_send_until(&scene, EKIDEN_PHASE_TRANSFER);
        scene_send_progress(&scene, "members", 3, 10, 7);
        scene_send_phase(&scene, EKIDEN_PHASE_COMMIT);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        cr_assert_str_empty(scene.tool.errors);

        object = parse_lines(scene.tool.printed, "seen");
        cr_expect_str_eq(text_of(object, "update_point"), "chat_loop");
        cr_expect_str_eq(text_of(object, "program"), "chat");
        cr_expect_eq(number_of(object, "predecessor_pid"), (uint64_t)getpid());
        json_object_put(object);
        object = parse_lines(scene.tool.printed, "phase");
        cr_expect_str_eq(text_of(object, "phase"), "commit");
        json_object_put(object);
        object = parse_lines(scene.tool.printed, "progress");
        cr_expect_str_eq(text_of(object, "item"), "members");
        cr_expect_eq(number_of(object, "item_records"), 3);
        cr_expect_eq(number_of(object, "item_count"), 10);
        cr_expect_eq(number_of(object, "records"), 7);
        json_object_put(object);
        object = parse_lines(scene.tool.printed, "committed");
        cr_expect_eq(number_of(object, "from_version"), 1);
        cr_expect_eq(number_of(object, "to_version"), 2);
        cr_expect_eq(number_of(object, "successor_pid"), 4720);
        cr_expect_eq(number_of(object, "pause_us"), 420);
        cr_expect_gt(number_of(object, "total_us"), 0);
        cr_expect_eq(number_of(object, "bytes"), 98611);
        cr_expect_null(json_object_object_get(object, "objects"), "there were none");
        json_object_put(object);
        scene_deinit(&scene);
}

static uint64_t number_in(struct json_object *object, const char *key, const char *inner)
{
        return number_of(json_object_object_get(object, key), inner);
}

static struct json_object *item_of(struct json_object *object, size_t i)
{
        return json_object_array_get_idx(json_object_object_get(object, "items"), i);
}

Test(json, a_rehearsal_tells_of_each_item)
{
        struct json_object *object;
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--json", "--rehearse", "chat", "./chat-v2"));
        scene_send_until(&scene, EKIDEN_PHASE_READY);
        scene_send_rehearsed(&scene, "members", 420);
        scene_expect_exit(&scene, 0);
        object = parse_lines(scene.tool.printed, "rehearsed");
        cr_expect_eq(number_of(object, "pause_us"), 420);
        cr_expect_eq(number_of(object, "peak_bytes"), UINT64_C(3) << 20);
        cr_expect_str_eq(text_of(object, "left_behind"), "watches, entries");
        cr_expect_str_eq(text_of(item_of(object, 0), "name"), "members");
        cr_expect_eq(number_of(item_of(object, 0), "transformed"), 1204);
        cr_expect_eq(number_of(item_of(object, 0), "duration_us"), 210);
        cr_expect_str_eq(text_of(item_of(object, 1), "name"), "bans");
        cr_expect_null(json_object_object_get(item_of(object, 1), "records"), "it is new");
        json_object_put(object);
        scene_deinit(&scene);
}

Test(json, several_rehearsals_end_with_how_they_spread)
{
        struct scene scene = {.listener = scene_listen("chat", getpid())};
        struct json_object *object;

        tool_start(&scene.tool,
                   TOOL_ARGUMENTS("--json", "--rehearse", "--times", "3", "chat", "./chat-v2"));
        for (uint64_t i = 1; i <= 3; i++) {
                scene_accept(&scene);
                ekiden__request__free_unpacked(scene.request, NULL);
                scene.request = NULL;
                scene_send_rehearsed(&scene, "members", i * 1000);
                scene_expect_closed(&scene);
                scene_close(&scene);
        }
        scene_expect_exit(&scene, 0);
        object = parse_lines(scene.tool.printed, "rehearsals");
        cr_expect_eq(number_of(object, "times"), 3);
        cr_expect_eq(number_in(object, "pause_us", "median"), 2000);
        cr_expect_eq(number_in(object, "pause_us", "percentile_99"), 3000);
        cr_expect_eq(number_in(object, "pause_us", "largest"), 3000);
        cr_expect_eq(number_in(item_of(object, 0), "duration_us", "largest"), 1500);
        json_object_put(object);
        scene_deinit(&scene);
}

Test(json, what_the_process_did_not_tell_is_null)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        struct json_object *object;
        struct scene scene;

        start(&scene);
        event.kind = EKIDEN__EVENT_KIND__PROGRESS;
        scene_send(&scene, &event);
        event.kind = EKIDEN__EVENT_KIND__COMMITTED;
        scene_send(&scene, &event);
        scene_expect_exit(&scene, 0);
        object = parse_lines(scene.tool.printed, "progress");
        cr_expect_null(json_object_object_get(object, "item_count"));
        cr_expect_null(json_object_object_get(object, "item"));
        json_object_put(object);
        object = parse_lines(scene.tool.printed, "committed");
        cr_expect_null(json_object_object_get(object, "pause_us"));
        cr_expect_null(json_object_object_get(object, "successor_pid"));
        json_object_put(object);
        scene_deinit(&scene);
}

Test(json, a_failure_has_its_code_and_exit_status)
{
        struct json_object *object;
        struct scene scene;

        start(&scene);
        scene_send_until(&scene, EKIDEN_PHASE_TRANSFER);
        scene_send_failed(&scene, EKIDEN_ETRANSFORMER, "a nick has a \"blank\"\n\033 in it");
        scene_expect_exit(&scene, 11);
        cr_assert_str_empty(scene.tool.errors);
        object = parse_lines(scene.tool.printed, "failed");
        cr_expect_str_eq(text_of(object, "error"), "EKIDEN_ETRANSFORMER");
        cr_expect_eq(number_of(object, "exit_status"), 11);
        cr_expect_str_eq(text_of(object, "phase"), "transfer");
        cr_expect_str_eq(text_of(object, "item"), "members");
        cr_expect_str_eq(text_of(object, "field"), "nick");
        cr_expect_str_eq(text_of(object, "sentence"), "a nick has a \"blank\"\n\033 in it");
        cr_expect(json_object_get_boolean(json_object_object_get(object, "serves_on")));
        json_object_put(object);
        scene_deinit(&scene);
}

Test(json, where_it_is_not_known_what_serves_it_is_null)
{
        struct json_object *object;
        struct scene scene;

        start(&scene);
        scene_send_until(&scene, EKIDEN_PHASE_COMMIT);
        scene_close(&scene);
        scene_expect_exit(&scene, 13);
        object = parse_lines(scene.tool.printed, "failed");
        cr_expect_null(json_object_object_get(object, "serves_on"));
        json_object_put(object);
        scene_deinit(&scene);
}

Test(json, a_failure_of_the_tools_own_is_an_event_too)
{
        struct json_object *object;
        struct tool tool;

        tool_run(&tool, TOOL_ARGUMENTS("--json", "chat", "x"));
        cr_assert_eq(tool.exit_status, 3);
        cr_assert_str_empty(tool.errors);
        object = parse_lines(tool.printed, "failed");
        cr_expect_str_eq(text_of(object, "error"), "EKIDEN_ENOTFOUND");
        cr_expect_str_eq(text_of(object, "target"), "chat");
        cr_expect_null(json_object_object_get(object, "predecessor_pid"));
        cr_expect_str_eq(text_of(object, "phase"), "request");
        json_object_put(object);
        tool_deinit(&tool);
}

Test(json, a_question_that_fails_is_in_no_phase)
{
        struct json_object *object;
        struct tool tool;

        tool_run(&tool, TOOL_ARGUMENTS("--json", "--status", "chat"));
        cr_assert_eq(tool.exit_status, 3);
        object = parse_lines(tool.printed, "failed");
        cr_expect_null(json_object_object_get(object, "phase"));
        json_object_put(object);
        tool_deinit(&tool);
}

Test(json, a_target_that_is_no_utf8_still_makes_json)
{
        struct json_object *object;
        struct tool tool;

        tool_run(&tool, TOOL_ARGUMENTS("--json", "chat\xff\xc3", "x"));
        cr_assert_eq(tool.exit_status, 3);
        object = parse_lines(tool.printed, "failed");
        cr_expect_str_eq(text_of(object, "target"), "chat??");
        json_object_put(object);
        tool_deinit(&tool);
}

Test(json, too_late_is_a_notice)
{
        struct scene scene;

        start(&scene);
        scene_send_until(&scene, EKIDEN_PHASE_COMMIT);
        tool_wait_until_printed(&scene.tool, "\"commit\"");
        kill(scene.tool.pid, SIGINT);
        tool_wait_until_printed(&scene.tool, "\"notice\"");
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        json_object_put(parse_lines(scene.tool.printed, "notice"));
        scene_deinit(&scene);
}

Test(json, status_and_list_are_an_object_a_process)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        Ekiden__Status status = EKIDEN__STATUS__INIT;
        Ekiden__ItemStatus item = EKIDEN__ITEM_STATUS__INIT, *items[] = {&item};
        char name[] = "chat", member[] = "members";

        item.name = member;
        status.program = name;
        status.version = 2;
        status.items = items;
        status.n_items = 1;
        event.kind = EKIDEN__EVENT_KIND__STATUS;
        event.status = &status;
        for (int i = 0; i < 2; i++) {
                struct json_object *object, *first;
                struct scene scene;

                scene_start(&scene, i == 0 ? TOOL_ARGUMENTS("--json", "--list")
                                           : TOOL_ARGUMENTS("--json", "--status", "chat"));
                scene_send(&scene, &event);
                scene_expect_exit(&scene, 0);
                object = parse_lines(scene.tool.printed, "process");
                cr_expect_eq(number_of(object, "pid"), (uint64_t)getpid());
                cr_expect_eq(number_of(object, "version"), 2);
                cr_expect_null(json_object_object_get(object, "leg"));
                first = json_object_array_get_idx(json_object_object_get(object, "items"), 0);
                cr_expect_str_eq(text_of(first, "name"), "members");
                cr_expect_eq(json_object_object_length(first), 7);
                json_object_put(object);
                scene_deinit(&scene);
        }
}

/* What --wait or --cancel print when the process sends this as its only event. */
static struct json_object *end_of_another(const char *option, Ekiden__Event *sent,
                                          const char *event)
{
        struct json_object *object;
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--json", option, "chat"));
        if (sent)
                scene_send(&scene, sent);
        else
                scene_send_failed(&scene, EKIDEN_ECANCELLED, "called off");
        scene_expect_exit(&scene, 0);
        object = parse_lines(scene.tool.printed, event);
        scene_deinit(&scene);
        return object;
}

Test(json, the_end_of_another_operators_upgrade_is_an_event_of_its_own)
{
        Ekiden__Event idle = EKIDEN__EVENT__INIT;
        struct json_object *object;

        idle.kind = EKIDEN__EVENT_KIND__IDLE;
        json_object_put(end_of_another("--wait", &idle, "idle"));
        json_object_put(end_of_another("--cancel", &idle, "idle"));
        object = end_of_another("--cancel", NULL, "cancelled");
        cr_expect_str_eq(text_of(object, "phase"), "transfer");
        cr_expect_str_eq(text_of(object, "error"), "EKIDEN_ECANCELLED");
        json_object_put(object);
}

Test(json, a_process_has_its_lineage_and_its_update_points)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        Ekiden__Status status = EKIDEN__STATUS__INIT;
        Ekiden__Leg leg = EKIDEN__LEG__INIT, *legs[] = {&leg};
        Ekiden__UpdatePointStatus point = EKIDEN__UPDATE_POINT_STATUS__INIT, *points[] = {&point};
        struct json_object *object, *first;
        struct scene scene;
        char name[] = "chat";

        leg.number = 3;
        leg.version = 2;
        leg.has_since = leg.has_pause_us = true;
        leg.since = 1795662558;
        leg.pause_us = 420;
        point.name = name;
        point.has_attended = true;
        point.attended = 9;
        status.program = name;
        status.lineage = legs;
        status.update_points = points;
        status.n_lineage = status.n_update_points = 1;
        event.kind = EKIDEN__EVENT_KIND__STATUS;
        event.status = &status;
        scene_start(&scene, TOOL_ARGUMENTS("--json", "--status", "chat", "--watch", "2"));
        cr_expect_eq(scene.request->status->watch_ms, 2000);
        scene_send(&scene, &event);
        scene_expect_exit(&scene, 0);
        object = parse_lines(scene.tool.printed, "process");
        first = json_object_array_get_idx(json_object_object_get(object, "lineage"), 0);
        cr_expect_eq(json_object_object_length(first), 6);
        cr_expect_eq(number_of(first, "leg"), 3);
        cr_expect_eq(number_of(first, "since"), 1795662558);
        cr_expect_eq(number_of(first, "pause_us"), 420);
        cr_expect_null(json_object_object_get(first, "pid"));
        first = json_object_array_get_idx(json_object_object_get(object, "update_points"), 0);
        cr_expect_eq(json_object_object_length(first), 4);
        cr_expect_eq(number_of(first, "attended"), 9);
        json_object_put(object);
        scene_deinit(&scene);
}

Test(json, a_process_that_does_not_answer_is_listed_with_its_error)
{
        struct json_object *object;
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--json", "--list", "--timeout", "0.1"));
        scene_expect_exit(&scene, 0);
        object = parse_lines(scene.tool.printed, "process");
        cr_expect_null(json_object_object_get(object, "version"));
        cr_expect_null(json_object_object_get(object, "items"));
        cr_expect_str_eq(text_of(object, "error"), "EKIDEN_ETIMEOUT");
        json_object_put(object);
        scene_deinit(&scene);
}

Test(json, the_page_on_events_names_every_event_and_key)
{
        static char page[65536];
        FILE *file = fopen(JSON_PAGE, "r");

        cr_assert_not_null(file);
        cr_assert_gt(fread(page, 1, sizeof(page) - 1, file), 0);
        fclose(file);
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
                char heading[64];
                const char *section;
                bool is_of_upgrade = strcmp(kinds[i].keys[1], "elapsed_us") == 0;

                snprintf(heading, sizeof(heading), "\n## `%s`\n", kinds[i].event);
                section = strstr(page, heading);
                cr_assert_not_null(section, "%s", heading);
                for (size_t j = is_of_upgrade ? 5 : 1; kinds[i].keys[j]; j++) {
                        char row[64];
                        const char *found;
                        const char *end = strstr(section + 1, "\n## ");

                        snprintf(row, sizeof(row), "\n| `%s` |", kinds[i].keys[j]);
                        found = strstr(section, row);
                        cr_expect(found && (!end || found < end), "%s: %s", kinds[i].event,
                                  kinds[i].keys[j]);
                }
        }
}
