/* SPDX-License-Identifier: MIT */
/*
 * What crosses an upgrade and what does not: every built-in type, every kind of descriptor, the way
 * the program was started; and the ways in which a program is woken.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "operator.h"
#include "processes.h"

struct witness {
        struct service service;
        int output;
        char text[16384]; /* all that it has printed since the last upgrade was asked for */
        size_t length;
};

/* Reads until "ready PID" comes, and remembers the PID. */
static void read_until_ready(struct witness *witness)
{
        const char *ready = NULL;

        while (!ready) {
                struct pollfd output = {.fd = witness->output, .events = POLLIN};
                ssize_t n;

                cr_assert_gt(poll(&output, 1, 20000), 0, "the witness is silent after:\n%s",
                             witness->text);
                n = read(witness->output, witness->text + witness->length,
                         sizeof(witness->text) - 1 - witness->length);
                cr_assert_gt(n, 0, "the witness has left after:\n%s", witness->text);
                witness->length += (size_t)n;
                witness->text[witness->length] = '\0';
                ready = strstr(witness->text, "\nready ");
                if (ready && !strchr(ready + 1, '\n'))
                        ready = NULL;
        }
        witness->service.pid = atoi(ready + strlen("\nready "));
}

static void forget(struct witness *witness)
{
        witness->length = 0;
        witness->text[0] = '\0';
}

static bool has_line(const struct witness *witness, const char *line)
{
        size_t length = strlen(line);

        for (const char *at = witness->text; (at = strstr(at, line)); at++)
                if ((at == witness->text || at[-1] == '\n') && at[length] == '\n')
                        return true;
        return false;
}

static void start(struct witness *witness, const char *how)
{
        const char *const arguments[] = {WITNESS, "first", "second", NULL};
        int output[2];

        *witness = (struct witness){.output = -1};
        service_prepare(&witness->service);
        setenv("WITNESS_DIRECTORY", witness->service.directory, 1);
        setenv("WITNESS_VARIABLE", "as started", 1);
        setenv("WITNESS_HOW", how, 1);
        setenv("WITNESS_BINARY", WITNESS, 1);
        signal(SIGHUP, SIG_IGN); /* inherited: the program was started with it ignored */
        umask(027);
        cr_assert_eq(chdir("/usr"), 0);
        cr_assert_eq(pipe2(output, O_CLOEXEC), 0);
        witness->service.pid = process_start(arguments, witness->service.keeper, output[1], -1);
        cr_assert_gt(witness->service.pid, 0);
        close(output[1]);
        witness->output = output[0];
        read_until_ready(witness);
}

static bool exists(const struct witness *witness, const char *name)
{
        char path[128];

        snprintf(path, sizeof(path), "%s/%s", witness->service.directory, name);
        return access(path, F_OK) == 0;
}

static void finish(struct witness *witness)
{
        static const char *const files[] = {"leave-ran", "atexit-ran"};
        char path[128];

        kill(witness->service.pid, SIGKILL);
        cr_expect(wait_until_gone(witness->service.pid));
        service_end(&witness->service);
        for (size_t i = 0; i < 2; i++) {
                snprintf(path, sizeof(path), "%s/%s", witness->service.directory, files[i]);
                unlink(path);
        }
        snprintf(path, sizeof(path), "%s/probe.%d", witness->service.directory,
                 (int)witness->service.pid);
        unlink(path);
        cr_expect_eq(rmdir(witness->service.directory), 0, "something else was left there");
        close(witness->output);
}

static void upgrade(struct witness *witness)
{
        pid_t before = witness->service.pid;
        struct outcome outcome;

        forget(witness);
        outcome = operator_upgrade(&witness->service, WITNESS, NULL, NULL, 0);
        cr_assert(outcome.is_committed, "%s", outcome.sentence);
        read_until_ready(witness);
        cr_expect(wait_until_gone(before));
}

static void expect_no_bad_line(const struct witness *witness, const char *prefix, int expected)
{
        int count = 0;

        for (const char *at = witness->text; (at = strstr(at, prefix)); at++)
                count++;
        cr_expect_eq(count, expected, "%d lines of \"%s\"", count, prefix);
        cr_expect_not(strstr(witness->text, " bad\n"), "%s", witness->text);
}

Test(witness, values_and_descriptors_of_every_kind_cross_leg_after_leg, .timeout = 60)
{
        struct witness witness;

        start(&witness, "signal");
        for (int leg = 2; leg < 6; leg++) {
                upgrade(&witness);
                expect_no_bad_line(&witness, "\nvalue ", 13);
                expect_no_bad_line(&witness, "\ndescriptor ", 11);
        }
        finish(&witness);
}

