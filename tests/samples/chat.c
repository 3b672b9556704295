/* SPDX-License-Identifier: MIT */
/*
 * The chat server: whoever talks, and whatever becomes of the server meanwhile, every line arrives
 * once, whole, and in order.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crowd.h"
#include "support.h"

#define BACKLOG 1500 /* lines, of 66 bytes and more on average */
#define SEED UINT64_C(20110613) /* another one by the environment's EKIDEN_SEED */

static struct crowd *crowd;

static void end(void)
{
        crowd = crowd_free(crowd);
        stop();
}

static void gather(unsigned int talkers, unsigned int rooms, unsigned int slow)
{
        const char *seed = getenv("EKIDEN_SEED");
        struct crowd_plan plan = {
                .port = service.port,
                .talker_count = talkers,
                .room_count = rooms,
                .slow_count = slow,
                .window = 6,
                .seed = seed ? strtoull(seed, NULL, 0) : SEED,
        };

        crowd = crowd_new(&plan);
        cr_assert(crowd, "the clients cannot connect");
        cr_assert(crowd_join(crowd, 60000), "not all clients got into their rooms");
}

static void expect_no_faults(void)
{
        struct talker_tally tally = crowd_tally(crowd);

        cr_assert_eq(crowd_faults(&tally), 0,
                     "seed %" PRIu64 ": of %" PRIu64 " lines %" PRIu64 " missing, %" PRIu64
                     " repeated, %" PRIu64 " out of order, %" PRIu64 " damaged, %" PRIu64
                     " strange, %" PRIu64 " connections lost; %s",
                     getenv("EKIDEN_SEED") ? (uint64_t)strtoull(getenv("EKIDEN_SEED"), NULL, 0)
                                           : SEED,
                     tally.said, tally.missing, tally.repeated, tally.disordered, tally.damaged,
                     tally.strange, tally.lost, tally.example);
}

/* Falls silent; then everybody must have heard everything. */
static void settle(void)
{
        bool all_was_heard = crowd_settle(crowd, 60000);

        expect_no_faults();
        cr_assert(all_was_heard, "not everything was sent");
}

/* Talks until more waits for each slow reader than fits in the kernel: the server holds the rest.
 */
static void gather_backlog(void)
{
        for (unsigned int i = 0; crowd_backlog(crowd) < BACKLOG; i++) {
                cr_assert_lt(i, 600, "the slow readers are not slow");
                crowd_run(crowd, 100);
        }
}

/* Upgrades while the crowd goes on talking. */
static void upgrade_amid_talk(const char *binary)
{
        uint64_t said = crowd_tally(crowd).said, said_then;
        unsigned int steps = 0;

        begin_upgrade(binary);
        do { /* step first: on a busy machine the first look may find it done */
                cr_assert_lt(steps++, 60000, "the upgrade does not end");
                crowd_step(crowd);
        } while (!is_upgraded());
        said_then = crowd_tally(crowd).said;
        crowd_run(crowd, 300);
        expect_no_faults();
        cr_assert_gt(said_then, said, "nobody talked during the upgrade");
}

Test(chat, loses_nothing_while_two_hundred_talk_in_twenty_rooms, .fini = end, .timeout = 300)
{
        struct talker_tally tally;
        int descriptors;

        start(CHAT_V1);
        gather(200, 20, 5);
        gather_backlog();
        upgrade_amid_talk(CHAT_V2);
        descriptors = service_count_descriptors(&service);
        upgrade_amid_talk(CHAT_V3);
        upgrade_amid_talk(CHAT_V3);
        cr_assert_geq(crowd_backlog(crowd), BACKLOG, "the slow readers caught up");
        settle();
        expect_descriptors(descriptors);
        tally = crowd_tally(crowd);
        cr_assert_gt(tally.said, 2000);
        cr_assert_eq(tally.heard, tally.said * 10, "%" PRIu64 " lines were heard of %" PRIu64,
                     tally.heard, tally.said);
}

Test(chat, loses_nothing_from_the_first_release_to_the_third_at_once, .fini = end, .timeout = 300)
{
        start(CHAT_V1);
        gather(40, 4, 1);
        gather_backlog();
        upgrade_amid_talk(CHAT_V3);
        settle();
}

Test(chat, takes_more_connections_along_than_one_kernel_message_holds, .fini = end, .timeout = 300)
{
        int descriptors;

        start(CHAT_V1);
        gather(450, 90, 0);
        upgrade_amid_talk(CHAT_V2);
        descriptors = service_count_descriptors(&service);
        upgrade_amid_talk(CHAT_V3);
        settle();
        expect_descriptors(descriptors);
}

