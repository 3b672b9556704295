/* SPDX-License-Identifier: MIT */
/*
 * The store becomes its next release, or an earlier one, and no client notices: whatever was on
 * its way arrives, keys expire when they were to, and a scan gives what it promised.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "kv_client.h"
#include "support.h"

#define OK "+OK\r\n"
#define VALUE_SIZE (UINT32_C(1) << 20)
#define KEPT 2000 /* keys that stay throughout a scan */

/* Up and down through all releases, one step at a time, and sometimes none. */
static void upgrade_on(void)
{
        static const unsigned int order[] = {1, 2, 2, 1, 0, 0, 2, 0};
        static unsigned int step;

        upgrade(kv_releases[order[step++ % 8]]);
}

Test(kv_upgrades, pipeline_goes_on_wherever_it_was_cut, .fini = stop, .timeout = 600)
{
        static const char requests[] = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$12\r\nhello\r\nworld\r\n"
                                       "INCR n\r\n"
                                       "ECHO \"a b\"\r\n"
                                       "*2\r\n$3\r\nGET\r\n$1\r\na\r\n";
        int connection, other;

        start(KV_V1);
        connection = kv_connect();
        other = kv_connect();
        for (size_t cut = 0; cut < sizeof(requests); cut++) {
                char replies[128];

                snprintf(replies, sizeof(replies),
                         OK ":%zu\r\n$3\r\na b\r\n$12\r\nhello\r\nworld\r\n", cut + 1);
                kv_send(connection, requests, cut);
                kv_ask(other, "PING\r\n", "+PONG\r\n"); /* by now the first part was read */
                upgrade_on();
                kv_send(connection, requests + cut, sizeof(requests) - 1 - cut);
                kv_expect(connection, replies);
        }
        close(connection);
        close(other);
}

static void expect_value(int connection, char *room)
{
        kv_receive_bulk(connection, room, VALUE_SIZE + 1);
        for (size_t i = 0; i < VALUE_SIZE; i++)
                cr_assert_eq(room[i], (char)('a' + i % 23), "byte %zu of a value is another", i);
}

Test(kv_upgrades, replies_that_nobody_has_taken_yet_arrive_whole, .fini = stop, .timeout = 300)
{
        char *value = malloc(VALUE_SIZE + 1), head[64];
        int connection;

        start(KV_V1);
        connection = kv_connect();
        for (size_t i = 0; i < VALUE_SIZE; i++)
                value[i] = (char)('a' + i % 23);
        snprintf(head, sizeof(head), "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$%u\r\n", VALUE_SIZE);
        kv_say(connection, head);
        kv_send(connection, value, VALUE_SIZE);
        kv_ask(connection, "\r\n", OK);
        for (int i = 0; i < 70; i++) /* more than it keeps before it stops to answer */
                kv_say(connection, "GET a\r\n");
        kv_say(connection, "INCR n\r\nECHO \"not in fu");
        for (int i = 0; i < 3; i++)
                upgrade(kv_releases[i]);
        for (int i = 0; i < 70; i++)
                expect_value(connection, value);
        kv_expect(connection, ":1\r\n");
        kv_ask(connection, "ll\"\r\n", "$11\r\nnot in full\r\n");
        close(connection);
        free(value);
}

/* A value of this size, begun with a letter. */
static void set_large(int connection, const char *key, char letter, size_t size)
{
        char *value = malloc(size), head[96];

        memset(value, letter, size);
        value[size - 1] = '!';
        snprintf(head, sizeof(head), "*3\r\n$3\r\nSET\r\n$%zu\r\n%s\r\n$%zu\r\n", strlen(key), key,
                 size);
        kv_say(connection, head);
        kv_send(connection, value, size);
        kv_ask(connection, "\r\n", OK);
        free(value);
}

static void expect_large(int connection, const char *key, char letter, size_t size)
{
        char *value = malloc(size + 1), request[64];

        snprintf(request, sizeof(request), "GET %s\r\n", key);
        kv_say(connection, request);
        kv_receive_bulk(connection, value, size + 1);
        for (size_t i = 0; i + 1 < size; i++)
                cr_assert_eq(value[i], letter, "byte %zu of %s is another", i, key);
        cr_assert_eq(value[size - 1], '!');
        free(value);
}

Test(kv_upgrades, values_that_are_too_large_for_a_record_change_hands, .fini = stop, .timeout = 300)
{
        size_t size = (UINT32_C(64) << 20) + 1; /* a record has 64 MiB at most */
        int connection;

        start(KV_V1);
        connection = kv_connect();
        set_large(connection, "huge", 'h', size);
        for (int i = 0; i < 3; i++)
                upgrade(kv_releases[i]);
        expect_large(connection, "huge", 'h', size);
        close(connection);
}

