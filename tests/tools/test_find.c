/* SPDX-License-Identifier: MIT */
/* From a name or a PID to the one process that is meant. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "scene.h"

TestSuite(find, .init = scene_directory_make, .fini = scene_directory_remove, .timeout = 60);

static bool socket_exists(const char *program, pid_t pid)
{
        char path[128];

        snprintf(path, sizeof(path), "%s/%s.%d", scene_directory(), program, (int)pid);
        return access(path, F_OK) == 0;
}

static void expect(const char *const *arguments, int exit_status, const char *said)
{
        struct tool tool;

        tool_run(&tool, arguments);
        cr_assert_eq(tool.exit_status, exit_status, "exit status %d, not %d: %s", tool.exit_status,
                     exit_status, tool.errors);
        cr_assert(strstr(tool.errors, said), "\"%s\" is not in: %s", said, tool.errors);
        cr_assert_str_empty(tool.printed);
        tool_deinit(&tool);
}

/* A PID that nobody has: of a process that has just ended. */
static pid_t dead_pid(void)
{
        pid_t pid = scene_process_start();

        scene_process_end(pid);
        return pid;
}

Test(find, a_program_is_found_by_its_name)
{
        struct scene scene;
        int other = scene_listen("chatter", getpid());

        scene_start_upgrade(&scene);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        scene_deinit(&scene);
        close(other);
}

Test(find, a_process_is_found_by_its_pid)
{
        struct scene scene;
        char pid[16];
        pid_t neighbour = scene_process_start();
        int other = scene_listen("chat", neighbour);

        snprintf(pid, sizeof(pid), "%d", (int)getpid());
        scene_start(&scene, TOOL_ARGUMENTS(pid, "./chat-v2"));
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        scene_deinit(&scene);
        close(other);
        scene_process_end(neighbour);
}

Test(find, two_processes_of_a_name_are_both_listed_and_neither_is_asked)
{
        pid_t neighbour = scene_process_start();
        int first = scene_listen("chat", getpid());
        int second = scene_listen("chat", neighbour);
        char said[32];

        snprintf(said, sizeof(said), "%d", (int)getpid());
        expect(TOOL_ARGUMENTS("chat", "x"), 4, said);
        snprintf(said, sizeof(said), "%d", (int)neighbour);
        expect(TOOL_ARGUMENTS("chat", "x"), 4, said);
        close(first);
        close(second);
        scene_process_end(neighbour);
}

#define OF_SEVERAL_BY_PID "next    name one of them by its PID\n"

Test(find, of_two_processes_of_a_name_a_command_that_is_for_one_wants_the_pid)
{
        pid_t neighbour = scene_process_start();
        int first = scene_listen("chat", getpid());
        int second = scene_listen("chat", neighbour);
        char file[128];

        snprintf(file, sizeof(file), "%s/chat.ekiden", scene_directory());
        expect(TOOL_ARGUMENTS("--cancel", "chat"), 4, OF_SEVERAL_BY_PID);
        expect(TOOL_ARGUMENTS("--wait", "chat"), 4, OF_SEVERAL_BY_PID);
        expect(TOOL_ARGUMENTS("--snapshot", file, "chat"), 4, OF_SEVERAL_BY_PID);
        expect(TOOL_ARGUMENTS("--rehearse", "--times", "2", "chat", "x"), 4, OF_SEVERAL_BY_PID);
        close(first);
        close(second);
        scene_process_end(neighbour);
}

Test(find, a_process_with_two_sockets_is_one_process)
{
        int first = scene_listen("chat", getpid());
        int second = scene_listen("chatter", getpid());
        char pid[16], said[64];

        snprintf(pid, sizeof(pid), "%d", (int)getpid());
        snprintf(said, sizeof(said), "process %s has 2 control sockets", pid);
        expect(TOOL_ARGUMENTS(pid, "x"), 4, said);
        expect(TOOL_ARGUMENTS(pid, "x"), 4, "next    set EKIDEN_RUNTIME_DIR to");
        expect(TOOL_ARGUMENTS("--cancel", pid), 4, "next    set EKIDEN_RUNTIME_DIR to");
        close(first);
        close(second);
}

Test(find, an_unknown_name_is_not_found)
{
        expect(TOOL_ARGUMENTS("chat", "x"), 3, "\"chat\"");
}

Test(find, a_process_without_a_control_socket_is_not_found)
{
        char pid[16];

        snprintf(pid, sizeof(pid), "%d", (int)getpid());
        expect(TOOL_ARGUMENTS(pid, "x"), 3, "has no control socket");
}

Test(find, a_pid_that_nobody_has_is_not_found)
{
        char pid[16];

        snprintf(pid, sizeof(pid), "%d", (int)dead_pid());
        expect(TOOL_ARGUMENTS(pid, "x"), 3, "there is no process");
        expect(TOOL_ARGUMENTS("99999999999999999999", "x"), 3, "no running process");
        expect(TOOL_ARGUMENTS("0", "x"), 3, "no running process");
}

