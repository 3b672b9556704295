/* SPDX-License-Identifier: MIT */
/* See ask.h. */
#include "ask.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>

#include "process_state.h"
#include "request.h"
#include "wire/clock.h"

void answer_deinit(struct answer *answer)
{
        request_event_free(&answer->event);
}

static bool is_open(const struct answer *answer)
{
        return !answer->event && answer->error.code == 0;
}

static void receive(struct process *process, struct answer *answer)
{
        Ekiden__Event *event auto_event = NULL;
        int r = request_event(process->link, &event, &answer->error);

        if (r < 0)
                return; /* nothing yet, or the reason is in the error */
        if (event->kind == EKIDEN__EVENT_KIND__FAILED) {
                request_refusal(event, &answer->error);
        } else if (event->kind == EKIDEN__EVENT_KIND__STATUS && event->status) {
                answer->event = event;
                event = NULL;
        } else if (event->kind == EKIDEN__EVENT_KIND__STATUS ||
                   event->kind == EKIDEN__EVENT_KIND__COMMITTED) {
                ekiden_error_set(&answer->error, EKIDEN_EPROTOCOL,
                                 "the process answered, and not with its status");
        }
}

/* Waits until one of them has something to say: false when the deadline has passed. */
static bool wait_for_any(const struct process_list *list, const struct answer *answers,
                         struct pollfd *sources, uint64_t deadline_ns)
{
        uint64_t now = ek_now_ns();
        nfds_t count = 0;

        for (size_t i = 0; i < list->count; i++)
                if (is_open(&answers[i]))
                        sources[count++] = (struct pollfd){
                                .fd = ek_link_socket(list->processes[i].link),
                                .events = POLLIN,
                        };
        if (count == 0 || now >= deadline_ns)
                return false;
        return poll(sources, count, (int)((deadline_ns - now) / EK_NS_PER_MS + 1)) >= 0 ||
               errno == EINTR;
}

static void send_all(struct process_list *list, uint32_t watch_ms, struct answer *answers)
{
        for (size_t i = 0; i < list->count; i++) {
                struct process *process = &list->processes[i];

                answers[i] = (struct answer){0};
                if (process->link)
                        request_status(process->link, watch_ms, &answers[i].error);
                else
                        process_blocked(process, &answers[i].error);
        }
}

/* A successor may have its name already, and answers when it serves. */
static void find_successors(const struct process_list *list, struct answer *answers)
{
        for (size_t i = 0; i < list->count; i++) {
                const Ekiden__Status *status = answers[i].event ? answers[i].event->status : NULL;

                for (size_t k = 0; status && status->has_successor_pid && k < list->count; k++) {
                        if (answers[k].event || list->processes[k].pid != status->successor_pid)
                                continue;
                        answers[k].succeeds = list->processes[i].pid;
                        answers[k].error = (struct ekiden_error){0};
                        ekiden_error_set(&answers[k].error, EKIDEN_ETIMEOUT,
                                         "is to succeed process %d, and does not serve yet",
                                         (int)list->processes[i].pid);
                }
        }
}

void ask_status(struct process_list *list, uint32_t watch_ms, uint32_t timeout_ms,
                struct answer *ret_answers)
{
        uint64_t deadline_ns = ek_now_ns() + ((uint64_t)watch_ms + timeout_ms) * EK_NS_PER_MS;
        struct pollfd *sources = calloc(list->count + 1, sizeof(*sources));

        send_all(list, watch_ms, ret_answers);
        while (sources && wait_for_any(list, ret_answers, sources, deadline_ns))
                for (size_t i = 0; i < list->count; i++)
                        if (is_open(&ret_answers[i]))
                                receive(&list->processes[i], &ret_answers[i]);
        free(sources);
        for (size_t i = 0; i < list->count; i++)
                if (is_open(&ret_answers[i]))
                        ekiden_error_set(&ret_answers[i].error, EKIDEN_ETIMEOUT,
                                         "did not answer in %.1f s: it is %s",
                                         ((double)watch_ms + timeout_ms) / 1000,
                                         process_condition(list->processes[i].pid));
        find_successors(list, ret_answers);
}
