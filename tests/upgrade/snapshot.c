/* SPDX-License-Identifier: MIT */
/*
 * A snapshot of a running service: whoever takes it, however he behaves, the service is as it was;
 * and the file is there in whole or not at all.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ekiden/control.pb-c.h"
#include "operator.h"
#include "processes.h"
#include "state/snapshot_read.h"
#include "wire/link.h"

#define DEADLINE_MS 8000
#define SHORT_DEADLINE_MS 300
#define KILLS 60

static const struct ek_wait patience = {.idle_ms = 20000};
static struct service service;
static char place[64], file[96]; /* a directory, and the snapshot in it */

static void begin(void)
{
        strcpy(place, "/tmp/ekiden-test-XXXXXX");
        cr_assert(mkdtemp(place));
        snprintf(file, sizeof(file), "%s/state.ekiden", place);
        service = service_start(PROBE_V1, DEADLINE_MS);
}

static void end(void)
{
        unlink(file);
        cr_assert_eq(rmdir(place), 0, "something is left beside the snapshot");
        service_stop(&service);
}

static pid_t start_tool(const char *target, int errors)
{
        const char *const arguments[] = {TOOL, "--quiet", "--snapshot", file, target, NULL};
        pid_t pid = process_start(arguments, service.keeper, -1, errors);

        cr_assert_gt(pid, 0);
        return pid;
}

