/* SPDX-License-Identifier: MIT */
/*
 * The workers: whatever thread works on whatever job when the upgrade comes, each job is finished
 * once, and its count is right.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support.h"

#define CROWD 24
#define UPGRADES 30

static void ask(struct client *client, unsigned int id, const char *range)
{
        char line[128];

        snprintf(line, sizeof(line), "primes %s\n", range);
        say(client, line);
        expect(client, "#%u begins", id);
}

/* Ids are given to clients and jobs alike: of one client alone, the next is always known. */
Test(workers, jobs_go_on_where_they_were_in_the_next_release, .fini = stop, .timeout = 120)
{
        struct client ann;

        start(WORKERS_V1);
        connect_client(&ann);
        ask(&ann, 2, "3000000");
        say(&ann, "ver");
        upgrade(WORKERS_V2);
        say(&ann, "sion\n");
        expect(&ann, "v2");
        await(&ann, "#2 216816 primes up to 3000000, says worker-");
        ask(&ann, 3, "100 3000000");
        upgrade(WORKERS_V2);
        await(&ann, "#3 216791 primes from 100 up to 3000000, says worker-");
        client_close(&ann);
}

/* In turns: it is worked on when the next upgrade comes, and it takes many. */
Test(workers, one_job_survives_many_upgrades_at_once, .fini = stop, .timeout = 240)
{
        struct client ann;

        start(WORKERS_V1);
        connect_client(&ann);
        ask(&ann, 2, "6000000");
        for (int i = 0; i < UPGRADES; i++)
                upgrade(WORKERS_V2);
        await(&ann, "#2 412849 primes up to 6000000, says worker-");
        client_close(&ann);
}

static uint64_t count_turns(struct client *client, unsigned int workers)
{
        char line[CLIENT_LINE_SIZE];
        uint64_t turns, all = 0;

        say(client, "workers\n");
        for (unsigned int i = 1; i <= workers; i++) {
                unsigned int number;

                cr_assert(client_receive(client, line, CLIENT_TIMEOUT_MS));
                cr_assert_eq(sscanf(line, "worker-%u finished %*u jobs in %" SCNu64 " turns",
                                    &number, &turns),
                             2, "%s", line);
                cr_assert_eq(number, i);
                all += turns;
        }
        expect(client, "that is all");
        return all;
}

Test(workers, what_each_thread_has_done_is_kept, .fini = stop, .timeout = 120)
{
        struct client ann;
        uint64_t turns;

        start(WORKERS_V1);
        connect_client(&ann);
        ask(&ann, 2, "300000");
        await(&ann, "#2 25997 primes up to 300000");
        turns = count_turns(&ann, 4);
        cr_expect_gt(turns, 0);
        upgrade(WORKERS_V2);
        cr_expect_eq(count_turns(&ann, 4), turns);
        upgrade(WORKERS_V2);
        cr_expect_eq(count_turns(&ann, 4), turns);
        client_close(&ann);
}

/* A crowd in which everybody asks again as soon as he is answered. */
struct asker {
        struct client client;
        unsigned int job; /* 0: it has not begun */
        unsigned int answers;
};

static void hear(struct asker *asker)
{
        char line[CLIENT_LINE_SIZE];
        unsigned int job;

        while (client_receive(&asker->client, line, 0)) {
                if (sscanf(line, "#%u begins", &job) == 1 && strstr(line, "begins")) {
                        cr_assert_eq(asker->job, 0, "two jobs begin: %s", line);
                        asker->job = job;
                        continue;
                }
                cr_assert_eq(sscanf(line, "#%u 5133 primes up to 50000", &job), 1, "%s", line);
                cr_assert_eq(job, asker->job, "it is another one's: %s", line);
                asker->job = 0;
                asker->answers++;
                say(&asker->client, "primes 50000\n");
        }
}

Test(workers, a_crowd_gets_each_answer_once_while_releases_change, .fini = stop, .timeout = 600)
{
        static struct asker askers[CROWD];
        struct client ann;
        int descriptors = 0;

        start(WORKERS_V1);
        connect_client(&ann);
        for (int i = 0; i < CROWD; i++) {
                connect_client(&askers[i].client);
                say(&askers[i].client, "primes 50000\n");
        }
        for (int i = 0; i < UPGRADES; i++) {
                begin_upgrade(i == 0 ? WORKERS_V1 : WORKERS_V2);
                while (!is_upgraded())
                        for (int j = 0; j < CROWD; j++)
                                hear(&askers[j]);
                if (i == 1) {
                        say(&ann, "version\n");
                        expect(&ann, "v2"); /* it serves: the handover's are closed */
                        descriptors = service_count_descriptors(&service);
                }
        }
        expect_descriptors(descriptors);
        for (int i = 0; i < CROWD; i++) {
                unsigned int before = askers[i].answers;

                for (int tries = 0; tries < 400 && askers[i].answers == before; tries++) {
                        usleep(50000);
                        hear(&askers[i]);
                }
                cr_expect_gt(askers[i].answers, before, "client %d is forgotten", i);
                client_close(&askers[i].client);
        }
        client_close(&ann);
}

Test(workers, jobs_of_who_has_gone_are_dropped, .fini = stop, .timeout = 120)
{
        struct client ann, bob;

        start(WORKERS_V1);
        connect_client(&ann);
        connect_client(&bob);
        for (unsigned int i = 0; i < 8; i++)
                say(&ann, "primes 1000000000000\n");
        await(&ann, "#10 begins");
        upgrade(WORKERS_V2);
        client_close(&ann);
        do {
                char line[CLIENT_LINE_SIZE];

                say(&bob, "jobs\n");
                cr_assert(client_receive(&bob, line, CLIENT_TIMEOUT_MS));
                if (strcmp(line, "that is all") == 0)
                        break;
                await(&bob, "that is all");
        } while (true);
        say(&bob, "primes 100\n");
        await(&bob, " 25 primes up to 100");
        client_close(&bob);
}
