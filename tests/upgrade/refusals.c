/* SPDX-License-Identifier: MIT */
/*
 * What can be refused is refused before the pause, with a sentence that names it, while the
 * predecessor serves; and what the transformers refuse, it survives.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "operator.h"

#define DEADLINE_MS 8000

struct refusal {
        const char *why;
        const char *binary;
        int code;
        int phase;
        const char *names; /* what its sentence must contain */
};

static void expect_refused(const struct refusal *refusal)
{
        struct service service = service_start(PROBE_V1, DEADLINE_MS);
        struct answer before = service_ask(&service);
        struct outcome outcome = operator_upgrade(&service, refusal->binary, NULL, NULL, 0);
        struct answer after = service_ask(&service);

        cr_expect(outcome.is_over && !outcome.is_committed, "%s", refusal->why);
        cr_expect_eq(outcome.code, refusal->code, "%s: %s, %s", refusal->why,
                     ekiden_error_name(outcome.code), outcome.sentence);
        cr_expect_eq(outcome.phase, refusal->phase, "%s: in phase %s", refusal->why,
                     ekiden_phase_name((enum ekiden_phase)outcome.phase));
        cr_expect(strstr(outcome.sentence, refusal->names), "%s: \"%s\" does not name \"%s\"",
                  refusal->why, outcome.sentence, refusal->names);
        cr_expect_eq(after.pid, before.pid, "%s", refusal->why);
        cr_expect_eq(after.asked, before.asked + 1, "%s", refusal->why);
        outcome = operator_upgrade(&service, PROBE_V2, NULL, NULL, 0);
        cr_expect(outcome.is_committed, "after %s: %s", refusal->why, outcome.sentence);
        wait_until_gone(before.pid);
        service_stop(&service);
}

static void write_script(const char *path, const char *text)
{
        int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0755);

        cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
        close(fd);
}