Test(kv_upgrades, values_become_large_and_small_again, .fini = stop, .timeout = 300)
{
        static const size_t sizes[] = {1, 1000, 65535, 65536, 65537, 300000};
        static const size_t count = sizeof(sizes) / sizeof(sizes[0]);
        size_t has[20] = {0};
        char key[32], request[64], reply[64];
        int connection;

        start(KV_V1);
        connection = kv_connect();
        for (unsigned int leg = 0; leg < 12; leg++) {
                for (unsigned int i = 0; i < 20; i++) {
                        if ((i + leg) % 3 == 2)
                                continue;
                        snprintf(key, sizeof(key), "key:%u", i);
                        has[i] = sizes[(i * 7 + leg * 5) % count];
                        set_large(connection, key, (char)('a' + i), has[i]);
                        if (has[i] != 65535)
                                continue;
                        snprintf(request, sizeof(request), "APPEND %s \"\"\r\n", key);
                        snprintf(reply, sizeof(reply), ":%zu\r\n", has[i]);
                        kv_ask(connection, request, reply);
                }
                upgrade_on();
                for (unsigned int i = 0; i < 20; i++) {
                        snprintf(key, sizeof(key), "key:%u", i);
                        if (has[i] > 0)
                                expect_large(connection, key, (char)('a' + i), has[i]);
                }
        }
        kv_ask(connection, "SET key:1 7\r\n", OK);
        kv_ask(connection, "DEL key:2 key:3 key:4 key:5\r\n", ":4\r\n");
        upgrade(KV_V3);
        kv_ask(connection, "INCR key:1\r\n", ":8\r\n");
        kv_ask(connection, "DBSIZE\r\n", ":16\r\n");
        kv_ask(connection, "FLUSHALL\r\n", OK);
        upgrade(KV_V3);
        kv_ask(connection, "DBSIZE\r\n", ":0\r\n");
        close(connection);
}

Test(kv_upgrades, keys_expire_when_they_were_to, .fini = stop, .timeout = 120)
{
        uint64_t begin, end;
        long long left;
        int connection;
        bool is_there;

        start(KV_V2);
        connection = kv_connect();
        begin = clock_ns();
        kv_ask(connection, "SET soon 1 PX 1500\r\n", OK);
        kv_ask(connection, "SET late 1 EX 1000\r\n", OK);
        kv_ask(connection, "SET never 1\r\n", OK);
        upgrade(KV_V3);
        upgrade(KV_V2);
        left = kv_ask_integer(connection, "PTTL late\r\n");
        end = clock_ns();
        cr_assert_leq(left, 1000000);
        cr_assert_geq(left, 1000000 - 1 - (long long)((end - begin) / 1000000));
        is_there = kv_ask_integer(connection, "EXISTS soon\r\n") == 1;
        cr_assert(is_there || clock_ns() - begin >= UINT64_C(1450000000),
                  "a key expired too early");
        while (kv_ask_integer(connection, "DBSIZE\r\n") == 3)
                usleep(10000);
        cr_assert_geq(clock_ns() - begin, UINT64_C(1450000000), "a key expired too early");
        kv_ask(connection, "MGET soon late never\r\n", "*3\r\n$-1\r\n$1\r\n1\r\n$1\r\n1\r\n");
        kv_ask(connection, "TTL never\r\n", ":-1\r\n");
        close(connection);
}

Test(kv_upgrades, a_key_that_expires_is_not_made_one_that_stays, .fini = stop, .timeout = 120)
{
        int connection;

        start(KV_V3);
        connection = kv_connect();
        kv_ask(connection, "SET a 1 EX 1000\r\n", OK);
        expect_refusal(KV_V1, 11);
        kv_ask(connection, "PERSIST a\r\n", ":1\r\n");
        upgrade(KV_V1);
        kv_ask(connection, "GET a\r\n", "$1\r\n1\r\n");
        close(connection);
}

Test(kv_upgrades, what_is_an_integer_becomes_one_and_back, .fini = stop, .timeout = 120)
{
        static const char *const values[] = {"0",
                                             "7",
                                             "-1",
                                             "9223372036854775807",
                                             "-9223372036854775808",
                                             "9223372036854775808",
                                             "007",
                                             "-0",
                                             "+1",
                                             "1.0",
                                             "x"};
        static const size_t integers = 5, count = sizeof(values) / sizeof(values[0]);
        char request[128], reply[64];
        int connection;

        start(KV_V1);
        connection = kv_connect();
        for (size_t i = 0; i < count; i++) {
                snprintf(request, sizeof(request), "SET key:%zu %s\r\n", i, values[i]);
                kv_ask(connection, request, OK);
        }
        kv_ask(connection, "SET empty \"\"\r\n", OK);
        upgrade(KV_V3);
        kv_ask(connection, "OBJECT IDLETIME key:0\r\n", "$-1\r\n");
        for (size_t i = 0; i < count; i++) {
                snprintf(request, sizeof(request), "OBJECT ENCODING key:%zu\r\n", i);
                kv_ask(connection, request, i < integers ? "$3\r\nint\r\n" : "$3\r\nraw\r\n");
        }
        kv_ask(connection, "INCR key:1\r\n", ":8\r\n");
        kv_ask(connection, "DECR key:1\r\n", ":7\r\n");
        upgrade(KV_V3);
        upgrade(KV_V1);
        for (size_t i = 0; i < count; i++) {
                snprintf(request, sizeof(request), "GET key:%zu\r\n", i);
                snprintf(reply, sizeof(reply), "$%zu\r\n%s\r\n", strlen(values[i]), values[i]);
                kv_ask(connection, request, reply);
        }
        kv_ask(connection, "GET empty\r\n", "$0\r\n\r\n");
        close(connection);
}

