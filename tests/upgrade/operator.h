/* SPDX-License-Identifier: MIT */
/* An operator without a tool: it speaks the control socket's protocol, and leaves when told to. */
#pragma once

#include <ekiden/error.h>

#include "service.h"

struct outcome {
        bool is_over; /* the last event has come */
        bool is_committed;
        bool is_rehearsed;
        int code; /* of a failure */
        int phase; /* of a failure, or the last one heard of */
        int successor;
        uint64_t records;
        uint64_t pause_us;
        uint64_t peak_bytes; /* of a rehearsed successor */
        size_t item_count; /* that it told of */
        uint64_t item_records; /* of them together */
        bool was_for_rehearsal; /* as the last event says */
        size_t left_behind_count; /* items that the successor did not ask for */
        char left_behind[64]; /* the first of them */
        char sentence[512];
};

/**
 * Asks for an upgrade and listens to its end.
 *
 * @param step, fault  passed to the new binary as its arguments, for the puppet; NULL: the saved
 * ones
 * @param leave_in     phase at whose beginning the operator vanishes; 0: he stays
 */
struct outcome operator_upgrade(const struct service *service, const char *binary, const char *step,
                                const char *fault, int leave_in);

/** As operator_upgrade(), for a rehearsal. */
struct outcome operator_rehearse(const struct service *service, const char *binary,
                                 const char *step, const char *fault, int leave_in);

/**
 * Asks for an upgrade to a puppet that hangs when it is warm, and then says things out of turn.
 *
 * @return processor time that the service took in the half second after that, in clock ticks
 */
long operator_chatter(const struct service *service, const char *puppet);

/** Connects and asks, and leaves before anything is heard. */
void operator_ask_and_leave(const struct service *service, const char *binary);
