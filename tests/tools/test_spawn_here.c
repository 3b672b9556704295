/* SPDX-License-Identifier: MIT */
/*
 * --spawn-here: the tool starts the new version, which here is a script that notes how it was
 * started, and then does what its first argument says.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scene.h"
#include "wire/arguments.h"
#include "wire/cleanup.h"
#include "wire/clock.h"

#define STRANGER 65534

static char folder[64], binary[96], notes[96];

/* What it says on its standard output is for whoever reads that; the notes appear all at once. */
static const char script[] = "#!/bin/sh\n"
                             "echo it speaks\n"
                             "exec 9>NOTES.new\n"
                             "echo pid $$ >&9\n"
                             "echo session $(cut -d' ' -f6 /proc/$$/stat) >&9\n"
                             "echo ignored $(grep SigIgn /proc/$$/status) >&9\n"
                             "echo blocked $(grep SigBlk /proc/$$/status) >&9\n"
                             "echo limit $(ulimit -n) >&9\n"
                             "echo directory $PWD >&9\n"
                             "echo token $EKIDEN_HANDOVER. >&9\n"
                             "tr '\\0' '\\n' </proc/$$/environ | grep ^EKIDEN_HANDOVER= >&9\n"
                             "echo others $EKIDEN_KEEPER$EKIDEN_PREDECESSOR.$EKIDEN_SNAPSHOT. >&9\n"
                             "echo socket $(readlink /proc/$$/fd/3) >&9\n"
                             "for argument; do echo argument $argument. >&9; done\n"
                             "mv NOTES.new NOTES\n"
                             "exec 9>&-\n"
                             "case $1 in\n"
                             "exit*) exit ${1#exit} ;;\n"
                             "background) sleep 60 & echo $! >NOTES.child; exit 0 ;;\n"
                             "esac\n"
                             "exec sleep 60\n";

static void make(void)
{
        FILE *file;

        scene_directory_make();
        strcpy(folder, "/tmp/ekiden-here-XXXXXX");
        cr_assert_not_null(mkdtemp(folder));
        snprintf(binary, sizeof(binary), "%s/new", folder);
        snprintf(notes, sizeof(notes), "%s/notes", folder);
        file = fopen(binary, "we");
        cr_assert_not_null(file);
        for (const char *rest = script; *rest;) {
                const char *next = strstr(rest, "NOTES");
                size_t length = next ? (size_t)(next - rest) : strlen(rest);

                fwrite(rest, 1, length, file);
                fputs(next ? notes : "", file);
                rest += length + (next ? strlen("NOTES") : 0);
        }
        cr_assert_eq(fclose(file), 0);
        cr_assert_eq(chmod(binary, 0755), 0);
}

static void unmake(void)
{
        char path[128];

        unlink(binary);
        unlink(notes);
        snprintf(path, sizeof(path), "%s.child", notes);
        unlink(path);
        rmdir(folder);
        scene_directory_remove();
}

TestSuite(spawn_here, .init = make, .fini = unmake, .timeout = 60);

static bool read_file(const char *path, char *ret_text, size_t size)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd >= 0 ? read(fd, ret_text, size - 1) : -1;

        if (fd >= 0)
                close(fd);
        ret_text[n > 0 ? n : 0] = '\0';
        return n > 0;
}

/* Waits until there is something in it. */
static void await_file(const char *path, char *ret_text, size_t size)
{
        uint64_t until_ns = ek_now_ns() + TOOL_DEADLINE_MS * EK_NS_PER_MS;

        while (!read_file(path, ret_text, size)) {
                cr_assert_lt(ek_now_ns(), until_ns, "%s was not written", path);
                usleep(2000);
        }
}

/* What the new version noted of how it was started. */
static const char *await_notes(void)
{
        static char text[4096];

        await_file(notes, text, sizeof(text));
        return text;
}

static pid_t noted_pid(const char *text)
{
        const char *line = strstr(text, "pid ");

        cr_assert_not_null(line);
        return atoi(line + strlen("pid "));
}

/* Gone, or a zombie. */
static bool has_ended(pid_t pid)
{
        char path[32], text[256];
        const char *end;

        snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
        if (!read_file(path, text, sizeof(text)))
                return true;
        end = strrchr(text, ')');
        return end && end[2] == 'Z';
}

