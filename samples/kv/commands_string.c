/* SPDX-License-Identifier: MIT */
/*
 * Commands for values: GET, SET and their like.
 */
#include "command.h"
#include "entry.h"
#include "release.h"
#include "reply.h"

static void reply_value(const struct call *call, const struct entry *entry)
{
        char room[NUMBER_SIZE];

        if (entry)
                reply_bulk(call->connection, entry_value(entry, room));
        else
                reply_null(call->connection);
}

static void run_get(const struct call *call)
{
        reply_value(call, store_read(call->store, call->arguments[1]));
}

static void run_mget(const struct call *call)
{
        reply_array(call->connection, call->count - 1);
        for (size_t i = 1; i < call->count && !call->connection->doomed; i++)
                reply_value(call, store_read(call->store, call->arguments[i]));
}

static void run_strlen(const struct call *call)
{
        const struct entry *entry = store_read(call->store, call->arguments[1]);
        char room[NUMBER_SIZE];

        reply_integer(call->connection, entry ? (int64_t)entry_value(entry, room).size : 0);
}

/* The entry, with this value; NULL: memory ran out, and what was there is there still. */
static struct entry *put(const struct call *call, struct text key, struct text value)
{
        bool is_new;
        struct entry *entry = store_make(call->store, key, &is_new);

        if (!entry)
                return NULL;
        if (!store_set_value(call->store, entry, value)) {
                if (is_new)
                        store_remove(call->store, entry);
                return NULL;
        }
        return entry;
}

/* SET, and what it is told beside the value. */

struct set_options {
        bool if_absent, if_present, get, keep_expiry;
        int64_t expires_at; /* 0: never */
};

/* EX, PX, EXAT, PXAT: units in milliseconds, and whether from now on. */
static bool take_expiry(const struct call *call, size_t argument, int64_t unit_ms, bool from_now,
                        struct set_options *options)
{
        int64_t number, base = from_now ? call->store->now_ms : 0;

        if (!take_integer(call, argument, &number))
                return false;
        if (number <= 0 || number > (INT64_MAX - base) / unit_ms) {
                reply_error(call->connection, "ERR invalid expire time in 'set' command");
                return false;
        }
        options->expires_at = base + number * unit_ms;
        return true;
}

/* One option; an expiry takes an argument more. 0: the client was told what is wrong. */
static size_t take_set_option(const struct call *call, size_t i, struct set_options *options)
{
        static const struct {
                const char *name;
                int64_t unit_ms;
                bool from_now;
        } expiries[] = {
                {"ex", 1000, true}, {"px", 1, true}, {"exat", 1000, false}, {"pxat", 1, false}};
        struct text option = call->arguments[i];
        bool may_expire = release.has_expiry && !options->keep_expiry && options->expires_at == 0;

        if (text_is(option, "nx") && !options->if_present)
                return options->if_absent = true;
        if (text_is(option, "xx") && !options->if_absent)
                return options->if_present = true;
        if (text_is(option, "get"))
                return options->get = true;
        if (text_is(option, "keepttl") && may_expire)
                return options->keep_expiry = true;
        for (size_t j = 0; j < 4 && may_expire && i + 1 < call->count; j++)
                if (text_is(option, expiries[j].name))
                        return take_expiry(call, i + 1, expiries[j].unit_ms, expiries[j].from_now,
                                           options)
                                       ? 2
                                       : 0;
        reply_syntax_error(call);
        return 0;
}

