/* SPDX-License-Identifier: MIT */
/*
 * ekiden_leave_role(): a process that is about to enter a sandbox for good, say, says that it
 * cannot be upgraded any more. Whoever has asked it for something, or waits for it, is told so; and
 * nothing of the library is left that would wake it, or that others would find.
 */
#include <ekiden/role.h>

#include <poll.h>
#include <unistd.h>

#include "entry/after_fork.h"
#include "entry/control_socket.h"
#include "entry/event.h"
#include "entry/operators.h"
#include "entry/process.h"
#include "entry/threads.h"
#include "entry/upgrade.h"
#include "entry/wake.h"
#include "handover/linger.h"
#include "handover/restore.h"
#include "handover/successor.h"
#include "wire/clock.h"

#define LOOK_MS 1 /* at successors that were killed, and are not gone */

static void explain(struct ekiden_error *ret_error)
{
        ekiden_error_set(ret_error, EKIDEN_EREFUSED,
                         "the process has said that it cannot be upgraded any more "
                         "(ekiden_leave_role()); a later one of its kind can");
}

static void call_off_upgrade(void)
{
        struct ekiden_error reason = {0}, error = {0};

        if (ek_predecessor_phase() == EKIDEN_PHASE_NONE)
                return;
        explain(&reason);
        ek_predecessor_cancel(&reason);
        if (ek_predecessor_step("", &error) >= 0)
                return;
        ek_upgrade_failed(&error);
        ek_operator_release(ek_upgrade_operator());
}

static void turn_away(void)
{
        struct ek_operator *operators[EK_OPERATORS_MAX];
        size_t count = ek_operators(operators);

        for (size_t i = 0; i < count; i++) {
                struct ekiden_error error = {.phase = EKIDEN_PHASE_REQUEST};

                explain(&error);
                ek_event_failed(operators[i], &error);
                ek_operator_release(operators[i]);
        }
}

/* No update point will come that would reap them. */
static void end_children(void)
{
        uint64_t until_ns = ek_now_ns() + EK_CHILD_KILL_MS * EK_NS_PER_MS;

        ek_children_abandon();
        while (ek_children_linger() && ek_now_ns() < until_ns)
                (void)poll(NULL, 0, LOOK_MS);
        ek_children_forget();
}

int ekiden_leave_role(void)
{
        if (!ek_process.is_started || ek_process.is_attending || !ek_thread_is_main() ||
            ek_successor_state() != EK_SUCCESSOR_NONE || ek_restore_state() != EK_RESTORE_NONE)
                return EKIDEN_ESTATE;
        if (ek_process.pid == 0)
                return 0;
        if (!ek_process_is_this()) {
                ek_after_fork_drop();
                ek_wake_end();
                ek_process.pid = 0;
                return 0;
        }
        ek_process.is_attending = true;
        call_off_upgrade();
        turn_away();
        ek_process.is_attending = false;
        end_children();
        ek_control_close();
        ek_wake_end();
        ek_process.pid = 0;
        return 0;
}
