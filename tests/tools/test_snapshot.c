/* SPDX-License-Identifier: MIT */
/*
 * --snapshot, against a process that says what it likes: only a whole snapshot of the program that
 * was named becomes a file.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"
#include "state/snapshot_read.h"

#define KEPT SNAPSHOTS "/chat_v2.ekiden"
#define OTHERS SNAPSHOTS "/counter_v2.ekiden"

static const struct ek_wait patience = {.idle_ms = 20000};
static char place[64], file[96];
static struct scene scene;

static void begin(void)
{
        scene_directory_make();
        strcpy(place, "/tmp/ekiden-test-XXXXXX");
        cr_assert(mkdtemp(place));
        snprintf(file, sizeof(file), "%s/chat.ekiden", place);
}

static void end(void)
{
        unlink(file);
        cr_assert_eq(rmdir(place), 0, "something is left beside the file");
        scene_directory_remove();
}

TestSuite(snapshot, .init = begin, .fini = end, .timeout = 60);

static void start(const char *option)
{
        scene_start(&scene, option ? TOOL_ARGUMENTS(option, "--snapshot", file, "chat")
                                   : TOOL_ARGUMENTS("--snapshot", file, "chat"));
        cr_assert(scene.request->snapshot && !scene.request->upgrade && !scene.request->status);
        scene_send_seen(&scene);
}

/* The first `count` frames of a snapshot that is kept; returns how many it has. */
static size_t send_frames(const char *path, size_t count)
{
        struct ek_frame frame;
        struct ek_link *link;
        size_t sent = 0;

        cr_assert_eq(ek_link_new_file(open(path, O_RDONLY | O_CLOEXEC), &link), 0);
        cr_assert_eq(ek_link_seek(link, EK_SNAPSHOT_MAGIC_SIZE), 0);
        while (ek_link_receive(link, NULL, &frame) == 0)
                if (sent++ < count)
                        (void)ek_link_send(scene.link, frame.kind, frame.payload, frame.size,
                                           &patience);
        ek_link_free(link);
        return sent;
}

static void send_done(void)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;

        event.kind = EKIDEN__EVENT_KIND__SNAPSHOT_DONE;
        event.elapsed_us = 1234;
        event.has_pause_us = 1;
        event.pause_us = 1200;
        scene_send(&scene, &event);
}

static bool is_there(const char *path)
{
        return access(path, F_OK) == 0;
}

static void expect_failure(int code)
{
        scene_expect_exit(&scene, ekiden_error_exit_status(code));
        cr_expect(!is_there(file));
        scene_deinit(&scene);
}

Test(snapshot, is_the_bytes_that_the_process_sent)
{
        char command[256];

        start(NULL);
        send_frames(KEPT, SIZE_MAX);
        send_done();
        scene_expect_exit(&scene, 0);
        cr_expect(strstr(scene.tool.printed, "chat: v2 (pid "), "%s", scene.tool.printed);
        cr_expect(strstr(scene.tool.printed, "chat.ekiden  pause 1.2 ms  total "), "%s",
                  scene.tool.printed);
        cr_expect(strstr(scene.tool.printed, "  5 items  16 records  "), "%s", scene.tool.printed);
        snprintf(command, sizeof(command), "cmp -s %s %s", KEPT, file);
        cr_expect_eq(system(command), 0);
        scene_deinit(&scene);
}

Test(snapshot, tells_scripts_all_that_the_page_on_json_says)
{
        static const char *const keys[] = {"event",       "program",      "pid",      "file",
                                           "version",     "update_point", "pause_us", "total_us",
                                           "items",       "records",      "objects",  "bytes",
                                           "descriptors", "file_bytes"};
        static char page[1 << 16];
        FILE *text = fopen(JSON_PAGE, "re");
        struct json_object *object;
        const char *section;

        cr_assert(text && fread(page, 1, sizeof(page) - 1, text) > 0);
        fclose(text);
        section = strstr(page, "\n## `snapshot`\n");
        cr_assert(section);
        start("--json");
        send_frames(KEPT, SIZE_MAX);
        send_done();
        scene_expect_exit(&scene, 0);
        object = json_tokener_parse(scene.tool.printed);
        cr_assert(object, "%s", scene.tool.printed);
        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
                char row[64];

                snprintf(row, sizeof(row), "\n| `%s` |", keys[i]);
                cr_expect(json_object_object_get_ex(object, keys[i], NULL), "no %s", keys[i]);
                cr_expect(i == 0 || strstr(section, row), "the page has no %s", keys[i]);
        }
        cr_expect_eq(json_object_object_length(object), (int)(sizeof(keys) / sizeof(keys[0])));
        json_object_put(object);
        scene_deinit(&scene);
}