static void expect_gone(pid_t pid)
{
        uint64_t until_ns = ek_now_ns() + TOOL_DEADLINE_MS * EK_NS_PER_MS;

        while (!has_ended(pid)) {
                cr_assert_lt(ek_now_ns(), until_ns, "process %d is still there", (int)pid);
                usleep(2000);
        }
}

static void send_check(struct scene *scene, char **arguments, size_t count)
{
        ek_auto_free ProtobufCBinaryData *values = ek_arguments_fill(arguments, count);
        Ekiden__Event event = EKIDEN__EVENT__INIT;

        event.kind = EKIDEN__EVENT_KIND__PHASE;
        event.has_phase = 1;
        event.phase = EKIDEN_PHASE_CHECK;
        event.arguments = values;
        event.n_arguments = count;
        scene_send_seen(scene);
        scene_send(scene, &event);
}

/* The tool has asked, and the process awaits its successor, which does what this word says. */
static void start(struct scene *scene, const char *word)
{
        char *arguments[] = {(char *)(uintptr_t)word, (char *)"a b"};

        scene_start(scene, TOOL_ARGUMENTS("--spawn-here", "chat", binary));
        send_check(scene, arguments, 2);
}

static void fail(struct scene *scene)
{
        scene_send_failed(scene, EKIDEN_EREFUSED, "it will not have it");
        scene_expect_exit(scene, ekiden_error_exit_status(EKIDEN_EREFUSED));
        scene_deinit(scene);
}

Test(spawn_here, the_process_gets_its_end_of_the_pair_and_the_token_of_this_handover)
{
        struct scene scene;
        const Ekiden__UpgradeRequest *asked;
        char token[64] = "token 1:", type[64];
        int size = 0;

        start(&scene, "serve");
        asked = scene.request->upgrade;
        cr_expect_eq(scene.request->protocol, 5);
        cr_expect_str_eq(asked->binary, binary);
        cr_assert(asked->has_given && asked->given.len == 16);
        for (size_t i = 0; i < asked->given.len; i++)
                size += snprintf(type + size, sizeof(type) - (size_t)size, "%02x",
                                 asked->given.data[i]);
        strcat(strcat(token, type), ":given.");
        cr_expect_not_null(strstr(await_notes(), token), "%s is not in %s", token, await_notes());
        cr_expect_not_null(strstr(await_notes(), "socket socket:"));
        cr_assert_gt(scene.given, 0);
        fail(&scene);
}

Test(spawn_here, arguments_that_the_process_could_not_tell_must_be_given)
{
        Ekiden__Event event = EKIDEN__EVENT__INIT;
        struct scene scene;

        scene_start(&scene, TOOL_ARGUMENTS("--spawn-here", "chat", binary));
        cr_expect(scene.request->upgrade->tell_arguments);
        event.kind = EKIDEN__EVENT_KIND__PHASE;
        event.has_phase = 1;
        event.phase = EKIDEN_PHASE_CHECK;
        event.has_arguments_left_out = event.arguments_left_out = 1;
        scene_send_seen(&scene);
        scene_send(&scene, &event);
        scene_send_failed(&scene, EKIDEN_ECANCELLED, "the operator called it off");
        scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_ELIMIT));
        cr_expect_neq(access(notes, F_OK), 0, "it was started");
        scene_deinit(&scene);
}

Test(spawn_here, without_it_no_descriptor_goes_along)
{
        struct scene scene;

        scene_start_upgrade(&scene);
        cr_expect_eq(scene.given, 0);
        cr_expect_eq(scene.request->protocol, 1);
        cr_expect(!scene.request->upgrade->has_given);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        scene_deinit(&scene);
}

Test(spawn_here, nothing_is_started_before_the_process_awaits_it)
{
        struct scene scene;
        char text[64];

        scene_start(&scene, TOOL_ARGUMENTS("--spawn-here", "chat", binary));
        scene_send_seen(&scene);
        scene_send_failed(&scene, EKIDEN_EREFUSED, "not now");
        scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_EREFUSED));
        cr_expect(!read_file(notes, text, sizeof(text)), "it was started: %s", text);
        scene_deinit(&scene);
}

