/* SPDX-License-Identifier: MIT */
/* The status of several processes at once: none of them waits for another that is blocked. */
#pragma once

#include "ekiden/control.pb-c.h"
#include "find.h"

struct answer {
        Ekiden__Event *event; /* with its status; or NULL, and … */
        struct ekiden_error error; /* … why there is none */
        pid_t succeeds; /* of a silent one: a process that says it is its successor; 0: none does */
};

/**
 * Asks all and waits until each has answered or the deadline passes.
 *
 * @param watch_ms     for how long update points are counted before they answer; 0: not at all
 * @param timeout_ms   for the answer, beside that
 * @param ret_answers  room for one each; answer_deinit() each
 */
void ask_status(struct process_list *list, uint32_t watch_ms, uint32_t timeout_ms,
                struct answer *ret_answers);

void answer_deinit(struct answer *answer);
