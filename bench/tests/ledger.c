/* SPDX-License-Identifier: MIT */
/* What the ledger allows a server to have, and how its answers are read. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ledger.h"
#include "mix.h"
#include "reply.h"
#include "value.h"

static struct ledger *new_ledger(void)
{
        char path[] = "/tmp/bench-ledger.XXXXXX";
        int file = mkstemp(path);
        struct ledger *ledger;

        cr_assert_geq(file, 0);
        close(file);
        ledger = ledger_new(path, 100, 100);
        unlink(path);
        return ledger;
}

Test(ledger, a_server_must_have_what_it_acknowledged_last_and_nothing_else)
{
        struct ledger *ledger = new_ledger();
        uint32_t first = ledger_send(ledger, 7, false);
        uint32_t second;

        ledger_acknowledge(ledger, 7, first);
        cr_assert(ledger_allows(ledger, 7, first));
        cr_assert_not(ledger_allows(ledger, 7, 0));
        second = ledger_send(ledger, 7, false);
        ledger_acknowledge(ledger, 7, second);
        cr_assert(ledger_allows(ledger, 7, second));
        cr_assert_not(ledger_allows(ledger, 7, first));
        cr_assert(ledger_allows(ledger, 6, 0));
        cr_assert_not(ledger_allows(ledger, 6, first));
}

Test(ledger, what_was_deleted_must_not_come_back)
{
        struct ledger *ledger = new_ledger();
        uint32_t written = ledger_send(ledger, 1, false);
        uint32_t deleted = ledger_send(ledger, 1, true);

        ledger_acknowledge(ledger, 1, written);
        ledger_acknowledge(ledger, 1, deleted);
        cr_assert(ledger_allows(ledger, 1, 0));
        cr_assert_not(ledger_allows(ledger, 1, written));
}

Test(ledger, a_write_whose_answer_never_came_may_be_there_or_not_until_the_next_one)
{
        struct ledger *ledger = new_ledger();
        uint32_t first = ledger_send(ledger, 1, false);
        uint32_t second = ledger_send(ledger, 1, false);
        uint32_t deleted = ledger_send(ledger, 1, true);
        uint32_t last;

        ledger_acknowledge(ledger, 1, first);
        ledger_doubt(ledger, 1, second);
        cr_assert(ledger_allows(ledger, 1, first));
        cr_assert(ledger_allows(ledger, 1, second));
        cr_assert_not(ledger_allows(ledger, 1, 0));
        ledger_doubt(ledger, 1, deleted);
        cr_assert(ledger_allows(ledger, 1, 0));
        last = ledger_send(ledger, 1, false);
        ledger_acknowledge(ledger, 1, last);
        cr_assert(ledger_allows(ledger, 1, last));
        cr_assert_not(ledger_allows(ledger, 1, second));
        cr_assert_not(ledger_allows(ledger, 1, 0));
}

Test(value, no_changed_byte_and_no_other_length_is_taken_for_a_value)
{
        char value[200];
        uint32_t version;

        value_begin();
        value_write(5, 12, 100, value);
        cr_assert(value_read(5, 100, 100, value, 100, &version));
        cr_assert_eq(version, 12);
        cr_assert_not(value_read(6, 100, 100, value, 100, &version));
        cr_assert_not(value_read(5, 100, 100, value, 99, &version));
        for (size_t i = 0; i < 100; i++) {
                value[i] ^= 1;
                cr_assert_not(value_read(5, 100, 100, value, 100, &version), "byte %zu", i);
                value[i] ^= 1;
        }
}

Test(mix, all_keys_of_all_connections_are_different_and_none_is_left_out)
{
        struct mix mix = {.writes = 1, .new_keys = 1, .connections = 7, .keys_most = 1000};
        struct ledger *ledger = new_ledger();

        for (uint32_t connection = 0; connection < mix.connections; connection++) {
                struct key_range range = mix_range(&mix, ledger, connection);
                struct operation operation;

                range.count = 0;
                while (!mix_is_full(&mix, &range)) {
                        mix_draw(&mix, &range, ledger, &operation);
                        cr_assert_eq(operation.version, 2);
                }
                cr_assert_eq(mix_range(&mix, ledger, connection).count, range.count);
        }
        cr_assert_eq(ledger->count, 1000);
        for (uint32_t key = 0; key < 1000; key++)
                cr_assert_eq(ledger->entries[key].sent, 2);
}

static void check_reply(const char *text, ssize_t size, enum reply_kind kind, const char *data)
{
        struct reply reply;

        for (size_t part = 0; part < (size_t)size; part++)
                cr_assert_eq(reply_parse(text, part, &reply), 0, "%s, %zu", text, part);
        cr_assert_eq(reply_parse(text, strlen(text), &reply), size, "%s", text);
        cr_assert_eq(reply.kind, kind);
        if (data)
                cr_assert(reply.size == strlen(data) && !memcmp(reply.data, data, reply.size));
}

Test(reply, a_reply_is_read_when_it_is_whole_and_not_before)
{
        struct reply reply;

        cr_assert_eq(reply_parse(NULL, 0, &reply), 0, "nothing has come yet");
        check_reply("+OK\r\n", 5, REPLY_STATUS, "OK");
        check_reply("-ERR no\r\n", 9, REPLY_ERROR, "ERR no");
        check_reply(":-12\r\n", 6, REPLY_INTEGER, NULL);
        check_reply("$-1\r\n", 5, REPLY_NIL, NULL);
        check_reply("$0\r\n\r\n", 6, REPLY_BULK, "");
        check_reply("$4\r\na\r\nb\r\n+OK\r\n", 10, REPLY_BULK, "a\r\nb");
        cr_assert_eq(reply_parse("*1\r\n", 4, &reply), -1);
        cr_assert_eq(reply_parse("$-2\r\n", 5, &reply), -1);
        cr_assert_eq(reply_parse("$1\r\nabc", 7, &reply), -1);
        cr_assert_eq(reply_parse(":1x\r\n", 5, &reply), -1);
        cr_assert_eq(reply_parse("+OK\n", 4, &reply), -1);
}
