/* SPDX-License-Identifier: MIT */
/*
 * A successor that somebody else starts, for a predecessor that cannot: it takes over as any other
 * does, and whatever it, or who started it, does wrong, the predecessor serves on.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ekiden/handover.pb-c.h"
#include "handover/spawn.h"
#include "handover/token.h"
#include "party.h"

#define DEADLINE_MS 8000
#define SHORT_DEADLINE_MS 1500

static const struct ek_wait patience = {.idle_ms = 30000};

/* Who asks for it, and starts it. */
struct starter {
        struct service service;
        struct answer before;
        struct ek_link *asked;
        struct ek_token token;
        int ours, theirs; /* the predecessor's end, and the successor's */
        pid_t successor;
};

static struct starter prepare(unsigned int deadline_ms)
{
        struct starter starter = {.service = service_start(PROBE_V1, deadline_ms)};
        int ends[2];

        starter.before = service_ask(&starter.service);
        starter.asked = party_connect(&starter.service, "probe");
        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        starter.ours = ends[0];
        starter.theirs = ends[1];
        cr_assert_eq(ek_token_draw(&starter.token, NULL), 0);
        starter.token.is_given = true;
        return starter;
}

static void ask(struct starter *starter, Ekiden__UpgradeRequest *upgrade)
{
        Ekiden__Request request = EKIDEN__REQUEST__INIT;

        request.protocol = 5;
        request.upgrade = upgrade;
        upgrade->binary = (char *)(uintptr_t)PROBE_V2;
        cr_assert_eq(ek_link_send_message(starter->asked, EKIDEN__FRAME_KIND__REQUEST,
                                          &request.base, &patience),
                     0);
}

static void give(struct starter *starter, const int *descriptors, size_t count)
{
        cr_assert_eq(ek_link_send_descriptors(starter->asked, descriptors, count, &patience), 0);
}

static void offer(struct starter *starter)
{
        Ekiden__UpgradeRequest upgrade = EKIDEN__UPGRADE_REQUEST__INIT;

        give(starter, &starter->ours, 1);
        upgrade.has_given = 1;
        upgrade.given = ek_token_field(&starter->token);
        ask(starter, &upgrade);
        close(starter->ours);
        party_hear_phase(starter->asked, EKIDEN_PHASE_CHECK);
}

static void start(struct starter *starter, const char *binary, const char *step, const char *fault)
{
        char token[EK_TOKEN_TEXT_SIZE];

        ek_token_write(&starter->token, token);
        starter->successor = fork();
        cr_assert_geq(starter->successor, 0);
        if (starter->successor == 0) {
                dup2(starter->theirs, EK_HANDOVER_SOCKET);
                setenv(EK_HANDOVER_VARIABLE, token, 1);
                execl(binary, binary, step, fault, NULL);
                _exit(127);
        }
        close(starter->theirs);
}

static void expect_serves_on(struct starter *starter)
{
        struct answer after = service_ask(&starter->service);

        cr_expect_eq(after.pid, starter->before.pid, "it does not serve on");
        cr_expect_eq(after.asked, starter->before.asked + 1, "it has lost state");
        starter->before = after;
}

static void finish(struct starter *starter)
{
        party_leave(starter->asked);
        service_stop(&starter->service);
}

static void expect_failure(struct starter *starter, int code)
{
        char sentence[512];
        int told = party_hear_failure(starter->asked, sentence);

        cr_expect_eq(told, code, "%s: %s", ekiden_error_name(told), sentence);
        expect_serves_on(starter);
}

Test(elsewhere, a_successor_that_somebody_else_starts_takes_over, .timeout = 60)
{
        struct starter starter = prepare(DEADLINE_MS);
        Ekiden__Event *event;
        struct answer after;

        offer(&starter);
        start(&starter, PROBE_V2, NULL, NULL);
        event = party_hear(starter.asked, EKIDEN__EVENT_KIND__COMMITTED);
        cr_assert(event);
        cr_expect_eq(event->successor_pid, starter.successor);
        ekiden__event__free_unpacked(event, NULL);
        cr_expect(wait_until_gone(starter.before.pid));
        after = service_ask(&starter.service);
        cr_expect_eq(after.pid, starter.successor);
        cr_expect_eq(after.version, 2);
        cr_expect_eq(after.asked, starter.before.asked + 1);
        finish(&starter);
}

