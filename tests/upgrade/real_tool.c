/* SPDX-License-Identifier: MIT */
/*
 * The real ekiden-upgrade, and what may befall it in the midst of a real upgrade: it is killed, it
 * is interrupted, it sleeps through the end. Whatever it is, one version serves with all its state,
 * nothing is left over, what the tool says is true, and the next upgrade works.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "operator.h"
#include "processes.h"

#define LONG_MS 8000
#define COMMIT_MS 1500 /* of a commit that never comes to an end */
#define TRIES 1000 /* of 10 ms each */
#define MOMENTS 40
#define MOMENT_US 250

struct tool {
        pid_t pid;
        int output;
        size_t used;
        char said[65536]; /* of its JSON, as far as it was read */
};

static void tool_start_with(struct tool *tool, const char *const *arguments)
{
        int output[2];

        *tool = (struct tool){0};
        cr_assert_eq(pipe2(output, O_CLOEXEC), 0);
        tool->output = output[0];
        tool->pid = process_start(arguments, -1, output[1], -1);
        close(output[1]);
        cr_assert_gt(tool->pid, 0, "cannot start %s", TOOL);
}

/* Upgrades the service to a binary; a puppet hangs at the step. */
static void tool_start(struct tool *tool, const char *binary, const char *step)
{
        const char *const puppets[] = {TOOL, "--json", "probe", binary, "--", step, "hang", NULL};
        const char *const plain[] = {TOOL, "--json", "probe", binary, NULL};

        tool_start_with(tool, step ? puppets : plain);
}

/* Reads once: false at the end, which comes when the tool has ended. */
static bool tool_read(struct tool *tool)
{
        struct pollfd source = {.fd = tool->output, .events = POLLIN};
        ssize_t n;

        cr_assert_eq(poll(&source, 1, TRIES * 10), 1, "the tool says nothing");
        cr_assert_lt(tool->used, sizeof(tool->said) - 1);
        n = read(tool->output, tool->said + tool->used, sizeof(tool->said) - 1 - tool->used);
        tool->used += n > 0 ? (size_t)n : 0;
        return n > 0;
}

static void tool_await_phase(struct tool *tool, const char *phase)
{
        char member[32];

        snprintf(member, sizeof(member), "\"phase\":\"%s\"", phase);
        while (!strstr(tool->said, member))
                cr_assert(tool_read(tool), "phase %s did not come: %s", phase, tool->said);
}

/* Reads to the end and reaps it: its status as of waitpid(). */
static int tool_end(struct tool *tool)
{
        int status = -1;

        while (tool_read(tool))
                ;
        close(tool->output);
        cr_assert_eq(waitpid(tool->pid, &status, 0), tool->pid);
        return status;
}

static void tool_kill(struct tool *tool, const char *when)
{
        int status;

        kill(tool->pid, SIGKILL);
        status = tool_end(tool);
        cr_expect(WIFSIGNALED(status), "%s: it had ended before it was killed: %s", when,
                  tool->said);
}

/* As count_children(), for a process that may be gone: then there is still something going on. */
static bool is_busy(pid_t pid)
{
        char path[64];
        bool is_idle;
        FILE *file;
        int child;

        snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
        file = fopen(path, "re");
        if (!file)
                return true;
        is_idle = fscanf(file, "%d", &child) != 1;
        fclose(file);
        return !is_idle;
}

/* Asks until the same process answers twice and has no child. Each question is counted. */
static struct answer come_to_rest(struct service *service, uint64_t *asked)
{
        struct answer answer = {0};
        pid_t before;

        for (int i = 0; i < TRIES; i++) {
                before = answer.pid;
                answer = service_ask(service);
                *asked += 1;
                if (answer.pid == before && !is_busy(answer.pid))
                        return answer;
                usleep(10000);
        }
        cr_assert_fail("the upgrade did not come to an end");
        return answer;
}

/* One version serves, with all that there was. */
static struct answer expect_whole(struct service *service, const struct answer *before,
                                  const char *when)
{
        uint64_t asked = before->asked;
        struct answer after = come_to_rest(service, &asked);

        cr_expect_eq(after.asked, asked, "%s: the count is wrong", when);
        cr_expect_eq(after.records, before->records, "%s: records are missing", when);
        if (after.pid != before->pid)
                cr_expect(wait_until_gone(before->pid), "%s: both run", when);
        cr_expect_eq(count_sockets(service), 1, "%s: a control socket is left", when);
        return after;
}

