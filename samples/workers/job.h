/* SPDX-License-Identifier: MIT */
/* A job: primes are counted, a turn at a time, so that nobody works for long without a look at the
   rest of the world. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define JOB_LAST_MAX UINT64_C(1000000000000)
#define NAME_SIZE 32 /* of a worker, with its NUL */

struct job {
        struct job *next_job; /* in the queue */
        uint64_t id;
        uint64_t client; /* whose it is */
        uint64_t first, last;
        uint64_t next; /* the number to look at */
        uint64_t primes; /* so far */
        bool is_dropped; /* nobody waits for it any more; under the pool's lock */
        char worker[NAME_SIZE]; /* who finished it; "": nobody has, or it is not known */
};

/** Works on it for about a millisecond. False: it is done. */
bool job_take_a_turn(struct job *job);
