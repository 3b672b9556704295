/* SPDX-License-Identifier: MIT */
/*
 * Rounds: all records have crossed, and what has changed meanwhile is sent again, until so little
 * is left that the pause may have it; or until that does not help, and the operator's word counts.
 */
#include "handover/ahead_private.h"
#include "handover/predecessor_private.h"

#define ROUNDS_MAX 32
#define VAIN_ROUNDS_MAX 3
#define NEGLIGIBLE 20 /* of this part of the pause's budget nobody takes notice */
#define FIRST_COST_NS 2000 /* of a change, on both sides, before any was measured */
#define MEMORY 1000 /* changes whose cost counts, when newer ones are measured */

/* Older figures count less than new ones. */
static void forget_some(uint64_t *ns, uint64_t *number)
{
        if (*number <= MEMORY)
                return;
        *ns = (uint64_t)((double)*ns / (double)*number * MEMORY);
        *number = MEMORY;
}

uint64_t ek_ahead_rest_of(const struct ek_ahead *ahead)
{
        uint64_t rest = 0;

        for (size_t i = 0; i < ahead->count; i++)
                rest += ek_ahead_export_rest(ahead->items[i]);
        return rest;
}

static double cost_of(uint64_t ns, uint64_t number)
{
        return number > 0 ? (double)ns / (double)number : FIRST_COST_NS / 2.0;
}

/* How long it would take in the pause. */
static uint64_t estimate(const struct ek_ahead *ahead, uint64_t rest)
{
        double cost = cost_of(ahead->own_ns, ahead->own_number) +
                      cost_of(ahead->their_ns, ahead->their_number);
        double needed_ns = (double)rest * cost;

        /* A successor may make up figures, and of those more than a number holds. */
        return needed_ns < (double)EK_AHEAD_IMPORT_MAX_NS ? (uint64_t)needed_ns
                                                          : EK_AHEAD_IMPORT_MAX_NS;
}

/* Items from `first` on that have changed: the next one begins. */
int ek_ahead_begin_portion(struct ek_ahead *ahead, size_t first, struct ekiden_error *error)
{
        for (size_t i = first; i < ahead->count; i++)
                if (ek_ahead_export_rest(ahead->items[i]) > 0) {
                        ahead->at = i;
                        ahead->is_sending = true;
                        return ek_ahead_export_begin(ahead->items[i], &ahead->outbox, error);
                }
        ahead->is_sending = false;
        return 0;
}

/* What is left is too much, and gets no less. */
static int give_up(struct ek_ahead *ahead, uint64_t rest, uint64_t needed_ns,
                   struct ekiden_error *error)
{
        ahead->is_outrun = true;
        if (ahead->max_pause_ns == 0 || needed_ns <= ahead->max_pause_ns)
                return 1;
        return ekiden_error_set(
                error, EKIDEN_ELIMIT,
                "after %u rounds %llu keys that changed are left, and would take about %.1f ms in "
                "the pause, of which --max-pause allows %.1f; try again at a quieter time, or "
                "allow more",
                ahead->rounds, (unsigned long long)rest, (double)needed_ns / EK_NS_PER_MS,
                (double)ahead->max_pause_ns / EK_NS_PER_MS);
}

/* Within the budget, rounds go on as long as each leaves half of what the last one left, at most:
   they are short then, and the pause comes to depend on how fast the state changes and not on its
   size. */
static bool pays_off(const struct ek_ahead *ahead, uint64_t rest, uint64_t needed_ns)
{
        return needed_ns > ahead->pause_ns / NEGLIGIBLE && rest <= ahead->least_rest / 2 &&
               ahead->rounds < ROUNDS_MAX;
}

/* All that was sent has been imported: 1, pause; 0: another round has begun; or an error. */
int ek_ahead_decide(struct ek_ahead *ahead, struct ekiden_error *error)
{
        uint64_t rest = ek_ahead_rest_of(ahead);
        uint64_t needed_ns = estimate(ahead, rest);

        if (needed_ns <= ahead->pause_ns && !pays_off(ahead, rest, needed_ns))
                return 1;
        if (ahead->rounds > 0 && rest / 7 >= ahead->least_rest / 8) {
                ahead->vain_rounds++;
                ek_pace_press(&ahead->pace);
        }
        if (rest < ahead->least_rest)
                ahead->least_rest = rest;
        if (ahead->vain_rounds >= VAIN_ROUNDS_MAX || ahead->rounds >= ROUNDS_MAX)
                return give_up(ahead, rest, needed_ns, error);
        ahead->rounds++;
        forget_some(&ahead->own_ns, &ahead->own_number);
        forget_some(&ahead->their_ns, &ahead->their_number);
        return ek_ahead_begin_portion(ahead, 0, error);
}
