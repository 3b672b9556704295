/* SPDX-License-Identifier: MIT */
/*
 * A store that holds so many records and does nothing else. It is upgraded to itself, and what that
 * takes is measured from outside. A line on SIGUSR1 says what it holds.
 *
 *     transfer-server RECORDS
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#include "transfer_v1.native.h"

static struct table table;
static volatile sig_atomic_t asked;

static void on_signal(int number)
{
        (void)number;
        asked = 1;
}

static uint64_t count(void *data)
{
        return ((const struct table *)data)->count;
}

static int insert(struct entry *entry, struct ekiden_cursor *cursor, void *data)
{
        (void)cursor;
        table_insert(data, entry);
        return 0;
}

static uint64_t scan(uint64_t position, struct entry **entries, size_t room, size_t *ret_count,
                     void *data)
{
        return table_scan(data, position, entries, room, ret_count);
}

static int reserve(uint64_t more, void *data)
{
        table_reserve(data, ((const struct table *)data)->count + more);
        table_touch(data);
        return 0;
}

static void prefetch(const struct entry *entry, void *data)
{
        table_prefetch(data, entry);
}

static const struct transfer_v1_entries_functions functions = {
        .count = count,
        .insert = insert,
        .scan = scan,
        .reserve = reserve,
        .prefetch = prefetch,
};

static void make_entries(unsigned long entry_count)
{
        table_reserve(&table, entry_count);
        for (unsigned long i = 0; i < entry_count; i++) {
                struct entry *entry = malloc(sizeof(*entry));

                if (!entry)
                        exit(EXIT_FAILURE);
                entry_make(entry, i);
                table_insert(&table, entry);
        }
}

int main(int argc, char **argv)
{
        struct ekiden_error error = {0};
        struct sigaction action = {.sa_handler = on_signal};
        int began = ekiden_start(argc, argv, &transfer_v1, &error);

        if (began < 0) {
                fprintf(stderr, "transfer: %s\n", error.sentence);
                return ekiden_error_exit_status(error.code);
        }
        sigaction(SIGUSR1, &action, NULL);
        if (transfer_v1_tag_entries(&functions, &table) == EKIDEN_FRESH && argc > 1)
                make_entries(strtoul(argv[1], NULL, 10));
        if (began == EKIDEN_FRESH && puts("serving") >= 0)
                fflush(stdout);
        for (;;) {
                ekiden_update_point("loop");
                if (asked) {
                        asked = 0;
                        printf("%zu %016llx\n", table.count,
                               (unsigned long long)table_digest(&table));
                        fflush(stdout);
                }
                pause();
        }
}
