/* SPDX-License-Identifier: MIT */
/*
 * What becomes of upgrades, for programs that tell somebody else: a supervisor, a metric, a log of
 * their own. (<ekiden/systemd.h> is built on it.)
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <ekiden/start.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

enum ekiden_happening_kind {
        EKIDEN_SERVES = 1, /* this process passes its first update point, and serves from here on */
        EKIDEN_PHASE_BEGINS = 2, /* of an upgrade: CHECK or WARM; later ones belong to the pause */
        EKIDEN_CALLED_OFF = 3, /* there was no upgrade: this process serves on */
        EKIDEN_COMMITTED = 4, /* the successor serves: this process leaves when the call returns */
        EKIDEN_REHEARSED = 5, /* a rehearsal has succeeded: this process serves on */
};

struct ekiden_happening {
        enum ekiden_happening_kind kind;
        enum ekiden_phase phase; /* PHASE_BEGINS, CALLED_OFF */
        bool is_rehearsal;
        uint32_t leg, version; /* of this process */
        uint32_t to_version; /* COMMITTED, REHEARSED: of the successor; otherwise 0 */
        pid_t successor; /* COMMITTED; otherwise 0 */
        uint64_t pause_us; /* COMMITTED, REHEARSED */
        const struct ekiden_error *error; /* CALLED_OFF; otherwise NULL */
};

/**
 * Sets a function that is told what becomes of upgrades.
 *
 * @param observe  called in an update point, never within the pause, so that what it does costs
 *                 nobody's time but its own; `happening` is valid during the call. It must not call
 *                 the library. NULL: nobody is told
 * @param data     passed to it
 */
void ekiden_set_observer(void (*observe)(void *data, const struct ekiden_happening *happening),
                         void *data);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
