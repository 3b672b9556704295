/* SPDX-License-Identifier: MIT */
/* See restore.h. */
#include "entry/restore.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include <ekiden/snapshot.h>

#include "entry/process.h"
#include "handover/restore.h"
#include "handover/successor.h"
#include "wire/cleanup.h"

/* By the program, or by the environment. */
static char *chosen; /* a path; kept, should ekiden_start() fail and be called again */
static struct {
        int file; /* -1: none; then `chosen` counts */
        int *descriptors;
        size_t count;
} given = {.file = -1};

static void drop_given(void)
{
        for (size_t i = 0; i < given.count; i++)
                ek_close(&given.descriptors[i]);
        free(given.descriptors);
        given.descriptors = NULL;
        given.count = 0;
        ek_close(&given.file);
}

int ekiden_set_snapshot(const char *path)
{
        char *copy = NULL;

        if (ek_process.is_started)
                return EKIDEN_ESTATE;
        if (path && !path[0])
                return EKIDEN_EINVAL;
        if (path) {
                copy = strdup(path);
                if (!copy)
                        return EKIDEN_ENOMEM;
        }
        drop_given();
        free(chosen);
        chosen = copy;
        return 0;
}

int ekiden_set_snapshot_file(int file, const int *descriptors, size_t count)
{
        int *copy = NULL;

        if (ek_process.is_started)
                return EKIDEN_ESTATE;
        if (file < 0 || (count > 0 && !descriptors))
                return EKIDEN_EINVAL;
        if (count > 0) {
                copy = malloc(count * sizeof(*copy));
                if (!copy)
                        return EKIDEN_ENOMEM;
                memcpy(copy, descriptors, count * sizeof(*copy));
        }
        drop_given();
        given.file = file;
        given.descriptors = copy;
        given.count = count;
        return 0;
}

bool ekiden_is_restored(void)
{
        return (ek_restore_state() == EK_RESTORE_ACTIVE && given.count == 0) ||
               ek_successor_is_restored();
}

int ek_snapshot_take_variable(struct ekiden_error *error)
{
        const char *value = getenv(EK_SNAPSHOT_VARIABLE);
        int r = 0;

        if (value && !value[0])
                r = ekiden_error_set(error, EKIDEN_EINVAL,
                                     EK_SNAPSHOT_VARIABLE
                                     " is set, and names no file; unset it for "
                                     "a start without a snapshot");
        else if (value && getauxval(AT_SECURE))
                r = ekiden_error_set(error, EKIDEN_EPERMISSION,
                                     "a binary that gains rights by its mode or by file "
                                     "capabilities takes no snapshot from its environment; "
                                     "unset " EK_SNAPSHOT_VARIABLE);
        else if (value && !chosen && given.file < 0)
                r = ekiden_set_snapshot(value);
        unsetenv(EK_SNAPSHOT_VARIABLE);
        return r;
}

/* What was opened is kept until the first update point: its descriptors are duplicated as they are
   asked for. */
static int start_from_given(struct ekiden_error *error)
{
        int file = given.file;
        int r;

        given.file = -1;
        r = ek_restore_start(file, ek_process.schema, &ek_process.registry, error);
        if (r < 0) {
                drop_given();
                return r;
        }
        ek_restore_keep(given.descriptors, given.count);
        ek_log(EKIDEN_LOG_INFO,
               "starting from a snapshot of schema version %u, and %zu descriptors",
               ek_restore_header()->schema->version, given.count);
        return 1;
}

void ek_snapshot_end(void)
{
        drop_given();
}

int ek_snapshot_start(struct ekiden_error *error)
{
        int file, r;

        if (given.file >= 0)
                return start_from_given(error);
        if (!chosen)
                return 0;
        r = ek_restore_open(chosen, &file, error);
        if (r == 0)
                r = ek_restore_start(file, ek_process.schema, &ek_process.registry, error);
        if (r == 0)
                ek_log(EKIDEN_LOG_INFO, "starting from the snapshot %s, of schema version %u",
                       chosen, ek_restore_header()->schema->version);
        return r < 0 ? r : 1;
}
