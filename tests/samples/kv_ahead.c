/* SPDX-License-Identifier: MIT */
/*
 * While the store's entries are sent ahead, clients go on changing them, in every way there is: no
 * change that was acknowledged is lost. Each way of changing a key has a test of its own, so that
 * one that forgets to tell of it is found by name.
 */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kv_client.h"
#include "support.h"

#define KEYS 20000
#define LEGS 4
#define BATCH 200 /* requests that are under way at a time */
#define VALUE_SIZE 64
#define SEED 20110613

#define OK "+OK\r\n"

/* What the store must have; "" is nothing. */
static char model[KEYS][VALUE_SIZE];
static uint64_t random_state = SEED;
static unsigned int serial;
static int connection;

static uint32_t draw(uint32_t limit)
{
        random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (uint32_t)((random_state >> 33) % limit);
}

/* A way to change a key: what is said, what must be answered, and what the key has then. */
typedef void (*change)(uint32_t key, char *request, char *reply);

#define TEXT_SIZE 256

static void set(uint32_t key, char *request, char *reply)
{
        snprintf(model[key], VALUE_SIZE, "value-%u", ++serial);
        snprintf(request, TEXT_SIZE, "SET key:%u %s\r\n", key, model[key]);
        strcpy(reply, OK);
}

static void set_many(uint32_t key, char *request, char *reply)
{
        uint32_t other = draw(KEYS);

        snprintf(model[key], VALUE_SIZE, "many-%u", ++serial);
        snprintf(model[other], VALUE_SIZE, "other-%u", ++serial);
        snprintf(request, TEXT_SIZE, "MSET key:%u %s key:%u %s\r\n", key,
                 key == other ? "x" : model[key], other, model[other]);
        strcpy(reply, OK);
}

static void remove_key(uint32_t key, char *request, char *reply)
{
        snprintf(request, TEXT_SIZE, "DEL key:%u\r\n", key);
        snprintf(reply, TEXT_SIZE, ":%d\r\n", model[key][0] != '\0');
        model[key][0] = '\0';
}

static void append(uint32_t key, char *request, char *reply)
{
        if (strlen(model[key]) + 2 > VALUE_SIZE) {
                remove_key(key, request, reply);
                return;
        }
        strcat(model[key], "+");
        snprintf(request, TEXT_SIZE, "APPEND key:%u +\r\n", key);
        snprintf(reply, TEXT_SIZE, ":%zu\r\n", strlen(model[key]));
}

static void count(uint32_t key, char *request, char *reply)
{
        long number = atol(model[key]) + 1;

        snprintf(model[key], VALUE_SIZE, "%ld", number);
        snprintf(request, TEXT_SIZE, "INCR key:%u\r\n", key);
        snprintf(reply, TEXT_SIZE, ":%ld\r\n", number);
}

/* It has expired when it is looked for. */
static void let_expire(uint32_t key, char *request, char *reply)
{
        model[key][0] = '\0';
        snprintf(request, TEXT_SIZE, "SET key:%u short PX 1\r\n", key);
        strcpy(reply, OK);
}

static void expire_at_once(uint32_t key, char *request, char *reply)
{
        snprintf(request, TEXT_SIZE, "EXPIRE key:%u 0\r\n", key);
        snprintf(reply, TEXT_SIZE, ":%d\r\n", model[key][0] != '\0');
        model[key][0] = '\0';
}

/* So many changes at once, each of another key or the same one. */
static void change_some(change one)
{
        static char requests[BATCH][TEXT_SIZE], replies[BATCH][TEXT_SIZE];

        for (unsigned int i = 0; i < BATCH; i++)
                one(draw(KEYS), requests[i], replies[i]);
        for (unsigned int i = 0; i < BATCH; i++)
                kv_say(connection, requests[i]);
        for (unsigned int i = 0; i < BATCH; i++)
                kv_expect(connection, replies[i]);
}

