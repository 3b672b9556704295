/* SPDX-License-Identifier: MIT */
/* A PID that was to be kept is lost with its process, and another one serves on in its place. */
#include <criterion/criterion.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ekiden/handover.pb-c.h"
#include "scene.h"

TestSuite(lost_pid, .init = scene_directory_make, .fini = scene_directory_remove, .timeout = 60);

/* The process is lost in the transfer, and the test has its connection, as a keeper has. */
static void lose(struct scene *scene, const char *const *arguments, pid_t keeper, int code)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        Ekiden__Refusal refusal = EKIDEN__REFUSAL__INIT;
        char sentence[] = "it is gone";
        pid_t other = scene_process_start();

        *scene = (struct scene){.listener = scene_listen("chat", other), .other = other};
        tool_start(&scene->tool, arguments);
        scene_accept(scene);
        scene_send_until(scene, EKIDEN_PHASE_TRANSFER);
        scene_process_end(other);
        refusal.code = code;
        refusal.has_phase = true;
        refusal.phase = EKIDEN_PHASE_TRANSFER;
        refusal.sentence = sentence;
        event.kind = EKIDEN__EVENT_KIND__FAILED;
        event.has_predecessor_pid = true;
        event.predecessor_pid = keeper;
        event.refusal = &refusal;
        scene_send(scene, &event);
        scene_expect_exit(scene, ekiden_error_exit_status(code));
}

static void expect_said(const char *all, const char *format, pid_t first, pid_t second)
{
        char said[160];

        snprintf(said, sizeof(said), format, (int)first, (int)second);
        cr_assert_not_null(strstr(all, said), "\"%s\" is not in:\n%s", said, all);
}

Test(lost_pid, the_operator_hears_that_it_is_lost_who_serves_and_whom_to_tell)
{
        struct scene scene;

        lose(&scene, TOOL_ARGUMENTS("chat", "x"), getpid(), EKIDEN_EPEER);
        expect_said(scene.tool.errors,
                    "chat was not upgraded, and its PID is lost: process %d serves on in place "
                    "of %d.",
                    getpid(), scene.other);
        expect_said(scene.tool.errors, "next    tell whoever watches PID %d,", scene.other, 0);
        expect_said(scene.tool.errors, "of process %d; after that, look at", getpid(), 0);
        scene_deinit(&scene);
}

Test(lost_pid, so_it_is_when_the_upgrade_was_called_off)
{
        struct scene scene;

        lose(&scene, TOOL_ARGUMENTS("chat", "x"), getpid(), EKIDEN_ECANCELLED);
        expect_said(scene.tool.errors,
                    "called off in phase transfer, and the PID of chat is lost: process %d serves "
                    "on in place of %d.",
                    getpid(), scene.other);
        scene_deinit(&scene);
}

Test(lost_pid, who_waits_for_the_upgrade_hears_the_same)
{
        struct scene scene;

        lose(&scene, TOOL_ARGUMENTS("--wait", "chat"), getpid(), EKIDEN_EPEER);
        expect_said(scene.tool.errors, "its PID is lost: process %d serves on in place of %d.",
                    getpid(), scene.other);
        expect_said(scene.tool.errors, "next    tell whoever watches PID %d,", scene.other, 0);
        scene_deinit(&scene);
}

Test(lost_pid, who_calls_it_off_is_told_who_serves_on)
{
        struct scene scene;
        pid_t other = scene_process_start();
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        Ekiden__Refusal refusal = EKIDEN__REFUSAL__INIT;

        scene = (struct scene){.listener = scene_listen("chat", other), .other = other};
        tool_start(&scene.tool, TOOL_ARGUMENTS("--cancel", "chat"));
        scene_accept(&scene);
        refusal.code = EKIDEN_ECANCELLED;
        refusal.has_phase = true;
        refusal.phase = EKIDEN_PHASE_READY;
        event.kind = EKIDEN__EVENT_KIND__FAILED;
        event.has_predecessor_pid = true;
        event.predecessor_pid = getpid();
        event.refusal = &refusal;
        scene_process_end(other);
        scene_send(&scene, &event);
        scene_expect_exit(&scene, 0);
        expect_said(scene.tool.printed,
                    "chat (pid %d): called off in phase ready; its PID is lost, and process %d "
                    "serves on",
                    scene.other, getpid());
        scene_deinit(&scene);
}

static struct json_object *parse_last(const char *printed)
{
        const char *line = strstr(printed, "{\"event\":\"failed\"");

        cr_assert_not_null(line, "%s", printed);
        return json_tokener_parse(line);
}

static int number_of(struct json_object *object, const char *key)
{
        return json_object_get_int(json_object_object_get(object, key));
}

Test(lost_pid, in_json_each_event_has_the_pid_of_before_and_the_last_one_who_serves)
{
        struct json_object *object;
        struct scene scene;

        lose(&scene, TOOL_ARGUMENTS("--json", "chat", "x"), getpid(), EKIDEN_EPEER);
        object = parse_last(scene.tool.printed);
        cr_expect_eq(number_of(object, "predecessor_pid"), scene.other);
        cr_expect_eq(number_of(object, "serving_pid"), getpid());
        cr_expect(json_object_get_boolean(json_object_object_get(object, "serves_on")));
        json_object_put(object);
        scene_deinit(&scene);
}

Test(lost_pid, where_who_took_its_place_is_gone_too_nobody_serves)
{
        struct json_object *object;
        struct scene scene;
        pid_t keeper = scene_process_start();

        scene_process_end(keeper);
        lose(&scene, TOOL_ARGUMENTS("--json", "chat", "x"), keeper, EKIDEN_EPEER);
        object = parse_last(scene.tool.printed);
        cr_expect_eq(number_of(object, "predecessor_pid"), scene.other);
        cr_expect_null(json_object_object_get(object, "serving_pid"));
        cr_expect_not(json_object_get_boolean(json_object_object_get(object, "serves_on")));
        json_object_put(object);
        scene_deinit(&scene);
}

Test(lost_pid, a_process_that_is_back_under_its_own_has_lost_nothing)
{
        struct json_object *object;
        struct scene scene;
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        Ekiden__Refusal refusal = EKIDEN__REFUSAL__INIT;

        scene_start(&scene, TOOL_ARGUMENTS("--json", "chat", "x"));
        refusal.code = EKIDEN_EPEER;
        event.kind = EKIDEN__EVENT_KIND__FAILED;
        event.has_predecessor_pid = true;
        event.predecessor_pid = getpid();
        event.refusal = &refusal;
        scene_send(&scene, &event);
        scene_expect_exit(&scene, 13);
        object = parse_last(scene.tool.printed);
        cr_expect_eq(number_of(object, "predecessor_pid"), getpid());
        cr_expect_null(json_object_object_get(object, "serving_pid"));
        json_object_put(object);
        scene_deinit(&scene);
}
