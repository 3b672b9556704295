/* SPDX-License-Identifier: MIT */
/*
 * From v1 to v2: each worker gets a seat. Whose the restarts so far were nobody knows, so they stay
 * one count, `earlier_restarts`, which the generated hop copies.
 */
#include "prefork_v1_to_v2.hop.h"

int prefork_v1_to_v2_master(const Prefork__V1__Master *old, Prefork__V2__Master *new_,
                            struct ekiden_hop *hop)
{
        new_->seats = ekiden_hop_array(hop, old->n_workers, sizeof(*new_->seats));
        if (!new_->seats)
                return EKIDEN_ENOMEM;
        for (size_t i = 0; i < old->n_workers; i++) {
                new_->seats[i] =
                        (Prefork__V2__Seat *)ekiden_hop_new(hop, &prefork__v2__seat__descriptor);
                if (!new_->seats[i])
                        return EKIDEN_ENOMEM;
                new_->seats[i]->worker = old->workers[i];
        }
        new_->n_seats = old->n_workers;
        return 0;
}