Test(snapshot, that_lacks_frames_at_its_end_becomes_no_file)
{
        size_t count = SIZE_MAX;

        for (size_t sent = 0; sent + 1 < count; sent++) {
                start("--quiet");
                count = send_frames(KEPT, sent);
                send_done();
                expect_failure(EKIDEN_EPROTOCOL);
        }
}

Test(snapshot, that_the_process_does_not_end_becomes_no_file)
{
        size_t count = SIZE_MAX;

        for (size_t sent = 0; sent < count; sent++) {
                start("--quiet");
                count = send_frames(KEPT, sent);
                scene_close(&scene);
                expect_failure(EKIDEN_EPEER);
        }
}

Test(snapshot, of_another_program_than_the_one_that_was_named_becomes_no_file)
{
        start("--quiet");
        send_frames(OTHERS, SIZE_MAX);
        send_done();
        expect_failure(EKIDEN_EPROTOCOL);
}

Test(snapshot, that_fails_in_the_middle_is_told_with_the_processs_reason)
{
        start(NULL);
        send_frames(KEPT, 5);
        scene_send_failed(&scene, EKIDEN_EREFUSED, "a descriptor of this item is not open");
        scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_EREFUSED));
        cr_expect(strstr(scene.tool.errors, "a descriptor of this item is not open"), "%s",
                  scene.tool.errors);
        cr_expect(strstr(scene.tool.errors, "no snapshot was taken; chat (pid "), "%s",
                  scene.tool.errors);
        cr_expect(strstr(scene.tool.errors, "serves on."), "%s", scene.tool.errors);
        cr_expect(!is_there(file));
        scene_deinit(&scene);
}

Test(snapshot, that_fails_tells_scripts_whether_the_process_serves_on)
{
        struct json_object *object, *value;

        start("--json");
        scene_send_failed(&scene, EKIDEN_EREFUSED, "a descriptor of this item is not open");
        scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_EREFUSED));
        object = json_tokener_parse(scene.tool.printed);
        cr_assert(object, "%s", scene.tool.printed);
        cr_expect(json_object_object_get_ex(object, "program", &value));
        cr_expect_str_eq(json_object_get_string(value), "chat");
        cr_expect(json_object_object_get_ex(object, "predecessor_pid", &value));
        cr_expect_eq(json_object_get_int(value), (int)getpid());
        cr_expect(json_object_object_get_ex(object, "serves_on", &value) &&
                  json_object_get_boolean(value));
        json_object_put(object);
        scene_deinit(&scene);
}

Test(snapshot, with_descriptors_beside_it_becomes_no_file)
{
        static const int one = STDIN_FILENO;

        start("--quiet");
        send_frames(KEPT, 2);
        (void)ek_link_send_descriptors(scene.link, &one, 1, &patience);
        send_done();
        expect_failure(EKIDEN_EPROTOCOL);
}

Test(snapshot, that_does_not_come_in_time_becomes_no_file)
{
        scene_start(&scene,
                    TOOL_ARGUMENTS("--quiet", "--timeout", "0.2", "--snapshot", file, "chat"));
        scene_send_seen(&scene);
        send_frames(KEPT, 5);
        expect_failure(EKIDEN_ETIMEOUT);
}

Test(snapshot, into_a_directory_is_refused_before_the_process_is_asked)
{
        static const char *const endings[] = {"/", "/.", "/..", "//"};

        scene.listener = scene_listen("chat", getpid());
        for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
                char path[80];

                snprintf(path, sizeof(path), "%s%s", place, endings[i]);
                tool_run(&scene.tool,
                         TOOL_ARGUMENTS("--timeout", "0.2", "--snapshot", path, "chat"));
                cr_expect_eq(scene.tool.exit_status, ekiden_error_exit_status(EKIDEN_EINVAL), "%s",
                             scene.tool.errors);
                tool_deinit(&scene.tool);
        }
        close(scene.listener);
}

Test(snapshot, that_fails_leaves_the_file_of_before)
{
        int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        char text[8] = "";

        cr_assert_eq(write(fd, "before", 6), 6);
        close(fd);
        start("--quiet");
        send_frames(KEPT, 7);
        scene_close(&scene);
        scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_EPEER));
        scene_deinit(&scene);
        fd = open(file, O_RDONLY | O_CLOEXEC);
        cr_expect_eq(read(fd, text, sizeof(text)), 6);
        cr_expect_str_eq(text, "before");
        close(fd);
}
