/* SPDX-License-Identifier: MIT */
/* Several operators and one upgrade: who waits for it, who calls it off, who comes after it. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "operator.h"
#include "party.h"
#include "service.h"

#define DEADLINE_MS 10000
#define COMMIT_MS 1000

struct step {
        const char *name; /* where the puppet hangs */
        enum ekiden_phase seen_in; /* the phase that is under way then */
};

/* COMMIT is not among them: it cannot be called off. */
static const struct step steps[] = {
        {"check", EKIDEN_PHASE_CHECK},    {"warm", EKIDEN_PHASE_WARM},
        {"pause", EKIDEN_PHASE_TRANSFER}, {"transfer", EKIDEN_PHASE_TRANSFER},
        {"ready", EKIDEN_PHASE_TRANSFER},
};

#define FOR_EACH_STEP(step)                                                                    \
        for (const struct step *step = steps; step < steps + sizeof(steps) / sizeof(steps[0]); \
             step++)

static struct service service;

static void start(void)
{
        char line[32];

        service = service_start(PROBE_V1, DEADLINE_MS);
        snprintf(line, sizeof(line), "deadline %d %d", EKIDEN_PHASE_COMMIT, COMMIT_MS);
        service_tell(&service, line);
}

static void end(void)
{
        service_stop(&service);
}

TestSuite(listeners, .init = start, .fini = end, .timeout = 180);

/* An upgrade that hangs; whoever asked for it has heard that it does. */
static struct ek_link *hang_in(const char *name, enum ekiden_phase seen_in)
{
        struct ek_link *first = party_connect(&service, "probe");

        party_ask_upgrade(first, PUPPET, name, "hang", false, 0);
        /* Of the pause he is told only when it takes long; earlier phases he hears of at once. */
        party_hear_phase(first, seen_in);
        return first;
}

static void expect_unharmed(uint64_t asked)
{
        struct answer answer = service_ask(&service);

        cr_expect_eq(answer.version, 1);
        cr_expect_eq(answer.asked, asked + 1);
        service_settle(&service);
        cr_expect_eq(count_sockets(&service), 1);
}

Test(listeners, an_upgrade_is_called_off_by_another_operator_in_every_phase_before_the_commit)
{
        char expected[128], sentence[512];

        snprintf(expected, sizeof(expected),
                 "another operator called the upgrade off (user %u, pid %d)",
                 (unsigned int)geteuid(), (int)getpid());
        FOR_EACH_STEP(step)
        {
                uint64_t asked = service_ask(&service).asked;
                struct ek_link *first = hang_in(step->name, step->seen_in);
                struct ek_link *other = party_connect(&service, "probe");

                party_ask_cancel(other);
                cr_expect_eq(party_hear_failure(other, sentence), EKIDEN_ECANCELLED, "%s: %s",
                             step->name, sentence);
                cr_expect_eq(party_hear_failure(first, sentence), EKIDEN_ECANCELLED);
                cr_expect_str_eq(sentence, expected, "%s: %s", step->name, sentence);
                party_leave(first);
                party_leave(other);
                expect_unharmed(asked);
        }
        cr_expect(operator_upgrade(&service, PROBE_V2, NULL, NULL, 0).is_committed);
}

Test(listeners, a_call_off_stands_though_its_author_leaves_and_who_waits_hears_of_it)
{
        FOR_EACH_STEP(step)
        {
                struct ek_link *first = hang_in(step->name, step->seen_in);
                struct ek_link *other = party_connect(&service, "probe");
                struct ek_link *third = party_connect(&service, "probe");

                party_ask_wait(third);
                ekiden__event__free_unpacked(party_hear(third, EKIDEN__EVENT_KIND__SEEN), NULL);
                party_ask_cancel(other);
                party_leave(other); /* what he asked for stands */
                cr_expect_eq(party_hear_failure(third, NULL), EKIDEN_ECANCELLED);
                party_leave(first);
                party_leave(third);
                service_settle(&service);
        }
}

