/* SPDX-License-Identifier: MIT */
/*
 * A rehearsal is an upgrade but for its end: what would go wrong goes wrong, what would go well is
 * told, and the service is afterwards what it was before.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "footprint.h"
#include "operator.h"

#define RECORDS 3000 /* the probe's */

/* The successor has said that it leaves; the process may be there a moment longer. */
static struct outcome rehearse(struct service *service)
{
        struct outcome outcome = operator_rehearse(service, PROBE_V2, NULL, NULL, 0);

        service_settle_quietly(service);
        return outcome;
}

Test(rehearsal, it_tells_what_the_upgrade_would_do_and_changes_nothing, .timeout = 60)
{
        struct service service = service_start(PROBE_V1, LONG_MS);
        struct footprint before;
        struct outcome outcome;

        service_warm_up(&service);
        rehearse(&service);
        before = footprint_look(&service);
        outcome = rehearse(&service);
        cr_expect(outcome.is_rehearsed && outcome.was_for_rehearsal, "%s", outcome.sentence);
        cr_expect_eq(outcome.records, RECORDS + 1);
        cr_expect_eq(outcome.item_count, 2);
        cr_expect_eq(outcome.item_records, RECORDS + 1);
        cr_expect_eq(outcome.left_behind_count, 0);
        cr_expect_gt(outcome.pause_us, 0);
        cr_expect_gt(outcome.peak_bytes, RECORDS * 100);
        cr_expect_neq(outcome.successor, service.pid);
        footprint_expect(&service, &before, "a rehearsal");
        service_expect_next_upgrade(&service, "a rehearsal");
        service_stop(&service);
}

Test(rehearsal, a_hundred_in_a_row_leave_everything_as_it_was, .timeout = 120)
{
        struct service service = service_start(PROBE_V1, LONG_MS);
        struct footprint before;

        service_warm_up(&service);
        rehearse(&service);
        before = footprint_look(&service);
        for (int i = 0; i < 100; i++) {
                struct outcome outcome = operator_rehearse(&service, PROBE_V2, NULL, NULL, 0);

                cr_assert(outcome.is_rehearsed, "rehearsal %d: %s", i, outcome.sentence);
        }
        service_settle_quietly(&service);
        footprint_expect(&service, &before, "the hundredth");
        service_expect_next_upgrade(&service, "the hundredth");
        service_stop(&service);
}

Test(rehearsal, an_upgrade_can_follow_before_the_rehearsed_successor_is_gone, .timeout = 60)
{
        struct service service = service_start(PROBE_V1, LONG_MS);
        struct outcome outcome = operator_rehearse(&service, PUPPET, "serve", "hang", 0);

        cr_expect(outcome.is_rehearsed, "%s", outcome.sentence);
        service_expect_next_upgrade(&service, "a rehearsal whose successor hangs");
        cr_expect(wait_until_gone(outcome.successor), "it hangs, and nobody has ended it");
        service_stop(&service);
}

Test(rehearsal, a_successor_that_says_it_leaves_and_stays_is_ended, .timeout = 60)
{
        struct service service = service_start(PROBE_V1, LONG_MS);
        struct outcome outcome = operator_rehearse(&service, PUPPET, "serve", "hang", 0);

        cr_expect(outcome.is_rehearsed, "%s", outcome.sentence);
        cr_expect_eq(count_children(service.pid), 1, "it did not stay: nothing is tested");
        service_settle_quietly(&service);
        service_stop(&service);
}

Test(rehearsal, it_reads_ahead_to_an_item_that_would_be_left_behind, .timeout = 60)
{
        struct service service;
        struct outcome outcome;

        setenv("PROBE_FORGET", "1", 1);
        service = service_start(PROBE_V1, LONG_MS);
        unsetenv("PROBE_FORGET");
        outcome = rehearse(&service);
        cr_expect(outcome.is_rehearsed, "%s", outcome.sentence);
        cr_expect_eq(outcome.left_behind_count, 1);
        cr_expect_str_eq(outcome.left_behind, "records");
        cr_expect_eq(outcome.item_count, 1);
        service_stop(&service);
}

static void expect_check_refuses(const struct outcome *outcome, int code, const char *sentence)
{
        cr_expect(outcome->is_over && !outcome->is_committed && !outcome->is_rehearsed);
        cr_expect_eq(outcome->code, code, "%s", ekiden_error_name(outcome->code));
        cr_expect_eq(outcome->phase, EKIDEN_PHASE_READY);
        cr_expect_str_eq(outcome->sentence, sentence);
}

static struct service service_with_check(const char *how)
{
        struct service service;

        setenv("PROBE_CHECK", how, 1);
        service = service_start(PROBE_V1, LONG_MS);
        unsetenv("PROBE_CHECK");
        return service;
}

