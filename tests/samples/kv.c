/* SPDX-License-Identifier: MIT */
/*
 * The store answers as Redis does, whichever release it is and however its requests are cut.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "kv_client.h"
#include "support.h"

struct exchange {
        const char *request, *reply;
};

#define OK "+OK\r\n"
#define NONE "$-1\r\n"
#define SYNTAX "-ERR syntax error\r\n"
#define NO_INTEGER "-ERR value is not an integer or out of range\r\n"

/* They build on each other, from the first to the last. */
static const struct exchange of_all[] = {
        {"PING\r\n", "+PONG\r\n"},
        {"*1\r\n$4\r\nPING\r\n", "+PONG\r\n"},
        {"*2\r\n$4\r\nping\r\n$2\r\n\r\n\r\n", "$2\r\n\r\n\r\n"},
        {"ping a b\r\n", "-ERR wrong number of arguments for 'ping' command\r\n"},
        {"ECHO \"a b\\x41\\n\"\r\n", "$5\r\na bA\n\r\n"},
        {"ECHO 'it\\'s \\n'\r\n", "$7\r\nit's \\n\r\n"},
        {"ECHO \"\"\n", "$0\r\n\r\n"},
        {"\r\n*0\r\n*-1\r\nPING\r\n", "+PONG\r\n"},
        {"GET a\r\n", NONE},
        {"SET a 1\r\n", OK},
        {"GET a\r\n", "$1\r\n1\r\n"},
        {"SET a 2 NX\r\n", NONE},
        {"SET a 2 XX\r\n", OK},
        {"SET b 2 XX\r\n", NONE},
        {"SET a 3 GET\r\n", "$1\r\n2\r\n"},
        {"SET b 3 NX GET\r\n", NONE},
        {"SET b 4 NX GET\r\n", "$1\r\n3\r\n"},
        {"SET a 3 NX XX\r\n", SYNTAX},
        {"SET a 3 XX NX\r\n", SYNTAX},
        {"SET a 3 QUICKLY\r\n", SYNTAX},
        {"SET a\r\n", "-ERR wrong number of arguments for 'set' command\r\n"},
        {"SETNX a 9\r\n", ":0\r\n"},
        {"SETNX c 9\r\n", ":1\r\n"},
        {"MGET a nothing b c\r\n", "*4\r\n$1\r\n3\r\n" NONE "$1\r\n3\r\n$1\r\n9\r\n"},
        {"MSET a 1 b\r\n", "-ERR wrong number of arguments for 'mset' command\r\n"},
        {"MSET a 1 b x a 2\r\n", OK},
        {"GET a\r\n", "$1\r\n2\r\n"},
        {"INCR a\r\n", ":3\r\n"},
        {"DECR a\r\n", ":2\r\n"},
        {"INCRBY a 40\r\n", ":42\r\n"},
        {"DECRBY a -1\r\n", ":43\r\n"},
        {"INCR fresh\r\n", ":1\r\n"},
        {"INCR b\r\n", NO_INTEGER},
        {"INCRBY a 1x\r\n", NO_INTEGER},
        {"INCRBY a 9223372036854775807\r\n", "-ERR increment or decrement would overflow\r\n"},
        {"DECRBY a -9223372036854775808\r\n", "-ERR decrement would overflow\r\n"},
        {"SET a 007\r\n", OK},
        {"INCR a\r\n", NO_INTEGER},
        {"GET a\r\n", "$3\r\n007\r\n"},
        {"SET a -9223372036854775808\r\n", OK},
        {"DECR a\r\n", "-ERR increment or decrement would overflow\r\n"},
        {"GET a\r\n", "$20\r\n-9223372036854775808\r\n"},
        {"SET a -0\r\n", OK},
        {"GET a\r\n", "$2\r\n-0\r\n"},
        {"SET a 12\r\n", OK},
        {"APPEND a 3\r\n", ":3\r\n"},
        {"INCR a\r\n", ":124\r\n"},
        {"APPEND a \"\"\r\n", ":3\r\n"},
        {"APPEND new text\r\n", ":4\r\n"},
        {"STRLEN new\r\n", ":4\r\n"},
        {"STRLEN nothing\r\n", ":0\r\n"},
        {"EXISTS a a nothing\r\n", ":2\r\n"},
        {"TYPE a\r\n", "+string\r\n"},
        {"TYPE nothing\r\n", "+none\r\n"},
        {"DBSIZE\r\n", ":5\r\n"},
        {"DEL a a nothing\r\n", ":1\r\n"},
        {"UNLINK new\r\n", ":1\r\n"},
        {"DBSIZE\r\n", ":3\r\n"},
        {"SCAN x\r\n", "-ERR invalid cursor\r\n"},
        {"SCAN 0 COUNT 0\r\n", SYNTAX},
        {"SCAN 0 COUNT x\r\n", NO_INTEGER},
        {"SCAN 0 COUNT\r\n", SYNTAX},
        {"SCAN 0 COUNT 100 MATCH f[a-r]?s*h\r\n", "*2\r\n$1\r\n0\r\n*1\r\n$5\r\nfresh\r\n"},
        {"SCAN 0 COUNT 100 TYPE hash\r\n", "*2\r\n$1\r\n0\r\n*0\r\n"},
        {"SCAN 18446744073709551616\r\n", "-ERR invalid cursor\r\n"},
        {"FLUSHALL NEVER\r\n", SYNTAX},
        {"FLUSHALL ASYNC\r\n", OK},
        {"DBSIZE\r\n", ":0\r\n"},
        {"SCAN 0\r\n", "*2\r\n$1\r\n0\r\n*0\r\n"},
        {"SELECT 0\r\n", OK},
        {"SELECT 1\r\n", "-ERR DB index is out of range\r\n"},
        {"CLIENT GETNAME\r\n", NONE},
        {"CLIENT SETNAME ann\r\n", OK},
        {"CLIENT GETNAME\r\n", "$3\r\nann\r\n"},
        {"CLIENT SETNAME \"a b\"\r\n",
         "-ERR Client names cannot contain spaces, newlines or special characters.\r\n"},
        {"CLIENT DANCE\r\n", "-ERR unknown subcommand 'DANCE'. Try CLIENT HELP.\r\n"},
        {"CONFIG GET save\r\n", "*2\r\n$4\r\nsave\r\n$0\r\n\r\n"},
        {"CONFIG GET app*\r\n", "*2\r\n$10\r\nappendonly\r\n$2\r\nno\r\n"},
        {"COMMAND DOCS\r\n", "*0\r\n"},
        {"HELLO 3\r\n", "-NOPROTO unsupported protocol version\r\n"},
        {"FOO bar \"b z\"\r\n",
         "-ERR unknown command 'FOO', with args beginning with: 'bar' 'b z' \r\n"},
        {"\"F\\nO\"\r\n", "-ERR unknown command 'F O', with args beginning with: \r\n"},
};