Test(listeners, once_the_commit_has_begun_it_goes_its_way)
{
        struct ek_link *first = hang_in("commit", EKIDEN_PHASE_COMMIT);
        struct ek_link *other = party_connect(&service, "probe");

        party_ask_cancel(other);
        cr_expect_eq(party_hear_failure(other, NULL), EKIDEN_ETIMEOUT, "its own end");
        cr_expect_eq(party_hear_failure(first, NULL), EKIDEN_ETIMEOUT);
        party_leave(first);
        party_leave(other);
        service_settle(&service);
}

Test(listeners, where_nothing_is_under_way_it_is_said_at_once)
{
        for (int i = 0; i < 2; i++) {
                struct ek_link *party = party_connect(&service, "probe");
                Ekiden__Event *event;

                if (i == 0)
                        party_ask_wait(party);
                else
                        party_ask_cancel(party);
                event = party_hear(party, EKIDEN__EVENT_KIND__IDLE);
                cr_assert(event);
                ekiden__event__free_unpacked(event, NULL);
                party_leave(party);
        }
        cr_expect(operator_upgrade(&service, PROBE_V2, NULL, NULL, 0).is_committed,
                  "what was called off lasted");
        service_ask(&service);
}

Test(listeners, who_waits_hears_the_end_that_the_operator_hears)
{
        static const char *const ends[] = {"check", "warm", "pause", "transfer", "ready", "commit"};

        for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
                struct ek_link *first = party_connect(&service, "probe");
                struct ek_link *other = party_connect(&service, "probe");
                char heard[2][512];

                service_freeze(&service); /* both requests are there when it looks */
                party_ask_upgrade(first, PUPPET, ends[i], "exit", false, 0);
                party_ask_wait(other);
                kill(service.pid, SIGCONT);
                cr_expect_eq(party_hear_failure(first, heard[0]), EKIDEN_EPEER);
                cr_expect_eq(party_hear_failure(other, heard[1]), EKIDEN_EPEER);
                cr_expect_str_eq(heard[0], heard[1]);
                party_leave(first);
                party_leave(other);
                service_settle(&service);
        }
}

Test(listeners, who_waits_hears_of_a_success)
{
        struct ek_link *first = party_connect(&service, "probe");
        struct ek_link *other = party_connect(&service, "probe");
        Ekiden__Event *told[2];

        service_freeze(&service);
        party_ask_upgrade(first, PROBE_V2, NULL, NULL, false, 0);
        party_ask_wait(other);
        kill(service.pid, SIGCONT);
        told[0] = party_hear(first, EKIDEN__EVENT_KIND__COMMITTED);
        told[1] = party_hear(other, EKIDEN__EVENT_KIND__COMMITTED);
        cr_assert(told[0] && told[1]);
        cr_expect_eq(told[0]->successor_pid, told[1]->successor_pid);
        cr_expect_eq(told[0]->pause_us, told[1]->pause_us);
        for (int i = 0; i < 2; i++)
                ekiden__event__free_unpacked(told[i], NULL);
        party_leave(first);
        party_leave(other);
        service_ask(&service);
}

Test(listeners, a_rehearsal_is_waited_for_and_called_off_as_an_upgrade_is)
{
        struct ek_link *first = party_connect(&service, "probe");
        struct ek_link *other = party_connect(&service, "probe");
        struct ek_link *third = party_connect(&service, "probe");
        Ekiden__Event *event;

        service_freeze(&service);
        party_ask_rehearsal(first, PROBE_V2, NULL, NULL);
        party_ask_wait(other);
        party_ask_upgrade(third, PUPPET, "warm", "exit", true, 0);
        kill(service.pid, SIGCONT);
        for (int i = 0; i < 2; i++) {
                event = party_hear(i == 0 ? first : other, EKIDEN__EVENT_KIND__REHEARSED);
                cr_assert(event);
                cr_expect(event->rehearse);
                cr_expect_gt(event->n_items, 0);
                ekiden__event__free_unpacked(event, NULL);
        }
        cr_expect_eq(party_hear_failure(third, NULL), EKIDEN_EPEER, "his turn, which fails");
        party_leave(first);
        party_leave(other);
        party_leave(third);
        FOR_EACH_STEP(step)
        {
                struct ek_link *asking = party_connect(&service, "probe");
                struct ek_link *calling = party_connect(&service, "probe");
                char sentence[512];

                party_ask_rehearsal(asking, PUPPET, step->name, "hang");
                party_hear_phase(asking, step->seen_in);
                party_ask_cancel(calling);
                cr_expect_eq(party_hear_failure(calling, NULL), EKIDEN_ECANCELLED);
                cr_expect_eq(party_hear_failure(asking, sentence), EKIDEN_ECANCELLED);
                cr_expect(strstr(sentence, "called the rehearsal off"), "%s", sentence);
                party_leave(asking);
                party_leave(calling);
                service_settle(&service);
        }
}

