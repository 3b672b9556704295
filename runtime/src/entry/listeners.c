/* SPDX-License-Identifier: MIT */
/* See listeners.h. */
#include "entry/listeners.h"

#include "entry/event.h"
#include "entry/process.h"
#include "wire/clock.h"

/* False: there is nothing to listen to, and he has been released. */
static bool listen_to(struct ek_operator *operator_, const char *update_point)
{
        if (ek_predecessor_phase() == EKIDEN_PHASE_NONE) {
                ek_event_idle(operator_);
                ek_operator_release(operator_);
                return false;
        }
        operator_->role = EK_ROLE_LISTENS;
        operator_->asked_for_rehearsal = ek_predecessor_report()->is_rehearsal;
        operator_->asked_for_verification = ek_predecessor_report()->is_verified;
        ek_event_seen(operator_, update_point);
        ek_event_phase(operator_, ek_predecessor_phase());
        return true;
}

void ek_listeners_wait(struct ek_operator *operator_, const char *update_point)
{
        (void)listen_to(operator_, update_point);
}

void ek_listeners_cancel(struct ek_operator *operator_, const char *update_point)
{
        struct ekiden_error reason = {0};

        if (!listen_to(operator_, update_point))
                return;
        ekiden_error_set(&reason, EKIDEN_ECANCELLED,
                         "another operator called the %s off (user %u, pid %d)",
                         operator_->asked_for_rehearsal ? "rehearsal" : "upgrade",
                         (unsigned int)operator_->user, (int)operator_->pid);
        ek_predecessor_cancel(&reason);
}

void ek_listeners_queue(struct ek_operator *operator_, Ekiden__Request *request)
{
        operator_->role = EK_ROLE_QUEUES;
        operator_->queued = request;
        ek_event_queued(operator_);
}

void ek_listeners_expire(void)
{
        struct ek_operator *operators[EK_OPERATORS_MAX];
        size_t count = ek_operators(operators);

        for (size_t i = 0; i < count; i++) {
                struct ekiden_error error = {.phase = EKIDEN_PHASE_REQUEST};

                if (operators[i]->role != EK_ROLE_QUEUES || operators[i]->until_ns == 0 ||
                    ek_now_ns() < operators[i]->until_ns)
                        continue;
                ekiden_error_set(&error, EKIDEN_ETIMEOUT,
                                 "the operator's time limit passed while another upgrade was "
                                 "under way, in phase %s",
                                 ekiden_phase_name(ek_predecessor_phase()));
                ek_event_failed(operators[i], &error);
                ek_operator_release(operators[i]);
        }
}

uint64_t ek_listeners_deadline(void)
{
        struct ek_operator *operators[EK_OPERATORS_MAX];
        size_t count = ek_operators(operators);
        uint64_t deadline_ns = UINT64_MAX;

        for (size_t i = 0; i < count; i++)
                if (operators[i]->role == EK_ROLE_QUEUES && operators[i]->until_ns > 0 &&
                    operators[i]->until_ns < deadline_ns)
                        deadline_ns = operators[i]->until_ns;
        return deadline_ns;
}

void ek_listeners_phase(enum ekiden_phase phase)
{
        struct ek_operator *operators[EK_OPERATORS_MAX];
        size_t count = ek_operators(operators);

        for (size_t i = 0; i < count; i++)
                if (operators[i]->role == EK_ROLE_LISTENS)
                        ek_event_phase(operators[i], phase);
}

void ek_listeners_flush(void)
{
        struct ek_operator *operators[EK_OPERATORS_MAX];
        size_t count = ek_operators(operators);

        for (size_t i = 0; i < count; i++)
                if (operators[i]->role == EK_ROLE_LISTENS)
                        ek_event_flush(operators[i]);
}

void ek_listeners_failed(const struct ekiden_error *error)
{
        struct ek_operator *operators[EK_OPERATORS_MAX];
        size_t count = ek_operators(operators);

        for (size_t i = 0; i < count; i++)
                if (operators[i]->role == EK_ROLE_LISTENS) {
                        ek_event_failed(operators[i], error);
                        ek_operator_release(operators[i]);
                }
}

void ek_listeners_rehearsed(void)
{
        struct ek_operator *operators[EK_OPERATORS_MAX];
        size_t count = ek_operators(operators);

        for (size_t i = 0; i < count; i++)
                if (operators[i]->role == EK_ROLE_LISTENS) {
                        ek_event_rehearsed(operators[i]);
                        ek_operator_release(operators[i]);
                }
}

static void tell_watcher(struct ek_operator *operator_)
{
        struct ekiden_error error = {.phase = EKIDEN_PHASE_REQUEST};

        ekiden_error_set(&error, EKIDEN_EBUSY,
                         "the process was upgraded while it was watched; process %d serves now",
                         (int)ek_predecessor_report()->successor);
        ek_event_failed(operator_, &error);
}

void ek_listeners_returned(void)
{
        struct ek_operator *operators[EK_OPERATORS_MAX];
        size_t count = ek_operators(operators);

        for (size_t i = 0; i < count; i++) {
                struct ekiden_error error = {.phase = EKIDEN_PHASE_REQUEST};

                if (operators[i]->role != EK_ROLE_QUEUES && operators[i]->role != EK_ROLE_WATCHES)
                        continue;
                ekiden_error_set(&error, EKIDEN_EBUSY,
                                 "an upgrade was called off, and process %d came back to its old "
                                 "version, which knows nothing of this request; ask again",
                                 (int)ek_predecessor_report()->successor);
                ek_event_failed(operators[i], &error);
                ek_operator_release(operators[i]);
        }
}

void ek_listeners_committed(void)
{
        struct ek_operator *operators[EK_OPERATORS_MAX];
        size_t count = ek_operators(operators);

        for (size_t i = 0; i < count; i++) {
                if (operators[i]->role == EK_ROLE_LISTENS || operators[i]->role == EK_ROLE_QUEUES)
                        ek_event_committed(operators[i]);
                else if (operators[i]->role == EK_ROLE_WATCHES)
                        tell_watcher(operators[i]);
                else
                        continue;
                ek_operator_release(operators[i]);
        }
}
