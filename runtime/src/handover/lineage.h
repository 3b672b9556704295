/* SPDX-License-Identifier: MIT */
/*
 * The lineage of a service: its legs, each one version's term of service. It travels with the
 * state, in OFFER and in snapshots, so that any process of the service can tell where it comes
 * from.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <ekiden/error.h>

#include "ekiden/handover.pb-c.h"

#define EK_LINEAGE_MAX 64 /* legs that are remembered: the last ones */

struct ek_leg {
        uint32_t number; /* from 1 */
        uint32_t version; /* of the schema */
        int64_t since; /* when it began to serve, seconds since 1970; 0: not known */
        pid_t pid; /* 0: not known */
        bool has_pause;
        uint64_t pause_us; /* in which nobody served before it */
        bool from_snapshot;
};

struct ek_lineage {
        struct ek_leg legs[EK_LINEAGE_MAX]; /* the oldest first */
        size_t count;
};

/** A lineage as part of a message: `pointers` is for the message's field. */
struct ek_lineage_message {
        Ekiden__Leg legs[EK_LINEAGE_MAX];
        Ekiden__Leg *pointers[EK_LINEAGE_MAX];
};

/** Adds a leg behind the others; where there are too many, the oldest is forgotten. */
void ek_lineage_add(struct ek_lineage *lineage, const struct ek_leg *leg);

/** Fills a message; it holds no pointer into the lineage. */
void ek_lineage_fill(const struct ek_lineage *lineage, struct ek_lineage_message *ret_message);

/**
 * Reads what another process, or a file, says of the legs before. Of more than EK_LINEAGE_MAX the
 * last ones are taken; none at all is no error.
 *
 * @param last_number  that the last leg must have
 * @return 0; EPROTOCOL: they are not in order
 */
int ek_lineage_read(Ekiden__Leg *const *legs, size_t count, uint32_t last_number,
                    struct ek_lineage *ret_lineage, struct ekiden_error *error);