Test(listeners, who_waits_hears_what_was_asked_for)
{
        struct ek_link *first = party_connect(&service, "probe");
        struct ek_link *other = party_connect(&service, "probe");
        Ekiden__Event *event;

        party_ask_verification(first, PUPPET, "check", "hang");
        party_hear_phase(first, EKIDEN_PHASE_CHECK);
        party_ask_cancel(other);
        event = party_hear(other, EKIDEN__EVENT_KIND__FAILED);
        cr_assert(event);
        cr_expect(event->verify);
        cr_expect_not(event->rehearse);
        ekiden__event__free_unpacked(event, NULL);
        party_leave(first);
        party_leave(other);
        service_settle(&service);
}

Test(listeners, who_waits_and_leaves_changes_nothing)
{
        FOR_EACH_STEP(step)
        {
                struct ek_link *first = hang_in(step->name, step->seen_in);
                struct ek_link *other = party_connect(&service, "probe");

                party_ask_wait(other);
                ekiden__event__free_unpacked(party_hear(other, EKIDEN__EVENT_KIND__SEEN), NULL);
                party_leave(other);
                ekiden__event__free_unpacked(party_status(&service, "probe", 0), NULL);
                cr_expect_eq(count_children(service.pid), 1, "%s: it was called off", step->name);
                party_leave(first);
                service_settle(&service);
        }
}

Test(listeners, a_pause_that_hangs_can_be_asked_about)
{
        struct ek_link *first = hang_in("pause", EKIDEN_PHASE_TRANSFER);
        Ekiden__Event *event = party_status(&service, "probe", 0);

        cr_expect_eq(event->status->upgrade_phase, EKIDEN_PHASE_TRANSFER);
        cr_expect(event->status->has_upgrade_ms);
        cr_expect_str_eq(event->status->upgrade_binary, PUPPET);
        cr_expect_gt(event->status->upgrade_version, 0);
        cr_expect(event->status->has_upgrade_user);
        cr_expect_eq(event->status->upgrade_user, geteuid());
        cr_expect_eq(event->status->upgrade_asker_pid, getpid());
        cr_expect_gt(event->status->successor_pid, 0);
        ekiden__event__free_unpacked(event, NULL);
        party_leave(first);
        service_settle(&service);
}

Test(listeners, who_waits_for_his_turn_has_it_when_the_first_has_failed)
{
        FOR_EACH_STEP(step)
        {
                struct ek_link *first = hang_in(step->name, step->seen_in);
                struct ek_link *second = party_connect(&service, "probe");
                struct ek_link *third = party_connect(&service, "probe");
                Ekiden__Event *queued;

                party_ask_upgrade(second, "/nowhere", NULL, NULL, true, 0);
                queued = party_hear(second, EKIDEN__EVENT_KIND__QUEUED);
                cr_assert(queued);
                cr_expect_eq(queued->phase, step->seen_in);
                ekiden__event__free_unpacked(queued, NULL);
                party_ask_upgrade(third, PUPPET, "warm", "exit", true, 0);
                ekiden__event__free_unpacked(party_hear(third, EKIDEN__EVENT_KIND__QUEUED), NULL);
                party_leave(first);
                cr_expect_eq(party_hear_failure(second, NULL), EKIDEN_EBINARY);
                cr_expect_eq(party_hear_failure(third, NULL), EKIDEN_EPEER);
                party_leave(second);
                party_leave(third);
                service_settle(&service);
        }
}