Test(find, a_directory_that_does_not_exist_has_no_process_in_it)
{
        setenv("EKIDEN_RUNTIME_DIR", "/nonexistent/ekiden", 1);
        expect(TOOL_ARGUMENTS("chat", "x"), 3, "/nonexistent/ekiden");
}

Test(find, a_directory_path_that_no_socket_fits_in_is_a_limit)
{
        char path[200];

        memset(path, 'x', sizeof(path) - 1);
        path[0] = '/';
        path[sizeof(path) - 1] = '\0';
        setenv("EKIDEN_RUNTIME_DIR", path, 1);
        expect(TOOL_ARGUMENTS("chat", "x"), 17, "EKIDEN_RUNTIME_DIR");
}

Test(find, a_stale_socket_of_ones_own_is_removed)
{
        pid_t pid = dead_pid();

        close(scene_listen("chat", pid));
        cr_assert(socket_exists("chat", pid));
        expect(TOOL_ARGUMENTS("chat", "x"), 3, "chat");
        cr_assert(!socket_exists("chat", pid));
}

Test(find, the_socket_of_a_process_that_is_about_to_listen_stays)
{
        close(scene_listen("chat", getpid()));
        expect(TOOL_ARGUMENTS("chat", "x"), 3, "chat");
        cr_assert(socket_exists("chat", getpid()));
}

Test(find, a_file_that_is_no_socket_stays)
{
        pid_t pid = dead_pid();
        char path[128];
        FILE *file;

        snprintf(path, sizeof(path), "%s/chat.%d", scene_directory(), (int)pid);
        file = fopen(path, "w");
        cr_assert_not_null(file);
        fclose(file);
        expect(TOOL_ARGUMENTS("chat", "x"), 3, "chat");
        cr_assert(socket_exists("chat", pid));
}

Test(find, a_stale_socket_of_another_user_stays)
{
        pid_t pid = dead_pid();
        char path[128];

        if (geteuid() != 0)
                cr_skip_test("only root can give a file away");
        close(scene_listen("chat", pid));
        snprintf(path, sizeof(path), "%s/chat.%d", scene_directory(), (int)pid);
        cr_assert_eq(chown(path, 65534, 65534), 0);
        expect(TOOL_ARGUMENTS("chat", "x"), 3, "chat");
        cr_assert(socket_exists("chat", pid));
}

Test(find, a_successor_that_does_not_serve_yet_is_not_found)
{
        int hidden = scene_listen(".chat", getpid());

        expect(TOOL_ARGUMENTS("chat", "x"), 3, "chat");
        expect(TOOL_ARGUMENTS(".chat", "x"), 3, ".chat");
        close(hidden);
}

Test(find, a_directory_that_others_may_enter_is_not_believed)
{
        int listener = scene_listen("chat", getpid());

        cr_assert_eq(chmod(scene_directory(), 0711), 0);
        expect(TOOL_ARGUMENTS("chat", "x"), 5, "mode 0700");
        close(listener);
}

Test(find, a_link_in_place_of_the_directory_is_not_followed)
{
        int listener = scene_listen("chat", getpid());
        char path[128];

        snprintf(path, sizeof(path), "%s.link", scene_directory());
        cr_assert_eq(symlink(scene_directory(), path), 0);
        setenv("EKIDEN_RUNTIME_DIR", path, 1);
        expect(TOOL_ARGUMENTS("chat", "x"), 3, "chat");
        unlink(path);
        close(listener);
}

Test(find, a_listener_of_another_user_than_the_directorys_is_not_believed)
{
        int listener = scene_listen("chat", getpid());

        if (geteuid() != 0)
                cr_skip_test("only root can give a directory away");
        cr_assert_eq(chown(scene_directory(), 65534, 65534), 0);
        expect(TOOL_ARGUMENTS("chat", "x"), 5, "not believed");
        close(listener);
}

#define STRANGER 65534

/* Makes the directory a stranger's, and listens there as he: the process is the test. */
static int listen_as_stranger(pid_t named)
{
        int listener;

        cr_assert_eq(chown(scene_directory(), STRANGER, STRANGER), 0);
        cr_assert_eq(seteuid(STRANGER), 0);
        listener = scene_listen("chat", named);
        cr_assert_eq(seteuid(0), 0);
        return listener;
}

/* Connects until nobody can any more; the connections live as long as the test. */
static void fill_queue(pid_t named)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int r = 0;

        snprintf(address.sun_path, sizeof(address.sun_path), "%s/chat.%d", scene_directory(),
                 (int)named);
        for (int i = 0; i < 64 && r == 0; i++) {
                int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

                r = connect(fd, (struct sockaddr *)&address, sizeof(address));
        }
        cr_assert_lt(r, 0, "the queue has no end");
}

