/* SPDX-License-Identifier: MIT */
/*
 * The demo: fifty clients talk without pause and two people talk slowly, while the chat server
 * becomes its second and then its third release.
 *
 *     demo EKIDEN-UPGRADE CHAT-V1 CHAT-V2 CHAT-V3
 *
 * Ends with status 0 if nothing was lost, repeated or out of order, else with 1.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crowd.h"
#include "people.h"
#include "service.h"

#define TALKERS 50
#define ROOMS 5
#define UPGRADES 2
#define UPGRADE_STEPS_MAX 60000

struct leg {
        pid_t pid;
        uint64_t gap_ns; /* the longest that a client heard nothing around its beginning */
};

struct demo {
        const char *tool;
        const char *const *releases;
        struct service service;
        struct crowd *crowd;
        struct people *people;
        struct leg legs[UPGRADES + 1];
        unsigned int leg;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number)
{
        (void)signal_number;
        interrupted = 1;
}

static bool fail(const char *what)
{
        fprintf(stderr, "demo: %s\n", what);
        return false;
}

static const char *base_name(const char *path)
{
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

static void pass_time(struct demo *demo, unsigned int duration_ms)
{
        crowd_run(demo->crowd, duration_ms);
        people_look(demo->people);
}

static void let_type(struct demo *demo, enum person person, const char *text)
{
        if (interrupted)
                return;
        people_type(demo->people, person, text);
        pass_time(demo, 800);
}

static bool open_the_scene(struct demo *demo)
{
        struct crowd_plan plan = {
                .talker_count = TALKERS,
                .room_count = ROOMS,
                .window = 4,
                .pace_ms = 10,
                .seed = 1,
        };

        if (!service_start(&demo->service, demo->releases[0], demo->tool))
                return fail(demo->service.sentence);
        plan.port = demo->service.port;
        demo->legs[0].pid = demo->service.pid;
        printf("%s serves on 127.0.0.1:%u as pid %d.\n", base_name(demo->releases[0]),
               demo->service.port, (int)demo->service.pid);
        demo->people = people_new(demo->service.port);
        if (!demo->people)
                return fail("two people cannot connect");
        demo->crowd = crowd_new(&plan);
        if (!demo->crowd || !crowd_join(demo->crowd, 10000))
                return fail("the crowd cannot connect");
        printf("%d clients talk in %d rooms, without pause and in half lines; ann and bob are in "
               "the "
               "kitchen.\n\n",
               TALKERS, ROOMS);
        return true;
}

static bool upgrade(struct demo *demo)
{
        const char *release = demo->releases[demo->leg + 1];
        enum service_progress progress = SERVICE_UNDER_WAY;

        if (interrupted)
                return fail("interrupted");
        printf("\n$ ekiden-upgrade %d %s\n", (int)demo->service.pid, base_name(release));
        fflush(stdout);
        crowd_reset_gap(demo->crowd);
        if (!service_upgrade(&demo->service, release, NULL, -1))
                return fail(demo->service.sentence);
        for (int i = 0; progress == SERVICE_UNDER_WAY && i < UPGRADE_STEPS_MAX; i++) {
                crowd_step(demo->crowd);
                progress = service_progress(&demo->service);
        }
        if (progress != SERVICE_UPGRADED)
                return fail(progress == SERVICE_FAILED ? demo->service.sentence
                                                       : "the upgrade does not end");
        demo->leg++;
        pass_time(demo, 200);
        demo->legs[demo->leg].pid = demo->service.pid;
        demo->legs[demo->leg].gap_ns = crowd_tally(demo->crowd).gap_ns;
        printf("\n");
        return true;
}

static bool play(struct demo *demo)
{
        crowd_reset_gap(demo->crowd);
        let_type(demo, ANN, "good morning, bob\n");
        demo->legs[0].gap_ns = crowd_tally(demo->crowd).gap_ns;
        let_type(demo, BOB, "good morning! which release is this?\n");
        let_type(demo, ANN, "wait, I am just typ");
        if (!upgrade(demo))
                return false;
        let_type(demo, ANN, "ing this across an upgrade\n");
        let_type(demo, BOB, "/version\n");
        let_type(demo, BOB, "I noticed nothing\n");
        if (!upgrade(demo))
                return false;
        let_type(demo, ANN, "/topic tea, and upgrades\n");
        let_type(demo, BOB, "/last\n");
        if (interrupted)
                return fail("interrupted");
        return crowd_settle(demo->crowd, 10000) || fail("not everything was heard");
}

static void print_count(const char *what, uint64_t count)
{
        printf("  %-20s %10" PRIu64 "\n", what, count);
}

static uint64_t summarise(struct demo *demo)
{
        struct talker_tally tally = crowd_tally(demo->crowd);

        people_look(demo->people);
        printf("\n");
        print_count("connections", TALKERS + 2);
        print_count("connections lost", tally.lost);
        print_count("lines sent", tally.said);
        print_count("lines received", tally.heard);
        print_count("missing", tally.missing);
        print_count("repeated", tally.repeated);
        print_count("out of order", tally.disordered);
        print_count("damaged", tally.damaged + tally.strange);
        printf("\n  %-10s %8s   %s\n", "release", "pid", "longest gap that any client saw");
        for (unsigned int i = 0; i <= demo->leg; i++) {
                printf("  %-10s %8d   %5.1f ms, %s\n", base_name(demo->releases[i]),
                       (int)demo->legs[i].pid, (double)demo->legs[i].gap_ns / 1e6,
                       i > 0 ? "around the upgrade to it" : "before any upgrade");
        }
        if (tally.example[0])
                printf("  the first fault: %s\n", tally.example);
        return crowd_faults(&tally) + people_faults(demo->people);
}

int main(int argc, char **argv)
{
        struct demo demo = {.service.keeper_pipe = -1};
        bool good;

        if (argc != 5) {
                fprintf(stderr, "usage: demo EKIDEN-UPGRADE CHAT-V1 CHAT-V2 CHAT-V3\n");
                return 64;
        }
        setlinebuf(stdout);
        signal(SIGINT, on_interrupt);
        signal(SIGTERM, on_interrupt);
        demo.tool = argv[1];
        demo.releases = (const char *const *)(argv + 2);
        good = open_the_scene(&demo) && play(&demo) && summarise(&demo) == 0;
        demo.people = people_free(demo.people);
        demo.crowd = crowd_free(demo.crowd);
        service_stop(&demo.service);
        printf("\n%s\n",
               good ? "Nothing was lost, repeated or out of order." : "Something went wrong.");
        return good ? 0 : 1;
}