Test(refusals, a_binary_that_cannot_be_used_is_refused_before_the_pause, .timeout = 120)
{
        const char *plain = SCRATCH "/not-executable";
        const char *text = SCRATCH "/not-a-program";
        const char *lacking = SCRATCH "/lacks-a-library";
        const struct refusal refusals[] = {
                {"missing", SCRATCH "/no-such-file", EKIDEN_EBINARY, EKIDEN_PHASE_CHECK,
                 "/no-such-file"},
                {"not executable", plain, EKIDEN_EBINARY, EKIDEN_PHASE_CHECK, "not-executable"},
                {"a directory", SCRATCH, EKIDEN_EBINARY, EKIDEN_PHASE_CHECK, "regular file"},
                {"no program", text, EKIDEN_EBINARY, EKIDEN_PHASE_CHECK, "not-a-program"},
                {"not built with Ekiden", "/bin/true", EKIDEN_EPEER, EKIDEN_PHASE_CHECK,
                 "ekiden_start()"},
                {"without a library", lacking, EKIDEN_EPEER, EKIDEN_PHASE_CHECK,
                 "a library was not found; see what ldd"},
        };

        write_script(lacking, "#!/bin/sh\nexit 127 # as the loader does\n");
        close(open(plain, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
        close(open(text, O_CREAT | O_WRONLY | O_CLOEXEC, 0755));
        chmod(text, 0755);
        for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
                expect_refused(&refusals[i]);
}

Test(refusals, a_schema_that_does_not_fit_is_refused_before_the_pause, .timeout = 120)
{
        static const struct refusal refusals[] = {
                {"another program", PROBE_OTHER, EKIDEN_EPROGRAM, EKIDEN_PHASE_CHECK, "other"},
                {"no chain", PROBE_V3, EKIDEN_EVERSION, EKIDEN_PHASE_CHECK, "version 3"},
                {"missing transformer", PROBE_LACKING, EKIDEN_EVERSION, EKIDEN_PHASE_CHECK,
                 "item \"counter\" differs between schema versions 1 and 2"},
                {"changed schema", PROBE_CHANGED, EKIDEN_ESCHEMA, EKIDEN_PHASE_CHECK,
                 "must never change"},
        };

        for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
                expect_refused(&refusals[i]);
}

Test(refusals, a_transformer_that_refuses_is_named_and_harms_nothing, .timeout = 60)
{
        static const struct refusal refusal = {
                "refusing transformer",
                PROBE_REFUSING,
                EKIDEN_ETRANSFORMER,
                EKIDEN_PHASE_TRANSFER,
                "item \"counter\" from version 1 to 2 failed on record 0: asked",
        };

        expect_refused(&refusal);
}

Test(refusals, a_transformer_that_runs_out_of_memory_is_named_and_harms_nothing, .timeout = 60)
{
        static const struct refusal refusal = {
                "starving transformer",
                PROBE_REFUSING,
                EKIDEN_ETRANSFORMER,
                EKIDEN_PHASE_TRANSFER,
                "item \"counter\" from version 1 to 2 failed on record 0: memory ran out",
        };

        setenv("PROBE_TRANSFORMER", "starves", 1);
        expect_refused(&refusal);
        unsetenv("PROBE_TRANSFORMER");
}

Test(refusals, a_transformer_that_emits_garbage_is_named_and_harms_nothing, .timeout = 60)
{
        static const struct refusal refusal = {
                "transformer of garbage",
                PROBE_REFUSING,
                EKIDEN_ETRANSFORMER,
                EKIDEN_PHASE_TRANSFER,
                "record 0 came out of the transformers with descriptor 12345",
        };

        setenv("PROBE_TRANSFORMER", "invents", 1);
        expect_refused(&refusal);
        unsetenv("PROBE_TRANSFORMER");
}

Test(refusals, a_second_upgrade_while_one_runs_is_refused, .timeout = 60)
{
        struct service service = service_start(PROBE_V1, DEADLINE_MS);
        struct answer before = service_ask(&service);
        pid_t first = fork();

        if (first == 0) {
                operator_upgrade(&service, PUPPET, "warm", "hang", EKIDEN_PHASE_WARM + 1);
                _exit(0);
        }
        for (int i = 0; i < 1000 && count_children(service.pid) == 0; i++)
                usleep(10000);
        {
                struct outcome outcome = operator_upgrade(&service, PROBE_V2, NULL, NULL, 0);

                cr_expect_eq(outcome.code, EKIDEN_EBUSY, "%s", outcome.sentence);
                cr_expect(strstr(outcome.sentence, "another upgrade"), "%s", outcome.sentence);
        }
        cr_expect_eq(count_children(service.pid), 1, "the first goes on");
        kill(first, SIGKILL);
        cr_expect(wait_until_gone(first));
        for (int i = 0; i < 1000 && count_children(service.pid) > 0; i++)
                usleep(10000);
        cr_expect_eq(service_ask(&service).pid, before.pid);
        service_stop(&service);
}

/* Run as another user: 0 when the process itself refused him, by its word EPERMISSION. */
static int ask_as_nobody(const struct service *service)
{
        struct outcome outcome;

        if (setgid(65534) < 0 || setuid(65534) < 0)
                return 2;
        outcome = operator_upgrade(service, PROBE_V2, NULL, NULL, 0);
        return outcome.code == EKIDEN_EPERMISSION && strstr(outcome.sentence, "65534") ? 0 : 1;
}

Test(refusals, an_operator_without_the_right_is_refused, .timeout = 60)
{
        struct service service;
        struct answer before;
        char path[128];
        int status = -1;
        pid_t child;

        if (getuid() != 0)
                cr_skip_test("another user's part can only be played by root");
        service = service_start(PROBE_V1, DEADLINE_MS);
        before = service_ask(&service);
        snprintf(path, sizeof(path), "%s/probe.%d", service.directory, (int)service.pid);
        /* The file system would already stop him: open it, so that the process must. */
        chmod(service.directory, 0755);
        chmod(path, 0666);
        child = fork();
        if (child == 0)
                _exit(ask_as_nobody(&service));
        waitpid(child, &status, 0);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
        cr_expect_eq(service_ask(&service).pid, before.pid);
        cr_expect_eq(count_children(service.pid), 0);
        chmod(service.directory, 0700);
        service_stop(&service);
}