Test(spawn_here, its_arguments_are_those_of_the_process)
{
        struct scene scene;

        start(&scene, "serve");
        cr_expect_not_null(strstr(await_notes(), "argument serve.\nargument a b.\n"));
        fail(&scene);
}

Test(spawn_here, or_those_behind_two_dashes)
{
        struct scene scene;
        char *arguments[] = {(char *)"serve"};

        scene_start(&scene, TOOL_ARGUMENTS("--spawn-here", "chat", binary, "--", "mine"));
        send_check(&scene, arguments, 1);
        cr_expect_not_null(strstr(await_notes(), "argument mine.\n"));
        cr_expect_null(strstr(await_notes(), "argument serve.\n"));
        fail(&scene);
}

Test(spawn_here, it_is_started_as_the_tool_was_but_in_a_session_of_its_own)
{
        struct scene scene;
        char session[64], directory[128];
        const char *text;

        for (int number = 1; number < 32; number++) /* whatever who started the test ignores */
                signal(number, SIG_DFL);
        setenv("EKIDEN_KEEPER", "1:2:3", 1);
        setenv("EKIDEN_PREDECESSOR", "chat", 1);
        setenv("EKIDEN_SNAPSHOT", "/nonexistent", 1);
        setenv("EKIDEN_HANDOVER", "1:stale", 1);
        cr_assert_eq(chdir(folder), 0);
        start(&scene, "serve");
        text = await_notes();
        snprintf(session, sizeof(session), "session %d\n", (int)noted_pid(text));
        snprintf(directory, sizeof(directory), "directory %s\n", folder);
        cr_expect_not_null(strstr(text, session), "%s is not in %s", session, text);
        cr_expect_not_null(strstr(text, directory));
        cr_expect_not_null(strstr(text, "ignored SigIgn: "));
        /* Those above 31 are the C library's own affair. */
        cr_expect_eq(strtoull(strstr(text, "SigIgn: ") + 8, NULL, 16) & 0x7fffffff, 0, "%s", text);
        cr_expect_not_null(strstr(text, "blocked SigBlk: 0000000000000000\n"), "%s", text);
        cr_expect_not_null(strstr(text, "others ..\n"), "%s", text);
        cr_expect_not_null(strstr(text, "\nEKIDEN_HANDOVER=1:"));
        cr_expect_null(strstr(text, "stale"), "%s", text);
        fail(&scene);
}

Test(spawn_here, its_limit_of_open_files_is_not_the_one_that_the_tool_raised_for_itself)
{
        struct scene scene;

        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){200, 400}), 0);
        start(&scene, "serve");
        cr_expect_not_null(strstr(await_notes(), "limit 200\n"), "%s", await_notes());
        fail(&scene);
}

Test(spawn_here, when_it_serves_it_is_left_alone)
{
        struct scene scene;
        pid_t pid;

        start(&scene, "serve");
        pid = noted_pid(await_notes());
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        cr_expect_eq(kill(pid, 0), 0, "it has ended");
        kill(pid, SIGKILL);
        scene_deinit(&scene);
}

Test(spawn_here, when_it_was_refused_it_is_gone_before_the_tool_is)
{
        struct scene scene;
        pid_t pid;

        start(&scene, "serve");
        pid = noted_pid(await_notes());
        fail(&scene);
        cr_expect_neq(kill(pid, 0), 0, "it still runs");
}

Test(spawn_here, one_that_has_gone_into_the_background_is_gone_as_well)
{
        struct scene scene;
        char path[128], text[32];
        pid_t child;

        start(&scene, "background");
        snprintf(path, sizeof(path), "%s.child", notes);
        await_file(path, text, sizeof(text));
        child = atoi(text);
        cr_assert_gt(child, 0);
        expect_gone(noted_pid(await_notes()));
        fail(&scene);
        expect_gone(child);
}

/* The tool is executed by a shell that has started something, which reads from `ret_end` and ends
   when that is closed. */
