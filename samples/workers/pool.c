/* SPDX-License-Identifier: MIT */
/* See pool.h. */
#include "pool.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include <ekiden/ekiden.h>

bool pool_init(struct pool *pool)
{
        *pool = (struct pool){
                .lock = PTHREAD_MUTEX_INITIALIZER,
                .changed = PTHREAD_COND_INITIALIZER,
                .signal = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
        };
        pool->waiting.end = &pool->waiting.first;
        pool->done.end = &pool->done.first;
        return pool->signal >= 0;
}

static void append(struct queue *queue, struct job *job)
{
        job->next_job = NULL;
        *queue->end = job;
        queue->end = &job->next_job;
}

static struct job *take_first(struct queue *queue)
{
        struct job *job = queue->first;

        if (!job)
                return NULL;
        queue->first = job->next_job;
        if (!queue->first)
                queue->end = &queue->first;
        return job;
}

bool pool_hire(struct pool *pool, const char *name)
{
        struct worker *worker = &pool->workers[pool->count];

        if (pool->count == WORKERS_MAX || strlen(name) >= sizeof(worker->name))
                return false;
        pool->count++;
        worker->pool = pool;
        strcpy(worker->name, name);
        return true;
}

/* Called by the main thread until the worker has come to its update point. */
static void wake(void *data)
{
        struct pool *pool = data;

        pthread_cond_broadcast(&pool->changed);
}

/* NULL: the worker is wanted at its update point. */
static struct job *wait_for_job(struct worker *worker)
{
        struct pool *pool = worker->pool;
        struct job *job;

        pthread_mutex_lock(&pool->lock);
        while (!pool->waiting.first && !ekiden_is_wanted())
                pthread_cond_wait(&pool->changed, &pool->lock);
        job = worker->job = take_first(&pool->waiting);
        worker->at = job ? job->next : 0;
        pthread_mutex_unlock(&pool->lock);
        return job;
}

static void put_back(struct worker *worker, struct job *job, bool is_done)
{
        struct pool *pool = worker->pool;

        pthread_mutex_lock(&pool->lock);
        worker->job = NULL;
        worker->turns++;
        if (job->is_dropped) {
                free(job);
        } else if (is_done) {
                worker->jobs++;
                strcpy(job->worker, worker->name);
                append(&pool->done, job);
                eventfd_write(pool->signal, 1);
        } else {
                append(&pool->waiting, job); /* behind the others: they all get on */
        }
        pthread_mutex_unlock(&pool->lock);
}

static void *work(void *data)
{
        struct worker *worker = data;
        struct ekiden_error error;

        if (ekiden_thread_begin(worker->name, wake, worker->pool, &error) < 0)
                errx(1, "%s", error.sentence);
        for (;;) {
                struct job *job;

                ekiden_update_point("worker_loop");
                job = wait_for_job(worker);
                if (job)
                        put_back(worker, job, !job_take_a_turn(job));
        }
        return NULL;
}

void pool_start(struct pool *pool)
{
        for (size_t i = 0; i < pool->count; i++) {
                struct worker *worker = &pool->workers[i];

                if (pthread_create(&worker->thread, NULL, work, worker) != 0)
                        errx(1, "there is no room for another thread");
        }
}

void pool_add(struct pool *pool, struct job *job)
{
        pthread_mutex_lock(&pool->lock);
        append(&pool->waiting, job);
        pthread_cond_signal(&pool->changed);
        pthread_mutex_unlock(&pool->lock);
}

void pool_add_done(struct pool *pool, struct job *job)
{
        pthread_mutex_lock(&pool->lock);
        append(&pool->done, job);
        eventfd_write(pool->signal, 1);
        pthread_mutex_unlock(&pool->lock);
}

struct job *pool_take_done(struct pool *pool)
{
        struct job *job;
        eventfd_t count;

        pthread_mutex_lock(&pool->lock);
        job = take_first(&pool->done);
        if (!job)
                eventfd_read(pool->signal, &count);
        pthread_mutex_unlock(&pool->lock);
        return job;
}

void pool_drop(struct pool *pool, uint64_t client)
{
        struct queue kept = {.end = &kept.first};
        struct job *job;

        pthread_mutex_lock(&pool->lock);
        while ((job = take_first(&pool->waiting)))
                if (job->client == client)
                        free(job);
                else
                        append(&kept, job);
        while ((job = take_first(&kept)))
                append(&pool->waiting, job);
        for (size_t i = 0; i < pool->count; i++)
                if (pool->workers[i].job && pool->workers[i].job->client == client)
                        pool->workers[i].job->is_dropped = true;
        pthread_mutex_unlock(&pool->lock);
}
