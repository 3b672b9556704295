/* SPDX-License-Identifier: MIT */
/* See handover_pair.h. */
#include "handover_pair.h"

#include "handover/pair.h"
#include "wire/cleanup.h"

int handover_pair_make(struct handover_pair *ret_pair, struct ekiden_error *error)
{
        struct handover_pair pair;
        int sockets[2];
        int r = ek_token_draw(&pair.token, error);

        if (r == 0)
                r = ek_pair_make(sockets, error);
        if (r < 0)
                return r;
        pair.token.is_given = true;
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
