/* SPDX-License-Identifier: MIT */
/*
 * The registry: four releases up and all the way down again, and whoever was connected stays so,
 * stays what it registered as, and is counted once.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "support.h"

static const char *const releases[] = {REGISTRY_V1, REGISTRY_V2, REGISTRY_V3, REGISTRY_V4};
static unsigned int release;

/* Addresses as the release writes them. */
static const char *address(void)
{
        return release < 4 ? "127.0.0.1" : "::ffff:127.0.0.1";
}

static void start_release(unsigned int number)
{
        release = number;
        start(releases[number - 1]);
}

static void become(unsigned int number)
{
        upgrade(releases[number - 1]);
        release = number;
}

static void arrive(struct client *client, unsigned int number)
{
        connect_client(client);
        expect(client, "v%u: session %u from %s is not registered", release, number, address());
}

/* Says something, upon which a session is described. */
static void say_as(struct client *client, unsigned int number, const char *line, const char *what)
{
        say(client, line);
        expect(client, "v%u: session %u from %s is %s", release, number, address(), what);
}

static void expect_in_list(struct client *client, unsigned int number, const char *what)
{
        expect(client, "v%u: session %u from %s is %s", release, number, address(), what);
}

static void expect_end_of_list(struct client *client, unsigned int count)
{
        expect(client, "v%u: %u sessions, %u of them from %s", release, count, count, address());
}

static void leave(struct client *client)
{
        say(client, "leave\n");
        cr_assert(client_await_end(client), "the session has not ended");
        client_close(client);
}

/* How many descriptors the server has, once it serves: it answered. */
static int count_descriptors(struct client *client)
{
        say(client, "help\n");
        await(client, "v%u: say ", release);
        return service_count_descriptors(&service);
}

/* All that three sessions see: a process, a service, and one that has not typed its line yet. */
static void expect_all_three(struct client *ann, struct client *bob)
{
        struct client *const both[] = {ann, bob};

        for (unsigned int i = 0; i < 2; i++) {
                say(both[i], "list\n");
                expect_in_list(both[i], 1, "process 11");
                expect_in_list(both[i], 2, "service db.example:5432");
                expect_in_list(both[i], 3, "not registered");
                expect_end_of_list(both[i], 3);
        }
}

static void arrive_all_three(struct client *ann, struct client *bob, struct client *eve)
{
        arrive(ann, 1);
        arrive(bob, 2);
        arrive(eve, 3);
        say_as(ann, 1, "process 11\n", "process 11");
        say_as(bob, 2, "service db.example 5432\n", "service db.example:5432");
        say(eve, "proc");
        expect_all_three(ann, bob);
}

Test(registry, keeps_sessions_through_every_release_and_back_to_the_first, .fini = stop,
     .timeout = 240)
{
        static const unsigned int order[] = {2, 3, 4, 4, 1, 4, 3, 2, 1};
        struct client ann, bob, eve;

        start_release(1);
        arrive_all_three(&ann, &bob, &eve);
        for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
                become(order[i]);
                expect_all_three(&ann, &bob);
        }
        say_as(&eve, 3, "ess 33\n", "process 33");
        client_close(&ann);
        client_close(&bob);
        client_close(&eve);
}

Test(registry, keeps_half_a_line, .fini = stop, .timeout = 120)
{
        struct client ann, bob, eve;

        start_release(1);
        arrive_all_three(&ann, &bob, &eve);
        become(2);
        say(&eve, "ess ");
        become(3);
        say(&eve, "3");
        become(4);
        say_as(&eve, 3, "3\n", "process 33");
        client_close(&ann);
        client_close(&bob);
        client_close(&eve);
}

Test(registry, counts_the_sessions_of_an_address_once_in_every_release, .fini = stop,
     .timeout = 240)
{
        static const unsigned int order[] = {2, 3, 4, 3, 2, 1};
        struct client ann, other;

        start_release(1);
        arrive(&ann, 1);
        say_as(&ann, 1, "process 11\n", "process 11");
        for (unsigned int i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
                arrive(&other, i + 2);
                say_as(&other, i + 2, "process 22\n", "process 22");
                become(order[i]);
                say(&ann, "list\n");
                await(&ann, "v%u: 2 sessions, 2 of them from %s", release, address());
                leave(&other);
                say(&ann, "list\n");
                expect_in_list(&ann, 1, "process 11");
                expect_end_of_list(&ann, 1);
        }
        client_close(&ann);
}

Test(registry, gives_the_limit_its_default_when_the_first_release_had_none, .fini = stop,
     .timeout = 120)
{
        struct client clients[9];

        start_release(1);
        for (unsigned int i = 0; i < 8; i++)
                arrive(&clients[i], i + 1);
        become(2);
        connect_client(&clients[8]);
        expect(&clients[8], "v2: there is no room for you");
        cr_assert(client_await_end(&clients[8]));
        client_close(&clients[8]);
        become(3);
        connect_client(&clients[8]);
        expect(&clients[8], "v3: there is no room for you");
        client_close(&clients[8]);
        become(1);
        arrive(&clients[8], 9);
        for (unsigned int i = 0; i < 9; i++)
                client_close(&clients[i]);
}

