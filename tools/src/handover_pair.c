/* SPDX-License-Identifier: MIT */
/* See handover_pair.h. */
#include "handover_pair.h"

#include <errno.h>
#include <sys/socket.h>

#include "wire/cleanup.h"

int handover_pair_make(struct handover_pair *ret_pair, struct ekiden_error *error)
{
        struct handover_pair pair;
        int sockets[2];
        int r = ek_token_draw(&pair.token, error);

        if (r < 0)
                return r;
        pair.token.is_given = true;
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot make the handover's socket pair");
        pair.predecessors = sockets[0];
        pair.successors = sockets[1];
        *ret_pair = pair;
        return 0;
}

void handover_pair_deinit(struct handover_pair *pair)
{
        ek_close(&pair->predecessors);
        ek_close(&pair->successors);
}