/* The exit status of a process; -1: a signal ended it. */
static int wait_for(pid_t pid)
{
        int status;

        cr_assert_eq(waitpid(pid, &status, 0), pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static size_t count_files(void)
{
        DIR *directory = opendir(place);
        size_t count = 0;

        cr_assert(directory);
        for (struct dirent *entry; (entry = readdir(directory));)
                count += entry->d_name[0] != '.';
        closedir(directory);
        return count;
}

static void expect_whole(void)
{
        struct ekiden_error error = {0};
        struct ek_snapshot snapshot;
        struct stat status;

        cr_assert_eq(stat(file, &status), 0);
        cr_expect_eq(status.st_mode & 07777, 0600u);
        cr_assert_eq(ek_snapshot_open(open(file, O_RDONLY | O_CLOEXEC), &snapshot, &error), 0, "%s",
                     error.sentence);
        cr_expect_str_eq(snapshot.header->program, "probe");
        cr_expect_str_eq(snapshot.header->update_point, "serve");
        cr_expect_eq(snapshot.total.records, 3001u);
        ek_snapshot_close(&snapshot);
}

static void expect_same(const struct answer *before, const struct answer *after)
{
        cr_expect_eq(after->pid, before->pid);
        cr_expect_eq(after->asked, before->asked + 1);
        cr_expect_eq(after->records, before->records);
        cr_expect_eq(after->descriptors, before->descriptors);
        cr_expect_eq(after->heap_bytes, before->heap_bytes);
}

static void expect_as_before(const struct answer *before)
{
        const struct answer after = service_ask(&service);

        expect_same(before, &after);
}

static struct ek_link *connect_to_service(void)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct ek_link *link;

        snprintf(address.sun_path, sizeof(address.sun_path), "%s/probe.%d", service.directory,
                 (int)service.pid);
        cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
        cr_assert_eq(ek_link_new(fd, &link), 0);
        return link;
}

static void ask_for_snapshot(struct ek_link *link)
{
        Ekiden__SnapshotRequest snapshot = EKIDEN__SNAPSHOT_REQUEST__INIT;
        Ekiden__Request request = EKIDEN__REQUEST__INIT;

        request.protocol = 1;
        request.snapshot = &snapshot;
        cr_assert_eq(
                ek_link_send_message(link, EKIDEN__FRAME_KIND__REQUEST, &request.base, &patience),
                0);
}

static void set_patience(unsigned int milliseconds)
{
        char command[32];

        snprintf(command, sizeof(command), "deadline %d %u", EKIDEN_PHASE_TRANSFER, milliseconds);
        service_tell(&service, command);
}

/* Reads no more than the beginning until the service, which is asked behind that, has lost
   patience. */
static void stall(struct answer *ret_answer)
{
        struct ek_link *link = connect_to_service();
        struct ek_frame seen;

        ask_for_snapshot(link);
        cr_assert_eq(ek_link_receive(link, &patience, &seen), 0);
        cr_assert_eq(seen.kind, EKIDEN__FRAME_KIND__EVENT);
        *ret_answer = service_ask(&service);
        ek_link_free(link);
}

/* The service's first wait opens libuv's own descriptors, which stay open; what goes into a socket
   without waiting does not, but an upgrade prepares to wait. */
static void open_what_waits_open(void)
{
        cr_assert_not(operator_upgrade(&service, "/bin/false", NULL, NULL, 0).is_committed);
}

/* A tool that blocks SIGTERM has found the process, and will ask it. */
static void wait_until_it_asks(pid_t tool)
{
        unsigned long long blocked = 0;
        char path[64], line[128];

        snprintf(path, sizeof(path), "/proc/%d/status", (int)tool);
        while (!(blocked & 1 << (SIGTERM - 1))) {
                FILE *status = fopen(path, "re");

                cr_assert(status);
                while (fgets(line, sizeof(line), status))
                        sscanf(line, "SigBlk: %llx", &blocked);
                fclose(status);
        }
}

Test(snapshot, leaves_the_service_as_it_was_and_replaces_the_file_as_a_whole, .init = begin,
     .fini = end, .timeout = 120)
{
        struct answer before;
        char pid[16];

        open_what_waits_open();
        snprintf(pid, sizeof(pid), "%d", (int)service.pid);
        cr_assert_eq(wait_for(start_tool("probe", -1)), 0);
        expect_whole();
        service_ask(&service);
        before = service_ask(&service);
        cr_assert_eq(truncate(file, 10), 0);
        cr_assert_eq(chmod(file, 0644), 0);
        for (int i = 0; i < 20; i++)
                cr_assert_eq(wait_for(start_tool(pid, -1)), 0);
        expect_whole();
        expect_as_before(&before);
        cr_expect_eq(count_files(), 1u);
}

Test(snapshot, whose_operator_leaves_at_any_moment_is_given_up, .init = begin, .fini = end,
     .timeout = 120)
{
        struct answer before;

        open_what_waits_open();
        service_ask(&service);
        before = service_ask(&service);
        for (size_t frames = 0; frames < 8; frames++) {
                struct ek_link *link = connect_to_service();
                struct ek_frame frame;

                ask_for_snapshot(link);
                for (size_t i = 0; i < frames; i++)
                        cr_assert_eq(ek_link_receive(link, &patience, &frame), 0);
                ek_link_free(link);
        }
        expect_as_before(&before);
}

/* 1.2 MB of state find no room in the socket: the service waits for its deadline, and no longer. */
Test(snapshot, whose_operator_does_not_read_is_given_up_after_the_transfers_deadline, .init = begin,
     .fini = end, .timeout = 120)
{
        struct answer before, after;

        open_what_waits_open();
        set_patience(SHORT_DEADLINE_MS);
        before = service_ask(&service);
        stall(&after);
        expect_same(&before, &after);
        set_patience(DEADLINE_MS);
        cr_assert_eq(wait_for(start_tool("probe", -1)), 0);
        expect_whole();
}

Test(snapshot, is_refused_while_an_upgrade_is_under_way, .init = begin, .fini = end, .timeout = 120)
{
        const char *const arguments[] = {TOOL, "--quiet", "probe", PUPPET,
                                         "--", "warm",    "hang",  NULL};
        pid_t upgrade = process_start(arguments, service.keeper, -1, -1);
        struct answer answer = service_ask(&service);

        while (count_children(answer.pid) == 0)
                service_ask(&service);
        cr_expect_eq(wait_for(start_tool("probe", -1)), ekiden_error_exit_status(EKIDEN_EBUSY));
        cr_expect_eq(count_files(), 0u);
        kill(upgrade, SIGINT);
        cr_expect_eq(wait_for(upgrade), ekiden_error_exit_status(EKIDEN_ECANCELLED));
        service_settle(&service);
        cr_assert_eq(wait_for(start_tool("probe", -1)), 0);
        expect_whole();
}

Test(snapshot, of_a_tool_that_is_killed_leaves_nothing_or_a_whole_file, .init = begin, .fini = end,
     .timeout = 120)
{
        size_t whole = 0;

        for (long i = 0; i < KILLS; i++) {
                const struct timespec nap = {.tv_nsec = i * 200000};
                pid_t tool = start_tool("probe", -1);

                nanosleep(&nap, NULL);
                kill(tool, SIGKILL);
                wait_for(tool);
                if (access(file, F_OK) == 0) {
                        expect_whole();
                        whole++;
                        cr_expect_eq(count_files(), 1u);
                        unlink(file);
                }
                cr_expect_eq(count_files(), 0u);
        }
        cr_expect_lt(whole, (size_t)KILLS, "none was killed in time");
}

Test(snapshot, of_a_tool_that_is_interrupted_leaves_nothing, .init = begin, .fini = end,
     .timeout = 120)
{
        pid_t tool;

        service_freeze(&service);
        tool = start_tool("probe", -1);
        wait_until_it_asks(tool);
        kill(tool, SIGTERM);
        cr_expect_eq(wait_for(tool), ekiden_error_exit_status(EKIDEN_ECANCELLED));
        cr_expect_eq(count_files(), 0u);
        kill(service.pid, SIGCONT);
}

Test(snapshot, that_finds_no_room_leaves_the_file_that_was_there, .init = begin, .fini = end,
     .timeout = 120)
{
        char command[256];

        cr_assert_eq(wait_for(start_tool("probe", -1)), 0);
        for (int kib = 0; kib < 1200; kib += 100) {
                snprintf(command, sizeof(command),
                         "ulimit -f %d; exec %s --quiet --snapshot %s probe 2>&1 | "
                         "grep -q 'cannot write .*File too large'",
                         kib, TOOL, file);
                cr_expect_eq(system(command), 0, "with room for %d KiB", kib);
                cr_expect_eq(count_files(), 1u);
                expect_whole();
        }
        service_ask(&service);
}

/* Found before the process stops for it: it need not even run. */
Test(snapshot, into_a_place_where_no_file_can_be_is_refused_before_the_process_is_asked,
     .init = begin, .fini = end, .timeout = 120)
{
        service_freeze(&service);
        snprintf(file, sizeof(file), "%s/no/state.ekiden", place);
        cr_expect_eq(wait_for(start_tool("probe", -1)), ekiden_error_exit_status(EKIDEN_ESYSTEM));
        snprintf(file, sizeof(file), "%s", place);
        cr_expect_eq(wait_for(start_tool("probe", -1)), ekiden_error_exit_status(EKIDEN_EINVAL));
        snprintf(file, sizeof(file), "/proc/self/state.ekiden");
        cr_expect_eq(wait_for(start_tool("probe", -1)), ekiden_error_exit_status(EKIDEN_ESYSTEM));
        snprintf(file, sizeof(file), "%s/state.ekiden", place);
        cr_assert_eq(mkfifo(file, 0600), 0);
        cr_expect_eq(wait_for(start_tool("probe", -1)), ekiden_error_exit_status(EKIDEN_EINVAL));
        kill(service.pid, SIGCONT);
}

Test(snapshot, of_a_process_that_dies_meanwhile_leaves_nothing, .timeout = 120)
{
        pid_t tool;

        begin();
        service_freeze(&service);
        tool = start_tool("probe", -1);
        wait_until_it_asks(tool);
        kill(service.pid, SIGKILL);
        cr_expect_eq(wait_for(tool), ekiden_error_exit_status(EKIDEN_EPEER));
        cr_expect_eq(count_files(), 0u);
        service_end(&service);
        rmdir(place);
}
