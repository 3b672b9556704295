/* SPDX-License-Identifier: MIT */
/*
 * Commands for the time at which a key expires; the second release brought them.
 */
#include "command.h"
#include "entry.h"
#include "reply.h"

/* EXPIRE and its like. What lies in the past removes the key at once. */
static void expire(const struct call *call, const char *name, int64_t unit_ms, bool from_now)
{
        int64_t number, base = from_now ? call->store->now_ms : 0;
        struct entry *entry;

        if (!take_integer(call, 2, &number))
                return;
        if (number > (INT64_MAX - base) / unit_ms || number < (INT64_MIN + base) / unit_ms) {
                reply_error(call->connection, "ERR invalid expire time in '%s' command", name);
                return;
        }
        entry = store_find(call->store, call->arguments[1]);
        number = base + number * unit_ms;
        if (entry && number <= call->store->now_ms)
                store_remove(call->store, entry);
        else if (entry)
                store_set_expiry(call->store, entry, number);
        reply_integer(call->connection, entry != NULL);
}

static void run_expire(const struct call *call)
{
        expire(call, "expire", 1000, true);
}

static void run_pexpire(const struct call *call)
{
        expire(call, "pexpire", 1, true);
}

static void run_expireat(const struct call *call)
{
        expire(call, "expireat", 1000, false);
}

static void run_pexpireat(const struct call *call)
{
        expire(call, "pexpireat", 1, false);
}

static void run_persist(const struct call *call)
{
        struct entry *entry = store_find(call->store, call->arguments[1]);
        bool expires = entry && entry_expires_at(entry) != 0;

        if (expires)
                store_set_expiry(call->store, entry, 0);
        reply_integer(call->connection, expires);
}

/* -2: there is no such key; -1: it does not expire. */
static void tell(const struct call *call, int64_t unit_ms)
{
        const struct entry *entry = store_find(call->store, call->arguments[1]);
        int64_t left = -2;

        if (entry && entry_expires_at(entry) == 0)
                left = -1;
        else if (entry)
                left = (entry_expires_at(entry) - call->store->now_ms + unit_ms / 2) / unit_ms;
        reply_integer(call->connection, left);
}

static void run_ttl(const struct call *call)
{
        tell(call, 1000);
}

static void run_pttl(const struct call *call)
{
        tell(call, 1);
}

const struct command expiry_commands[] = {
        {"expire", 3, run_expire},     {"ttl", 2, run_ttl},
        {"pexpire", 3, run_pexpire},   {"pttl", 2, run_pttl},
        {"expireat", 3, run_expireat}, {"pexpireat", 3, run_pexpireat},
        {"persist", 2, run_persist},   {0},
};