static void expect_unharmed(struct service *service, const struct answer *before, const char *when)
{
        struct answer after = expect_whole(service, before, when);

        cr_expect_eq(after.pid, before->pid, "%s: another process serves", when);
        cr_expect_eq(after.version, 1, "%s", when);
        cr_expect_eq(after.descriptors, before->descriptors, "%s: descriptors are left", when);
        cr_expect_eq(after.heap_bytes, before->heap_bytes, "%s: memory is left", when);
}

static void expect_next_upgrade_works(struct service *service, const char *when)
{
        struct answer before = service_ask(service);
        struct answer after;
        struct tool tool;
        int status;

        tool_start(&tool, PROBE_V2, NULL);
        status = tool_end(&tool);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "after %s: %s", when, tool.said);
        after = expect_whole(service, &before, when);
        cr_expect_eq(after.version, 2, "after %s", when);
}

/* A service in which one fault was not measured: what is made once and kept is made then. */
static struct answer start_service(struct service *service, unsigned int deadline_ms)
{
        *service = service_start(PROBE_V1, deadline_ms);
        for (int i = 0; i < 2; i++)
                operator_upgrade(service, PUPPET, "commit", "kill", 0);
        return service_ask(service);
}

static void kill_in(const char *step, const char *phase, unsigned int deadline_ms)
{
        struct service service;
        struct answer before = start_service(&service, deadline_ms);
        struct tool tool;

        tool_start(&tool, PUPPET, step);
        tool_await_phase(&tool, phase);
        tool_kill(&tool, phase);
        expect_unharmed(&service, &before, phase);
        expect_next_upgrade_works(&service, phase);
        service_stop(&service);
}

static void expect_told(const struct tool *tool, const char *text)
{
        cr_expect_not_null(strstr(tool->said, text), "%s is not in %s", text, tool->said);
}

/* Upgrades it to a puppet with this fault in the transfer, and expects these words of the tool. */
static void expect_item_named(const char *fault, const char *timeout, const char *sentence)
{
        const char *const arguments[] = {TOOL,   "--json", "--timeout", timeout, "probe",
                                         PUPPET, "--",     "transfer",  fault,   NULL};
        struct service service;
        struct answer before = start_service(&service, LONG_MS);
        struct tool tool;

        tool_start_with(&tool, arguments);
        cr_expect(WIFEXITED(tool_end(&tool)));
        expect_told(&tool, "\"item\":\"records\"");
        expect_told(&tool, "\"phase\":\"transfer\"");
        expect_told(&tool, sentence);
        expect_unharmed(&service, &before, fault);
        service_stop(&service);
}

Test(real_tool, a_fault_in_the_transfer_names_the_item_and_the_operator_s_own_limit, .timeout = 60)
{
        expect_item_named("kill", "20", "was killed");
        expect_item_named("hang", "0.5", "the operator's time limit passed in phase transfer");
}

Test(real_tool, of_an_old_version_killed_before_the_commit_it_says_that_nobody_serves,
     .timeout = 60)
{
        static const char *const faulty[] = {"warm", "transfer"};

        for (size_t i = 0; i < sizeof(faulty) / sizeof(faulty[0]); i++) {
                struct service service;
                struct answer before = start_service(&service, LONG_MS);
                struct tool tool;

                tool_start(&tool, PUPPET, faulty[i]);
                tool_await_phase(&tool, faulty[i]);
                kill(before.pid, SIGKILL);
                cr_expect(WIFEXITED(tool_end(&tool)));
                expect_told(&tool, "\"serves_on\":false");
                expect_told(&tool, "start the program again");
                cr_expect(wait_until_gone(before.pid));
                service_end(&service);
                cr_expect_eq(rmdir(service.directory), 0, "a control socket is left");
        }
}

