/* SPDX-License-Identifier: MIT */
/* Where the predecessor's threads stood, as the successor asks for it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "entry/process.h"
#include "entry/thread_stop.h"
#include "handover/successor.h"

bool ek_thread_resumed_at(const char *name)
{
        struct ek_thread *thread = ek_thread_current();

        if (!thread || !name)
                return false;
        if (!thread->stood[0] && !thread->has_passed)
                (void)ek_stands_claim(thread->name, thread->stood); /* it began before they came */
        return name[0] && strcmp(thread->stood, name) == 0;
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
        if (!ek_process.is_started || getpid() != ek_process.pid || !ek_thread_is_main())
                return 0;
        ek_process.is_attending = true; /* callbacks run, if something was sent ahead */
        is_paused = ek_successor_update_point() != NULL;
        ek_process.is_attending = was_attending;
        if (is_paused)
                *ret_threads = public_stands(ek_stands_received());
        return *ret_threads ? ek_stands_received()->count : 0;
}