static void start_behind(struct scene *scene, const char *command, const char *word, int *ret_end)
{
        char *arguments[] = {(char *)(uintptr_t)word};
        char path[96];
        FILE *file;
        int ends[2], input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);

        snprintf(path, sizeof(path), "%s/shell", folder);
        file = fopen(path, "we");
        cr_assert_not_null(file);
        fprintf(file, "#!/bin/sh\nnotes=%s\nexec 9<&0 </dev/null\n%s\nexec 9<&-\nexec %s \"$@\"\n",
                notes, command, TOOL_PATH);
        cr_assert_eq(fclose(file), 0);
        cr_assert_eq(chmod(path, 0755), 0);
        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        *scene = (struct scene){.listener = scene_listen("chat", getpid())};
        cr_assert_eq(dup2(ends[1], STDIN_FILENO), STDIN_FILENO);
        tool_start_by(&scene->tool, path, TOOL_ARGUMENTS("--spawn-here", "chat", binary));
        cr_assert_eq(dup2(input, STDIN_FILENO), STDIN_FILENO);
        close(input);
        close(ends[1]);
        scene_accept(scene);
        unlink(path);
        send_check(scene, arguments, 1);
        await_notes();
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
                read_file(path, text, sizeof(text));
                found = 0;
                for (const char *at = text; (at = strchr(at, ' ')); at++)
                        found++;
        } while (found != count);
}

Test(spawn_here, a_child_that_the_tool_had_before_is_left_alone)
{
        struct scene scene;
        int end;

        start_behind(&scene, "cat <&9 >/dev/null &", "serve", &end);
        fail(&scene);
        expect_still_there(end);
}

Test(spawn_here, an_orphan_of_such_a_child_is_left_alone)
{
        struct scene scene;
        int end;

        start_behind(&scene,
                     "(cat <&9 >/dev/null & until [ -e $notes ]; do sleep 0.02; done) 9<&9 &",
                     "serve", &end);
        await_children(scene.tool.pid, 3);
        fail(&scene);
        expect_still_there(end);
}

Test(spawn_here, what_went_into_the_background_is_gone_and_such_a_child_is_left_alone)
{
        struct scene scene;
        char path[128], text[32];
        int end;

        start_behind(&scene, "cat <&9 >/dev/null &", "background", &end);
        snprintf(path, sizeof(path), "%s.child", notes);
        await_file(path, text, sizeof(text));
        expect_gone(noted_pid(await_notes()));
        fail(&scene);
        expect_gone(atoi(text));
        expect_still_there(end);
}

Test(spawn_here, after_a_rehearsal_nothing_is_left_of_it)
{
        struct scene scene;
        char *arguments[] = {(char *)"serve"};
        pid_t pid;

        scene_start(&scene, TOOL_ARGUMENTS("--spawn-here", "--rehearse", "chat", binary));
        cr_expect_eq(scene.request->protocol, 5);
        cr_expect(scene.request->upgrade->rehearse);
        send_check(&scene, arguments, 1);
        pid = noted_pid(await_notes());
        scene_send_rehearsed(&scene, "members", 400);
        scene_expect_exit(&scene, 0);
        cr_expect_neq(kill(pid, 0), 0, "it still runs");
        scene_deinit(&scene);
}

/* A process that is sound says that before it awaits one. */
Test(spawn_here, a_process_that_says_that_another_one_starts_it_gets_no_second_one)
{
        Ekiden__Event failed = EKIDEN__EVENT__INIT;
        Ekiden__Refusal refusal = EKIDEN__REFUSAL__INIT;
        struct pollfd source = {.events = POLLIN};
        struct scene scene;
        pid_t pid;

        start(&scene, "serve");
        pid = noted_pid(await_notes());
        refusal.code = EKIDEN_EREFUSED;
        refusal.sentence = (char *)(uintptr_t) "another one starts it";
        failed.kind = EKIDEN__EVENT_KIND__FAILED;
        failed.refusal = &refusal;
        failed.spawned_by = (char *)(uintptr_t) "desk";
        scene_send(&scene, &failed);
        scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_EREFUSED));
        cr_expect_not_null(strstr(scene.tool.errors, "another one starts it"));
        cr_expect_neq(kill(pid, 0), 0, "it still runs");
        source.fd = scene.listener;
        cr_expect_eq(poll(&source, 1, 0), 0, "it was asked again");
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

