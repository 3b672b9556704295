/* SPDX-License-Identifier: MIT */
/*
 * ekiden_before_sandbox(): what the library would want of the file system later, it does now. Such
 * are the name of a successor's control socket, which is else given between COMMIT and TAKEN, and
 * /dev/null, to which the numbers of descriptors lead that were handed over. What it would only
 * look at in /proc it leaves: a filter of system calls may kill who looks.
 */
#include <ekiden/sandbox.h>

#include <errno.h>
#include <unistd.h>

#include "entry/control_socket.h"
#include "entry/process.h"
#include "entry/standpoint.h"
#include "handover/successor.h"
#include "wire/given.h"
#include "wire/look.h"

int ekiden_before_sandbox(struct ekiden_error *error)
{
        struct ekiden_error local = {0};
        int r = 0;

        if (!error)
                error = &local;
        *error = (struct ekiden_error){0};
        if (!ek_process.is_started || !ek_process_is_this())
                return ekiden_error_set(error, EKIDEN_ESTATE,
                                        "ekiden_start() comes before ekiden_before_sandbox(); in a "
                                        "child, ekiden_after_fork() or ekiden_succeed()");
        if (ek_given_prepare() < 0)
                r = ek_standpoint_failed(error, errno, "cannot open /dev/null");
        if (r == 0 && ek_successor_state() == EK_SUCCESSOR_WAITING)
                r = ek_successor_is_rehearsal() ? ek_control_try(error) : ek_control_publish(error);
        ek_look_no_more();
        return r;
}
