/* SPDX-License-Identifier: MIT */
/* --status: which other processes belong to the one that was asked. */
#include "status.h"

#include <inttypes.h>
#include <stdlib.h>

#include "table.h"
#include "text.h"
#include "tree_listing.h"

#define ANSWER_MS 1000
#define CELL_MAX 1024

/* What the order depends on. */
struct relative {
        uint32_t place;
        pid_t pid;
        const Ekiden__Status *status; /* NULL: it does not answer */
};

static int compare(const void *a, const void *b)
{
        const struct relative *left = a, *right = b;

        if (left->place != right->place)
                return left->place < right->place ? -1 : 1;
        return (left->pid > right->pid) - (left->pid < right->pid);
}

static size_t find_relatives(const struct tree_listing *listing, uint64_t tree,
                             struct relative *ret_relatives)
{
        size_t count = 0;

        for (size_t i = 0; i < listing->list.count; i++) {
                const Ekiden__Status *status = tree_listing_status(listing, i);

                if (listing->trees[i] != tree)
                        continue;
                ret_relatives[count++] = (struct relative){
                        .place = status ? status->role_place : UINT32_MAX,
                        .pid = listing->list.processes[i].pid,
                        .status = status,
                };
        }
        qsort(ret_relatives, count, sizeof(*ret_relatives), compare);
        return count;
}

static void add_row(struct table *table, enum text_allowed allowed, const struct relative *relative)
{
        const Ekiden__Status *status = relative->status;
        char cell[CELL_MAX];

        snprintf(cell, sizeof(cell), "%d", (int)relative->pid);
        table_add(table, cell);
        table_add(table, status && status->role
                                 ? text_clean(status->role, allowed, cell, sizeof(cell))
                                 : "-");
        if (status)
                snprintf(cell, sizeof(cell), "%" PRIu32, status->version);
        table_add(table, status ? cell : "-");
        table_add(table, status && status->binary
                                 ? text_clean(status->binary, allowed, cell, sizeof(cell))
                                 : "-");
}

static void print_relatives(const struct terminal *terminal, const struct relative *relatives,
                            size_t count)
{
        static const char *const head[] = {"PID", "ROLE", "VERSION", "BINARY"};
        struct table table = {.columns = 4, .words = 1 << 1 | 1 << 3, .shortens = 3};
        char label[32];

        for (size_t i = 0; i < table.columns; i++)
                table_add(&table, head[i]);
        for (size_t i = 0; i < count; i++)
                add_row(&table, terminal_allowed(terminal), &relatives[i]);
        snprintf(label, sizeof(label), STATUS_LABEL_FORMAT, "tree");
        (void)table_print_behind(&table, terminal->out, label);
}

void status_print_tree(const struct terminal *terminal, const char *program,
                       const Ekiden__Status *status)
{
        struct ekiden_error ignored = {0};
        struct tree_listing listing;
        struct relative *relatives;
        size_t count;

        if (!status->has_tree ||
            tree_listing_init(&listing, program, ANSWER_MS, NULL, NULL, &ignored) < 0)
                return;
        relatives = calloc(listing.list.count + 1, sizeof(*relatives));
        if (relatives) {
                count = find_relatives(&listing, status->tree, relatives);
                if (count > 1)
                        print_relatives(terminal, relatives, count);
        }
        free(relatives);
        tree_listing_deinit(&listing);
}

int status_find_main(const char *target, struct process *ret_process, struct ekiden_error *error)
{
        struct ekiden_error ignored = {0};
        struct tree_listing listing;
        char pid[16];
        pid_t main_pid;

        if (tree_listing_init(&listing, target, ANSWER_MS, NULL, NULL, &ignored) < 0)
                return error->code;
        main_pid = tree_listing_main(&listing);
        tree_listing_deinit(&listing);
        snprintf(pid, sizeof(pid), "%d", (int)main_pid);
        if (main_pid == 0 || find_process(pid, ret_process, &ignored) < 0)
                return error->code;
        *error = (struct ekiden_error){0};
        return 0;
}
