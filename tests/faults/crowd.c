/* SPDX-License-Identifier: MIT */
/* See crowd.h. Each is asked to go on by a pulse, which ends its wait as a request of a client's
   would. */
#include "crowd.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#define THREADS_MAX 8
#define GOES_ON_MS 1500

static struct crowd {
        pthread_mutex_t mutex;
        pthread_cond_t changed;
        int pulse; /* counts; under the mutex */
        int pipe[2]; /* has a byte for each thread that sleeps in poll() */
        sem_t begun;
        int failures;
        struct {
                unsigned int passes;
        } threads[THREADS_MAX];
        long count;
} crowd = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void wake(void *data)
{
        (void)data;
        pthread_cond_broadcast(&crowd.changed);
}

static void wait_for_pulse(int *at)
{
        pthread_mutex_lock(&crowd.mutex);
        while (*at == crowd.pulse && !ekiden_is_wanted())
                pthread_cond_wait(&crowd.changed, &crowd.mutex);
        *at = crowd.pulse;
        pthread_mutex_unlock(&crowd.mutex);
}

static void sleep_in_poll(int descriptor)
{
        struct pollfd sources[] = {
                {.fd = crowd.pipe[0], .events = POLLIN},
                {.fd = descriptor, .events = POLLIN},
        };
        char byte;

        if (poll(sources, 2, -1) > 0 && sources[0].revents)
                (void)!read(crowd.pipe[0], &byte, 1);
}

static void *run(void *data)
{
        long i = (long)data;
        int pulse = 0, descriptor = -1;
        char name[16];

        snprintf(name, sizeof(name), "crowd-%ld", i);
        if (ekiden_thread_begin(name, i % 3 == 0 ? wake : NULL, NULL, NULL) < 0)
                __atomic_fetch_add(&crowd.failures, 1, __ATOMIC_RELAXED);
        if (i % 3 == 1)
                descriptor = ekiden_poll_descriptor();
        sem_post(&crowd.begun);
        for (;;) {
                ekiden_update_point("crowd");
                __atomic_fetch_add(&crowd.threads[i].passes, 1, __ATOMIC_RELAXED);
                if (i % 3 == 0)
                        wait_for_pulse(&pulse);
                else
                        sleep_in_poll(descriptor);
        }
        return NULL;
}

bool crowd_start(void)
{
        const char *count = getenv("SUBJECT_THREADS");
        pthread_t thread;

        crowd.count = count ? atol(count) : 0;
        if (crowd.count == 0)
                return true;
        if (crowd.count > THREADS_MAX || pipe(crowd.pipe) < 0)
                return false;
        sem_init(&crowd.begun, 0, 0);
        for (long i = 0; i < crowd.count; i++)
                if (pthread_create(&thread, NULL, run, (void *)i) != 0)
                        return false;
        for (long i = 0; i < crowd.count; i++)
                while (sem_wait(&crowd.begun) < 0)
                        ;
        return crowd.failures == 0;
}

static bool have_passed(const unsigned int before[THREADS_MAX])
{
        for (long i = 0; i < crowd.count; i++)
                if (__atomic_load_n(&crowd.threads[i].passes, __ATOMIC_RELAXED) == before[i])
                        return false;
        return true;
}

bool crowd_goes_on(void)
{
        const struct timespec moment = {.tv_nsec = 1000000};
        unsigned int before[THREADS_MAX];

        for (long i = 0; i < crowd.count; i++)
                before[i] = __atomic_load_n(&crowd.threads[i].passes, __ATOMIC_RELAXED);
        for (int i = 0; i < GOES_ON_MS && !have_passed(before); i++) {
                pthread_mutex_lock(&crowd.mutex);
                crowd.pulse++;
                pthread_cond_broadcast(&crowd.changed);
                pthread_mutex_unlock(&crowd.mutex);
                for (long j = 0; j < crowd.count; j++)
                        (void)!write(crowd.pipe[1], "x", 1);
                nanosleep(&moment, NULL);
        }
        return have_passed(before);
}
