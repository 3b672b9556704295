/* SPDX-License-Identifier: MIT */
/*
 * From v2 to v3: a session's connection, which is its input now, is its output as well.
 */
#include "registry_v2_to_v3.hop.h"

int registry_v2_to_v3_session(const Registry__V2__Session *old, Registry__V3__Session *new_,
                              struct ekiden_hop *hop)
{
        new_->has_output = 1;
        return ekiden_hop_duplicate(hop, old->connection, &new_->output);
}
