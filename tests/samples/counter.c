/* SPDX-License-Identifier: MIT */
/*
 * The counter: one client after the other, and every one of their lines counted once, whatever
 * release answers.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

/* A client, and how many lines the server must have counted of it and in all. */
struct counted {
        struct client client;
        unsigned int number;
        uint64_t lines;
};

static uint64_t lines_in_all;

static void arrive(struct counted *counted, unsigned int number)
{
        *counted = (struct counted){.number = number};
        connect_client(&counted->client);
}

static void expect_counted(struct counted *counted, unsigned int release, const char *text)
{
        expect(&counted->client, "v%u: line %" PRIu64 " of client %u, %" PRIu64 " in all: %s",
               release, ++counted->lines, counted->number, ++lines_in_all, text);
}

static void count(struct counted *counted, unsigned int release, const char *text)
{
        char line[256];

        snprintf(line, sizeof(line), "%s\n", text);
        say(&counted->client, line);
        expect_counted(counted, release, text);
}

/* The release that answers may change at any line, but only forward. Returns the one that did. */
static unsigned int count_with_either(struct counted *counted, unsigned int release,
                                      const char *text)
{
        char line[CLIENT_LINE_SIZE], expected[CLIENT_LINE_SIZE];
        unsigned int answered = 0;

        snprintf(line, sizeof(line), "%s\n", text);
        say(&counted->client, line);
        cr_assert(client_receive(&counted->client, line, CLIENT_TIMEOUT_MS), "no answer");
        cr_assert_eq(sscanf(line, "v%u: ", &answered), 1, "the answer is \"%s\"", line);
        cr_assert(answered == release || answered == release + 1, "v%u answers after v%u", answered,
                  release);
        snprintf(expected, sizeof(expected),
                 "v%u: line %" PRIu64 " of client %u, %" PRIu64 " in all: %s", answered,
                 ++counted->lines, counted->number, ++lines_in_all, text);
        cr_assert_str_eq(line, expected);
        return answered;
}

Test(counter, counts_on_when_upgraded_while_it_serves_a_client, .fini = stop, .timeout = 120)
{
        struct counted ann;

        start(COUNTER_V1);
        arrive(&ann, 1);
        count(&ann, 1, "one");
        upgrade(COUNTER_V2);
        count(&ann, 2, "two");
        upgrade(COUNTER_V3);
        count(&ann, 3, "three");
        upgrade(COUNTER_V3);
        count(&ann, 3, "four");
        client_close(&ann.client);
}

Test(counter, counts_on_when_upgraded_while_it_waits_for_a_client, .fini = stop, .timeout = 120)
{
        static const char *const binaries[] = {COUNTER_V2, COUNTER_V3, COUNTER_V3};
        static const unsigned int releases[] = {2, 3, 3};
        struct counted client;

        start(COUNTER_V1);
        for (unsigned int i = 0; i < 3; i++) {
                arrive(&client, i + 1);
                count(&client, i == 0 ? 1 : releases[i - 1], "before");
                client_close(&client.client);
                upgrade(binaries[i]);
        }
        arrive(&client, 4);
        count(&client, 3, "after");
        client_close(&client.client);
}

Test(counter, keeps_half_a_line, .fini = stop, .timeout = 120)
{
        struct counted ann;

        start(COUNTER_V1);
        arrive(&ann, 1);
        say(&ann.client, "a whole line\nhalf ");
        expect_counted(&ann, 1, "a whole line");
        upgrade(COUNTER_V2);
        say(&ann.client, "a li");
        upgrade(COUNTER_V3);
        say(&ann.client, "ne\n");
        expect_counted(&ann, 3, "half a line");
        client_close(&ann.client);
}

Test(counter, keeps_those_who_wait_in_the_backlog, .fini = stop, .timeout = 120)
{
        struct counted ann, bob, eve;

        start(COUNTER_V1);
        arrive(&ann, 1);
        count(&ann, 1, "I am served");
        arrive(&bob, 2);
        say(&bob.client, "I wait\n");
        arrive(&eve, 3);
        upgrade(COUNTER_V2);
        count(&ann, 2, "I am still served");
        client_close(&ann.client);
        expect_counted(&bob, 2, "I wait");
        upgrade(COUNTER_V3);
        count(&bob, 3, "I do not wait any more");
        client_close(&bob.client);
        count(&eve, 3, "nor do I");
        client_close(&eve.client);
}

Test(counter, goes_from_the_first_release_to_the_third_at_once, .fini = stop, .timeout = 120)
{
        struct counted ann;

        start(COUNTER_V1);
        arrive(&ann, 1);
        count(&ann, 1, "one");
        say(&ann.client, "tw");
        upgrade(COUNTER_V3);
        say(&ann.client, "o\n");
        expect_counted(&ann, 3, "two");
        client_close(&ann.client);
}