/* What the second release brought. */
static const struct exchange of_expiry[] = {
        {"SET a 1 EX 100\r\n", OK},
        {"TTL a\r\n", ":100\r\n"},
        {"SET a 1 KEEPTTL\r\n", OK},
        {"TTL a\r\n", ":100\r\n"},
        {"APPEND a 0\r\n", ":2\r\n"},
        {"INCR a\r\n", ":11\r\n"},
        {"TTL a\r\n", ":100\r\n"},
        {"SET a 1\r\n", OK},
        {"TTL a\r\n", ":-1\r\n"},
        {"TTL nothing\r\n", ":-2\r\n"},
        {"PTTL nothing\r\n", ":-2\r\n"},
        {"EXPIRE a 50\r\n", ":1\r\n"},
        {"EXPIRE nothing 50\r\n", ":0\r\n"},
        {"TTL a\r\n", ":50\r\n"},
        {"PERSIST a\r\n", ":1\r\n"},
        {"PERSIST a\r\n", ":0\r\n"},
        {"TTL a\r\n", ":-1\r\n"},
        {"MSET a 1\r\n", OK},
        {"SET a 1 EX 0\r\n", "-ERR invalid expire time in 'set' command\r\n"},
        {"SET a 1 EX -1\r\n", "-ERR invalid expire time in 'set' command\r\n"},
        {"SET a 1 EX 9223372036854775807\r\n", "-ERR invalid expire time in 'set' command\r\n"},
        {"EXPIRE a 9223372036854775807\r\n", "-ERR invalid expire time in 'expire' command\r\n"},
        {"SET a 1 EX\r\n", SYNTAX},
        {"SET a 1 EX x\r\n", NO_INTEGER},
        {"SET a 1 EX 1 PX 1\r\n", SYNTAX},
        {"SET a 1 EX 1 KEEPTTL\r\n", SYNTAX},
        {"SET b 1 PXAT 1\r\n", OK},
        {"GET b\r\n", NONE},
        {"EXPIRE a -1\r\n", ":1\r\n"},
        {"EXISTS a\r\n", ":0\r\n"},
        {"DBSIZE\r\n", ":0\r\n"},
        {"SET a 1 PX 1\r\n", OK},
};

