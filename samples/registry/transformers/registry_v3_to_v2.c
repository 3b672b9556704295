/* SPDX-License-Identifier: MIT */
/*
 * From v3 back to v2: a session that only listens can talk again, through what was its output.
 */
#include "registry_v3_to_v2.hop.h"

int registry_v3_to_v2_session(const Registry__V3__Session *old, Registry__V2__Session *new_,
                              struct ekiden_hop *hop)
{
        (void)hop;
        if (old->input < 0) {
                new_->connection = old->output;
                new_->has_connection = 1;
        }
        return 0;
}
