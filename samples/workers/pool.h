/* SPDX-License-Identifier: MIT */
/*
 * The threads that do the work. A job is in the queue, or among those that are done, whenever a
 * worker is at its update point: so nothing is half done there, however far the job has come.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "job.h"

#define WORKERS_MAX 64

struct pool;

struct worker {
        struct pool *pool;
        pthread_t thread;
        char name[NAME_SIZE];
        /* Under the pool's lock: */
        uint64_t jobs, turns;
        struct job *job; /* that it works on; NULL: it waits, or is at its update point */
        uint64_t at; /* where that was at the beginning of the turn */
};

struct queue {
        struct job *first, **end;
};

struct pool {
        pthread_mutex_t lock; /* of all here; never held across an update point */
        pthread_cond_t changed;
        struct queue waiting, done;
        int signal; /* an eventfd, readable when something is done */
        struct worker workers[WORKERS_MAX];
        size_t count;
};

/** False: the system gives no eventfd. */
bool pool_init(struct pool *pool);

/** A worker, who does not work yet. False: there are too many. */
bool pool_hire(struct pool *pool, const char *name);

/** All begin. Exits if the system gives no thread. */
void pool_start(struct pool *pool);

/** Takes a job over, which is to be done, or is done. */
void pool_add(struct pool *pool, struct job *job);
void pool_add_done(struct pool *pool, struct job *job);

/** Gives one back that is done; NULL: none is. */
struct job *pool_take_done(struct pool *pool);

/** Forgets what a client has asked for. */
void pool_drop(struct pool *pool, uint64_t client);