static unsigned int umask_of(pid_t pid)
{
        unsigned int mask = 07777;
        char path[48], line[128];
        FILE *status;

        snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
        status = fopen(path, "re");
        cr_assert(status);
        while (fgets(line, sizeof(line), status))
                if (sscanf(line, "Umask: %o", &mask) == 1)
                        break;
        fclose(status);
        return mask;
}

/* The umask is in OFFER, and so are the capabilities, which are taken at the same place. */
Test(elsewhere, the_successor_keeps_the_umask_of_who_started_it, .timeout = 60)
{
        mode_t before = umask(0);
        struct starter starter = prepare(DEADLINE_MS);
        Ekiden__Event *event;

        offer(&starter);
        umask(0027);
        start(&starter, PROBE_V2, NULL, NULL);
        umask(before);
        event = party_hear(starter.asked, EKIDEN__EVENT_KIND__COMMITTED);
        cr_assert(event);
        ekiden__event__free_unpacked(event, NULL);
        cr_expect_eq(umask_of(starter.successor), 0027, "it is %04o", umask_of(starter.successor));
        finish(&starter);
}

/* The event of phase CHECK, of a process that was started with these two arguments. */
static Ekiden__Event *hear_check(struct starter *starter, const char *first, const char *second,
                                 bool tell)
{
        Ekiden__UpgradeRequest upgrade = EKIDEN__UPGRADE_REQUEST__INIT;
        Ekiden__Event *event;

        party_ask_upgrade(starter->asked, PROBE_V2, first, second, false, 0);
        event = party_hear(starter->asked, EKIDEN__EVENT_KIND__COMMITTED);
        cr_assert(event);
        starter->service.pid = event->successor_pid;
        ekiden__event__free_unpacked(event, NULL);
        party_leave(starter->asked);
        starter->before = service_ask(&starter->service);
        starter->asked = party_connect(&starter->service, "probe");
        give(starter, &starter->ours, 1);
        upgrade.has_given = 1;
        upgrade.given = ek_token_field(&starter->token);
        upgrade.has_tell_arguments = upgrade.tell_arguments = tell;
        ask(starter, &upgrade);
        event = party_hear(starter->asked, EKIDEN__EVENT_KIND__PHASE);
        cr_assert(event);
        cr_assert_eq(event->phase, EKIDEN_PHASE_CHECK);
        return event;
}

static void finish_unstarted(struct starter *starter, Ekiden__Event *event)
{
        ekiden__event__free_unpacked(event, NULL);
        close(starter->ours);
        close(starter->theirs);
        expect_failure(starter, EKIDEN_EPEER);
        finish(starter);
}

/* And whoever starts the process with others may choose any bytes as well. */
Test(elsewhere, who_is_to_start_it_hears_what_the_process_was_started_with, .timeout = 60)
{
        static const char latin[] = "caf\xe9", empty[] = "";
        struct starter starter = prepare(DEADLINE_MS);
        Ekiden__Event *event = hear_check(&starter, latin, empty, true);

        cr_assert_eq(event->n_arguments, 2);
        cr_assert_eq(event->arguments[0].len, strlen(latin));
        cr_expect_arr_eq(event->arguments[0].data, latin, strlen(latin));
        cr_expect_eq(event->arguments[1].len, 0);
        cr_expect_not(event->arguments_left_out);
        finish_unstarted(&starter, event);
}

Test(elsewhere, who_does_not_ask_for_the_arguments_hears_none, .timeout = 60)
{
        struct starter starter = prepare(DEADLINE_MS);
        Ekiden__Event *event = hear_check(&starter, "a", "b", false);

        cr_expect_eq(event->n_arguments, 0);
        cr_expect_not(event->has_arguments_left_out);
        finish_unstarted(&starter, event);
}

Test(elsewhere, arguments_that_are_too_long_to_be_told_are_left_out, .timeout = 60)
{
        static char text[100001];
        struct starter starter = prepare(DEADLINE_MS);
        Ekiden__Event *event;

        memset(text, 'x', sizeof(text) - 1);
        event = hear_check(&starter, text, text, true);
        cr_expect_eq(event->n_arguments, 0);
        cr_expect(event->arguments_left_out);
        finish_unstarted(&starter, event);
}

