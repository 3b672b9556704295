/* SPDX-License-Identifier: MIT */
/* See hand_on.h. */
#include "entry/hand_on.h"

#include <poll.h>
#include <stdio.h>

#include "entry/process.h"
#include "entry/upgrade.h"
#include "handover/deadlines.h"
#include "handover/predecessor.h"
#include "utf8.h"
#include "wire/clock.h"

#define ATTEMPTS 5
#define LAST_BEGINS_MS 60000 /* after which there is no other */
#define FIRST_WAIT_MS 100 /* between two of them; twice that from each to the next */
#define LOOK_MS 10 /* at what is sent ahead, and at deadlines */

/* The program serves with its threads afterwards, or hardly: deadlines that keep the pause of
   another upgrade short would do harm on a busy machine, and long ones where a process hangs. So
   each attempt has four times the patience of the one before, up to the default deadlines. */
static struct ek_predecessor_setup setup_of(int attempt, struct ek_deadlines *ret_deadlines)
{
        static const struct ek_deadlines defaults = EK_DEADLINES_DEFAULT;
        struct ek_predecessor_setup setup = ek_process.setup;

        for (size_t i = 0; i < sizeof(defaults.ms) / sizeof(defaults.ms[0]); i++) {
                unsigned int own = ek_process.deadlines.ms[i];
                uint64_t longer = (uint64_t)own << (2 * attempt);

                ret_deadlines->ms[i] = own >= defaults.ms[i]     ? own
                                       : longer < defaults.ms[i] ? (unsigned int)longer
                                                                 : defaults.ms[i];
        }
        setup.deadlines = ret_deadlines;
        return setup;
}

static int hand_on(const struct ek_predecessor_setup *setup, const char *update_point)
{
        const struct ek_upgrade_request request = {
                .binary = ek_process.origin.binary,
                .is_own_binary = true,
                .observer = {.child_ended = ek_upgrade_child_ended},
        };
        struct ekiden_error error = {0};
        int r = ek_predecessor_begin(setup, &request, &error);

        while (r == 0) {
                struct pollfd socket = {.fd = ek_predecessor_socket(), .events = POLLIN};

                (void)poll(&socket, 1, LOOK_MS);
                r = ek_predecessor_step(update_point, &error);
        }
        if (r < 0)
                ek_log(EKIDEN_LOG_ERROR, "it could not hand over: %s", error.sentence);
        return r;
}

static void explain(struct ekiden_error *error, bool is_done)
{
        char sentence[437];
        int r;

        ek_utf8_copy(sentence, sizeof(sentence), error->sentence);
        if (is_done)
                r = snprintf(error->sentence, sizeof(error->sentence),
                             "%s, and has handed on to process %d, for its threads", sentence,
                             (int)ek_process.served_pid);
        else
                r = snprintf(error->sentence, sizeof(error->sentence),
                             "%s, with its main thread alone: upgrade it to its own version, or "
                             "restart it",
                             sentence);
        if (r < 0)
                error->sentence[0] = '\0';
}

bool ek_hand_on(const char *update_point, struct ekiden_error *error)
{
        /* The predecessor's until it leaves, or begins anew. */
        static struct ek_deadlines deadlines;
        static struct ek_predecessor_setup setup;
        uint64_t until_ns = ek_now_ns() + LAST_BEGINS_MS * EK_NS_PER_MS;
        bool is_done = false;

        ek_log(EKIDEN_LOG_WARNING, "this process has the main thread alone, and hands over to "
                                   "another one of its version");
        for (int i = 0; i < ATTEMPTS && !is_done; i++) {
                if (i > 0)
                        (void)poll(NULL, 0, FIRST_WAIT_MS << (i - 1));
                if (ek_now_ns() > until_ns)
                        break;
                setup = setup_of(i, &deadlines);
                is_done = hand_on(&setup, update_point) == EK_STEP_COMMITTED;
        }
        if (is_done)
                ek_process.served_pid = ek_predecessor_report()->successor;
        explain(error, is_done);
        return is_done;
}