static void fill(const char *first)
{
        char request[TEXT_SIZE];

        for (uint32_t i = 0; i < KEYS; i++) {
                snprintf(model[i], VALUE_SIZE, "%s", first);
                snprintf(request, sizeof(request), "SET key:%u %s\r\n", i, first);
                kv_say(connection, request);
        }
        for (uint32_t i = 0; i < KEYS; i++)
                kv_expect(connection, OK);
}

static void expect_model(void)
{
        char request[TEXT_SIZE], reply[TEXT_SIZE];

        for (uint32_t i = 0; i < KEYS; i++) {
                snprintf(request, sizeof(request), "GET key:%u\r\n", i);
                kv_say(connection, request);
        }
        for (uint32_t i = 0; i < KEYS; i++) {
                if (model[i][0])
                        snprintf(reply, sizeof(reply), "$%zu\r\n%s\r\n", strlen(model[i]),
                                 model[i]);
                else
                        strcpy(reply, "$-1\r\n");
                kv_expect(connection, reply);
        }
}

static void change_while_it_is_sent_ahead(const char *program, const char *first, change one)
{
        unsigned int changes = 0;

        start(program);
        connection = kv_connect();
        fill(first);
        for (unsigned int leg = 0; leg < LEGS; leg++) {
                begin_upgrade(program);
                do {
                        change_some(one);
                        changes++;
                } while (!is_upgraded());
                expect_model();
        }
        cr_assert_gt(changes, LEGS, "nothing was changed amid an upgrade");
        close(connection);
}

Test(kv_ahead, no_value_that_was_set_is_lost, .fini = stop, .timeout = 300)
{
        change_while_it_is_sent_ahead(KV_V1, "first", set);
}

Test(kv_ahead, no_value_of_several_that_were_set_is_lost, .fini = stop, .timeout = 300)
{
        change_while_it_is_sent_ahead(KV_V1, "first", set_many);
}

Test(kv_ahead, no_key_that_was_removed_comes_back, .fini = stop, .timeout = 300)
{
        change_while_it_is_sent_ahead(KV_V1, "first", remove_key);
}

Test(kv_ahead, nothing_that_was_appended_is_lost, .fini = stop, .timeout = 300)
{
        change_while_it_is_sent_ahead(KV_V1, "first", append);
}

Test(kv_ahead, nothing_that_was_counted_is_lost, .fini = stop, .timeout = 300)
{
        change_while_it_is_sent_ahead(KV_V3, "0", count);
}

Test(kv_ahead, no_key_that_has_expired_comes_back, .fini = stop, .timeout = 300)
{
        change_while_it_is_sent_ahead(KV_V2, "first", let_expire);
}

Test(kv_ahead, no_key_that_was_made_to_expire_comes_back, .fini = stop, .timeout = 300)
{
        change_while_it_is_sent_ahead(KV_V2, "first", expire_at_once);
}

/* Which of them expire, a long time from now. */
static bool expires[KEYS];

static void change_expiry(uint32_t key, char *request, char *reply)
{
        bool is_there = model[key][0] != '\0', has = is_there && expires[key];

        if (draw(2)) {
                snprintf(request, TEXT_SIZE, "EXPIRE key:%u 1000000\r\n", key);
                snprintf(reply, TEXT_SIZE, ":%d\r\n", is_there);
                expires[key] = is_there;
        } else {
                snprintf(request, TEXT_SIZE, "PERSIST key:%u\r\n", key);
                snprintf(reply, TEXT_SIZE, ":%d\r\n", has);
                expires[key] = false;
        }
}

Test(kv_ahead, no_change_of_expiry_is_lost, .fini = stop, .timeout = 300)
{
        char request[TEXT_SIZE];

        change_while_it_is_sent_ahead(KV_V3, "first", change_expiry);
        connection = kv_connect();
        for (uint32_t i = 0; i < KEYS; i++) {
                snprintf(request, sizeof(request), "TTL key:%u\r\n", i);
                cr_assert_eq(kv_ask_integer(connection, request) > 0, expires[i], "key %u", i);
        }
        close(connection);
}

