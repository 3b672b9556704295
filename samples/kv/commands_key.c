/* SPDX-License-Identifier: MIT */
/*
 * Commands for keys, whatever their values: DEL, EXISTS, SCAN and their like.
 */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "entry.h"
#include "reply.h"

#define SCAN_ROOM 64 /* entries in one step */
#define SCAN_COUNT 10 /* entries, where no COUNT is given */

static void run_del(const struct call *call)
{
        int64_t removed = 0;

        for (size_t i = 1; i < call->count; i++) {
                struct entry *entry = store_find(call->store, call->arguments[i]);

                if (!entry)
                        continue;
                store_remove(call->store, entry);
                removed++;
        }
        reply_integer(call->connection, removed);
}

static void run_exists(const struct call *call)
{
        int64_t there = 0;

        for (size_t i = 1; i < call->count; i++)
                there += store_read(call->store, call->arguments[i]) != NULL;
        reply_integer(call->connection, there);
}

static void run_type(const struct call *call)
{
        reply_simple(call->connection,
                     store_find(call->store, call->arguments[1]) ? "string" : "none");
}

static void run_dbsize(const struct call *call)
{
        reply_integer(call->connection, (int64_t)store_count(call->store));
}

static void run_flushall(const struct call *call)
{
        if (call->count > 2 || (call->count == 2 && !text_is(call->arguments[1], "async") &&
                                !text_is(call->arguments[1], "sync"))) {
                reply_syntax_error(call);
                return;
        }
        store_clear(call->store);
        reply_ok(call);
}

/* SCAN. Its cursor is a position of the table's scan, which means the same in every process that
 * has the same seed: so a client's scan goes on across an upgrade. */

struct scan {
        uint64_t position;
        int64_t count;
        struct text pattern;
        bool has_pattern, has_other_type;
        const struct entry **found;
        size_t found_count, capacity;
};

static bool take_position(const struct call *call, uint64_t *ret_position)
{
        struct text text = call->arguments[1];
        uint64_t position = 0;

        for (size_t i = 0; i < text.size; i++) {
                unsigned int digit = (unsigned int)text.bytes[i] - '0';

                if (digit > 9 || __builtin_mul_overflow(position, 10, &position) ||
                    __builtin_add_overflow(position, digit, &position))
                        return false;
        }
        *ret_position = position;
        return text.size > 0;
}

static bool take_scan_options(const struct call *call, struct scan *scan)
{
        size_t i = 2;

        for (; i + 1 < call->count; i += 2) {
                struct text option = call->arguments[i], value = call->arguments[i + 1];

                if (text_is(option, "count")) {
                        if (!take_integer(call, i + 1, &scan->count))
                                return false;
                        if (scan->count < 1)
                                break;
                } else if (text_is(option, "match")) {
                        scan->pattern = value;
                        scan->has_pattern = true;
                } else if (text_is(option, "type")) {
                        scan->has_other_type = !text_is(value, "string");
                } else {
                        break;
                }
        }
        if (i >= call->count)
                return true;
        reply_syntax_error(call);
        return false;
}

static bool is_asked_for(const struct scan *scan, const struct entry *entry)
{
        struct text key = {entry->key, entry->key_size};

        return !scan->has_other_type && (!scan->has_pattern || text_matches(key, scan->pattern));
}

static bool note_found(struct scan *scan, const struct entry *entry)
{
        if (scan->found_count == scan->capacity) {
                size_t capacity = scan->capacity ? scan->capacity * 2 : SCAN_ROOM;
                const struct entry **found =
                        reallocarray(scan->found, capacity, sizeof(*scan->found));

                if (!found)
                        return false;
                scan->found = found;
                scan->capacity = capacity;
        }
        scan->found[scan->found_count++] = entry;
        return true;
}

static bool look_around(struct store *store, struct scan *scan)
{
        int64_t left = scan->count;

        do {
                struct entry *entries[SCAN_ROOM];
                size_t count, room = SCAN_ROOM;

                if (left < SCAN_ROOM)
                        room = left < SCAN_COUNT ? SCAN_COUNT : (size_t)left;

                scan->position = store_scan(store, scan->position, entries, room, &count);
                for (size_t i = 0; i < count; i++)
                        if (is_asked_for(scan, entries[i]) && !note_found(scan, entries[i]))
                                return false;
                left -= count > 0 ? (int64_t)count : 1; /* where little is, it ends all the same */
        } while (scan->position != 0 && left > 0);
        return true;
}

static void reply_position(const struct call *call, uint64_t position)
{
        char digits[NUMBER_SIZE], *first = digits + sizeof(digits);

        do
                *--first = (char)('0' + position % 10);
        while ((position /= 10) > 0);
        reply_bulk(call->connection, (struct text){(const uint8_t *)first,
                                                   (size_t)(digits + sizeof(digits) - first)});
}

static void run_scan(const struct call *call)
{
        struct scan scan = {.count = SCAN_COUNT};

        if (!take_position(call, &scan.position)) {
                reply_error(call->connection, "ERR invalid cursor");
                return;
        }
        if (!take_scan_options(call, &scan))
                return;
        if (look_around(call->store, &scan)) {
                reply_array(call->connection, 2);
                reply_position(call, scan.position);
                reply_array(call->connection, scan.found_count);
                for (size_t i = 0; i < scan.found_count; i++)
                        reply_bulk(call->connection,
                                   (struct text){scan.found[i]->key, scan.found[i]->key_size});
        } else {
                reply_out_of_memory(call);
        }
        free(scan.found);
}

const struct command key_commands[] = {
        {"del", -2, run_del},      {"exists", -2, run_exists},     {"scan", -2, run_scan},
        {"dbsize", 1, run_dbsize}, {"flushall", -1, run_flushall}, {"flushdb", -1, run_flushall},
        {"type", 2, run_type},     {"unlink", -2, run_del},        {0},
};