Test(listeners, without_wait_a_second_upgrade_is_refused_with_a_word_on_what_to_do)
{
        struct ek_link *first = hang_in("warm", EKIDEN_PHASE_WARM);
        struct ek_link *second = party_connect(&service, "probe");
        char sentence[512];

        party_ask_upgrade(second, PROBE_V2, NULL, NULL, false, 0);
        cr_expect_eq(party_hear_failure(second, sentence), EKIDEN_EBUSY);
        cr_expect(strstr(sentence, "--wait") && strstr(sentence, "--cancel"), "%s", sentence);
        party_leave(first);
        party_leave(second);
        service_settle(&service);
}

Test(listeners, who_waits_for_his_turn_is_told_which_process_serves)
{
        struct ek_link *first = party_connect(&service, "probe");
        struct ek_link *second = party_connect(&service, "probe");
        Ekiden__Event *event;

        service_freeze(&service);
        party_ask_upgrade(first, PROBE_V2, NULL, NULL, false, 0);
        party_ask_upgrade(second, PROBE_V2, NULL, NULL, true, 0);
        kill(service.pid, SIGCONT);
        ekiden__event__free_unpacked(party_hear(second, EKIDEN__EVENT_KIND__QUEUED), NULL);
        event = party_hear(second, EKIDEN__EVENT_KIND__COMMITTED);
        cr_assert(event);
        cr_expect_eq(event->successor_pid, service_ask(&service).pid);
        ekiden__event__free_unpacked(event, NULL);
        party_leave(first);
        party_leave(second);
}

Test(listeners, who_leaves_while_he_waits_for_his_turn_has_none)
{
        struct ek_link *first = hang_in("warm", EKIDEN_PHASE_WARM);
        struct ek_link *second = party_connect(&service, "probe");
        struct ek_link *third = party_connect(&service, "probe");

        party_ask_upgrade(second, PROBE_V2, NULL, NULL, true, 0);
        ekiden__event__free_unpacked(party_hear(second, EKIDEN__EVENT_KIND__QUEUED), NULL);
        party_leave(second);
        party_ask_upgrade(third, PROBE_V2, NULL, NULL, true, 0);
        ekiden__event__free_unpacked(party_hear(third, EKIDEN__EVENT_KIND__QUEUED), NULL);
        shutdown(ek_link_socket(third), SHUT_WR);
        cr_expect_eq(party_hear_failure(third, NULL), EKIDEN_ECANCELLED);
        party_leave(third);
        party_leave(first);
        service_settle(&service);
        cr_expect_eq(service_ask(&service).version, 1);
}

Test(listeners, a_turn_that_does_not_come_in_time_is_refused)
{
        struct ek_link *first = hang_in("warm", EKIDEN_PHASE_WARM);
        struct ek_link *second = party_connect(&service, "probe");
        char sentence[512];

        party_ask_upgrade(second, PROBE_V2, NULL, NULL, true, 300);
        cr_expect_eq(party_hear_failure(second, sentence), EKIDEN_ETIMEOUT);
        cr_expect(strstr(sentence, "in phase warm"), "%s", sentence);
        party_leave(second);
        party_leave(first);
        service_settle(&service);
}

Test(listeners, however_many_wait_another_can_call_it_off)
{
        struct ek_link *first = hang_in("warm", EKIDEN_PHASE_WARM);
        struct ek_link *waiting[20];
        struct ek_link *last;

        for (size_t i = 0; i < 20; i++) {
                waiting[i] = party_connect(&service, "probe");
                party_ask_wait(waiting[i]);
                ekiden__event__free_unpacked(party_hear(waiting[i], EKIDEN__EVENT_KIND__SEEN),
                                             NULL);
        }
        last = party_connect(&service, "probe");
        party_ask_cancel(last);
        cr_expect_eq(party_hear_failure(last, NULL), EKIDEN_ECANCELLED);
        cr_expect_eq(party_hear_failure(first, NULL), EKIDEN_ECANCELLED, "the first made room");
        party_leave(first);
        party_leave(last);
        for (size_t i = 0; i < 20; i++)
                party_leave(waiting[i]);
        service_settle(&service);
}
