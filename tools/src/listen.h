/* SPDX-License-Identifier: MIT */
/* Listening to an upgrade that somebody else asked for, until it has ended. */
#pragma once

#include "find.h"
#include "options.h"
#include "upgrade.h"

struct show;

enum ending {
        ENDING_IDLE = 1, /* there was none */
        ENDING_COMMITTED,
        ENDING_REHEARSED,
        ENDING_FAILED, /* why is in `error` */
};

/**
 * Finds the process, asks, and listens. What happens is shown as it does; the end is the caller's
 * to show.
 *
 * @param ask          request_wait() or request_cancel()
 * @param ret_upgrade  what is known of the upgrade; upgrade_deinit()
 * @return an ending; or an error, after which it is not known: as find_process(), and ETIMEOUT,
 *         EPEER, EPROTOCOL, ECANCELLED (Ctrl-C: it is listened to no more), ENOMEM, ESYSTEM
 */
int listen_to_end(const struct options *options, struct show *show,
                  int (*ask)(struct ek_link *link, struct ekiden_error *error),
                  struct upgrade *ret_upgrade, struct ekiden_error *error);
