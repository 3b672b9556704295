/* SPDX-License-Identifier: MIT */
/* ekiden_save_snapshot(): the program writes a snapshot itself, and keeps the descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <ekiden/snapshot.h>

#include "entry/leg.h"
#include "entry/process.h"
#include "entry/thread_stop.h"
#include "handover/restore.h"
#include "handover/successor.h"
#include "state/snapshot_write.h"
#include "wire/cleanup.h"

static int check_state(struct ekiden_error *error)
{
        const char *why = NULL;

        if (!ek_process.is_started || !ek_process_is_this())
                why = "ekiden_start() comes first";
        else if (!ek_thread_is_main())
                why = "it belongs to the main thread";
        else if (ek_process.is_attending)
                why = "it must not be called from a callback";
        else if (ek_successor_state() != EK_SUCCESSOR_NONE || ek_restore_state() != EK_RESTORE_NONE)
                why = "this process does not serve yet";
        else if (ek_predecessor_phase() != EKIDEN_PHASE_NONE)
                why = "an upgrade is under way; wait for its end, or call it off";
        return why ? ekiden_error_set(error, EKIDEN_ESTATE, "no snapshot can be written: %s", why)
                   : 0;
}

/* The link over the file. */
static int open_link(int file, struct ek_link **ret_link, struct ekiden_error *error)
{
        const struct iovec magic = {(void *)(uintptr_t)EK_SNAPSHOT_MAGIC, EK_SNAPSHOT_MAGIC_SIZE};
        int copy, r = EKIDEN_ESYSTEM;

        if (ek_file_write(file, &magic, 1) == EK_SNAPSHOT_MAGIC_SIZE) {
                copy = fcntl(file, F_DUPFD_CLOEXEC, 0);
                r = copy < 0 ? EKIDEN_ESYSTEM : ek_link_new_file(copy, ret_link);
        }
        if (r == EKIDEN_ESYSTEM)
                return ekiden_error_set_errno(error, r, errno, "the snapshot cannot be written");
        return r < 0 ? ekiden_error_set(error, r, "the snapshot cannot be written: %s",
                                        ekiden_error_text(r))
                     : 0;
}

static int write_state(struct ek_link *link, struct ek_given *given, struct ekiden_error *error)
{
        const struct ek_wait wait = {.idle_ms = 0}; /* for a file nobody waits */
        struct ek_export export_ = {.link = link, .wait = &wait, .given = given};
        struct ek_lineage_message lineage;
        const struct ek_snapshot_origin origin = {
                .schema = ek_process.schema,
                .update_point = "",
                .lineage = lineage.pointers,
                .leg_count = ek_leg_lineage()->count,
        };
        int r;

        ek_lineage_fill(ek_leg_lineage(), &lineage);
        ek_process.is_attending = true;
        r = ek_snapshot_write(&export_, &origin, error);
        ek_process.is_attending = false;
        ek_objects_free(export_.objects);
        return r;
}

int ekiden_save_snapshot(int file, int (*keep)(void *data, int descriptor, uint64_t number),
                         void *data, struct ekiden_error *error)
{
        struct ekiden_error local = {0};
        struct ek_given given = {0};
        ek_auto_link struct ek_link *link = NULL;
        int r;

        if (!error)
                error = &local;
        *error = (struct ekiden_error){0};
        r = check_state(error);
        if (r == 0)
                r = open_link(file, &link, error);
        if (r == 0)
                r = ek_threads_stop(NULL, NULL, error);
        if (r == 0) {
                r = write_state(link, &given, error);
                ek_threads_resume();
        }
        for (size_t i = 0; r == 0 && keep && i < given.count; i++) {
                r = keep(data, given.descriptors[i], i);
                if (r < 0)
                        ekiden_error_set(error, r, "a descriptor could not be kept: %s",
                                         ekiden_error_text(r));
                else
                        r = 0;
        }
        ek_given_forget(&given);
        return r < 0 ? r : 0;
}