Test(kv_upgrades, knows_how_long_a_key_was_not_used, .fini = stop, .timeout = 120)
{
        long long idle;
        int connection;

        start(KV_V3);
        connection = kv_connect();
        kv_ask(connection, "SET a 1\r\n", OK);
        upgrade(KV_V3);
        while ((idle = kv_ask_integer(connection, "OBJECT IDLETIME a\r\n")) < 1)
                usleep(50000);
        cr_assert_lt(idle, 60);
        kv_ask(connection, "GET a\r\n", "$1\r\n1\r\n");
        cr_assert_leq(kv_ask_integer(connection, "OBJECT IDLETIME a\r\n"), idle);
        close(connection);
}

Test(kv_upgrades, connections_keep_their_names_and_counts_go_on, .fini = stop, .timeout = 120)
{
        int connections[300];
        char request[64], reply[64];

        start(KV_V1);
        for (int i = 0; i < 300; i++) {
                connections[i] = kv_connect();
                snprintf(request, sizeof(request), "CLIENT SETNAME client-%03d\r\n", i);
                kv_ask(connections[i], request, OK);
        }
        for (int leg = 1; leg < 4; leg++)
                upgrade(kv_releases[leg % 3]);
        for (int i = 0; i < 300; i++) {
                snprintf(reply, sizeof(reply), "$10\r\nclient-%03d\r\n", i);
                kv_ask(connections[i], "CLIENT GETNAME\r\n", reply);
                close(connections[i]);
        }
        connections[0] = kv_connect();
        kv_ask(connections[0], "CLIENT ID\r\n", ":301\r\n");
        close(connections[0]);
}

/* SCAN. */

struct scan {
        int connection;
        char cursor[32];
        unsigned char seen[KEPT]; /* how often */
};

/* One step: false at the end. */
static bool scan_some(struct scan *scan)
{
        char request[64], line[64], key[64];
        unsigned long count, number;

        snprintf(request, sizeof(request), "SCAN %s COUNT 20\r\n", scan->cursor);
        kv_ask(scan->connection, request, "*2\r\n");
        kv_receive_bulk(scan->connection, scan->cursor, sizeof(scan->cursor));
        kv_receive_line(scan->connection, line, sizeof(line));
        cr_assert_eq(line[0], '*');
        count = strtoul(line + 1, NULL, 10);
        while (count-- > 0) {
                kv_receive_bulk(scan->connection, key, sizeof(key));
                if (sscanf(key, "kept:%lu", &number) == 1 && number < KEPT)
                        scan->seen[number]++;
        }
        return strcmp(scan->cursor, "0") != 0;
}

static void set_many(int connection, const char *name, unsigned int count, bool present)
{
        char request[64];

        for (unsigned int i = 0; i < count; i++) {
                snprintf(request, sizeof(request), present ? "SET %s:%u x\r\n" : "DEL %s:%u\r\n",
                         name, i);
                kv_say(connection, request);
        }
        for (unsigned int i = 0; i < count; i++)
                kv_expect(connection, present ? OK : ":1\r\n");
}

Test(kv_upgrades, a_scan_gives_each_key_once_where_nothing_changes, .fini = stop, .timeout = 300)
{
        struct scan scan = {.cursor = "0"};
        unsigned int step = 0;

        start(KV_V1);
        scan.connection = kv_connect();
        set_many(scan.connection, "kept", KEPT, true);
        while (scan_some(&scan))
                if (step++ % 10 == 0)
                        upgrade_on();
        for (unsigned int i = 0; i < KEPT; i++)
                cr_assert_eq(scan.seen[i], 1, "key %u was given %u times", i, scan.seen[i]);
        close(scan.connection);
}

Test(kv_upgrades, a_scan_misses_no_key_that_stays_whatever_else_changes, .fini = stop,
     .timeout = 600)
{
        struct scan scan = {.cursor = "0"};
        unsigned int step = 0;

        start(KV_V1);
        scan.connection = kv_connect();
        set_many(scan.connection, "kept", KEPT, true);
        do {
                if (step % 4 == 0) /* now the table grows to ten times its size, now it shrinks */
                        set_many(scan.connection, "other", KEPT * 9, step % 8 == 0);
                if (step++ % 8 == 3)
                        upgrade_on();
        } while (scan_some(&scan));
        for (unsigned int i = 0; i < KEPT; i++)
                cr_assert_gt(scan.seen[i], 0, "key %u was not given, in %u steps", i, step);
        close(scan.connection);
}
