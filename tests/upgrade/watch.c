/* SPDX-License-Identifier: MIT */
/* Watching: how often update points are passed, without any cost before and after. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "party.h"
#include "processes.h"
#include "service.h"

static struct service service;

static void start_busy(void)
{
        const char *const arguments[] = {BUSY, NULL};
        char line[16];
        int output[2];

        service_prepare(&service);
        cr_assert_eq(pipe2(output, O_CLOEXEC), 0);
        service.pid = process_start(arguments, service.keeper, output[1], -1);
        close(output[1]);
        cr_assert_gt(read(output[0], line, sizeof(line)), 0, "it did not start");
        close(output[0]);
}

static void end_busy(void)
{
        char path[128];

        service_end(&service);
        snprintf(path, sizeof(path), "%s/probe.%d", service.directory, (int)service.pid);
        unlink(path);
        cr_expect_eq(rmdir(service.directory), 0);
}

static void end_probe(void)
{
        service_stop(&service);
}

static const Ekiden__UpdatePointStatus *point_of(const Ekiden__Event *event, const char *name)
{
        for (size_t i = 0; i < event->status->n_update_points; i++)
                if (strcmp(event->status->update_points[i]->name, name) == 0)
                        return event->status->update_points[i];
        cr_assert_fail("there is no update point %s", name);
        return NULL;
}

/* Where the request was not seen, nothing has been done for a while. */
static void expect_unwatched(void)
{
        Ekiden__Event *event;
        const char *other;

        usleep(300000);
        event = party_status(&service, "probe", 0);
        other = strcmp(event->status->update_point, "busy") == 0 ? "calm" : "busy";
        cr_expect_geq(point_of(event, other)->last_ms, 250, "%s is still watched", other);
        ekiden__event__free_unpacked(event, NULL);
}

static uint64_t attended(const char *name)
{
        Ekiden__Event *event = party_status(&service, "probe", 0);
        uint64_t count = point_of(event, name)->attended;

        cr_expect_not(point_of(event, name)->has_passed, "nobody watched");
        cr_expect_not(event->status->has_watched_ms);
        ekiden__event__free_unpacked(event, NULL);
        return count;
}

Test(watch, every_pass_of_a_busy_loop_is_counted, .init = start_busy, .fini = end_busy,
     .timeout = 60)
{
        Ekiden__Event *event = party_status(&service, "probe", 300);
        uint64_t busy = point_of(event, "busy")->passed;
        uint64_t calm = point_of(event, "calm")->passed;

        cr_expect_geq(event->status->watched_ms, 300);
        cr_expect_gt(busy, 5000);
        cr_expect(calm * 1000 + 1000 >= busy && calm * 1000 <= busy + 1000,
                  "%llu passes of one, %llu of the other", (unsigned long long)busy,
                  (unsigned long long)calm);
        ekiden__event__free_unpacked(event, NULL);
}

Test(watch, a_loop_that_sleeps_passes_as_often_as_it_is_woken, .fini = end_probe, .timeout = 60)
{
        struct ek_link *party;
        Ekiden__Event *event;
        uint64_t passed;

        service = service_start(PROBE_V1, 10000);
        party = party_connect(&service, "probe");
        party_ask_status(party, 2500);
        usleep(600000); /* until it watches; … */
        for (int i = 0; i < 5; i++)
                service_ask(&service); /* … each of these takes it round its loop once */
        event = party_hear(party, EKIDEN__EVENT_KIND__STATUS);
        cr_assert(event);
        passed = point_of(event, "serve")->passed;
        cr_expect(passed >= 5 && passed <= 12, "%llu passes", (unsigned long long)passed);
        ekiden__event__free_unpacked(event, NULL);
        party_leave(party);
}

Test(watch, afterwards_update_points_attend_no_more_than_before, .init = start_busy,
     .fini = end_busy, .timeout = 60)
{
        uint64_t before;

        ekiden__event__free_unpacked(party_status(&service, "probe", 100), NULL);
        before = attended("busy") + attended("calm");
        usleep(200000);
        cr_expect_leq(attended("busy") + attended("calm"), before + 20);
        expect_unwatched();
}

Test(watch, who_leaves_watches_no_more, .init = start_busy, .fini = end_busy, .timeout = 60)
{
        struct ek_link *party = party_connect(&service, "probe");
        uint64_t before;

        party_ask_status(party, 60000);
        usleep(100000);
        party_leave(party);
        usleep(100000);
        before = attended("busy") + attended("calm");
        usleep(200000);
        cr_expect_leq(attended("busy") + attended("calm"), before + 20);
        expect_unwatched();
}

Test(watch, several_watch_each_for_their_own_time, .init = start_busy, .fini = end_busy,
     .timeout = 60)
{
        struct ek_link *patient = party_connect(&service, "probe");
        Ekiden__Event *brief, *lasting;

        party_ask_status(patient, 600);
        usleep(100000);
        brief = party_status(&service, "probe", 50);
        lasting = party_hear(patient, EKIDEN__EVENT_KIND__STATUS);
        cr_assert(lasting);
        cr_expect_lt(brief->status->watched_ms, lasting->status->watched_ms);
        cr_expect_gt(point_of(brief, "busy")->passed, 0);
        cr_expect_lt(point_of(brief, "busy")->passed, point_of(lasting, "busy")->passed);
        ekiden__event__free_unpacked(brief, NULL);
        ekiden__event__free_unpacked(lasting, NULL);
        party_leave(patient);
}

Test(watch, an_upgrade_ends_it_and_says_so, .fini = end_probe, .timeout = 60)
{
        struct ek_link *watcher, *operator_;
        char sentence[512];

        service = service_start(PROBE_V1, 10000);
        watcher = party_connect(&service, "probe");
        party_ask_status(watcher, 60000);
        service_ask(&service);
        operator_ = party_connect(&service, "probe");
        party_ask_upgrade(operator_, PROBE_V2, NULL, NULL, false, 0);
        ekiden__event__free_unpacked(party_hear(operator_, EKIDEN__EVENT_KIND__COMMITTED), NULL);
        cr_expect_eq(party_hear_failure(watcher, sentence), EKIDEN_EBUSY);
        cr_expect(strstr(sentence, "was upgraded while it was watched"), "%s", sentence);
        party_leave(watcher);
        party_leave(operator_);
        service_ask(&service);
}