Test(counter, counts_every_line_of_clients_that_do_not_pause, .fini = stop, .timeout = 240)
{
        static const char *const binaries[] = {COUNTER_V2, COUNTER_V3};
        unsigned int release = 1;
        struct counted client;
        char text[64];

        start(COUNTER_V1);
        for (unsigned int number = 1; number <= 30; number++) {
                arrive(&client, number);
                if (number % 10 == 5 && release < 3)
                        begin_upgrade(binaries[release - 1]);
                for (unsigned int line = 0; line < 100; line++) {
                        snprintf(text, sizeof(text), "line %u of %u", line, number);
                        release = count_with_either(&client, release, text);
                }
                client_close(&client.client);
                if (number % 10 == 0 && number < 30) {
                        cr_assert_eq(service_wait(&service, UPGRADE_TIMEOUT_MS), SERVICE_UPGRADED,
                                     "%s", service.sentence);
                }
        }
        cr_assert_eq(release, 3);
}

/* Puts a copy of a program where another may be. */
static void install(const char *binary, const char *path)
{
        char part[128], bytes[65536];
        FILE *from = fopen(binary, "re"), *to;
        size_t size;

        snprintf(part, sizeof(part), "%s.part", path);
        to = fopen(part, "we");
        cr_assert(from && to, "%s cannot be copied", binary);
        while ((size = fread(bytes, 1, sizeof(bytes), from)) > 0)
                cr_assert_eq(fwrite(bytes, 1, size, to), size);
        fclose(from);
        cr_assert_eq(fchmod(fileno(to), 0700), 0);
        cr_assert_eq(fclose(to), 0);
        cr_assert_eq(rename(part, path), 0);
}

static char installed[] = COUNTER_V1 "-installed-XXXXXX"; /* where its libraries are found */

static void uninstall(void)
{
        char part[128];

        stop();
        snprintf(part, sizeof(part), "%s.part", installed);
        unlink(part);
        unlink(installed);
}

Test(counter, becomes_what_was_installed_in_its_place_upon_a_signal, .fini = uninstall,
     .timeout = 120)
{
        struct counted ann;
        int file = mkstemp(installed);

        cr_assert(file >= 0);
        close(file);
        install(COUNTER_V1, installed);
        start(installed);
        arrive(&ann, 1);
        count(&ann, 1, "one");
        install(COUNTER_V2, installed);
        cr_assert(service_signal(&service), "%s", service.sentence);
        cr_assert_eq(service_wait(&service, UPGRADE_TIMEOUT_MS), SERVICE_UPGRADED, "%s",
                     service.sentence);
        count(&ann, 2, "two");
        cr_assert(service_signal(&service), "%s", service.sentence);
        cr_assert_eq(service_wait(&service, UPGRADE_TIMEOUT_MS), SERVICE_UPGRADED, "%s",
                     service.sentence);
        count(&ann, 2, "three");
        client_close(&ann.client);
}

Test(counter, does_not_gather_descriptors, .fini = stop, .timeout = 240)
{
        struct counted ann;
        int descriptors;

        start(COUNTER_V2);
        arrive(&ann, 1);
        count(&ann, 2, "first leg");
        upgrade(COUNTER_V2);
        count(&ann, 2, "second leg");
        descriptors = service_count_descriptors(&service);
        for (unsigned int leg = 3; leg <= 12; leg++) {
                upgrade(COUNTER_V2);
                count(&ann, 2, "another leg");
                expect_descriptors(descriptors);
        }
        client_close(&ann.client);
}

Test(counter, counts_on_when_an_upgrade_is_refused, .fini = stop, .timeout = 120)
{
        struct counted ann;

        start(COUNTER_V2);
        arrive(&ann, 1);
        count(&ann, 2, "one");
        expect_refusal(COUNTER_V1, 9); /* nothing leads back to v1 */
        count(&ann, 2, "two");
        expect_refusal(CHAT_V3, 8); /* another program */
        count(&ann, 2, "three");
        expect_refusal("/nonexistent/counter", 7);
        count(&ann, 2, "four");
        upgrade(COUNTER_V3);
        count(&ann, 3, "five");
        client_close(&ann.client);
}

Test(counter, says_where_it_listens_only_once, .fini = stop, .timeout = 120)
{
        char *output;

        start(COUNTER_V1);
        upgrade(COUNTER_V2);
        upgrade(COUNTER_V3);
        output = service_read(&service, "output");
        cr_assert(output && strchr(output, '\n') == strrchr(output, '\n'), "it printed:\n%s",
                  output);
        free(output);
}

Test(counter, sleeps_and_is_there_again_when_descriptors_ran_out, .fini = stop, .timeout = 120)
{
        struct counted ann, bob;

        start(COUNTER_V1);
        arrive(&ann, 1);
        count(&ann, 1, "one");
        forbid_descriptors();
        client_close(&ann.client);
        await_complaint("nobody can be accepted: Too many open files");
        await_sleep();
        allow_descriptors();
        upgrade(COUNTER_V2);
        arrive(&bob, 2);
        count(&bob, 2, "two");
        client_close(&bob.client);
}
