/* SPDX-License-Identifier: MIT */
/* All items of a process, as they went over a link in one handover, and taken over from there. */
#pragma once

#include "capture.h"

struct recording {
        struct captured_frame *frames; /* without descriptors */
        size_t count, room;
};

/** Exports all tagged items, in the order of tagging; both must be 0 in the end. */
int record(struct recording *ret_recording, struct ekiden_error *error);

/**
 * Imports all tagged items, and makes the check of the first update point.
 *
 * @param chain  from the version of the recording to that of the tagged items
 * @return 0, or an error with its sentence
 */
int play(const struct recording *recording, const struct ekiden_natives *natives,
         const struct ek_chain *chain, struct ekiden_error *error);

/** Whether they are the same, byte for byte. */
bool recordings_agree(const struct recording *one, const struct recording *other);

void free_recording(struct recording *recording);