Test(rehearsal, a_check_that_refuses_is_told_in_its_words_in_rehearsal_and_upgrade, .timeout = 60)
{
        static const char sentence[] = "3000 records are more than there is room for";
        struct service service = service_with_check("upgrade");
        struct answer before = service_ask(&service);
        struct outcome outcome = rehearse(&service);

        expect_check_refuses(&outcome, EKIDEN_ELIMIT, sentence);
        cr_expect(outcome.was_for_rehearsal);
        outcome = operator_upgrade(&service, PROBE_V2, NULL, NULL, 0);
        expect_check_refuses(&outcome, EKIDEN_ELIMIT, sentence);
        cr_expect_not(outcome.was_for_rehearsal);
        cr_expect_eq(service_ask(&service).pid, before.pid);
        service_stop(&service);
}

Test(rehearsal, a_check_that_gives_no_reason_refuses_all_the_same, .timeout = 60)
{
        struct service service = service_with_check("mute");
        struct outcome outcome = rehearse(&service);

        expect_check_refuses(&outcome, EKIDEN_EREFUSED,
                             "the new version's own check refused what it has taken over, and gave "
                             "no reason");
        service_stop(&service);
}

Test(rehearsal, the_successor_knows_that_it_rehearses, .timeout = 60)
{
        struct service service = service_with_check("rehearsal");
        struct outcome outcome = rehearse(&service);

        cr_expect_eq(outcome.code, EKIDEN_ELIMIT, "%s", outcome.sentence);
        service_expect_next_upgrade(&service, "a rehearsal that knew itself");
        service_stop(&service);
}

Test(rehearsal, what_an_upgrade_is_refused_for_a_rehearsal_is_refused_for, .timeout = 60)
{
        static const struct {
                const char *binary;
                int code, phase;
        } refusals[] = {
                {SCRATCH "/no-such-file", EKIDEN_EBINARY, EKIDEN_PHASE_CHECK},
                {PROBE_OTHER, EKIDEN_EPROGRAM, EKIDEN_PHASE_CHECK},
                {PROBE_V3, EKIDEN_EVERSION, EKIDEN_PHASE_CHECK},
                {PROBE_REFUSING, EKIDEN_ETRANSFORMER, EKIDEN_PHASE_TRANSFER},
        };
        struct service service = service_start(PROBE_V1, LONG_MS);

        for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
                struct outcome outcome =
                        operator_rehearse(&service, refusals[i].binary, NULL, NULL, 0);

                cr_expect_eq(outcome.code, refusals[i].code, "%s", outcome.sentence);
                cr_expect_eq(outcome.phase, refusals[i].phase, "%s", outcome.sentence);
                cr_expect(outcome.was_for_rehearsal);
        }
        service_expect_next_upgrade(&service, "refused rehearsals");
        service_stop(&service);
}

Test(rehearsal, a_library_that_knows_no_rehearsal_is_refused_before_the_pause, .timeout = 60)
{
        struct service service = service_start(PROBE_V1, LONG_MS);
        struct outcome outcome = operator_rehearse(&service, PUPPET, "check", "ignore", 0);

        cr_expect_eq(outcome.code, EKIDEN_EVERSION, "%s", outcome.sentence);
        cr_expect_eq(outcome.phase, EKIDEN_PHASE_CHECK);
        cr_expect(strstr(outcome.sentence, "knows no rehearsal"), "%s", outcome.sentence);
        outcome = operator_upgrade(&service, PUPPET, "check", "ignore", 0);
        cr_expect(outcome.is_committed, "an upgrade needs no such knowledge: %s", outcome.sentence);
        wait_until_gone(service.pid);
        wait_until_gone(outcome.successor);
        service_end(&service);
        cr_expect_eq(rmdir(service.directory), 0);
}

/* A rehearsal that hangs when it is warm, and whoever asked for it. */
static pid_t begin_rehearsal(const struct service *service)
{
        pid_t operator_ = fork();

        if (operator_ == 0) {
                operator_rehearse(service, PUPPET, "warm", "hang", 0);
                _exit(0);
        }
        for (int i = 0; i < 1000 && count_children(service->pid) == 0; i++)
                usleep(10000);
        return operator_;
}

Test(rehearsal, while_one_runs_no_upgrade_begins_by_request_or_by_signal, .timeout = 60)
{
        struct service service = service_start(PROBE_V1, LONG_MS);
        struct answer before = service_ask(&service);
        pid_t operator_ = begin_rehearsal(&service);
        struct outcome outcome = operator_upgrade(&service, PROBE_V2, NULL, NULL, 0);

        cr_expect_eq(outcome.code, EKIDEN_EBUSY, "%s", outcome.sentence);
        cr_expect(strstr(outcome.sentence, "another rehearsal"), "%s", outcome.sentence);
        cr_expect_eq(operator_rehearse(&service, PROBE_V2, NULL, NULL, 0).code, EKIDEN_EBUSY);
        kill(service.pid, SIGUSR2);
        for (int i = 0; i < 5; i++)
                cr_expect_eq(service_ask(&service).pid, before.pid);
        cr_expect_eq(count_children(service.pid), 1, "the rehearsal goes on, alone");
        kill(operator_, SIGKILL);
        cr_expect(wait_until_gone(operator_));
        service_settle(&service);
        service_expect_next_upgrade(&service, "a rehearsal that others came to");
        service_stop(&service);
}
