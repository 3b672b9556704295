/* SPDX-License-Identifier: MIT */
/*
 * What systemd is told of upgrades. All that concerns the main process is said by the process that
 * the manager takes for it: a successor is nobody until then, and its word would be dropped. So
 * would be that of a keeper, where the PID is kept: there the successor is the main process.
 */
#include <ekiden/systemd.h>

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <ekiden/observer.h>
#include <ekiden/role.h>
#include <systemd/sd-daemon.h>

#include "store.h"

#define BARRIER_US 1000000 /* for the manager to have read MAINPID */

static bool is_successor; /* its predecessor tells that it serves */
static pid_t attached; /* a child that it forks is not what the manager watches */

static uint64_t monotonic_us(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void tell_begins(const struct ekiden_happening *happening)
{
        if (happening->is_rehearsal) {
                sd_notifyf(0, "STATUS=a rehearsal is under way: %s",
                           ekiden_phase_name(happening->phase));
                return;
        }
        /* MONOTONIC_USEC belongs to RELOADING since systemd 253; older ones pass it over. */
        sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nSTATUS=an upgrade is under way: %s",
                   monotonic_us(), ekiden_phase_name(happening->phase));
}

static void tell_serving(const struct ekiden_happening *happening, const char *note)
{
        sd_notifyf(0, "READY=1\nSTATUS=leg %" PRIu32 ", schema version %" PRIu32 "%s",
                   happening->leg, happening->version, note);
}

static void tell_committed(const struct ekiden_happening *happening)
{
        sd_notifyf(0, "MAINPID=%ld\nREADY=1\nSTATUS=leg %" PRIu32 ", schema version %" PRIu32,
                   (long)happening->successor, happening->leg + 1, happening->to_version);
        sd_notify_barrier(0, BARRIER_US);
}

static bool is_watched(void)
{
        return getpid() == attached && strcmp(ekiden_role(), EKIDEN_ROLE_MAIN) == 0;
}

static void observe(void *data, const struct ekiden_happening *happening)
{
        int saved = errno;

        (void)data;
        if (!is_watched())
                return;
        switch (happening->kind) {
        case EKIDEN_SERVES:
                if (!is_successor)
                        tell_serving(happening, "");
                ek_systemd_forget_stored();
                break;
        case EKIDEN_PHASE_BEGINS:
                tell_begins(happening);
                break;
        case EKIDEN_CALLED_OFF:
                tell_serving(happening, happening->is_rehearsal
                                                ? "; the last rehearsal failed"
                                                : "; the last upgrade was called off");
                break;
        case EKIDEN_REHEARSED:
                tell_serving(happening, "; the last rehearsal succeeded");
                break;
        case EKIDEN_COMMITTED:
                tell_committed(happening);
                break;
        }
        errno = saved;
}

int ekiden_systemd_attach(void)
{
        int r = ek_systemd_take_stored();

        if (r < 0)
                return r;
        is_successor = getenv("EKIDEN_HANDOVER") && !getenv("EKIDEN_KEEPER");
        attached = getpid();
        if (getenv("NOTIFY_SOCKET"))
                ekiden_set_observer(observe, NULL);
        return 0;
}
