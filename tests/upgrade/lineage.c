/* SPDX-License-Identifier: MIT */
/* A service knows its legs: what each ran, since when, and what the change cost. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "handover/lineage.h"
#include "operator.h"
#include "party.h"
#include "processes.h"
#include "service.h"
#include "wire/clock.h"

#define LEGS 10
#define DEADLINE_MS 10000

static struct service service;

static void end(void)
{
        service_stop(&service);
}

static void expect_leg(const Ekiden__Leg *leg, uint32_t number, pid_t pid, int64_t since)
{
        cr_expect_eq(leg->number, number);
        cr_expect_eq(leg->version, number == 1 ? 1 : 2);
        cr_expect_eq(leg->pid, pid, "leg %u: pid %d, not %d", number, leg->pid, (int)pid);
        cr_expect(leg->since >= since && leg->since <= (int64_t)time(NULL), "leg %u: since %lld",
                  number, (long long)leg->since);
        cr_expect_eq(leg->has_pause_us, number > 1);
}

Test(lineage, ten_legs_are_told_with_their_pauses, .fini = end, .timeout = 120)
{
        int64_t began = (int64_t)time(NULL);
        uint64_t began_ns = ek_now_ns();
        uint64_t pauses_us = 0;
        pid_t pids[LEGS];
        Ekiden__Event *event;

        service = service_start(PROBE_V1, DEADLINE_MS);
        pids[0] = service_ask(&service).pid;
        for (int i = 1; i < LEGS; i++) {
                struct outcome outcome = operator_upgrade(&service, PROBE_V2, NULL, NULL, 0);

                cr_assert(outcome.is_committed, "%s", outcome.sentence);
                pids[i] = service_ask(&service).pid;
        }
        event = party_status(&service, "probe", 0);
        cr_assert_eq(event->status->n_lineage, LEGS);
        cr_expect_eq(event->status->leg, LEGS);
        for (uint32_t i = 0; i < LEGS; i++) {
                const Ekiden__Leg *leg = event->status->lineage[i];

                expect_leg(leg, i + 1, pids[i], began);
                if (i > 0)
                        cr_expect_gt(leg->pause_us, 0);
                pauses_us += leg->pause_us;
        }
        /* Nobody served in the pauses, and somebody did at other times. */
        cr_expect_lt(pauses_us, (ek_now_ns() - began_ns) / EK_NS_PER_US);
        ekiden__event__free_unpacked(event, NULL);
}

Test(lineage, a_failed_upgrade_is_no_leg, .fini = end, .timeout = 120)
{
        Ekiden__Event *event;

        service = service_start(PROBE_V1, DEADLINE_MS);
        cr_assert(operator_upgrade(&service, PROBE_V2, NULL, NULL, 0).is_committed);
        service_ask(&service);
        for (int i = 0; i < 3; i++) {
                static const char *const steps[] = {"check", "transfer", "commit"};

                cr_assert_not(operator_upgrade(&service, PUPPET, steps[i], "exit", 0).is_committed);
        }
        cr_assert(operator_upgrade(&service, PROBE_V2, NULL, NULL, 0).is_committed);
        service_ask(&service);
        event = party_status(&service, "probe", 0);
        cr_assert_eq(event->status->n_lineage, 3);
        for (uint32_t i = 0; i < 3; i++)
                cr_expect_eq(event->status->lineage[i]->number, i + 1);
        ekiden__event__free_unpacked(event, NULL);
}

Test(lineage, a_rehearsal_is_no_leg, .fini = end, .timeout = 120)
{
        Ekiden__Event *event;

        service = service_start(PROBE_V1, DEADLINE_MS);
        for (int i = 0; i < 3; i++)
                cr_assert(operator_rehearse(&service, PROBE_V2, NULL, NULL, 0).is_rehearsed);
        cr_assert(operator_upgrade(&service, PROBE_V2, NULL, NULL, 0).is_committed);
        service_ask(&service);
        cr_assert(operator_rehearse(&service, PROBE_V2, NULL, NULL, 0).is_rehearsed);
        event = party_status(&service, "probe", 0);
        cr_assert_eq(event->status->n_lineage, 2);
        cr_expect_eq(event->status->lineage[1]->number, 2);
        cr_expect_eq(event->status->lineage[1]->pid, service.pid);
        ekiden__event__free_unpacked(event, NULL);
}

static const Ekiden__ItemStatus *item_of(const Ekiden__Event *event, const char *name)
{
        for (size_t i = 0; i < event->status->n_items; i++)
                if (strcmp(event->status->items[i]->name, name) == 0)
                        return event->status->items[i];
        cr_assert_fail("there is no item %s", name);
        return NULL;
}

Test(lineage, items_have_the_sizes_of_the_last_handover_or_rehearsal, .fini = end, .timeout = 120)
{
        uint64_t records;

        service = service_start(PROBE_V1, DEADLINE_MS);
        records = service_ask(&service).records;
        for (int i = 0; i < 3; i++) {
                Ekiden__Event *event;
                const Ekiden__ItemStatus *item;

                if (i == 1)
                        cr_assert(
                                operator_rehearse(&service, PROBE_V2, NULL, NULL, 0).is_rehearsed);
                if (i == 2)
                        cr_assert(operator_upgrade(&service, PROBE_V2, NULL, NULL, 0).is_committed);
                service_ask(&service);
                event = party_status(&service, "probe", 0);
                item = item_of(event, "records");
                cr_expect_eq(item->has_records, i > 0, "%d", i);
                cr_expect_eq(item->records, i > 0 ? records : 0, "%d: %llu records", i,
                             (unsigned long long)item->records);
                cr_expect(item->bytes > 0 || i == 0);
                ekiden__event__free_unpacked(event, NULL);
        }
}