Test(spawn_here, when_the_process_cannot_be_understood_and_lets_go_it_is_gone)
{
        struct scene scene;
        pid_t pid;

        start(&scene, "serve");
        pid = noted_pid(await_notes());
        break_off(&scene);
        scene_close(&scene);
        scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_EPROTOCOL));
        cr_expect_neq(kill(pid, 0), 0, "it still runs");
        scene_deinit(&scene);
}

/* It may have said behind it that the new version serves. */
Test(spawn_here, when_the_process_cannot_be_understood_and_does_not_let_go_it_is_left_alone)
{
        struct scene scene;
        pid_t pid;

        start(&scene, "serve");
        pid = noted_pid(await_notes());
        break_off(&scene);
        scene_send_committed(&scene);
        scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_EPROTOCOL));
        cr_expect_eq(kill(pid, 0), 0, "it was ended");
        kill(pid, SIGKILL);
        scene_deinit(&scene);
}

Test(spawn_here, interrupted_it_calls_the_upgrade_off_and_ends_what_it_has_started)
{
        struct scene scene;
        pid_t pid;

        start(&scene, "serve");
        pid = noted_pid(await_notes());
        kill(scene.tool.pid, SIGINT);
        scene_expect_closed(&scene);
        scene_send_failed(&scene, EKIDEN_ECANCELLED, "the operator called the upgrade off");
        scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_ECANCELLED));
        cr_expect_neq(kill(pid, 0), 0, "it still runs");
        scene_deinit(&scene);
}

Test(spawn_here, of_one_that_ends_early_the_operator_hears_how)
{
        struct scene scene;
        struct pollfd end;

        start(&scene, "exit3");
        await_notes();
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

Test(spawn_here, a_binary_that_others_may_write_is_refused_before_anything_is_asked)
{
        struct tool tool;
        int listener = scene_listen("chat", getpid());
        struct pollfd source = {.fd = listener, .events = POLLIN};
        int fd;
        char byte;

        cr_assert_eq(chmod(binary, 0777), 0);
        tool_run(&tool, TOOL_ARGUMENTS("--spawn-here", "chat", binary));
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
Test(spawn_here, another_users_process_does_not_say_what_the_arguments_are)
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
        tool_run(&tool, TOOL_ARGUMENTS("--spawn-here", "chat", binary));
        cr_expect_eq(tool.exit_status, ekiden_error_exit_status(EKIDEN_EPERMISSION));
        cr_expect_not_null(strstr(tool.errors, "the process is of user 65534"), "%s", tool.errors);
        tool_deinit(&tool);
        close(accept(listener, NULL, NULL)); /* it had connected */
        scene.listener = listener;
        tool_start(&scene.tool, TOOL_ARGUMENTS("--spawn-here", "chat", binary, "--", "mine"));
        scene_accept(&scene);
        send_check(&scene, NULL, 0);
        cr_expect_not_null(strstr(await_notes(), "argument mine.\n"));
        fail(&scene);
}

/* By the kernel's word of who sends, which is the real user. */
static void become(uid_t user)
{
        cr_assert_eq(setresuid(user, user, 0), 0);
}

/* As a server does that begins as root. */
Test(spawn_here, nor_does_one_that_has_become_another_users_since_it_listens)
{
        struct scene scene;
        char *arguments[] = {(char *)"serve"};
        char text[64];

        if (geteuid() != 0)
                cr_skip_test("only root becomes somebody else");
        scene_start(&scene, TOOL_ARGUMENTS("--spawn-here", "chat", binary));
        become(STRANGER);
        send_check(&scene, arguments, 1);
        scene_expect_closed(&scene);
        scene_send_failed(&scene, EKIDEN_ECANCELLED, "the operator called the upgrade off");
        cr_assert_eq(setresuid(0, 0, 0), 0);
        scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_EPERMISSION));
        cr_expect_not_null(strstr(scene.tool.errors, "the process is of user 65534"), "%s",
                           scene.tool.errors);
        cr_expect(!read_file(notes, text, sizeof(text)), "it was started: %s", text);
        scene_deinit(&scene);
}