static void run_set(const struct call *call)
{
        struct set_options options = {0};
        size_t said = call->connection->output.size;
        struct entry *entry = NULL;
        bool is_there = false;

        for (size_t i = 3; i < call->count;) {
                size_t taken = take_set_option(call, i, &options);

                if (taken == 0)
                        return;
                i += taken;
        }
        if (options.get || options.if_absent || options.if_present)
                is_there = (entry = store_find(call->store, call->arguments[1])) != NULL;
        if (options.get)
                reply_value(call, entry);
        if ((options.if_absent && is_there) || (options.if_present && !is_there)) {
                if (!options.get)
                        reply_null(call->connection);
                return;
        }
        entry = put(call, call->arguments[1], call->arguments[2]);
        if (entry && !options.keep_expiry && entry_expires_at(entry) != options.expires_at)
                store_set_expiry(call->store, entry, options.expires_at);
        if (!entry) {
                connection_take_back(call->connection, said);
                reply_out_of_memory(call);
        } else if (!options.get) {
                reply_ok(call);
        }
}

static void run_setnx(const struct call *call)
{
        bool is_there = store_find(call->store, call->arguments[1]) != NULL;

        if (!is_there && !put(call, call->arguments[1], call->arguments[2]))
                reply_out_of_memory(call);
        else
                reply_integer(call->connection, !is_there);
}

static void run_mset(const struct call *call)
{
        if (call->count % 2 == 0) {
                reply_wrong_arity(call, "mset");
                return;
        }
        for (size_t i = 1; i < call->count; i += 2) {
                struct entry *entry = put(call, call->arguments[i], call->arguments[i + 1]);

                if (!entry) {
                        reply_out_of_memory(call);
                        return;
                }
                if (entry_expires_at(entry) != 0)
                        store_set_expiry(call->store, entry, 0);
        }
        reply_ok(call);
}

static void run_append(const struct call *call)
{
        struct text more = call->arguments[2];
        char room[NUMBER_SIZE];
        bool is_new;
        struct entry *entry = store_find(call->store, call->arguments[1]);

        if (entry && entry_value(entry, room).size + more.size > TEXT_SIZE_MAX) {
                reply_error(call->connection,
                            "ERR string exceeds maximum allowed size (proto-max-bulk-len)");
                return;
        }
        if (!entry) {
                entry = put(call, call->arguments[1], more);
        } else if ((entry = store_make(call->store, call->arguments[1], &is_new)) &&
                   !store_append(call->store, entry, more)) {
                entry = NULL;
        }
        if (!entry) {
                reply_out_of_memory(call);
                return;
        }
        reply_integer(call->connection, (int64_t)entry_value(entry, room).size);
}

static void add(const struct call *call, int64_t difference)
{
        bool is_new;
        struct entry *entry = store_find(call->store, call->arguments[1]);
        int64_t number = 0;

        if (entry && !entry_integer(entry, &number)) {
                reply_error(call->connection, "ERR value is not an integer or out of range");
                return;
        }
        if (__builtin_add_overflow(number, difference, &number)) {
                reply_error(call->connection, "ERR increment or decrement would overflow");
                return;
        }
        entry = store_make(call->store, call->arguments[1], &is_new);
        if (!entry || !store_set_integer(call->store, entry, number)) {
                if (entry && is_new)
                        store_remove(call->store, entry);
                reply_out_of_memory(call);
                return;
        }
        entry_use(entry, call->store->now_ms);
        reply_integer(call->connection, number);
}

static void run_incr(const struct call *call)
{
        add(call, 1);
}

static void run_decr(const struct call *call)
{
        add(call, -1);
}

static void run_incrby(const struct call *call)
{
        int64_t difference;

        if (take_integer(call, 2, &difference))
                add(call, difference);
}

static void run_decrby(const struct call *call)
{
        int64_t difference;

        if (!take_integer(call, 2, &difference))
                return;
        if (difference == INT64_MIN)
                reply_error(call->connection, "ERR decrement would overflow");
        else
                add(call, -difference);
}

const struct command string_commands[] = {
        {"get", 2, run_get},       {"set", -3, run_set},      {"mget", -2, run_mget},
        {"mset", -3, run_mset},    {"incr", 2, run_incr},     {"append", 3, run_append},
        {"setnx", 3, run_setnx},   {"decr", 2, run_decr},     {"incrby", 3, run_incrby},
        {"decrby", 3, run_decrby}, {"strlen", 2, run_strlen}, {0},
};
