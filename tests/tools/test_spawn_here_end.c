/* SPDX-License-Identifier: MIT */
/* --spawn-here: what is ended of what the tool has started, and what is left alone. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spawned.h"
#include "wire/clock.h"

TestSuite(spawn_here_end, .init = spawned_make, .fini = spawned_unmake, .timeout = 60);

Test(spawn_here_end, when_it_serves_it_is_left_alone)
{
        struct scene scene;
        pid_t pid;

        spawned_start(&scene, "serve");
        pid = spawned_pid(spawned_notes());
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        cr_expect_eq(kill(pid, 0), 0, "it has ended");
        kill(pid, SIGKILL);
        scene_deinit(&scene);
}

Test(spawn_here_end, when_it_was_refused_it_is_gone_before_the_tool_is)
{
        struct scene scene;
        pid_t pid;

        spawned_start(&scene, "serve");
        pid = spawned_pid(spawned_notes());
        spawned_fail(&scene);
        cr_expect_neq(kill(pid, 0), 0, "it still runs");
}

Test(spawn_here_end, one_that_has_gone_into_the_background_is_gone_as_well)
{
        struct scene scene;
        char path[128], text[32];
        pid_t child;

        spawned_start(&scene, "background");
        snprintf(path, sizeof(path), "%s.child", spawned_file);
        spawned_await(path, text, sizeof(text));
        child = atoi(text);
        cr_assert_gt(child, 0);
        spawned_expect_gone(spawned_pid(spawned_notes()));
        spawned_fail(&scene);
        spawned_expect_gone(child);
}

/* The tool is executed by a shell that has started something, which reads from `ret_end` and ends
   when that is closed. */
static void start_behind(struct scene *scene, const char *command, const char *word, int *ret_end)
{
        char *arguments[] = {(char *)(uintptr_t)word};
        char path[96];
        FILE *file;
        int ends[2], input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);

        snprintf(path, sizeof(path), "%s/shell", spawned_folder);
        file = fopen(path, "we");
        cr_assert_not_null(file);
        fprintf(file, "#!/bin/sh\nnotes=%s\nexec 9<&0 </dev/null\n%s\nexec 9<&-\nexec %s \"$@\"\n",
                spawned_file, command, TOOL_PATH);
        cr_assert_eq(fclose(file), 0);
        cr_assert_eq(chmod(path, 0755), 0);
        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        *scene = (struct scene){.listener = scene_listen("chat", getpid())};
        cr_assert_eq(dup2(ends[1], STDIN_FILENO), STDIN_FILENO);
        tool_start_by(&scene->tool, path, TOOL_ARGUMENTS("--spawn-here", "chat", spawned_binary));
        cr_assert_eq(dup2(input, STDIN_FILENO), STDIN_FILENO);
        close(input);
        close(ends[1]);
        scene_accept(scene);
        unlink(path);
        spawned_send_check(scene, arguments, 1);
        spawned_notes();
        *ret_end = ends[0];
}

static void expect_still_there(int end)
{
        struct pollfd source = {.fd = end, .events = POLLIN};

        cr_expect_eq(poll(&source, 1, 50), 0, "it was ended");
        close(end);
}

/* Those that have ended, and are not waited for, count. */
static void await_children(pid_t pid, int count)
{
        uint64_t until_ns = ek_now_ns() + TOOL_DEADLINE_MS * EK_NS_PER_MS;
        char path[64], text[256];
        int found;

        snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
        do {
                cr_assert_lt(ek_now_ns(), until_ns, "its children are %s", text);
                spawned_read(path, text, sizeof(text));
                found = 0;
                for (const char *at = text; (at = strchr(at, ' ')); at++)
                        found++;
        } while (found != count);
}

Test(spawn_here_end, a_child_that_the_tool_had_before_is_left_alone)
{
        struct scene scene;
        int end;

        start_behind(&scene, "cat <&9 >/dev/null &", "serve", &end);
        spawned_fail(&scene);
        expect_still_there(end);
}

Test(spawn_here_end, an_orphan_of_such_a_child_is_left_alone)
{
        struct scene scene;
        int end;

        start_behind(&scene,
                     "(cat <&9 >/dev/null & until [ -e $notes ]; do sleep 0.02; done) 9<&9 &",
                     "serve", &end);
        await_children(scene.tool.pid, 3);
        spawned_fail(&scene);
        expect_still_there(end);
}