Test(registry, splits_a_connection_and_joins_it_again, .fini = stop, .timeout = 120)
{
        struct client ann, bob;
        int descriptors;

        start_release(2);
        arrive(&ann, 1);
        arrive(&bob, 2);
        say_as(&ann, 1, "process 11\n", "process 11");
        become(2);
        descriptors = count_descriptors(&ann);
        become(3);
        expect_descriptors(descriptors + 2);
        say(&ann, "listen\n");
        expect(&ann, "v3: session 1 listens");
        expect_descriptors(descriptors + 1);
        become(4);
        say_as(&bob, 2, "process 22\n", "process 22");
        expect_in_list(&ann, 2, "process 22");
        become(2);
        expect_descriptors(descriptors);
        say(&ann, "list\n");
        expect_in_list(&ann, 1, "process 11");
        expect_in_list(&ann, 2, "process 22");
        expect_end_of_list(&ann, 2);
        client_close(&ann);
        client_close(&bob);
}

Test(registry, notices_that_a_listener_went_away_after_an_upgrade, .fini = stop, .timeout = 120)
{
        struct client ann, bob;
        int descriptors;

        start_release(3);
        arrive(&ann, 1);
        arrive(&bob, 2);
        say_as(&ann, 1, "process 11\n", "process 11");
        say_as(&bob, 2, "process 22\n", "process 22");
        say(&ann, "listen\n");
        expect(&ann, "v3: session 1 listens");
        become(4);
        descriptors = count_descriptors(&bob);
        client_close(&ann);
        expect_descriptors(descriptors - 1);
        say(&bob, "list\n");
        expect_in_list(&bob, 2, "process 22");
        expect_end_of_list(&bob, 1);
        client_close(&bob);
}

Test(registry, keeps_names_from_the_fourth_release_on, .fini = stop, .timeout = 120)
{
        struct client ann;

        start_release(3);
        arrive(&ann, 1);
        say_as(&ann, 1, "process 11\n", "process 11");
        become(4);
        say(&ann, "list\n");
        expect_in_list(&ann, 1, "process 11");
        expect_end_of_list(&ann, 1);
        say(&ann, "name ann\n");
        expect(&ann, "v4: session 1 (ann) from %s is process 11", address());
        become(4);
        say(&ann, "list\n");
        expect(&ann, "v4: session 1 (ann) from %s is process 11", address());
        expect_end_of_list(&ann, 1);
        become(3);
        say(&ann, "list\n");
        expect_in_list(&ann, 1, "process 11");
        expect_end_of_list(&ann, 1);
        client_close(&ann);
}

Test(registry, serves_on_when_a_function_has_another_name, .fini = stop, .timeout = 120)
{
        struct client ann, bob;

        start_release(1);
        arrive(&ann, 1);
        arrive(&bob, 2);
        say_as(&ann, 1, "process 11\n", "process 11");
        expect_refusal(REGISTRY_V2_RENAMED, 12);
        say(&ann, "list\n");
        expect_in_list(&ann, 1, "process 11");
        expect_in_list(&ann, 2, "not registered");
        expect_end_of_list(&ann, 2);
        become(2);
        say_as(&bob, 2, "process 22\n", "process 22");
        client_close(&ann);
        client_close(&bob);
}

Test(registry, keeps_a_hundred_sessions_up_and_down, .fini = stop, .timeout = 240)
{
        static const unsigned int order[] = {4, 1};
        static struct client clients[100];
        char line[64], what[64];

        start_release(1);
        for (unsigned int i = 0; i < 100; i++)
                arrive(&clients[i], i + 1);
        for (unsigned int i = 0; i < 2; i++) {
                become(order[i]);
                for (unsigned int j = i; j < 100; j += 2) {
                        snprintf(line, sizeof(line), "process %u\n", 1000 + j);
                        snprintf(what, sizeof(what), "process %u", 1000 + j);
                        say_as(&clients[j], j + 1, line, what);
                }
        }
        for (unsigned int j = 0; j < 100; j++)
                leave(&clients[j]);
}

Test(registry, does_not_gather_descriptors, .fini = stop, .timeout = 240)
{
        struct client ann, bob, eve;
        int descriptors;

        start_release(1);
        arrive_all_three(&ann, &bob, &eve);
        become(4);
        become(1);
        descriptors = count_descriptors(&ann);
        for (unsigned int leg = 0; leg < 4; leg++) {
                become(4);
                become(1);
                expect_all_three(&ann, &bob);
                expect_descriptors(descriptors);
        }
        client_close(&ann);
        client_close(&bob);
        client_close(&eve);
}