Test(real_tool, killed_in_a_phase_it_leaves_the_old_version_unharmed, .timeout = 120)
{
        kill_in("check", "check", LONG_MS);
        kill_in("warm", "warm", LONG_MS);
        kill_in("pause", "pause", LONG_MS);
        kill_in("transfer", "transfer", LONG_MS);
        kill_in("ready", "transfer", LONG_MS);
        /* From here on only the deadline ends it: the operator has no say any more. */
        kill_in("commit", "ready", COMMIT_MS);
        kill_in("commit", "commit", COMMIT_MS);
}

/* It sleeps, and it watches for signals, which it does from just before it asks. */
static bool has_asked(pid_t pid)
{
        char path[64], state = 0;
        FILE *file;
        bool watches = false;

        for (int fd = 0; fd < 16 && !watches; fd++) {
                char target[64] = "";

                snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
                if (readlink(path, target, sizeof(target) - 1) > 0)
                        watches = strstr(target, "signalfd") != NULL;
        }
        snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
        file = fopen(path, "re");
        if (file && fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
                state = 0;
        if (file)
                fclose(file);
        return watches && state == 'S';
}

Test(real_tool, killed_before_the_request_is_seen_it_leaves_the_old_version_unharmed, .timeout = 60)
{
        struct service service;
        struct answer before = start_service(&service, LONG_MS);
        struct tool tool;
        int tries = 0;

        kill(service.pid, SIGSTOP);
        tool_start(&tool, PROBE_V2, NULL);
        while (!has_asked(tool.pid) && tries++ < TRIES)
                usleep(10000);
        cr_assert_lt(tries, TRIES, "it does not ask");
        tool_kill(&tool, "request");
        cr_expect_str_empty(tool.said);
        kill(service.pid, SIGCONT);
        expect_unharmed(&service, &before, "request");
        expect_next_upgrade_works(&service, "request");
        service_stop(&service);
}

/* What befalls the tool at a moment of an upgrade that would go well. */
static void kill_it(struct tool *tool, const struct answer *before)
{
        (void)before;
        kill(tool->pid, SIGKILL);
}

static void interrupt_it(struct tool *tool, const struct answer *before)
{
        (void)before;
        kill(tool->pid, SIGINT);
}

/* What it asked for, if it had asked, is over when it wakes. */
static void let_it_sleep(struct tool *tool, const struct answer *before)
{
        kill(tool->pid, SIGSTOP);
        for (int i = 0; i < 20; i++) {
                usleep(5000);
                if (kill(before->pid, 0) < 0 || waitpid(before->pid, NULL, WNOHANG) > 0)
                        break;
        }
        kill(tool->pid, SIGINT);
        kill(tool->pid, SIGCONT);
}

static void try_moments(void (*befall)(struct tool *, const struct answer *))
{
        int upgraded = 0;

        for (unsigned int moment = 0; moment < MOMENTS; moment++) {
                struct service service = service_start(PROBE_V1, LONG_MS);
                struct answer before = service_ask(&service);
                struct answer after;
                struct tool tool;
                char when[32];
                int status;

                snprintf(when, sizeof(when), "after %u us", moment * MOMENT_US);
                tool_start(&tool, PROBE_V2, NULL);
                usleep(moment * MOMENT_US);
                befall(&tool, &before);
                status = tool_end(&tool);
                after = expect_whole(&service, &before, when);
                upgraded += after.version == 2;
                if (WIFEXITED(status))
                        cr_expect_eq(WEXITSTATUS(status) == 0, after.version == 2,
                                     "%s: version %d serves, and it said: %s", when, after.version,
                                     tool.said);
                if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
                        cr_expect(strstr(tool.said, "\"serves_on\":true"), "%s: %s", when,
                                  tool.said);
                if (after.version == 1)
                        expect_next_upgrade_works(&service, when);
                service_stop(&service);
        }
        cr_log_info("%d of %d were upgraded", upgraded, MOMENTS);
}

Test(real_tool, killed_at_any_moment_it_leaves_one_version_serving, .timeout = 120)
{
        try_moments(kill_it);
}

Test(real_tool, interrupted_at_any_moment_it_tells_which_version_serves, .timeout = 120)
{
        try_moments(interrupt_it);
}

Test(real_tool, asleep_through_the_end_it_tells_which_version_serves, .timeout = 120)
{
        try_moments(let_it_sleep);
}