Test(spawn_here_end, what_went_into_the_background_is_gone_and_such_a_child_is_left_alone)
{
        struct scene scene;
        char path[128], text[32];
        int end;

        start_behind(&scene, "cat <&9 >/dev/null &", "background", &end);
        snprintf(path, sizeof(path), "%s.child", spawned_file);
        spawned_await(path, text, sizeof(text));
        spawned_expect_gone(spawned_pid(spawned_notes()));
        spawned_fail(&scene);
        spawned_expect_gone(atoi(text));
        expect_still_there(end);
}

Test(spawn_here_end, after_a_rehearsal_nothing_is_left_of_it)
{
        struct scene scene;
        char *arguments[] = {(char *)"serve"};
        pid_t pid;

        scene_start(&scene, TOOL_ARGUMENTS("--spawn-here", "--rehearse", "chat", spawned_binary));
        cr_expect_eq(scene.request->protocol, 5);
        cr_expect(scene.request->upgrade->rehearse);
        spawned_send_check(&scene, arguments, 1);
        pid = spawned_pid(spawned_notes());
        scene_send_rehearsed(&scene, "members", 400);
        scene_expect_exit(&scene, 0);
        cr_expect_neq(kill(pid, 0), 0, "it still runs");
        scene_deinit(&scene);
}

/* An event in which nothing is right. */
static void break_off(struct scene *scene)
{
        cr_assert_eq(ek_link_send(scene->link, EKIDEN__FRAME_KIND__EVENT, "\xff", 1,
                                  &(struct ek_wait){.idle_ms = TOOL_DEADLINE_MS}),
                     0);
        scene_expect_closed(scene);
}

Test(spawn_here_end, when_the_process_cannot_be_understood_and_lets_go_it_is_gone)
{
        struct scene scene;
        pid_t pid;

        spawned_start(&scene, "serve");
        pid = spawned_pid(spawned_notes());
        break_off(&scene);
        scene_close(&scene);
        scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_EPROTOCOL));
        cr_expect_neq(kill(pid, 0), 0, "it still runs");
        scene_deinit(&scene);
}

/* It may have said behind it that the new version serves. */
Test(spawn_here_end, when_the_process_cannot_be_understood_and_does_not_let_go_it_is_left_alone)
{
        struct scene scene;
        pid_t pid;

        spawned_start(&scene, "serve");
        pid = spawned_pid(spawned_notes());
        break_off(&scene);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_EPROTOCOL));
        cr_expect_eq(kill(pid, 0), 0, "it was ended");
        kill(pid, SIGKILL);
        scene_deinit(&scene);
}

Test(spawn_here_end, interrupted_it_calls_the_upgrade_off_and_ends_what_it_has_started)
{
        struct scene scene;
        pid_t pid;

        spawned_start(&scene, "serve");
        pid = spawned_pid(spawned_notes());
        kill(scene.tool.pid, SIGINT);
        scene_expect_closed(&scene);
        scene_send_failed(&scene, EKIDEN_ECANCELLED, "the operator called the upgrade off");
        scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_ECANCELLED));
        cr_expect_neq(kill(pid, 0), 0, "it still runs");
        scene_deinit(&scene);
}

Test(spawn_here_end, of_one_that_ends_early_the_operator_hears_how)
{
        struct scene scene;
        struct pollfd end;

        spawned_start(&scene, "exit3");
        spawned_notes();
        end = (struct pollfd){.fd = scene.given, .events = POLLIN};
        cr_assert_eq(poll(&end, 1, TOOL_DEADLINE_MS), 1, "the process does not hear of its end");
        cr_expect(end.revents & POLLHUP);
        scene_send_failed(&scene, EKIDEN_EPEER,
                          "the new process closed the handover's socket in phase check, before it "
                          "served; see its own messages");
        scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_EPEER));
        cr_expect_not_null(strstr(scene.tool.errors, "the new process exited with status 3 in "
                                                     "phase check, before it served;"),
                           "%s", scene.tool.errors);
        scene_deinit(&scene);
}
