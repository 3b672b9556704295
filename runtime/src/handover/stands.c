/* SPDX-License-Identifier: MIT */
/* See stands.h. */
#include "handover/stands.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <ekiden/thread.h>

#include "utf8.h"

/* Threads of the successor ask while its main one may still be receiving. */
static struct {
        pthread_mutex_t lock;
        struct ek_stands stands;
} received = {.lock = PTHREAD_MUTEX_INITIALIZER};

void ek_stands_free(struct ek_stands *stands)
{
        free(stands->list);
        *stands = (struct ek_stands){0};
}

int ek_stands_fill(struct ek_stands *stands, Ekiden__Paused *paused)
{
        Ekiden__ThreadStand **pointers;
        Ekiden__ThreadStand *messages;

        if (stands->count == 0)
                return 0;
        pointers = calloc(stands->count, sizeof(*pointers));
        messages = calloc(stands->count, sizeof(*messages));
        if (!pointers || !messages) {
                free(pointers);
                free(messages);
                return EKIDEN_ENOMEM;
        }
        for (size_t i = 0; i < stands->count; i++) {
                ekiden__thread_stand__init(&messages[i]);
                pointers[i] = &messages[i];
                messages[i].name = stands->list[i].name;
                messages[i].update_point = stands->list[i].update_point;
                messages[i].has_is_idle = messages[i].is_idle = stands->list[i].is_idle;
        }
        paused->threads = pointers;
        paused->n_threads = stands->count;
        return 0;
}

void ek_stands_empty(Ekiden__Paused *paused)
{
        if (paused->n_threads > 0)
                free(paused->threads[0]);
        free(paused->threads);
        paused->threads = NULL;
        paused->n_threads = 0;
}

int ek_stands_receive(const Ekiden__Paused *paused)
{
        struct ek_stands stands = {.count = paused->n_threads};

        if (stands.count > EKIDEN_THREADS_MAX)
                return EKIDEN_ELIMIT;
        stands.list = calloc(stands.count + 1, sizeof(*stands.list));
        if (!stands.list)
                return EKIDEN_ENOMEM;
        for (size_t i = 0; i < stands.count; i++) {
                const Ekiden__ThreadStand *from = paused->threads[i];
                struct ek_stand *to = &stands.list[i];

                ek_utf8_copy_line(to->name, sizeof(to->name), from->name);
                ek_utf8_copy_line(to->update_point, sizeof(to->update_point),
                                  from->update_point ? from->update_point : "");
                to->is_idle = from->has_is_idle && from->is_idle;
        }
        pthread_mutex_lock(&received.lock);
        ek_stands_free(&received.stands);
        received.stands = stands;
        pthread_mutex_unlock(&received.lock);
        return 0;
}

const struct ek_stands *ek_stands_received(void)
{
        return &received.stands;
}

bool ek_stands_claim(const char *name, char ret_update_point[EKIDEN_NAME_MAX + 1])
{
        bool is_found = false;

        pthread_mutex_lock(&received.lock);
        for (size_t i = 0; i < received.stands.count && !is_found; i++) {
                struct ek_stand *stand = &received.stands.list[i];

                if (stand->is_claimed || strcmp(stand->name, name) != 0)
                        continue;
                strcpy(ret_update_point, stand->update_point);
                stand->is_claimed = is_found = true;
        }
        pthread_mutex_unlock(&received.lock);
        return is_found;
}

void ek_stands_forget(void)
{
        pthread_mutex_lock(&received.lock);
        for (size_t i = 0; i < received.stands.count; i++)
                received.stands.list[i].is_claimed = true;
        pthread_mutex_unlock(&received.lock);
}

void ek_stands_before_fork(void)
{
        pthread_mutex_lock(&received.lock);
}

void ek_stands_after_fork(void)
{
        pthread_mutex_unlock(&received.lock);
}
