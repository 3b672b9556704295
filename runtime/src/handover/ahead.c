/* SPDX-License-Identifier: MIT */
/* See ahead.h: what is sent in a slice of an update point. */
#include "handover/ahead.h"

#include "handover/ahead_private.h"
#include "handover/predecessor_private.h"
#include "state/changes.h"

/* Changes of a first pass are sent in between when they have filled a half. Where they go on to
   fill more, they come faster than they leave. */
#define FULL 0.625
#define FULLER 0.125

#define OUTBOX_MAX ((size_t)256 << 10) /* bytes that wait for room in the socket */

/* Between the first pass and the rounds of a rehearsal that is verified: a change that is not told
   of is found only if it happens. */
#define WATCH_MS 1000

bool ek_ahead_is_offered(const struct ek_predecessor *p)
{
        return !p->request.snapshot && !p->request.keeps_pid &&
               !p->report.is_for_kept_pid; /* nobody would serve while it is sent */
}

void ek_ahead_begin(struct ek_predecessor *p)
{
        const struct ek_ahead_settings *settings = p->setup->ahead;
        struct ek_ahead *ahead = &p->ahead;
        unsigned int slice_us =
                settings && settings->slice_us ? settings->slice_us : EK_AHEAD_SLICE_US;
        unsigned int pause_us =
                settings && settings->pause_us ? settings->pause_us : EK_AHEAD_PAUSE_US;

        *ahead = (struct ek_ahead){.least_rest = UINT64_MAX};
        ahead->changes_max_bytes = settings && settings->changes_max_bytes
                                           ? settings->changes_max_bytes
                                           : EK_CHANGES_MAX_DEFAULT;
        ahead->pause_ns = pause_us * EK_NS_PER_US;
        ahead->max_pause_ns = p->request.max_pause_ns;
        if (ahead->max_pause_ns > 0 && ahead->max_pause_ns / 2 < ahead->pause_ns)
                ahead->pause_ns = ahead->max_pause_ns / 2;
        ek_pace_init(&ahead->pace, slice_us * EK_NS_PER_US);
}

void ek_ahead_forget(struct ek_predecessor *p)
{
        struct ek_ahead *ahead = &p->ahead;

        for (size_t i = 0; i < ahead->count; i++)
                ahead->items[i] = ek_ahead_export_free(ahead->items[i]);
        ahead->count = 0;
        ahead->is_sending = ahead->is_warm = false;
        ahead->unanswered = 0;
        ek_outbox_deinit(&ahead->outbox);
}

struct ek_count ek_ahead_count(const struct ek_predecessor *p)
{
        struct ek_count count = {0};

        for (size_t i = 0; i < p->ahead.count; i++) {
                struct ek_ahead_count total = ek_ahead_export_total(p->ahead.items[i]);

                count.records += total.records;
                count.bytes += total.bytes;
        }
        return count;
}

/* Records or keys until the outbox is full, the portion ends, or time is over. */
static int fill(struct ek_ahead *ahead, uint64_t until_ns, struct ekiden_error *error)
{
        while (ahead->is_sending && ek_outbox_left(&ahead->outbox) < OUTBOX_MAX) {
                struct ek_ahead_export *item = ahead->items[ahead->at];
                struct ek_ahead_count before = ek_ahead_export_total(item), after;
                int r = ek_ahead_export_step(item, &ahead->outbox, error);

                if (r < 0)
                        return r;
                after = ek_ahead_export_total(item);
                ahead->own_number += after.records - before.records + after.gone - before.gone;
                if (r == 0) {
                        r = ek_ahead_export_finish(item, false, &ahead->outbox, error);
                        ahead->unanswered++;
                        if (r == 0)
                                r = ek_ahead_begin_portion(
                                        ahead, ahead->is_warm ? ahead->at + 1 : ahead->count,
                                        error);
                        if (r < 0)
                                return r;
                }
                if (ek_now_ns() >= until_ns)
                        break;
        }
        if (ahead->is_sending)
                ek_ahead_export_close(ahead->items[ahead->at], &ahead->outbox);
        return 0;
}

/* 1: the socket has no room; 0; or an error. */
static int send_some(struct ek_predecessor *p, struct ekiden_error *error)
{
        struct ek_ahead *ahead = &p->ahead;
        size_t before = ek_outbox_left(&ahead->outbox);
        int r = ek_outbox_send(&ahead->outbox, p->link, NULL);

        if (r < 0)
                return ek_link_failed(r, error);
        if (ek_outbox_left(&ahead->outbox) < before)
                ek_predecessor_renew();
        return ek_outbox_left(&ahead->outbox) > 0;
}

