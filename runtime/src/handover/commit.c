/* SPDX-License-Identifier: MIT */
/*
 * COMMIT and TAKEN: the moment at which service passes from one process to the other, and never is
 * with both. The successor serves only after its TAKEN was accepted by the socket. So the
 * predecessor, when it loses patience, first closes its receiving direction: the kernel does that
 * and the queueing of TAKEN under one lock, so that afterwards TAKEN is either in the queue, to be
 * read, or can never be sent.
 */
#include <sys/socket.h>

#include "handover/predecessor_private.h"
#include "handover/refusal.h"

/* A successor that became a daemon serves under another PID than the one that was started. */
static int is_taken(struct ek_predecessor *p, const struct ek_frame *frame)
{
        ProtobufCMessage *unpacked;
        const Ekiden__Taken *taken;

        if (frame->kind != EKIDEN__FRAME_KIND__TAKEN)
                return 0;
        /* Its arrival is what counts: the sender serves by now, whether its PID can be read or not.
         */
        if (ek_frame_message(frame, &ekiden__taken__descriptor, &unpacked) < 0)
                return 1;
        taken = (const Ekiden__Taken *)unpacked;
        if (taken->pid > 0)
                p->report.successor = taken->pid;
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return 1;
}

static int receive_taken(struct ek_predecessor *p, struct ekiden_error *error)
{
        struct ek_wait wait = ek_predecessor_wait(EKIDEN_PHASE_COMMIT);
        struct ek_frame frame;
        int r = ek_receive(p->link, &wait, &frame, error);

        if (r == 0 && !is_taken(p, &frame))
                r = ek_link_failed(EKIDEN_EPROTOCOL, error);
        return r;
}

/* It has failed, or so it seems: 0 if TAKEN was in the queue all the same. */
static int make_certain(struct ek_predecessor *p, const struct ekiden_error *error)
{
        struct ekiden_error ignored = {0};
        struct ek_frame frame;

        ek_refuse(p->link, error);
        shutdown(ek_link_socket(p->link), SHUT_RD);
        while (ek_receive(p->link, NULL, &frame, &ignored) == 0)
                if (is_taken(p, &frame))
                        return 0;
        return error->code;
}

int ek_predecessor_commit(struct ekiden_error *error)
{
        struct ek_predecessor *p = &ek_predecessor;
        int r;

        if (p->request.operator_ && ek_link_is_closed(p->request.operator_))
                return ek_link_failed(EKIDEN_ECANCELLED, error);
        ek_predecessor_enter(EKIDEN_PHASE_COMMIT);
        r = ek_link_send(p->link, EKIDEN__FRAME_KIND__COMMIT, NULL, 0, NULL);
        if (r < 0)
                ek_link_failed(r, error);
        else
                r = receive_taken(p, error);
        return r < 0 ? make_certain(p, error) : 0;
}
