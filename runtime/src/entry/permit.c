/* SPDX-License-Identifier: MIT */
/* See permit.h. */
#include "entry/permit.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/socket.h>

#include <ekiden/start.h>

static struct {
        int (*permit)(void *data, const struct ekiden_request *request, struct ekiden_error *error);
        void *data;
        struct ekiden_request asked; /* for the upgrade that was permitted last */
        char binary[PATH_MAX]; /* in that; what is longer is cut */
} program;

void ekiden_set_permit(int (*permit)(void *data, const struct ekiden_request *request,
                                     struct ekiden_error *error),
                       void *data)
{
        program.permit = permit;
        program.data = data;
}

/* A signal says nothing of who sent it that could be believed when it is seen. */
static int identify(const struct ek_link *operator_, struct ekiden_request *request,
                    struct ekiden_error *error)
{
        struct ucred peer;
        socklen_t size = sizeof(peer);

        request->user = (uid_t)-1;
        if (!operator_)
                return 0;
        if (getsockopt(ek_link_socket(operator_), SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot tell who the operator is");
        request->user = peer.uid;
        request->pid = peer.pid;
        return 0;
}

static int refused(enum ekiden_phase phase, struct ekiden_error *said, struct ekiden_error *error)
{
        said->sentence[sizeof(said->sentence) - 1] = '\0';
        error->phase = phase;
        return ekiden_error_set(error, said->code < 0 ? said->code : EKIDEN_EREFUSED, "%s",
                                said->sentence[0] ? said->sentence
                                                  : "the program does not permit it now, and gave "
                                                    "no reason; try again later");
}

int ek_permit(const struct ek_upgrade_request *request, const struct ek_link *operator_,
              struct ekiden_error *error)
{
        struct ekiden_error said = {0};
        int r;

        if (!program.permit)
                return 0;
        snprintf(program.binary, sizeof(program.binary), "%s", request->binary);
        program.asked = (struct ekiden_request){
                .binary = program.binary,
                .is_rehearsal = request->is_rehearsal,
        };
        r = identify(operator_, &program.asked, error);
        if (r < 0)
                return r;
        return program.permit(program.data, &program.asked, &said) < 0
                       ? refused(EKIDEN_PHASE_REQUEST, &said, error)
                       : 0;
}

int ek_permit_pause(struct ekiden_error *error)
{
        struct ekiden_error said = {0};

        if (!program.permit || !program.asked.binary)
                return 0;
        program.asked.is_pausing = true;
        return program.permit(program.data, &program.asked, &said) < 0
                       ? refused(EKIDEN_PHASE_PAUSE, &said, error)
                       : 0;
}