static int slice(struct ek_predecessor *p, uint64_t until_ns, struct ekiden_error *error)
{
        struct ek_ahead *ahead = &p->ahead;
        int is_blocked;

        do {
                int r = fill(ahead, until_ns, error);

                if (r < 0)
                        return r;
                is_blocked = send_some(p, error);
                if (is_blocked < 0)
                        return is_blocked;
        } while (!is_blocked && ahead->is_sending && ek_now_ns() < until_ns);
        return is_blocked;
}

/* One that refused has said why before it closed. */
static int failed(struct ek_predecessor *p, int result, struct ekiden_error *error)
{
        if (result == EKIDEN_EPEER)
                ek_predecessor_read_reason(p, error);
        return error->code;
}

/* How much of their memory the keys of any item have filled, 1 being all. */
static double fullest(const struct ek_ahead *ahead)
{
        double fill = 0;

        for (size_t i = 0; i < ahead->count; i++) {
                double one = ek_ahead_export_fill(ahead->items[i]);

                fill = one > fill ? one : fill;
        }
        return fill;
}

/* Well within all deadlines, and what is left of the operator's time. */
static uint64_t watch_ns(const struct ek_predecessor *p, uint64_t now_ns)
{
        const unsigned int *ms = p->setup->deadlines->ms;
        uint64_t watch_ns = WATCH_MS * EK_NS_PER_MS;
        const uint64_t bounds_ns[] = {
                ms[EKIDEN_PHASE_WARM] * EK_NS_PER_MS / 2,
                ms[EKIDEN_PHASE_PAUSE] * EK_NS_PER_MS / 2,
                p->request.until_ns == 0       ? UINT64_MAX
                : p->request.until_ns > now_ns ? (p->request.until_ns - now_ns) / 4
                                               : 0,
        };

        for (size_t i = 0; i < sizeof(bounds_ns) / sizeof(bounds_ns[0]); i++)
                watch_ns = bounds_ns[i] < watch_ns ? bounds_ns[i] : watch_ns;
        return watch_ns;
}

static bool is_watching(struct ek_predecessor *p, uint64_t now_ns)
{
        struct ek_ahead *ahead = &p->ahead;

        if (!p->request.is_rehearsal || !p->request.is_verified || ahead->was_watched)
                return false;
        if (ahead->watch_until_ns == 0)
                ahead->watch_until_ns = now_ns + watch_ns(p, now_ns);
        if (now_ns < ahead->watch_until_ns && fullest(ahead) < FULL)
                return true;
        ahead->watch_until_ns = 0;
        ahead->was_watched = true;
        return false;
}

void ek_ahead_keep_up(struct ek_ahead *ahead)
{
        double fill = fullest(ahead);

        while (fill > FULL + FULLER * ahead->pressed) {
                ahead->pressed++;
                ek_pace_press(&ahead->pace);
        }
}

int ek_ahead_run(struct ek_predecessor *p, struct ekiden_error *error)
{
        struct ek_ahead *ahead = &p->ahead;
        uint64_t began_ns = ek_now_ns(), ended_ns;
        int r;

        if (!ahead->is_sending && ek_outbox_left(&ahead->outbox) == 0) {
                if (!ahead->is_warm || ahead->unanswered > 0 || is_watching(p, began_ns))
                        return 0;
                ek_ahead_keep_up(ahead); /* the round that begins takes their memory */
                r = ek_ahead_decide(ahead, error);
                if (r != 0)
                        return r;
        }
        if (began_ns < ahead->pace.next_ns)
                return 0;
        ek_ahead_keep_up(ahead);
        r = slice(p, began_ns + ek_pace_begin(&ahead->pace, began_ns), error);
        if (r < 0)
                return failed(p, r, error);
        ended_ns = ek_now_ns();
        ahead->own_ns += ended_ns - began_ns;
        ek_pace_end(&ahead->pace, began_ns, ended_ns, r);
        ek_ahead_tell(p);
        return 0;
}

uint64_t ek_ahead_wake_ns(void)
{
        const struct ek_predecessor *p = &ek_predecessor;

        if (p->phase == EKIDEN_PHASE_WARM && p->ahead.watch_until_ns > 0)
                return p->ahead.watch_until_ns;
        if (p->phase != EKIDEN_PHASE_WARM ||
            (!p->ahead.is_sending && ek_outbox_left(&p->ahead.outbox) == 0))
                return UINT64_MAX;
        return p->ahead.pace.next_ns;
}