Test(chat, is_asked_for_the_next_upgrade_as_soon_as_the_last_is_done, .fini = end, .timeout = 300)
{
        start(CHAT_V3);
        gather(60, 6, 2);
        for (unsigned int leg = 0; leg < 8; leg++) {
                begin_upgrade(CHAT_V3);
                while (!is_upgraded())
                        crowd_step(crowd);
        }
        settle();
}

/* A guest that takes a name and is in the first room. */
static void enter(struct client *client, const char *nick)
{
        char command[64];

        connect_client(client);
        await(client, "joined");
        snprintf(command, sizeof(command), "/nick %s\n", nick);
        say(client, command);
        await(client, "is now %s", nick);
}

Test(chat, remembers_who_said_what, .fini = end, .timeout = 120)
{
        struct client ann;

        start(CHAT_V1);
        enter(&ann, "ann");
        say(&ann, "a > b and <c> d\n");
        expect(&ann, "#3 <ann> a > b and <c> d");
        upgrade(CHAT_V2);
        upgrade(CHAT_V3);
        upgrade(CHAT_V3);
        say(&ann, "/last\n");
        expect(&ann, "- #1 * guest1 joined");
        expect(&ann, "- #2 * guest1 is now ann");
        expect(&ann, "- #3 <ann> a > b and <c> d");
        say(&ann, "good night\n");
        expect(&ann, "#4 <ann> good night");
        client_close(&ann);
}

Test(chat, remembers_bytes_that_are_no_text, .fini = end, .timeout = 120)
{
        struct client ann;

        start(CHAT_V1);
        enter(&ann, "ann");
        say(&ann, "\xff\xfe caf\xe9 \x1b[2J\n");
        expect(&ann, "#3 <ann> \xff\xfe caf\xe9 ?[2J");
        upgrade(CHAT_V2);
        upgrade(CHAT_V3);
        say(&ann, "/last\n");
        await(&ann, "- #3 <ann> \xff\xfe caf\xe9 ?[2J");
        client_close(&ann);
}

Test(chat, knows_what_a_release_knows, .fini = end, .timeout = 120)
{
        struct client ann, bob;

        start(CHAT_V1);
        enter(&ann, "ann");
        say(&ann, "/topic tea\n/version\n");
        expect(&ann, "* there is no /topic; /help lists the commands");
        expect(&ann, "* chat v1, 1 members, 1 rooms");
        upgrade(CHAT_V2);
        enter(&bob, "bob");
        say(&bob, "/version\n/who\n");
        expect(&bob, "* chat v2, 2 members, 1 rooms");
        expect(&bob, "* in lobby:");
        expect(&bob, "- ann"); /* since when, v1 did not keep */
        await(&bob, "- bob, for ");
        upgrade(CHAT_V3);
        say(&bob, "/topic tea\n/version\n");
        expect(&bob, "#5 * the topic is now: tea");
        expect(&bob, "* chat v3, 2 members, 1 rooms");
        upgrade(CHAT_V3);
        say(&bob, "/join kitchen\n/join lobby\n");
        await(&bob, "* the topic is: tea");
        client_close(&ann);
        client_close(&bob);
}

Test(chat, becomes_itself_anew_upon_a_signal, .fini = end, .timeout = 120)
{
        struct client ann;

        start(CHAT_V3);
        enter(&ann, "ann");
        for (unsigned int leg = 0; leg < 3; leg++) {
                pid_t predecessor = service.pid;

                cr_assert(service_signal(&service), "%s", service.sentence);
                cr_assert_eq(service_wait(&service, UPGRADE_TIMEOUT_MS), SERVICE_UPGRADED, "%s",
                             service.sentence);
                cr_assert_neq(service.pid, predecessor);
                say(&ann, "still here\n");
                expect(&ann, "#%u <ann> still here", leg + 3);
        }
        client_close(&ann);
}

Test(chat, keeps_half_a_line, .fini = end, .timeout = 120)
{
        struct client ann;

        start(CHAT_V1);
        enter(&ann, "ann");
        say(&ann, "half ");
        say(&ann, "a");
        upgrade(CHAT_V2);
        say(&ann, " line, then ");
        upgrade(CHAT_V3);
        say(&ann, "the rest\n");
        expect(&ann, "#3 <ann> half a line, then the rest");
        client_close(&ann);
}

Test(chat, sends_away_who_sends_a_line_without_an_end, .fini = end, .timeout = 120)
{
        char endless[1500];
        struct client ann, eve;

        start(CHAT_V1);
        enter(&ann, "ann");
        enter(&eve, "eve");
        await(&ann, "guest2 is now eve");
        memset(endless, 'e', sizeof(endless));
        endless[600] = '\0';
        say(&eve, endless);
        upgrade(CHAT_V2);
        say(&eve, endless);
        await(&eve, "your line is too long");
        cr_assert(client_await_end(&eve), "eve is still connected");
        await(&ann, "eve left");
        client_close(&ann);
        client_close(&eve);
}

