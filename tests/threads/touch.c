/* SPDX-License-Identifier: MIT */
/*
 * Threads that tell of changes while the main one sends what was told: no key is lost. It uses no
 * Criterion, so that the thread sanitizer can look on.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <ekiden/ahead.h>

#include "probe_v1.ekiden.h"
#include "state/changes.h"

#define THREADS 4
#define KEYS 20000

static const struct ekiden_item *records;
/* Of each key, under its lock: how often it changed, and that which was sent last. */
static struct {
        pthread_mutex_t lock;
        unsigned int changes, sent;
} keys[KEYS];

static void *change(void *data)
{
        unsigned int seed = (unsigned int)(size_t)data;

        for (int i = 0; i < 10 * KEYS; i++) {
                unsigned int key = (unsigned int)rand_r(&seed) % KEYS;

                pthread_mutex_lock(&keys[key].lock);
                keys[key].changes++;
                ekiden_touch_number(records, key);
                pthread_mutex_unlock(&keys[key].lock);
        }
        return NULL;
}

static void send_all(struct ek_changes *changes)
{
        struct ekiden_key key;

        ek_changes_turn(changes);
        while (ek_changes_next(changes, &key)) {
                pthread_mutex_lock(&keys[key.number].lock);
                keys[key.number].sent = keys[key.number].changes;
                pthread_mutex_unlock(&keys[key.number].lock);
        }
}

static unsigned int count_lost(void)
{
        unsigned int lost = 0;

        for (size_t i = 0; i < KEYS; i++)
                lost += keys[i].sent != keys[i].changes;
        return lost;
}

int main(void)
{
        pthread_t threads[THREADS];
        struct ek_changes *changes;
        unsigned int lost;

        for (size_t i = 0; i < probe_v1.item_count; i++)
                if (probe_v1.items[i].key)
                        records = &probe_v1.items[i];
        for (size_t i = 0; i < KEYS; i++)
                pthread_mutex_init(&keys[i].lock, NULL);
        if (!records || ek_changes_begin(records, EK_CHANGES_MAX_DEFAULT, false, &changes) < 0)
                return 1;
        for (size_t i = 0; i < THREADS; i++)
                if (pthread_create(&threads[i], NULL, change, (void *)(i + 1)) != 0)
                        return 1;
        for (int round = 0; round < 50; round++)
                send_all(changes);
        for (size_t i = 0; i < THREADS; i++)
                pthread_join(threads[i], NULL);
        send_all(changes);
        lost = count_lost();
        if (ek_changes_failure(changes) != 0 || lost > 0)
                fprintf(stderr, "%u keys are lost\n", lost);
        ek_changes_end(changes);
        return lost > 0;
}
