/* SPDX-License-Identifier: MIT */
/* See hand_on.h. */
#include "entry/hand_on.h"

#include <poll.h>
#include <stdio.h>

#include "entry/process.h"
#include "entry/upgrade.h"
#include "handover/predecessor.h"

#define ATTEMPTS 2
#define LOOK_MS 10 /* at what is sent ahead, and at deadlines */

static int hand_on(const struct ek_upgrade_request *request, const char *update_point,
                   struct ekiden_error *error)
{
        int r = ek_predecessor_begin(&ek_process.setup, request, error);

        while (r == 0) {
                struct pollfd socket = {.fd = ek_predecessor_socket(), .events = POLLIN};

                (void)poll(&socket, 1, LOOK_MS);
                r = ek_predecessor_step(update_point, error);
        }
        return r;
}

void ek_hand_on_explain(struct ekiden_error *error)
{
        char sentence[sizeof(error->sentence)];

        ek_process.served_pid = ek_predecessor_report()->successor;
        snprintf(sentence, sizeof(sentence), "%s", error->sentence);
        if (snprintf(error->sentence, sizeof(error->sentence),
                     "%.440s, and has handed on to process %d, for its threads", sentence,
                     (int)ek_process.served_pid) < 0)
                error->sentence[0] = '\0';
}

bool ek_hand_on(const char *update_point)
{
        const struct ek_upgrade_request request = {
                .binary = ek_process.origin.binary,
                .is_own_binary = true,
                .observer = {.child_ended = ek_upgrade_child_ended},
        };

        for (int i = 0; i < ATTEMPTS; i++) {
                struct ekiden_error error = {0};

                ek_log(EKIDEN_LOG_WARNING, "this process has the main thread alone, and hands over "
                                           "to another one of its version");
                if (hand_on(&request, update_point, &error) == EK_STEP_COMMITTED)
                        return true;
                ek_log(EKIDEN_LOG_ERROR, "it could not hand over: %s", error.sentence);
        }
        return false;
}