/* Lets ann talk until the server has given up on eve, who never reads. */
Test(chat, drops_who_never_reads_and_nobody_else, .fini = end, .timeout = 240)
{
        char line[1001];
        struct client ann, eve;
        unsigned int said = 0;
        char heard[CLIENT_LINE_SIZE];
        bool is_dropped = false;

        start(CHAT_V1);
        enter(&ann, "ann");
        enter(&eve, "eve");
        memset(line, 'a', sizeof(line) - 2);
        strcpy(line + sizeof(line) - 2, "\n");
        while (!is_dropped && said < 100000) {
                said++;
                say(&ann, line);
                cr_assert(client_receive(&ann, heard, CLIENT_TIMEOUT_MS), "ann hears nothing");
                is_dropped = strstr(heard, "eve left");
                if (said == 1000)
                        upgrade(CHAT_V2);
        }
        cr_assert(is_dropped, "eve is still there after %u lines", said);
        cr_assert_gt(said, 4000, "the server had less patience than 4 MiB");
        client_close(&ann);
        client_close(&eve);
}

Test(chat, lets_go_who_left_before_the_upgrade, .fini = end, .timeout = 120)
{
        struct client ann, bob;
        int descriptors;

        start(CHAT_V1);
        enter(&ann, "ann");
        upgrade(CHAT_V2);
        say(&ann, "/version\n");
        expect(&ann, "* chat v2, 1 members, 1 rooms"); /* it serves: the handover's are closed */
        descriptors = service_count_descriptors(&service);
        enter(&bob, "bob");
        client_close(&bob);
        upgrade(CHAT_V3);
        await(&ann, "bob left");
        say(&ann, "/version\n");
        expect(&ann, "* chat v3, 1 members, 1 rooms");
        expect_descriptors(descriptors);
        client_close(&ann);
}

Test(chat, lets_who_is_leaving_read_to_the_end, .fini = end, .timeout = 120)
{
        char line[1001], heard[CLIENT_LINE_SIZE];
        struct client ann, eve;
        uint64_t sequence = 4; /* two joined, two took a name */

        start(CHAT_V1);
        enter(&ann, "ann");
        enter(&eve, "eve");
        await(&ann, "is now eve");
        memset(line, 'a', sizeof(line) - 2);
        strcpy(line + sizeof(line) - 2, "\n");
        for (unsigned int i = 0; i < 500; i++) { /* more than the kernel holds for eve */
                say(&ann, line);
                await(&ann, "#%" PRIu64 " <ann>", ++sequence);
        }
        say(&eve, "/quit\n");
        say(&ann, "/version\n");
        await(&ann, "chat v1");
        upgrade(CHAT_V2);
        upgrade(CHAT_V3);
        for (sequence = 5; sequence < 505; sequence++) {
                uint64_t number = 0;

                cr_assert(client_receive(&eve, heard, CLIENT_TIMEOUT_MS));
                cr_assert(sscanf(heard, "#%" SCNu64 " <ann> ", &number) == 1 && number == sequence,
                          "\"%.40s\" came instead of #%" PRIu64, heard, sequence);
        }
        expect(&eve, "* bye");
        cr_assert(client_await_end(&eve), "eve is still connected");
        await(&ann, "* eve left");
        client_close(&ann);
        client_close(&eve);
}

Test(chat, welcomes_everybody_who_comes_during_an_upgrade, .fini = end, .timeout = 120)
{
        struct client guest;
        unsigned int number = 0;

        start(CHAT_V3);
        for (unsigned int leg = 0; leg < 10; leg++) {
                begin_upgrade(CHAT_V3);
                do {
                        connect_client(&guest);
                        expect(&guest,
                               "* welcome guest%u, you are in lobby; /help lists the commands",
                               ++number);
                        say(&guest, "/quit\n");
                        await(&guest, "* bye");
                        cr_assert(client_await_end(&guest), "the guest is still connected");
                        client_close(&guest);
                } while (!is_upgraded());
        }
        cr_assert_gt(number, 10);
}

Test(chat, accepts_again_after_descriptors_ran_out_with_nobody_there, .fini = end, .timeout = 120)
{
        struct client ann;

        start(CHAT_V3);
        forbid_descriptors();
        connect_client(&ann);
        await_complaint("nobody more can be accepted");
        await_sleep();
        allow_descriptors();
        await(&ann, "* welcome guest1");
        client_close(&ann);
}