Test(elsewhere, whatever_it_does_wrong_the_predecessor_serves_on, .timeout = 300)
{
        static const char *const steps[] = {"check", "warm", "transfer", "ready", "commit"};
        static const char *const faults[] = {"kill", "exit", "close"};

        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
                for (size_t k = 0; k < sizeof(faults) / sizeof(faults[0]); k++) {
                        struct starter starter = prepare(DEADLINE_MS);

                        offer(&starter);
                        start(&starter, PUPPET, steps[i], faults[k]);
                        expect_failure(&starter, EKIDEN_EPEER);
                        kill(starter.successor, SIGKILL);
                        cr_expect(wait_until_gone(starter.successor));
                        finish(&starter);
                }
}

Test(elsewhere, one_that_hangs_is_ended, .timeout = 60)
{
        struct starter starter = prepare(SHORT_DEADLINE_MS);

        offer(&starter);
        start(&starter, PUPPET, "ready", "hang");
        expect_failure(&starter, EKIDEN_ETIMEOUT);
        cr_expect(wait_until_gone(starter.successor));
        finish(&starter);
}

Test(elsewhere, where_nobody_starts_one_the_deadline_ends_the_wait, .timeout = 60)
{
        struct starter starter = prepare(SHORT_DEADLINE_MS);

        offer(&starter);
        expect_failure(&starter, EKIDEN_ETIMEOUT);
        close(starter.theirs);
        finish(&starter);
}

Test(elsewhere, one_that_has_another_token_is_none, .timeout = 60)
{
        struct starter starter = prepare(DEADLINE_MS);

        offer(&starter);
        start(&starter, PUPPET, "anywhere", "forge");
        expect_failure(&starter, EKIDEN_EPROTOCOL);
        kill(starter.successor, SIGKILL);
        cr_expect(wait_until_gone(starter.successor));
        finish(&starter);
}

Test(elsewhere, when_who_started_it_leaves_it_is_called_off, .timeout = 60)
{
        struct starter starter = prepare(DEADLINE_MS);

        offer(&starter);
        start(&starter, PUPPET, "warm", "hang");
        party_hear_phase(starter.asked, EKIDEN_PHASE_WARM);
        party_leave(starter.asked);
        cr_expect(wait_until_gone(starter.successor));
        expect_serves_on(&starter);
        service_stop(&starter.service);
}

/* With a token and a descriptor, and a PID that is to be kept; or without one of them. */
static void expect_refused(bool has_token, size_t count, bool keeps_pid, int code)
{
        struct starter starter = prepare(DEADLINE_MS);
        Ekiden__UpgradeRequest upgrade = EKIDEN__UPGRADE_REQUEST__INIT;
        const int descriptors[] = {starter.ours, starter.theirs};

        if (count > 0)
                give(&starter, descriptors, count);
        upgrade.has_given = has_token;
        upgrade.given = ek_token_field(&starter.token);
        upgrade.has_keep_pid = upgrade.keep_pid = keeps_pid;
        ask(&starter, &upgrade);
        expect_failure(&starter, code);
        close(starter.ours);
        close(starter.theirs);
        finish(&starter);
}

Test(elsewhere, a_request_that_makes_no_sense_is_refused, .timeout = 60)
{
        expect_refused(true, 0, false, EKIDEN_EPROTOCOL);
        expect_refused(true, 2, false, EKIDEN_EPROTOCOL);
        expect_refused(false, 1, false, EKIDEN_EPROTOCOL);
        expect_refused(true, 1, true, EKIDEN_EINVAL);
}

static void expect_no_pair(int descriptor)
{
        struct starter starter = prepare(DEADLINE_MS);
        Ekiden__UpgradeRequest upgrade = EKIDEN__UPGRADE_REQUEST__INIT;

        give(&starter, &descriptor, 1);
        close(descriptor);
        upgrade.has_given = 1;
        upgrade.given = ek_token_field(&starter.token);
        ask(&starter, &upgrade);
        expect_failure(&starter, EKIDEN_EINVAL);
        close(starter.ours);
        close(starter.theirs);
        finish(&starter);
}

Test(elsewhere, what_is_no_end_of_a_pair_is_refused, .timeout = 60)
{
        int datagrams[2];

        cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, datagrams), 0);
        expect_no_pair(open("/dev/null", O_RDWR | O_CLOEXEC));
        expect_no_pair(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        expect_no_pair(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        expect_no_pair(datagrams[0]);
        close(datagrams[1]);
}
