/* SPDX-License-Identifier: MIT */
/* See thread_status.h. */
#include "entry/thread_status.h"

#include <stdlib.h>
#include <string.h>

#include "entry/thread_strangers.h"
#include "entry/threads.h"
#include "wire/clock.h"

/* The message, and the text that it points to. */
struct ek_thread_status {
        Ekiden__ThreadStatus message;
        char name[EKIDEN_NAME_MAX + 1];
        char place[EKIDEN_NAME_MAX + 1];
};

static struct ek_thread_status *add(struct ek_thread_statuses *statuses, const char *name,
                                    pid_t tid, Ekiden__ThreadState state)
{
        struct ek_thread_status *status = &statuses->list[statuses->count];

        ekiden__thread_status__init(&status->message);
        strcpy(status->name, name);
        status->message.name = status->name;
        status->message.has_tid = status->message.has_state = 1;
        status->message.tid = tid;
        status->message.state = state;
        statuses->pointers[statuses->count++] = &status->message;
        return status;
}

static void add_registered(struct ek_thread_statuses *statuses, struct ek_thread *thread)
{
        static const Ekiden__ThreadState states[] = {
                [EK_THREAD_RUNS] = EKIDEN__THREAD_STATE__THREAD_RUNS,
                [EK_THREAD_STANDS] = EKIDEN__THREAD_STATE__THREAD_STANDS,
                [EK_THREAD_IDLE] = EKIDEN__THREAD_STATE__THREAD_IDLE,
        };
        struct ek_thread_status *status =
                add(statuses, thread->name, thread->tid, states[thread->state]);
        uint64_t ago_ns = ek_thread_place(thread, status->place);

        if (ago_ns == UINT64_MAX)
                return;
        status->message.update_point = status->place;
        status->message.has_last_ms = 1;
        status->message.last_ms = ago_ns / EK_NS_PER_MS;
}

void ek_thread_statuses_fill(struct ek_thread_statuses *statuses, Ekiden__Status *status)
{
        size_t strangers_count;
        struct ek_stranger *strangers = ek_strangers(&strangers_count);
        size_t room;

        pthread_mutex_lock(&ek_threads.lock);
        room = 1 + ek_threads.count + strangers_count;
        if (room > 1) {
                statuses->list = calloc(room, sizeof(*statuses->list));
                statuses->pointers = calloc(room, sizeof(*statuses->pointers));
        }
        if (statuses->list && statuses->pointers) {
                add_registered(statuses, &ek_threads.main);
                for (struct ek_thread *thread = ek_threads.list; thread; thread = thread->next)
                        add_registered(statuses, thread);
                for (size_t i = 0; i < strangers_count; i++)
                        add(statuses, strangers[i].name, strangers[i].tid,
                            EKIDEN__THREAD_STATE__THREAD_UNREGISTERED);
        }
        pthread_mutex_unlock(&ek_threads.lock);
        free(strangers);
        status->threads = statuses->pointers;
        status->n_threads = statuses->count;
}

void ek_thread_statuses_free(struct ek_thread_statuses *statuses)
{
        free(statuses->list);
        free(statuses->pointers);
        *statuses = (struct ek_thread_statuses){0};
}
