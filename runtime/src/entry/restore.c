/* SPDX-License-Identifier: MIT */
/* See restore.h. */
#include "entry/restore.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "entry/process.h"
#include "handover/restore.h"
#include "handover/successor.h"

static char *chosen; /* by the program, or by the environment; kept, should ekiden_start() fail and
                        be called again */

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
        free(chosen);
        chosen = copy;
        return 0;
}

bool ekiden_is_restored(void)
{
        return ek_restore_state() == EK_RESTORE_ACTIVE || ek_successor_is_restored();
}

int ek_snapshot_take_variable(struct ekiden_error *error)
{
        const char *value = getenv(EK_SNAPSHOT_VARIABLE);
        int r = 0;

        if (value && value[0] && getauxval(AT_SECURE))
                r = ekiden_error_set(error, EKIDEN_EPERMISSION,
                                     "a binary that gains rights by its mode or by file "
                                     "capabilities takes no snapshot from its environment; "
                                     "unset " EK_SNAPSHOT_VARIABLE);
        else if (value && value[0] && !chosen)
                r = ekiden_set_snapshot(value);
        unsetenv(EK_SNAPSHOT_VARIABLE);
        return r;
}

int ek_snapshot_start(struct ekiden_error *error)
{
        int file, r;

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