static void read_key(uint32_t key, char *request, char *reply)
{
        snprintf(request, TEXT_SIZE, "GET key:%u\r\n", key);
        if (model[key][0])
                snprintf(reply, TEXT_SIZE, "$%zu\r\n%.*s\r\n", strlen(model[key]), VALUE_SIZE - 1,
                         model[key]);
        else
                strcpy(reply, "$-1\r\n");
}

/* What came ahead is held against what the old process has. That a key was read is the one change
   that is not told of, and its time does not count. */
Test(kv_ahead, a_verification_finds_nothing_amiss, .fini = stop, .timeout = 300)
{
        static const change changes[] = {set, set_many, remove_key, append, expire_at_once};
        const char *releases[] = {KV_V2, KV_V3, KV_V3, KV_V3, KV_V2, KV_V3};

        start(KV_V2);
        connection = kv_connect();
        fill("first");
        for (size_t leg = 0; leg < sizeof(releases) / sizeof(releases[0]); leg++) {
                begin_verified_upgrade(releases[leg]);
                do {
                        change_some(changes[draw(sizeof(changes) / sizeof(changes[0]))]);
                        change_some(read_key);
                } while (!is_upgraded());
                expect_model();
        }
        close(connection);
}

/* A few keys that are large now and small then: sent ahead, or with the arena. */
#define BIG_KEYS 10
#define BIG_SIZE 70000

static void set_big(unsigned int key, bool is_big, unsigned int number)
{
        static char request[BIG_SIZE + 128];
        int size = is_big ? BIG_SIZE : 20;
        int head = snprintf(request, sizeof(request),
                            "*3\r\n$3\r\nSET\r\n$5\r\nbig:%u\r\n$%d\r\n%010u", key, size, number);

        memset(request + head, 'b', (size_t)size - 10);
        memcpy(request + head + size - 10, "\r\n", 2);
        kv_send(connection, request, (size_t)(head + size - 8));
        kv_expect(connection, OK);
}

static void expect_big(unsigned int key, bool is_big, unsigned int number)
{
        char request[32], expected[16], *value = malloc(BIG_SIZE + 1);

        snprintf(request, sizeof(request), "GET big:%u\r\n", key);
        kv_say(connection, request);
        kv_receive_bulk(connection, value, BIG_SIZE + 1);
        snprintf(expected, sizeof(expected), "%010u", number);
        cr_assert_eq(strlen(value), is_big ? BIG_SIZE : 20);
        cr_assert_eq(strncmp(value, expected, 10), 0, "%.10s is there, and not %s", value,
                     expected);
        free(value);
}

Test(kv_ahead, no_value_is_lost_that_becomes_large_or_small, .fini = stop, .timeout = 300)
{
        bool is_big[BIG_KEYS] = {false};
        unsigned int numbers[BIG_KEYS] = {0};

        start(KV_V2);
        connection = kv_connect();
        fill("first");
        for (unsigned int i = 0; i < BIG_KEYS; i++)
                set_big(i, is_big[i], numbers[i]);
        for (unsigned int leg = 0; leg < LEGS * 2; leg++) {
                begin_upgrade(KV_V2);
                do {
                        unsigned int i = draw(BIG_KEYS);

                        is_big[i] = draw(2);
                        set_big(i, is_big[i], ++numbers[i]);
                } while (!is_upgraded());
                for (unsigned int i = 0; i < BIG_KEYS; i++)
                        expect_big(i, is_big[i], numbers[i]);
                expect_model();
        }
        close(connection);
}

/* Sooner or later in an upgrade: some time it is amid what was sent ahead. */
Test(kv_ahead, nothing_that_was_flushed_comes_back, .fini = stop, .timeout = 300)
{
        start(KV_V1);
        connection = kv_connect();
        for (unsigned int leg = 0; leg < 12; leg++) {
                unsigned int before = leg;

                fill("first");
                begin_upgrade(KV_V1);
                do {
                        change_some(set);
                        if (before-- == 0) {
                                kv_ask(connection, "FLUSHALL\r\n", OK);
                                memset(model, 0, sizeof(model));
                        }
                } while (!is_upgraded());
                expect_model();
        }
        close(connection);
}
