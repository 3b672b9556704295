/* SPDX-License-Identifier: MIT */
/*
 * DISMISS and LEAVING: the end of a rehearsal, in the place of COMMIT and TAKEN and with the same
 * round trip, so that the pause is that of the upgrade. Who serves is beyond doubt: a successor
 * that was offered a rehearsal never does, whatever it hears or does not hear. Nothing needs to be
 * made certain, and until the end the operator may call it off.
 */
#include "handover/linger.h"
#include "handover/predecessor_private.h"

#define LEAVING_MS 1000 /* for a successor that said so to be gone; then it is killed */

static int receive_leaving(struct ek_predecessor *p, struct ekiden_error *error)
{
        struct ek_wait wait = ek_predecessor_wait_whole(EKIDEN_PHASE_READY);
        const struct ek_wait commit = ek_predecessor_wait_whole(EKIDEN_PHASE_COMMIT);
        struct ek_frame frame;
        int r;

        wait.idle_ms = commit.idle_ms;
        if (commit.until_ns < wait.until_ns)
                wait.until_ns = commit.until_ns;
        r = ek_receive(p->link, &wait, &frame, error);
        if (r == 0 && frame.kind != EKIDEN__FRAME_KIND__LEAVING)
                r = ek_link_failed(EKIDEN_EPROTOCOL, error);
        return r;
}

int ek_predecessor_dismiss(struct ekiden_error *error)
{
        struct ek_predecessor *p = &ek_predecessor;
        int r;

        if (p->request.operator_ && ek_link_is_closed(p->request.operator_))
                return ek_link_failed(EKIDEN_ECANCELLED, error);
        r = ek_link_send(p->link, EKIDEN__FRAME_KIND__DISMISS, NULL, 0, NULL);
        return r < 0 ? ek_link_failed(r, error) : receive_leaving(p, error);
}

void ek_predecessor_end_rehearsal(void)
{
        struct ek_predecessor *p = &ek_predecessor;

        ek_predecessor_go_on(p);
        p->link = ek_link_free(p->link);
        ek_given_forget(&p->given);
        ek_ahead_forget(p);
        ek_child_let_go(&p->child, LEAVING_MS);
        p->phase = EKIDEN_PHASE_NONE;
        p->request = (struct ek_upgrade_request){0};
}
