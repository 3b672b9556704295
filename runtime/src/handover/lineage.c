/* SPDX-License-Identifier: MIT */
/* See lineage.h. */
#include "handover/lineage.h"

#include <string.h>

void ek_lineage_add(struct ek_lineage *lineage, const struct ek_leg *leg)
{
        if (lineage->count == EK_LINEAGE_MAX) {
                lineage->count--;
                memmove(&lineage->legs[0], &lineage->legs[1],
                        lineage->count * sizeof(lineage->legs[0]));
        }
        lineage->legs[lineage->count++] = *leg;
}

void ek_lineage_fill(const struct ek_lineage *lineage, struct ek_lineage_message *ret_message)
{
        for (size_t i = 0; i < lineage->count; i++) {
                const struct ek_leg *leg = &lineage->legs[i];
                Ekiden__Leg *message = &ret_message->legs[i];

                ekiden__leg__init(message);
                message->number = leg->number;
                message->version = leg->version;
                message->has_since = leg->since != 0;
                message->since = leg->since;
                message->has_pid = leg->pid > 0;
                message->pid = leg->pid;
                message->has_pause_us = leg->has_pause;
                message->pause_us = leg->pause_us;
                message->has_from_snapshot = leg->from_snapshot;
                message->from_snapshot = leg->from_snapshot;
                ret_message->pointers[i] = message;
        }
}

static struct ek_leg read_leg(const Ekiden__Leg *message)
{
        return (struct ek_leg){
                .number = message->number,
                .version = message->version,
                .since = message->has_since && message->since > 0 ? message->since : 0,
                .pid = message->has_pid && message->pid > 0 ? message->pid : 0,
                .has_pause = message->has_pause_us,
                .pause_us = message->has_pause_us ? message->pause_us : 0,
                .from_snapshot = message->has_from_snapshot && message->from_snapshot,
        };
}

int ek_lineage_read(Ekiden__Leg *const *legs, size_t count, uint32_t last_number,
                    struct ek_lineage *ret_lineage, struct ekiden_error *error)
{
        struct ek_lineage lineage = {0};
        uint32_t before = 0;

        for (size_t i = 0; i < count; i++) {
                struct ek_leg leg = read_leg(legs[i]);

                if (leg.number <= before || leg.version == 0)
                        return ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                                "the lineage is not in order: leg %u at version "
                                                "%u comes after leg %u",
                                                leg.number, leg.version, before);
                before = leg.number;
                if (count - i <= EK_LINEAGE_MAX)
                        ek_lineage_add(&lineage, &leg);
        }
        if (count > 0 && before != last_number)
                return ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                        "the lineage ends with leg %u, and not with leg %u", before,
                                        last_number);
        *ret_lineage = lineage;
        return 0;
}
