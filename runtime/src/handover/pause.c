/* SPDX-License-Identifier: MIT */
#include "handover/pause.h"

#include <stdio.h>

#include "handover/split_cost.h"
#include "wire/clock.h"

/* Nothing is asked of the kernel elsewhere: in a sandbox that may end the process. */
void ek_pause_note_unrehearsed(struct ek_predecessor *p)
{
        struct ek_memory memory;

        p->report.unrehearsed_ns = 0;
        if (!p->report.is_for_kept_pid)
                return;
        memory = ek_memory_now();
        p->report.unrehearsed_ns = ek_now_ns() - p->begun_ns + ek_split_ns(&memory);
}

uint64_t ek_pause_deadline(const struct ek_predecessor *p, uint64_t stopped_ns)
{
        uint64_t max_ns = p->request.max_pause_ns, unrehearsed_ns = p->report.unrehearsed_ns;

        if (max_ns == 0)
                return 0;
        return stopped_ns + (unrehearsed_ns < max_ns ? max_ns - unrehearsed_ns : 0);
}

/* What the successor spent on telling of itself is no part of the pause that a rehearsal foretells;
   in an upgrade that is verified nobody has served meanwhile. */
uint64_t ek_pause_so_far(const struct ek_predecessor *p, uint64_t stopped_ns)
{
        uint64_t pause_ns = ek_now_ns() - stopped_ns;
        uint64_t account_ns = p->request.is_rehearsal && p->ready ? p->ready->account_ns : 0;

        if (account_ns < pause_ns)
                pause_ns -= account_ns;
        return pause_ns + p->report.unrehearsed_ns;
}

void ek_pause_note_lost(struct ek_predecessor *p)
{
        p->report.pause_ns = p->stopped_ns > 0 ? ek_now_ns() - p->stopped_ns : 0;
        p->stopped_ns = 0;
}

bool ek_pause_has_passed(uint64_t until_ns)
{
        return until_ns > 0 && ek_now_ns() + EK_NS_PER_MS >= until_ns;
}

/* What helps. Where the PID is kept nothing is ever sent ahead. */
static void advise(const struct ek_predecessor *p, char *ret_text, size_t size_bytes)
{
        if (p->report.unrehearsed_ns > 0)
                snprintf(ret_text, size_bytes,
                         "%.1f ms are the new version's start and the split, since the PID is "
                         "kept; allow more, or upgrade without keeping it",
                         (double)p->report.unrehearsed_ns / EK_NS_PER_MS);
        else if (ek_predecessor_is_kept(p))
                snprintf(ret_text, size_bytes,
                         "the new version's start is part of it, since the PID is kept; allow "
                         "more, or upgrade without keeping it");
        else if (p->request.is_verified)
                snprintf(ret_text, size_bytes,
                         "the comparison is part of it; allow more, or leave out --verify");
        else
                snprintf(ret_text, size_bytes,
                         "allow more, or send more of the state ahead; a rehearsal without the "
                         "limit tells what each item takes");
}

void ek_pause_explain(const struct ek_predecessor *p, struct ekiden_error *error)
{
        bool is_in_item = p->phase == EKIDEN_PHASE_TRANSFER && p->item[0];
        uint64_t reached_ns = ek_pause_so_far(p, p->stopped_ns);
        char advice[192];

        advise(p, advice, sizeof(advice));
        if (reached_ns < p->request.max_pause_ns)
                reached_ns = p->request.max_pause_ns; /* a timer may be early */
        snprintf(error->sentence, sizeof(error->sentence),
                 "the pause %s %.1f ms in phase %s%s%s%s, and --max-pause allows %.1f; %s",
                 p->request.is_rehearsal ? "would reach" : "reached",
                 (double)reached_ns / EK_NS_PER_MS, ekiden_phase_name(p->phase),
                 is_in_item ? ", in item \"" : "", is_in_item ? p->item : "",
                 is_in_item ? "\" or after it" : "", (double)p->request.max_pause_ns / EK_NS_PER_MS,
                 advice);
}
