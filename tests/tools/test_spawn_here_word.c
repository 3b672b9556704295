/* SPDX-License-Identifier: MIT */
/* --spawn-here: whose word is believed, and which binary is executed. */
#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spawned.h"

#define STRANGER 65534

TestSuite(spawn_here_word, .init = spawned_make, .fini = spawned_unmake, .timeout = 60);

Test(spawn_here_word, a_binary_that_others_may_write_is_refused_before_anything_is_asked)
{
        struct tool tool;
        int listener = scene_listen("chat", getpid());
        struct pollfd source = {.fd = listener, .events = POLLIN};
        int fd;
        char byte;

        cr_assert_eq(chmod(spawned_binary, 0777), 0);
        tool_run(&tool, TOOL_ARGUMENTS("--spawn-here", "chat", spawned_binary));
        cr_expect_eq(tool.exit_status, ekiden_error_exit_status(EKIDEN_EPERMISSION), "%s",
                     tool.errors);
        cr_expect_not_null(strstr(tool.errors, "others could change the new binary"));
        cr_assert_eq(poll(&source, 1, 0), 1);
        fd = accept(listener, NULL, NULL);
        cr_expect_eq(read(fd, &byte, 1), 0, "something was asked");
        close(fd);
        close(listener);
        tool_deinit(&tool);
}

/* The process is the test, which listens as somebody else. */
Test(spawn_here_word, another_users_process_does_not_say_what_the_arguments_are)
{
        struct scene scene = {.listener = -1};
        struct tool tool;
        int listener;

        if (geteuid() != 0)
                cr_skip_test("only root sees other users' directories");
        cr_assert_eq(chown(scene_directory(), STRANGER, STRANGER), 0);
        cr_assert_eq(seteuid(STRANGER), 0);
        listener = scene_listen("chat", getpid());
        cr_assert_eq(seteuid(0), 0);
        tool_run(&tool, TOOL_ARGUMENTS("--spawn-here", "chat", spawned_binary));
        cr_expect_eq(tool.exit_status, ekiden_error_exit_status(EKIDEN_EPERMISSION));
        cr_expect_not_null(strstr(tool.errors, "the process is of user 65534"), "%s", tool.errors);
        tool_deinit(&tool);
        close(accept(listener, NULL, NULL)); /* it had connected */
        scene.listener = listener;
        tool_start(&scene.tool,
                   TOOL_ARGUMENTS("--spawn-here", "chat", spawned_binary, "--", "mine"));
        scene_accept(&scene);
        spawned_send_check(&scene, NULL, 0);
        cr_expect_not_null(strstr(spawned_notes(), "argument mine.\n"));
        spawned_fail(&scene);
}

/* By the kernel's word of who sends, which is the real user. */
static void become(uid_t user)
{
        cr_assert_eq(setresuid(user, user, 0), 0);
}

/* As a server does that begins as root. */
Test(spawn_here_word, nor_does_one_that_has_become_another_users_since_it_listens)
{
        struct scene scene;
        char *arguments[] = {(char *)"serve"};
        char text[64];

        if (geteuid() != 0)
                cr_skip_test("only root becomes somebody else");
        scene_start(&scene, TOOL_ARGUMENTS("--spawn-here", "chat", spawned_binary));
        become(STRANGER);
        spawned_send_check(&scene, arguments, 1);
        scene_expect_closed(&scene);
        scene_send_failed(&scene, EKIDEN_ECANCELLED, "the operator called the upgrade off");
        cr_assert_eq(setresuid(0, 0, 0), 0);
        scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_EPERMISSION));
        cr_expect_not_null(strstr(scene.tool.errors, "the process is of user 65534"), "%s",
                           scene.tool.errors);
        cr_expect(!spawned_read(spawned_file, text, sizeof(text)), "it was started: %s", text);
        scene_deinit(&scene);
}

Test(spawn_here_word, nor_one_of_whom_only_a_part_is_the_tools_users)
{
        struct scene scene;
        char *arguments[] = {(char *)"serve"};
        char text[64];

        if (geteuid() != 0)
                cr_skip_test("only root becomes somebody else");
        scene_start(&scene, TOOL_ARGUMENTS("--spawn-here", "chat", spawned_binary));
        become(STRANGER);
        scene_send_seen(&scene);
        cr_assert_eq(setresuid(0, 0, 0), 0);
        spawned_send_check(&scene, arguments, 1);
        scene_expect_closed(&scene);
        scene_send_failed(&scene, EKIDEN_ECANCELLED, "the operator called the upgrade off");
        scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_EPERMISSION));
        cr_expect(!spawned_read(spawned_file, text, sizeof(text)), "it was started: %s", text);
        scene_deinit(&scene);
}

Test(spawn_here_word, what_it_says_is_not_needed_where_the_arguments_are_given)
{
        struct scene scene;
        char *arguments[] = {(char *)"serve"};

        if (geteuid() != 0)
                cr_skip_test("only root becomes somebody else");
        scene_start(&scene, TOOL_ARGUMENTS("--spawn-here", "chat", spawned_binary, "--", "mine"));
        become(STRANGER);
        spawned_send_check(&scene, arguments, 1);
        cr_assert_eq(setresuid(0, 0, 0), 0);
        cr_expect_not_null(strstr(spawned_notes(), "argument mine.\n"));
        spawned_fail(&scene);
}