Test(find, a_socket_with_the_name_of_anothers_process_is_not_believed)
{
        pid_t victim = scene_process_start();
        char pid[16];

        if (geteuid() != 0)
                cr_skip_test("only root sees other users' directories");
        listen_as_stranger(victim);
        snprintf(pid, sizeof(pid), "%d", (int)victim);
        expect(TOOL_ARGUMENTS("chat", "x"), 5, "not believed");
        expect(TOOL_ARGUMENTS(pid, "x"), 5, "not believed");
        fill_queue(victim);
        expect(TOOL_ARGUMENTS(pid, "x"), 5, "not believed");
        scene_process_end(victim);
}

/* What it is may be anything; but that there is a process of the name is not passed over. */
Test(find, one_that_cannot_be_connected_to_is_told_with_the_reason)
{
        pid_t odd = scene_process_start();
        int listener = scene_listen_by("chat", odd, SOCK_DGRAM);
        struct scene scene;

        expect(TOOL_ARGUMENTS("chat", "x"), ekiden_error_exit_status(EKIDEN_ESYSTEM),
               "cannot connect to");
        scene_start_upgrade(&scene); /* beside one that can be */
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        scene_deinit(&scene);
        scene_process_end(odd);
        expect(TOOL_ARGUMENTS("chat", "x"), 3, "no running process");
        close(listener);
}

static pid_t strangers_process_start(void)
{
        pid_t pid;

        cr_assert_eq(seteuid(STRANGER), 0);
        pid = scene_process_start();
        cr_assert_eq(seteuid(0), 0);
        return pid;
}

/* A link to itself, which cannot be followed by anybody. */
static void link_to_itself(const char *program, pid_t named)
{
        char path[128];

        snprintf(path, sizeof(path), "%s/%s.%d", scene_directory(), program, (int)named);
        cr_assert_eq(symlink(path, path), 0);
}

static void expect_empty_list(void)
{
        struct tool tool;

        tool_run(&tool, TOOL_ARGUMENTS("--list"));
        cr_assert_eq(tool.exit_status, 0, "%s", tool.errors);
        cr_assert(strstr(tool.printed, "No process"), "%s", tool.printed);
        tool_deinit(&tool);
}

Test(find, what_a_stranger_names_after_anothers_process_fails_no_search)
{
        int listener;

        if (geteuid() != 0)
                cr_skip_test("only root sees other users' directories");
        listener = scene_listen_by("chat", getpid(), SOCK_DGRAM);
        link_to_itself("prefork", getpid());
        cr_assert_eq(chown(scene_directory(), STRANGER, STRANGER), 0);
        expect(TOOL_ARGUMENTS("chat", "x"), 3, "no running process");
        expect(TOOL_ARGUMENTS("prefork", "x"), 3, "no running process");
        expect_empty_list();
        close(listener);
}

Test(find, a_strangers_own_process_that_cannot_be_connected_to_is_told_with_the_reason)
{
        pid_t his;

        if (geteuid() != 0)
                cr_skip_test("only root sees other users' directories");
        his = strangers_process_start();
        link_to_itself("chat", his);
        cr_assert_eq(chown(scene_directory(), STRANGER, STRANGER), 0);
        expect(TOOL_ARGUMENTS("chat", "x"), 72, "cannot connect to");
        expect_empty_list();
        scene_process_end(his);
}

Test(find, a_list_has_no_place_for_what_cannot_be_connected_to)
{
        int listener = scene_listen_by("chat", getpid(), SOCK_DGRAM);

        expect_empty_list();
        close(listener);
}

Test(find, a_strangers_own_process_is_found_beside_the_one_that_he_claims)
{
        pid_t victim = scene_process_start();
        struct scene scene;

        if (geteuid() != 0)
                cr_skip_test("only root sees other users' directories");
        listen_as_stranger(victim);
        scene = (struct scene){.listener = listen_as_stranger(getpid())};
        tool_start(&scene.tool, TOOL_ARGUMENTS("chat", "x"));
        scene_accept(&scene);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        scene_deinit(&scene);
        scene_process_end(victim);
}

Test(find, a_listener_that_has_forked_since_is_found_by_its_owner)
{
        struct scene scene;
        pid_t child;

        if (geteuid() != 0)
                cr_skip_test("only root sees other users' directories");
        child = strangers_process_start();
        scene = (struct scene){.listener = listen_as_stranger(child), .other = child};
        tool_start(&scene.tool, TOOL_ARGUMENTS("chat", "x"));
        scene_accept(&scene);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        scene_deinit(&scene);
        scene_process_end(child);
}

Test(find, a_process_whose_queue_is_full_is_said_to_be_blocked)
{
        pid_t blocked = scene_process_start();
        int listener = scene_listen("chat", blocked);
        struct tool tools[8];

        for (size_t i = 0; i < 8; i++)
                tool_start(&tools[i], TOOL_ARGUMENTS("--timeout", "1", "chat", "x"));
        for (size_t i = 0; i < 8; i++) {
                tool_wait(&tools[i]);
                cr_assert_eq(tools[i].exit_status, 14);
                tool_deinit(&tools[i]);
        }
        expect(TOOL_ARGUMENTS("chat", "x"), 14, "requests are waiting already");
        close(listener);
        scene_process_end(blocked);
}
