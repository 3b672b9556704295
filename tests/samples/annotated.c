/* SPDX-License-Identifier: MIT */
/*
 * The annotated structs: sharing and cycles come out as they went in, and what was told to stay
 * behind does.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "support.h"

static unsigned int release;

static void start_release(unsigned int number)
{
        release = number;
        start(number == 1 ? ANNOTATED_V1 : ANNOTATED_V2);
}

static void become(unsigned int number)
{
        upgrade(number == 1 ? ANNOTATED_V1 : ANNOTATED_V2);
        release = number;
}

static void tell(struct client *client, const char *line)
{
        say(client, line);
        expect(client, "v%u: done", release);
}

/* One foo of a list; `rank` is of the second release. */
static void expect_foo(struct client *client, const char *foo, const char *shares, int rank,
                       unsigned int lookups)
{
        if (release == 1)
                expect(client, "v1: %s bar of %s lookups %u", foo, shares, lookups);
        else
                expect(client, "v2: %s bar of %s rank %d lookups %u", foo, shares, rank, lookups);
}

static void expect_back(struct client *client, const char *names)
{
        expect(client, "v%u: back: %s", release, names);
}

/* A self-pointer, a cycle of three, and a bar that two have in common. */
static void build(struct client *client)
{
        tell(client, "add ann the first\n");
        tell(client, "add bob the second\n");
        tell(client, "add eve the third\n");
        tell(client, "buddy ann ann\n");
        tell(client, "buddy bob eve\n");
        tell(client, "buddy eve bob\n");
        tell(client, "share eve ann\n");
}

Test(annotated, keeps_sharing_and_cycles, .fini = stop, .timeout = 120)
{
        struct client client;

        start_release(1);
        connect_client(&client);
        build(&client);
        for (unsigned int leg = 0; leg < 3; leg++) {
                if (leg > 0)
                        become(2);
                say(&client, "list\n");
                expect_foo(&client, "ann \"the first\" buddy ann", "ann with 2", 1, leg ? 0 : 3);
                expect_foo(&client, "bob \"the second\" buddy eve", "bob with 1", 1, leg ? 0 : 2);
                expect_foo(&client, "eve \"the third\" buddy bob", "ann with 2", 1, leg ? 0 : 3);
                expect_back(&client, "eve bob ann");
        }
        client_close(&client);
}

Test(annotated, changes_what_is_shared_for_all_who_share_it, .fini = stop, .timeout = 120)
{
        struct client client;

        start_release(1);
        connect_client(&client);
        build(&client);
        become(2);
        tell(&client, "share bob eve\n");
        say(&client, "list\n");
        expect_foo(&client, "ann \"the first\" buddy ann", "ann with 3", 1, 0);
        expect_foo(&client, "bob \"the second\" buddy eve", "ann with 3", 1, 1);
        expect_foo(&client, "eve \"the third\" buddy bob", "ann with 3", 1, 1);
        expect_back(&client, "eve bob ann");
        client_close(&client);
}

Test(annotated, goes_on_with_the_ring_at_both_ends, .fini = stop, .timeout = 120)
{
        struct client client;

        start_release(1);
        connect_client(&client);
        tell(&client, "add ann the first\n");
        become(2);
        tell(&client, "add bob the second\n");
        become(2);
        tell(&client, "buddy ann bob\n");
        say(&client, "list\n");
        expect_foo(&client, "ann \"the first\" buddy bob", "ann with 1", 1, 1);
        expect_foo(&client, "bob \"the second\" buddy nobody", "bob with 1", 1, 1);
        expect_back(&client, "bob ann");
        client_close(&client);
}

Test(annotated, keeps_an_empty_ring_and_who_waits, .fini = stop, .timeout = 120)
{
        struct client client;

        start_release(1);
        become(2);
        connect_client(&client);
        tell(&client, "add ann the first\n");
        say(&client, "list\n");
        expect_foo(&client, "ann \"the first\" buddy nobody", "ann with 1", 1, 0);
        expect_back(&client, "ann");
        client_close(&client);
}

Test(annotated, keeps_half_a_line, .fini = stop, .timeout = 120)
{
        struct client client;

        start_release(1);
        connect_client(&client);
        tell(&client, "add ann the first\n");
        say(&client, "add bob the");
        become(2);
        tell(&client, " second\n");
        tell(&client, "rank bob 7\n");
        become(2);
        say(&client, "list\n");
        expect_foo(&client, "ann \"the first\" buddy nobody", "ann with 1", 1, 0);
        expect_foo(&client, "bob \"the second\" buddy nobody", "bob with 1", 7, 0);
        expect_back(&client, "bob ann");
        client_close(&client);
}