static void exchange_all(int connection, const struct exchange *exchanges, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                kv_ask(connection, exchanges[i].request, exchanges[i].reply);
        }
}

#define COUNT(array) (sizeof(array) / sizeof(array[0]))

static void answer(const char *program, bool expires)
{
        int connection;

        start(program);
        connection = kv_connect();
        exchange_all(connection, of_all, COUNT(of_all));
        if (expires)
                exchange_all(connection, of_expiry, COUNT(of_expiry));
        kv_ask(connection, "QUIT\r\n", OK);
        kv_expect_end(connection);
        close(connection);
}

Test(kv, first_release_answers_as_redis_does, .fini = stop, .timeout = 120)
{
        answer(KV_V1, false);
}

Test(kv, second_release_answers_as_redis_does, .fini = stop, .timeout = 120)
{
        answer(KV_V2, true);
}

Test(kv, third_release_answers_as_redis_does, .fini = stop, .timeout = 120)
{
        answer(KV_V3, true);
}

Test(kv, takes_any_bytes_for_keys_and_values, .fini = stop, .timeout = 60)
{
        static const char set[] = "*3\r\n$3\r\nSET\r\n$4\r\n\0\r\n\xff\r\n$3\r\n\n\0\xfe\r\n";
        static const char get[] = "*2\r\n$3\r\nGET\r\n$4\r\n\0\r\n\xff\r\n";
        static const char value[] = "$3\r\n\n\0\xfe\r\n";
        char came[sizeof(value) - 1];
        int connection;

        start(KV_V1);
        connection = kv_connect();
        kv_send(connection, set, sizeof(set) - 1);
        kv_expect(connection, OK);
        kv_send(connection, get, sizeof(get) - 1);
        kv_receive(connection, came, sizeof(came));
        cr_assert_eq(memcmp(came, value, sizeof(came)), 0);
        kv_ask(connection, "GET \"\"\r\n", NONE);
        kv_ask(connection, "SET \"\" \"\"\r\n", OK);
        kv_ask(connection, "GET \"\"\r\n", "$0\r\n\r\n");
        close(connection);
}

Test(kv, first_release_knows_no_expiry, .fini = stop, .timeout = 60)
{
        int connection;

        start(KV_V1);
        connection = kv_connect();
        kv_ask(connection, "SET a 1 EX 100\r\n", SYNTAX);
        kv_ask(connection, "TTL a\r\n",
               "-ERR unknown command 'TTL', with args beginning with: 'a' \r\n");
        close(connection);
}

/* All requests at once, or in parts of that many bytes. */
static void exchange_in_parts(size_t part)
{
        static char requests[COUNT(of_all) * 256];
        int connection = kv_connect();
        size_t size = 0;

        for (size_t i = 0; i < COUNT(of_all); i++) {
                memcpy(requests + size, of_all[i].request, strlen(of_all[i].request));
                size += strlen(of_all[i].request);
        }
        for (size_t sent = 0; sent < size; sent += part)
                kv_send(connection, requests + sent, size - sent < part ? size - sent : part);
        for (size_t i = 0; i < COUNT(of_all); i++)
                kv_expect(connection, of_all[i].reply);
        close(connection);
}

Test(kv, answers_the_same_however_requests_are_cut, .fini = stop, .timeout = 300)
{
        start(KV_V1);
        for (size_t part = 1; part <= 64; part = part * 2 + 1)
                exchange_in_parts(part);
        exchange_in_parts(1 << 20);
}

