/* SPDX-License-Identifier: MIT */
/* From v2 back to v1: the restarts of all seats, and those before there were any, are one count. */
#include "prefork_v2_to_v1.hop.h"

int prefork_v2_to_v1_master(const Prefork__V2__Master *old, Prefork__V1__Master *new_,
                            struct ekiden_hop *hop)
{
        new_->workers = ekiden_hop_array(hop, old->n_seats, sizeof(*new_->workers));
        if (!new_->workers)
                return EKIDEN_ENOMEM;
        for (size_t i = 0; i < old->n_seats; i++) {
                new_->workers[i] = old->seats[i]->worker;
                new_->restarts += old->seats[i]->restarts;
        }
        new_->n_workers = old->n_seats;
        return 0;
}
