/* SPDX-License-Identifier: MIT */
/* What an event adds to what is known of an upgrade. */
#pragma once

#include "ekiden/control.pb-c.h"
#include "upgrade.h"

enum happening {
        HAPPENING_NOTHING, /* an event of a kind that came after this version of the tool */
        HAPPENING_SEEN,
        HAPPENING_PHASE,
        HAPPENING_AHEAD,
        HAPPENING_PROGRESS,
        HAPPENING_COMMITTED,
        HAPPENING_REHEARSED,
        HAPPENING_FAILED,
        HAPPENING_QUEUED, /* another upgrade comes first … */
        HAPPENING_OTHER_COMMITTED, /* … and has replaced the process: upgrade->successor_pid */
        HAPPENING_IDLE, /* there is no upgrade */
};

/**
 * Takes an event in. It is from another process: nothing in it is believed to be in order.
 *
 * @return a happening, or EPROTOCOL, ENOMEM
 */
int upgrade_take_event(struct upgrade *upgrade, const Ekiden__Event *event,
                       struct ekiden_error *error);