static pid_t start_counter(void)
{
        const char *const arguments[] = {COUNTER, "0", NULL};
        char line[64];
        int output[2];
        pid_t pid;

        cr_assert_eq(pipe2(output, O_CLOEXEC), 0);
        pid = process_start(arguments, service.keeper, output[1], -1);
        close(output[1]);
        cr_assert_gt(read(output[0], line, sizeof(line)), 0, "the counter did not start");
        return pid; /* what it prints later has a reader until the test ends */
}

Test(lineage, it_goes_on_behind_a_start_from_a_snapshot, .timeout = 120)
{
        char command[512], file[128];
        Ekiden__Event *event;
        pid_t first;

        service_prepare(&service);
        snprintf(file, sizeof(file), "%s/state.ekiden", service.directory);
        service.pid = first = start_counter();
        snprintf(command, sizeof(command), "%s --quiet --snapshot %s %d", TOOL, file, (int)first);
        cr_assert_eq(system(command), 0);
        kill(first, SIGTERM);
        cr_assert(wait_until_gone(first));

        setenv("EKIDEN_SNAPSHOT", file, 1);
        service.pid = start_counter();
        event = party_status(&service, "counter", 0);
        cr_assert_eq(event->status->n_lineage, 2);
        cr_expect_eq(event->status->lineage[0]->pid, first);
        cr_expect_not(event->status->lineage[0]->from_snapshot);
        cr_expect_eq(event->status->lineage[1]->number, 2);
        cr_expect_eq(event->status->lineage[1]->pid, service.pid);
        cr_expect(event->status->lineage[1]->from_snapshot);
        cr_expect_not(event->status->lineage[1]->has_pause_us);
        ekiden__event__free_unpacked(event, NULL);
        service_end(&service);
        snprintf(command, sizeof(command), "rm -r %s", service.directory);
        cr_expect_eq(system(command), 0);
}

/* What a predecessor or a file says. */
static int read_legs(const uint32_t *numbers, size_t count, uint32_t last,
                     struct ek_lineage *ret_lineage)
{
        static Ekiden__Leg legs[1000];
        static Ekiden__Leg *pointers[1000];

        for (size_t i = 0; i < count; i++) {
                ekiden__leg__init(&legs[i]);
                legs[i].number = numbers ? numbers[i] : (uint32_t)i + 1;
                legs[i].version = 1;
                legs[i].has_pause_us = 1;
                legs[i].pause_us = i;
                pointers[i] = &legs[i];
        }
        return ek_lineage_read(pointers, count, last, ret_lineage, NULL);
}

Test(lineage, only_the_last_legs_are_kept_of_however_many_are_sent)
{
        struct ek_lineage lineage;

        for (uint32_t count = 0; count <= 1000; count += count < 70 ? 1 : 93) {
                size_t kept = count < EK_LINEAGE_MAX ? count : EK_LINEAGE_MAX;

                cr_assert_eq(read_legs(NULL, count, count, &lineage), 0);
                cr_assert_eq(lineage.count, kept);
                for (size_t i = 0; i < kept; i++)
                        cr_assert_eq(lineage.legs[i].number, count - kept + i + 1);
        }
}

Test(lineage, one_that_is_out_of_order_is_refused)
{
        static const uint32_t wrong[][3] = {{0, 1, 2}, {1, 1, 2}, {2, 1, 3}, {1, 3, 2}, {3, 2, 1}};
        struct ek_lineage lineage = {.count = 7};

        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
                cr_expect_eq(read_legs(wrong[i], 3, wrong[i][2], &lineage), EKIDEN_EPROTOCOL);
        cr_expect_eq(read_legs(NULL, 3, 4, &lineage), EKIDEN_EPROTOCOL, "another leg offers");
        cr_expect_eq(lineage.count, 7, "it was written though it was refused");
        cr_expect_eq(read_legs((const uint32_t[]){2, 5, 9}, 3, 9, &lineage), 0);
}

Test(lineage, what_cannot_be_a_time_or_a_process_is_not_known)
{
        Ekiden__Leg leg = EKIDEN__LEG__INIT;
        struct ek_lineage lineage;

        leg.number = leg.version = 1;
        leg.has_since = leg.has_pid = 1;
        leg.since = -5;
        leg.pid = -1;
        cr_assert_eq(ek_lineage_read((Ekiden__Leg *const[]){&leg}, 1, 1, &lineage, NULL), 0);
        cr_expect_eq(lineage.legs[0].since, 0);
        cr_expect_eq(lineage.legs[0].pid, 0, "a signal to it would go to everybody");
}

Test(lineage, a_leg_more_than_there_is_room_for_drops_the_oldest)
{
        struct ek_lineage lineage = {0};
        struct ek_lineage_message message;

        for (uint32_t i = 1; i <= EK_LINEAGE_MAX + 3; i++)
                ek_lineage_add(&lineage, &(struct ek_leg){.number = i, .version = i});
        cr_assert_eq(lineage.count, EK_LINEAGE_MAX);
        ek_lineage_fill(&lineage, &message);
        for (uint32_t i = 0; i < EK_LINEAGE_MAX; i++)
                cr_expect_eq(message.pointers[i]->number, i + 4);
}
