/* SPDX-License-Identifier: MIT */
/* See observer.h. */
#include "entry/observer.h"

#include <ekiden/update_point.h>

#include "entry/process.h"
#include "wire/clock.h"

static struct {
        void (*observe)(void *data, const struct ekiden_happening *happening);
        void *data;
} observer;
static bool was_told; /* that this process serves */

void ekiden_set_observer(void (*observe)(void *data, const struct ekiden_happening *happening),
                         void *data)
{
        observer.observe = observe;
        observer.data = data;
}

bool ek_observed(void)
{
        return observer.observe != NULL;
}

static void tell(struct ekiden_happening *happening)
{
        const struct ek_upgrade_report *report = ek_predecessor_report();

        if (!observer.observe)
                return;
        happening->leg = ek_process.setup.leg;
        happening->version = ek_process.schema->version;
        if (happening->kind != EKIDEN_SERVES)
                happening->is_rehearsal = report->is_rehearsal;
        observer.observe(observer.data, happening);
}

void ek_observe_serving(void)
{
        if (!was_told)
                tell(&(struct ekiden_happening){.kind = EKIDEN_SERVES});
        was_told = true;
}

void ek_observe_after_fork(void)
{
        was_told = false;
        if (observer.observe)
                ekiden_wake(); /* its first update point is where it is told of */
}

void ek_observe_phase(enum ekiden_phase phase)
{
        if (phase == EKIDEN_PHASE_CHECK || phase == EKIDEN_PHASE_WARM)
                tell(&(struct ekiden_happening){.kind = EKIDEN_PHASE_BEGINS, .phase = phase});
}

void ek_observe_called_off(const struct ekiden_error *error)
{
        tell(&(struct ekiden_happening){
                .kind = EKIDEN_CALLED_OFF,
                .phase = error->phase,
                .error = error,
        });
}

void ek_observe_done(void)
{
        const struct ek_upgrade_report *report = ek_predecessor_report();

        tell(&(struct ekiden_happening){
                .kind = report->is_rehearsal ? EKIDEN_REHEARSED : EKIDEN_COMMITTED,
                .to_version = report->to_version,
                .successor = report->is_rehearsal ? 0 : report->successor,
                .pause_us = report->pause_ns / EK_NS_PER_US,
        });
}
