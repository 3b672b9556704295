/* SPDX-License-Identifier: MIT */
/* The ways in which threads wait, and how each is brought to its update point, or is not. */
#include "crew.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#define NAP_NS 2000000

int is_stuck = 1;
sem_t begun;
struct page *page;
uint64_t leg;
struct member members[MEMBERS_MAX];

static struct {
        pthread_mutex_t mutex;
        pthread_cond_t changed;
} pool = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER};

static void wake_pool(void *data)
{
        (void)data;
        pthread_cond_broadcast(&pool.changed);
}

void serve_once(struct member *member)
{
        size_t i = (size_t)(member - members);
        uint64_t last;

        member->passes++;
        __atomic_store_n(&member->shown, member->passes, __ATOMIC_RELAXED);
        if (!page)
                return;
        last = __atomic_exchange_n(&page->leg[i], leg, __ATOMIC_RELAXED);
        if (last > leg)
                __atomic_fetch_add(&page->violations, 1, __ATOMIC_RELAXED);
}

static void nap(void)
{
        const struct timespec time = {.tv_nsec = NAP_NS};

        nanosleep(&time, NULL);
}

static void begin(struct member *member, void (*wake)(void *data))
{
        struct ekiden_error error;

        if (ekiden_thread_begin(member->name, wake, NULL, &error) < 0) {
                fprintf(stderr, "crew: %s: %s\n", member->name, error.sentence);
                exit(1);
        }
        sem_post(&begun);
        __atomic_store_n(&member->has_resumed, ekiden_resumed_at(member->loop), __ATOMIC_RELAXED);
}

bool await_input(int descriptor)
{
#ifdef HANDLERS_RUN_LATE
        struct pollfd source = {.fd = descriptor, .events = POLLIN};

        return poll(&source, 1, -1) > 0;
#else
        (void)descriptor;
        return true;
#endif
}

static void *run_poller(void *data)
{
        struct member *member = data;

        begin(member, NULL);
        for (;;) {
                ekiden_update_point(member->loop);
                serve_once(member);
                nap();
        }
        return NULL;
}

/* Nothing ever comes. */
static void *run_reader(void *data)
{
        struct member *member = data;
        int ends[2];
        char byte;

        if (pipe(ends) < 0)
                abort();
        begin(member, NULL);
        for (;;) {
                ekiden_update_point(member->loop);
                serve_once(member);
                if (await_input(ends[0]) && (read(ends[0], &byte, 1) >= 0 || errno != EINTR))
                        abort();
        }
        return NULL;
}

static void *run_waiter(void *data)
{
        struct member *member = data;

        begin(member, wake_pool);
        for (;;) {
                ekiden_update_point(member->loop);
                serve_once(member);
                pthread_mutex_lock(&pool.mutex);
                while (!ekiden_is_wanted())
                        pthread_cond_wait(&pool.changed, &pool.mutex);
                pthread_mutex_unlock(&pool.mutex);
        }
        return NULL;
}

/* What it sleeps in goes on after signals, and ends for a moment now and then. */
static void *run_idler(void *data)
{
        struct member *member = data;

        begin(member, NULL);
        for (;;) {
                ekiden_update_point(member->loop);
                serve_once(member);
                ekiden_thread_idle_begin("asleep");
                for (int i = 0; i < 20; i++)
                        nap();
                ekiden_thread_idle_end();
        }
        return NULL;
}

static void *run_stuck(void *data)
{
        struct member *member = data;

        begin(member, NULL);
        for (;;) {
                ekiden_update_point(member->loop);
                serve_once(member);
                do
                        nap();
                while (__atomic_load_n(&is_stuck, __ATOMIC_RELAXED));
        }
        return NULL;
}

static void block_signals(void)
{
        sigset_t all;

        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, NULL);
}

/* An event loop that no signal reaches. */
static void *run_watcher(void *data)
{
        struct member *member = data;
        struct epoll_event event = {.events = EPOLLIN};
        int epoll = epoll_create1(EPOLL_CLOEXEC);

        block_signals();
        begin(member, NULL);
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, ekiden_poll_descriptor(), &event) < 0)
                abort();
        for (;;) {
                ekiden_update_point(member->loop);
                serve_once(member);
                epoll_wait(epoll, &event, 1, -1);
        }
        return NULL;
}

/* Nothing can wake it, but it comes by itself. */
static void *run_deaf(void *data)
{
        block_signals();
        return run_poller(data);
}

static void *run_stranger(void *data)
{
        struct member *member = data;

        pthread_setname_np(pthread_self(), "stranger");
        for (;;) {
                ekiden_update_point(member->loop);
                nap();
        }
        return NULL;
}

/* Ends when it is wanted, and is one fewer to wait for. */
static void *run_ender(void *data)
{
        begin(data, NULL);
        while (!ekiden_is_wanted())
                nap();
        return NULL;
}

/* Registers in the midst of a stop. */
static void *run_late(void *data)
{
        while (!ekiden_is_wanted())
                ;
        return run_poller(data);
}

/* Registers, and never comes. */
static void *run_absent(void *data)
{
        begin(data, NULL);
        for (;;)
                nap();
        return NULL;
}

static void *run_locker(void *data)
{
        static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
        struct member *member = data;

        begin(member, NULL);
        pthread_mutex_lock(&mutex);
        while (leg == 1 && __atomic_load_n(&is_stuck, __ATOMIC_RELAXED)) {
                ekiden_update_point(member->loop);
                serve_once(member);
                nap();
        }
        pthread_mutex_unlock(&mutex);
        for (;;) {
                ekiden_update_point(member->loop);
                serve_once(member);
                nap();
        }
        return NULL;
}

static void *run_grabber(void *data)
{
        static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

        pthread_mutex_lock(&mutex);
        return run_poller(data);
}

const struct kind kinds[] = {
        {"poller", run_poller, true},   {"reader", run_reader, true},
        {"waiter", run_waiter, true},   {"idler", run_idler, true},
        {"stuck", run_stuck, true},     {"watcher", run_watcher, true},
        {"deaf", run_deaf, true},       {"ender", run_ender, true},
        {"late", run_late, false},      {"stranger", run_stranger, false},
        {"locker", run_locker, true},   {"absent", run_absent, true},
        {"grabber", run_grabber, true}, {NULL, NULL, false},
};