Test(kv, ends_a_connection_that_breaks_the_protocol_and_says_why, .fini = stop, .timeout = 120)
{
        static const struct exchange broken[] = {
                {"*x\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
                {"*1048577\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
                {"*99999999999999999999\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
                {"*1\r\n+PING\r\n", "-ERR Protocol error: expected '$', got '+'\r\n"},
                {"*1\r\n\x01PING\r\n", "-ERR Protocol error: expected '$', got '?'\r\n"},
                {"*1\r\n$-1\r\n", "-ERR Protocol error: invalid bulk length\r\n"},
                {"*1\r\n$536870913\r\n", "-ERR Protocol error: invalid bulk length\r\n"},
                {"*1\r\n$x\r\n", "-ERR Protocol error: invalid bulk length\r\n"},
                {"PING \"a\r\n", "-ERR Protocol error: unbalanced quotes in request\r\n"},
                {"PING 'a'b\r\n", "-ERR Protocol error: unbalanced quotes in request\r\n"},
        };
        static const struct exchange too_long[] = {
                {"P", "-ERR Protocol error: too big inline request\r\n"},
                {"*1\r\n$", "-ERR Protocol error: too big bulk count string\r\n"},
                {"*", "-ERR Protocol error: too big mbulk count string\r\n"},
        };
        static char digits[64 * 1024 + 2];
        int descriptors;

        memset(digits, '1', sizeof(digits));
        start(KV_V1);
        descriptors = service_count_descriptors(&service);
        for (size_t i = 0; i < COUNT(broken) + COUNT(too_long); i++) {
                int connection = kv_connect();

                if (i < COUNT(broken)) {
                        kv_ask(connection, broken[i].request, broken[i].reply);
                } else {
                        kv_say(connection, too_long[i - COUNT(broken)].request);
                        kv_send(connection, digits, sizeof(digits));
                        kv_expect(connection, too_long[i - COUNT(broken)].reply);
                }
                kv_expect_end(connection);
                close(connection);
        }
        expect_descriptors(descriptors);
}

Test(kv, a_request_of_many_arguments_and_one_of_many_bytes_are_answered, .fini = stop,
     .timeout = 300)
{
        size_t size = 16 << 20;
        char *bytes = malloc(size), *back = malloc(size), head[64];
        int connection;

        start(KV_V3);
        connection = kv_connect();
        for (size_t i = 0; i < size; i++)
                bytes[i] = (char)(i * 31 + i / 256);
        snprintf(head, sizeof(head), "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$%zu\r\n", size);
        kv_say(connection, head);
        kv_send(connection, bytes, size);
        kv_ask(connection, "\r\n", OK);
        snprintf(head, sizeof(head), "$%zu\r\n", size);
        kv_ask(connection, "GET a\r\n", head);
        kv_receive(connection, back, size);
        kv_expect(connection, "\r\n");
        cr_assert_eq(memcmp(bytes, back, size), 0, "another value came back");
        kv_say(connection, "*100001\r\n$6\r\nEXISTS\r\n");
        for (int i = 0; i < 100000; i++)
                kv_say(connection, "$1\r\na\r\n");
        kv_expect(connection, ":100000\r\n");
        close(connection);
        free(bytes);
        free(back);
}

/* No file of the store may grow, so its arena has no memory for a large value. */
Test(kv, says_once_that_memory_has_run_out, .fini = stop, .timeout = 60)
{
        static const struct rlimit nothing = {0, RLIM_INFINITY};
        size_t size = 1 << 20;
        char *bytes = calloc(1, size), head[64];
        int connection;

        start(KV_V3);
        connection = kv_connect();
        kv_ask(connection, "SET a small\r\n", OK);
        cr_assert_eq(prlimit(service.pid, RLIMIT_FSIZE, &nothing, NULL), 0);
        snprintf(head, sizeof(head), "*4\r\n$3\r\nSET\r\n$1\r\na\r\n$%zu\r\n", size);
        kv_say(connection, head);
        kv_send(connection, bytes, size);
        kv_ask(connection, "\r\n$3\r\nGET\r\nGET a\r\n",
               "-OOM command not allowed when memory has run out.\r\n$5\r\nsmall\r\n");
        close(connection);
        free(bytes);
}

Test(kv, what_has_expired_is_removed_without_being_asked_for, .fini = stop, .timeout = 120)
{
        int connection;

        start(KV_V2);
        connection = kv_connect();
        for (int i = 0; i < 1000; i++) {
                char request[64];

                snprintf(request, sizeof(request), "SET key:%d x PX %d\r\n", i,
                         i % 2 ? 1 : 1000000);
                kv_ask(connection, request, OK);
        }
        for (int i = 0; kv_ask_integer(connection, "DBSIZE\r\n") != 500; i++) {
                cr_assert_lt(i, 1000, "some that have expired stay");
                usleep(10000);
        }
        close(connection);
}
