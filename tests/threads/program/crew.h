/* SPDX-License-Identifier: MIT */
/* The members of the crew: threads, of a kind each. */
#pragma once

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>

#define MEMBERS_MAX 64

struct kind {
        const char *name;
        void *(*run)(void *member);
        bool is_prompt; /* it registers at once, and tells that by `begun` */
};

struct member {
        const struct kind *kind;
        char name[32]; /* of the thread; its update point is that and "_loop" */
        char loop[48];
        pthread_t thread;
        uint64_t passes; /* state: its own, but for the pause; so it needs no lock */
        uint64_t shown; /* the same, for whoever asks meanwhile */
        int has_resumed; /* it was told that it stood in its loop */
        char stood[64]; /* where its namesake in the predecessor stood; "-": there was none */
};

extern const struct kind kinds[];

/** Posted by each member that has registered. */
extern sem_t begun;

/** Members that are stuck come to no update point. */
extern int is_stuck;

/** The member has served once more. The page shows whether a leg served after a later one had. */
void serve_once(struct member *member);

/**
 * To be called ahead of a call that waits for input until a signal ends it. False: a signal has
 * ended the wait here. It returns true at once, unless it is built with HANDLERS_RUN_LATE.
 *
 * ThreadSanitizer keeps a signal until the thread makes a call that it takes for a blocking one, or
 * returns from another: poll(), epoll_wait(), nanosleep(), pthread_cond_wait() are of the first
 * kind, accept() and read() of the second. So one that comes just before accept() is handled when
 * that returns, and until then nobody knows of it: its handler would have made it come again.
 * Without the sanitizer the handler has run by then.
 */
bool await_input(int descriptor);

/** Where members of all processes note who served last. */
struct page {
        uint64_t leg[MEMBERS_MAX];
        uint64_t violations;
};
extern uint64_t leg; /* of this process, from 1 */
extern struct page *page;
extern struct member members[MEMBERS_MAX];
