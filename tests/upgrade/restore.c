/* SPDX-License-Identifier: MIT */
/*
 * A start from a snapshot is as strict as an upgrade, and about the file too: what is refused is
 * refused with a sentence before anything is served, and the file stays as it is.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "operator.h"
#include "processes.h"

#define DEADLINE_MS 8000

static struct service service;
static char file[64];

/* A service that was asked twice, its snapshot, and that snapshot's end of service. */
static void begin(void)
{
        const char *arguments[] = {TOOL, "--quiet", "--snapshot", file, "probe", NULL};
        int fd = mkstemp(strcpy(file, "/tmp/ekiden-test-XXXXXX"));
        int status;

        cr_assert_geq(fd, 0);
        close(fd);
        service = service_start(PROBE_V1, DEADLINE_MS);
        service_ask(&service);
        service_ask(&service);
        cr_assert_eq(waitpid(process_start(arguments, -1, -1, -1), &status, 0) > 0 && status == 0,
                     1);
        service_stop(&service);
        setenv("EKIDEN_SNAPSHOT", file, 1);
}

static void end(void)
{
        unsetenv("EKIDEN_SNAPSHOT");
        unlink(file);
}

struct refusal {
        const char *why;
        const char *binary;
        int code;
        const char *says;
};

/* Runs a program until it ends: its exit status, -1: a signal; and what it said. */
static int run(const char *binary, char *ret_said, size_t size_bytes)
{
        const char *const arguments[] = {binary, NULL};
        int errors[2], status;
        size_t size = 0;
        ssize_t n;
        pid_t pid;

        cr_assert_eq(pipe2(errors, O_CLOEXEC), 0);
        pid = process_start(arguments, service.keeper, -1, errors[1]);
        close(errors[1]);
        while ((n = read(errors[0], ret_said + size, size_bytes - 1 - size)) > 0)
                size += (size_t)n;
        ret_said[size] = '\0';
        close(errors[0]);
        cr_assert_eq(waitpid(pid, &status, 0), pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What a program that will not start from EKIDEN_SNAPSHOT says, and its exit status. */
static void expect_refused(const struct refusal *refusal)
{
        struct stat before = {0}, after = {0};
        char said[1024] = "";
        int status;

        stat(getenv("EKIDEN_SNAPSHOT"), &before);
        service_prepare(&service);
        status = run(refusal->binary, said, sizeof(said));
        cr_expect_eq(status, ekiden_error_exit_status(refusal->code), "%s: status %d, \"%s\"",
                     refusal->why, status, said);
        cr_expect(strstr(said, refusal->says), "%s: \"%s\" does not say \"%s\"", refusal->why, said,
                  refusal->says);
        cr_expect_eq(count_sockets(&service), 0u, "%s", refusal->why);
        stat(getenv("EKIDEN_SNAPSHOT"), &after);
        if (S_ISREG(before.st_mode)) {
                cr_expect_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
                cr_expect_eq(before.st_size, after.st_size);
        }
        service_end(&service);
        cr_expect_eq(rmdir(service.directory), 0);
}

Test(restore, goes_on_where_the_snapshot_was_taken_and_can_be_upgraded, .init = begin, .fini = end,
     .timeout = 120)
{
        static const char *const binaries[] = {PROBE_V1, PROBE_V2};

        for (size_t i = 0; i < 2; i++) {
                struct answer answer;
                struct outcome outcome;

                setenv("EKIDEN_SNAPSHOT", file, 1);
                service = service_start(binaries[i], DEADLINE_MS);
                answer = service_ask(&service);
                cr_expect_eq(answer.asked, 3u);
                cr_expect_eq(answer.records, 3000u);
                cr_expect_eq(answer.version, (int)i + 1);
                outcome = operator_upgrade(&service, PROBE_V2, NULL, NULL, 0);
                cr_expect(outcome.is_committed, "%s", outcome.sentence);
                wait_until_gone(answer.pid);
                cr_expect_eq(service_ask(&service).asked, 4u);
                service_stop(&service);
        }
}

Test(restore, loses_nothing_that_was_open_before, .init = begin, .fini = end, .timeout = 120)
{
        struct answer fresh, restored;

        unsetenv("EKIDEN_SNAPSHOT");
        service = service_start(PROBE_V1, DEADLINE_MS);
        fresh = service_ask(&service);
        service_stop(&service);
        setenv("EKIDEN_SNAPSHOT", file, 1);
        service = service_start(PROBE_V1, DEADLINE_MS);
        restored = service_ask(&service);
        cr_expect_eq(restored.descriptors, fresh.descriptors);
        service_stop(&service);
}

Test(restore, refuses_a_snapshot_that_this_binary_cannot_take, .init = begin, .fini = end,
     .timeout = 120)
{
        static const struct refusal refusals[] = {
                {"another program", PROBE_OTHER, EKIDEN_EPROGRAM,
                 "this is other, and the snapshot is of probe"},
                {"no chain", PROBE_V3, EKIDEN_EVERSION,
                 "the snapshot is of schema version 1 of probe, and this binary, at version 3"},
                {"a missing transformer", PROBE_LACKING, EKIDEN_EVERSION,
                 "item \"counter\" differs between schema versions 1 and 2"},
                {"a changed schema", PROBE_CHANGED, EKIDEN_ESCHEMA,
                 "version 1 of probe differs between the snapshot and this binary"},
        };

        for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
                expect_refused(&refusals[i]);
}

Test(restore, refuses_a_file_that_another_could_have_written, .init = begin, .fini = end,
     .timeout = 120)
{
        const struct refusal writable = {"writable", PROBE_V1, EKIDEN_EPERMISSION, "chmod go-w"};
        const struct refusal foreign = {"foreign", PROBE_V1, EKIDEN_EPERMISSION,
                                        "belongs to user 65534"};

        cr_assert_eq(chmod(file, 0620), 0);
        expect_refused(&writable);
        cr_assert_eq(chmod(file, 0602), 0);
        expect_refused(&writable);
        cr_assert_eq(chmod(file, 0644), 0);
        if (geteuid() == 0) {
                cr_assert_eq(chown(file, 65534, 65534), 0);
                expect_refused(&foreign);
        } else {
                cr_log_info("not root: nobody else's file can be made\n");
        }
}

Test(restore, refuses_what_is_no_snapshot, .init = begin, .fini = end, .timeout = 120)
{
        const struct refusal missing = {"missing", PROBE_V1, EKIDEN_ESYSTEM,
                                        "cannot open the snapshot"};
        const struct refusal no_file = {"no file", PROBE_V1, EKIDEN_EINVAL, "not a file"};
        const struct refusal cut = {"cut", PROBE_V1, EKIDEN_EPROTOCOL, "half a file"};
        const struct refusal empty = {"empty", PROBE_V1, EKIDEN_EPROTOCOL, "not a snapshot"};

        cr_assert_eq(truncate(file, 100000), 0);
        expect_refused(&cut);
        cr_assert_eq(truncate(file, 0), 0);
        expect_refused(&empty);
        unlink(file);
        expect_refused(&missing);
        cr_assert_eq(mkfifo(file, 0600), 0); /* which nobody will ever write to */
        expect_refused(&no_file);
        setenv("EKIDEN_SNAPSHOT", "/tmp", 1);
        expect_refused(&no_file);
}

/* It has begun to listen by then; but it ends before it accepts anybody. */
Test(restore, of_a_program_whose_own_check_refuses_ends_before_it_serves, .init = begin,
     .fini = end, .timeout = 120)
{
        char said[8192];

        service_prepare(&service);
        setenv("PROBE_CHECK", "upgrade", 1);
        setenv("PROBE_LOG", "1", 1);
        cr_expect_eq(run(PROBE_V1, said, sizeof(said)), 75);
        cr_expect(strstr(said, "the start from a snapshot has failed: 3000 records are more than"),
                  "%s", said);
        unsetenv("PROBE_CHECK");
        unsetenv("PROBE_LOG");
        cr_expect_eq(count_sockets(&service), 0u);
        service_end(&service);
        cr_expect_eq(rmdir(service.directory), 0);
}

Test(restore, takes_the_programs_word_for_more_than_the_environments, .init = begin, .fini = end,
     .timeout = 120)
{
        setenv("EKIDEN_SNAPSHOT", "/no/such/file", 1);
        setenv("PROBE_SNAPSHOT", file, 1);
        service = service_start(PROBE_V1, DEADLINE_MS);
        cr_expect_eq(service_ask(&service).asked, 3u);
        service_stop(&service);
        unsetenv("PROBE_SNAPSHOT");
}

/* A variable that was to name one, and was not set: an empty service would be started in silence.
 */
Test(restore, refuses_an_empty_variable, .init = begin, .fini = end, .timeout = 120)
{
        const struct refusal refusal = {"empty", PROBE_V1, EKIDEN_EINVAL,
                                        "EKIDEN_SNAPSHOT is set, and names no file"};

        setenv("EKIDEN_SNAPSHOT", "", 1);
        expect_refused(&refusal);
}

/* Its predecessor's state is newer. */
Test(restore, is_nothing_for_a_successor, .init = begin, .fini = end, .timeout = 120)
{
        struct outcome outcome;
        pid_t before;

        service = service_start(PROBE_V1, DEADLINE_MS);
        before = service_ask(&service).pid;
        unlink(file);
        outcome = operator_upgrade(&service, PROBE_V2, NULL, NULL, 0);
        cr_expect(outcome.is_committed, "%s", outcome.sentence);
        wait_until_gone(before);
        cr_expect_eq(service_ask(&service).asked, 4u);
        service_stop(&service);
}
