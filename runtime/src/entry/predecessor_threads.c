/* SPDX-License-Identifier: MIT */
/* Where the predecessor's threads stood, as the successor asks for it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "entry/process.h"
#include "entry/thread_stop.h"
#include "handover/successor.h"

/* With the lock: for one that began before they came. */
static void claim(struct ek_thread *thread)
{
        if (!thread->stood[0] && !thread->has_passed)
                (void)ek_stands_claim(thread->name, thread->stood);
}

bool ek_thread_resumed_at(const char *name)
{
        struct ek_thread *thread = ek_thread_current();
        bool is_there;

        if (!thread || !name)
                return false;
        pthread_mutex_lock(&ek_threads.lock);
        claim(thread);
        is_there = name[0] && strcmp(thread->stood, name) == 0;
        pthread_mutex_unlock(&ek_threads.lock);
        return is_there;
}

void ek_threads_settle_stands(void)
{
        pthread_mutex_lock(&ek_threads.lock);
        for (struct ek_thread *thread = ek_threads.list; thread; thread = thread->next)
                claim(thread);
        pthread_mutex_unlock(&ek_threads.lock);
        ek_stands_forget();
}

/* Of what was received, which stays: built once. */
static const struct ekiden_thread_stand *public_stands(const struct ek_stands *received)
{
        static struct ekiden_thread_stand *stands;

        if (stands)
                return stands;
        stands = calloc(received->count + 1, sizeof(*stands));
        for (size_t i = 0; stands && i < received->count; i++)
                stands[i] = (struct ekiden_thread_stand){
                        .name = received->list[i].name,
                        .update_point = received->list[i].update_point,
                        .is_idle = received->list[i].is_idle,
                };
        return stands;
}

size_t ekiden_predecessor_threads(const struct ekiden_thread_stand **ret_threads)
{
        bool was_attending = ek_process.is_attending;
        bool is_paused;

        *ret_threads = NULL;
        if (!ek_process.is_started || !ek_process_is_this() || !ek_thread_is_main())
                return 0;
        ek_process.is_attending = true; /* callbacks run, if something was sent ahead */
        is_paused = ek_successor_update_point() != NULL;
        ek_process.is_attending = was_attending;
        if (is_paused)
                *ret_threads = public_stands(ek_stands_received());
        return *ret_threads ? ek_stands_received()->count : 0;
}