Test(witness, a_successor_is_started_as_the_first_leg_was, .timeout = 60)
{
        static const char *const lines[] = {
                "arguments first second",
                "directory /usr",
                "umask 027",
                "variable as started",
                "handover unset",
                "grandchild EKIDEN_RUNTIME_DIR",
                "token wiped",
                "name witness",
                "blocked 0",
                "sigpipe default",
                "sighup ignored",
                "resumed here",
        };
        struct witness witness;

        start(&witness, "signal");
        for (int leg = 2; leg < 4; leg++) {
                upgrade(&witness);
                for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
                        cr_expect(has_line(&witness, lines[i]), "\"%s\" is missing in:\n%s",
                                  lines[i], witness.text);
        }
        finish(&witness);
}

Test(witness, a_successor_inherits_the_standard_three_and_the_handover_alone, .timeout = 60)
{
        struct witness witness;

        start(&witness, "signal");
        cr_expect(has_line(&witness, "open 0"), "the test itself leaks:\n%s", witness.text);
        upgrade(&witness);
        /* Before ekiden_start(): its end of the socket pair, and its own executable. */
        cr_expect(has_line(&witness, "open 2"), "%s", witness.text);
        finish(&witness);
}

Test(witness, buffered_output_comes_before_the_successors, .timeout = 60)
{
        struct witness witness;

        start(&witness, "signal");
        upgrade(&witness);
        cr_expect_eq(strncmp(witness.text, "buffered\nopen ", 14), 0, "%s", witness.text);
        finish(&witness);
}

Test(witness, the_predecessor_leaves_through_its_callback_and_no_exit_handler, .timeout = 60)
{
        struct witness witness;

        start(&witness, "signal");
        upgrade(&witness);
        cr_expect(exists(&witness, "leave-ran"));
        cr_expect_not(exists(&witness, "atexit-ran"));
        finish(&witness);
}

Test(witness, a_descriptor_in_the_programs_own_loop_wakes_it, .timeout = 60)
{
        struct witness witness;

        start(&witness, "descriptor");
        for (int leg = 2; leg < 5; leg++) {
                upgrade(&witness);
                cr_expect(has_line(&witness, "resumed here"), "%s", witness.text);
        }
        finish(&witness);
}

Test(witness, a_plain_kill_upgrades_to_the_path_given_at_start, .timeout = 60)
{
        struct witness witness;

        start(&witness, "signal");
        for (int leg = 2; leg < 5; leg++) {
                pid_t before = witness.service.pid;

                forget(&witness);
                kill(before, SIGUSR2);
                read_until_ready(&witness);
                cr_expect_neq(witness.service.pid, before);
                cr_expect(wait_until_gone(before));
        }
        finish(&witness);
}

/* pause() has no atomic variant here on purpose: a signal that comes between the check and pause()
   sets a flag that nobody looks at, unless it knocks again. */
Test(witness, a_request_between_check_and_blocking_call_is_not_lost, .timeout = 120)
{
        struct witness witness;

        start(&witness, "signal");
        for (int i = 0; i < 50; i++) {
                pid_t before = witness.service.pid;

                forget(&witness);
                /* At once: the new process is still on its way from its first update point. */
                kill(before, SIGUSR2);
                read_until_ready(&witness);
                cr_expect(wait_until_gone(before));
        }
        finish(&witness);
}

/* In an event loop, what nobody reads would be ready for ever. */
Test(witness, an_operator_who_talks_out_of_turn_does_not_keep_a_loop_busy, .timeout = 60)
{
        struct witness witness;
        long ticks;

        start(&witness, "descriptor");
        ticks = operator_chatter(&witness.service, PUPPET);
        cr_expect_geq(ticks, 0);
        cr_expect_leq(ticks, sysconf(_SC_CLK_TCK) / 10, "%ld ticks", ticks);
        service_settle_quietly(&witness.service);
        upgrade(&witness);
        finish(&witness);
}

/* A program with a fast timer of its own: its ticks must not renew the waits of a handover. */
Test(witness, a_timer_that_interrupts_everything_delays_no_deadline, .timeout = 60)
{
        struct witness witness;
        struct outcome outcome;

        setenv("WITNESS_TICK", "1", 1);
        start(&witness, "signal");
        unsetenv("WITNESS_TICK");
        outcome = operator_upgrade(&witness.service, PUPPET, "check", "close", 0);
        cr_expect_eq(outcome.code, EKIDEN_EPEER, "%s", outcome.sentence);
        upgrade(&witness);
        finish(&witness);
}