Test(spawn_here, nor_one_of_whom_only_a_part_is_the_tools_users)
{
        struct scene scene;
        char *arguments[] = {(char *)"serve"};
        char text[64];

        if (geteuid() != 0)
                cr_skip_test("only root becomes somebody else");
        scene_start(&scene, TOOL_ARGUMENTS("--spawn-here", "chat", binary));
        become(STRANGER);
        scene_send_seen(&scene);
        cr_assert_eq(setresuid(0, 0, 0), 0);
        send_check(&scene, arguments, 1);
        scene_expect_closed(&scene);
        scene_send_failed(&scene, EKIDEN_ECANCELLED, "the operator called the upgrade off");
        scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_EPERMISSION));
        cr_expect(!read_file(notes, text, sizeof(text)), "it was started: %s", text);
        scene_deinit(&scene);
}

Test(spawn_here, what_it_says_is_not_needed_where_the_arguments_are_given)
{
        struct scene scene;
        char *arguments[] = {(char *)"serve"};

        if (geteuid() != 0)
                cr_skip_test("only root becomes somebody else");
        scene_start(&scene, TOOL_ARGUMENTS("--spawn-here", "chat", binary, "--", "mine"));
        become(STRANGER);
        send_check(&scene, arguments, 1);
        cr_assert_eq(setresuid(0, 0, 0), 0);
        cr_expect_not_null(strstr(await_notes(), "argument mine.\n"));
        fail(&scene);
}

Test(spawn_here, a_binary_that_cannot_be_executed_calls_the_upgrade_off)
{
        struct scene scene;
        FILE *file = fopen(binary, "we");

        cr_assert_not_null(file);
        fputs("#!/nonexistent/interpreter\n", file);
        cr_assert_eq(fclose(file), 0);
        start(&scene, "serve");
        scene_expect_closed(&scene);
        scene_send_failed(&scene, EKIDEN_ECANCELLED, "the operator called the upgrade off");
        scene_expect_exit(&scene, ekiden_error_exit_status(EKIDEN_EBINARY));
        cr_expect_not_null(strstr(scene.tool.errors, "cannot start the new binary"));
        scene_deinit(&scene);
}

Test(spawn_here, in_json_the_standard_output_is_for_events_alone)
{
        struct scene scene;
        char *arguments[] = {(char *)"serve"};
        pid_t pid;

        scene_start(&scene, TOOL_ARGUMENTS("--json", "--spawn-here", "chat", binary));
        send_check(&scene, arguments, 1);
        pid = noted_pid(await_notes());
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        cr_expect_null(strstr(scene.tool.printed, "it speaks"));
        cr_expect_not_null(strstr(scene.tool.printed, "\"event\":\"committed\""));
        cr_expect_not_null(strstr(scene.tool.errors, "it speaks"));
        kill(pid, SIGKILL);
        scene_deinit(&scene);
}

Test(spawn_here, otherwise_it_has_the_tools_own_output)
{
        struct scene scene;
        pid_t pid;

        start(&scene, "serve");
        pid = noted_pid(await_notes());
        scene_send_committed(&scene);
        scene_expect_exit(&scene, 0);
        cr_expect_not_null(strstr(scene.tool.printed, "it speaks"));
        kill(pid, SIGKILL);
        scene_deinit(&scene);
}

/* The next process that is asked gets an end of another pair. */
Test(spawn_here, what_waits_for_its_turn_is_started_in_its_turn)
{
        struct scene scene;
        Ekiden__Event queued = EKIDEN__EVENT__INIT;
        char *arguments[] = {(char *)"serve"};
        char text[64];

        scene_start(&scene, TOOL_ARGUMENTS("--spawn-here", "--wait", "chat", binary));
        cr_expect(scene.request->upgrade->wait);
        queued.kind = EKIDEN__EVENT_KIND__QUEUED;
        scene_send_seen(&scene);
        scene_send(&scene, &queued);
        tool_wait_until_said(&scene.tool, "waits for its end");
        cr_expect(!read_file(notes, text, sizeof(text)), "it was started: %s", text);
        send_check(&scene, arguments, 1);
        await_notes();
        fail(&scene);
}
