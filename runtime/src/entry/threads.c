/* SPDX-License-Identifier: MIT */
/* See threads.h: the register. */
#include "entry/threads.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "entry/attention.h"
#include "entry/locks.h"
#include "entry/process.h"
#include "entry/thread_report.h"
#include "entry/thread_stop.h"
#include "handover/public_pid.h"
#include "state/changes.h"
#include "utf8.h"
#include "wire/clock.h"
#include "wire/own.h"

#define MAIN_NAME "main"

struct ek_threads ek_threads = {
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER,
        .resumed = PTHREAD_COND_INITIALIZER,
        .main = {.name = MAIN_NAME, .event = -1, .place_lock = PTHREAD_MUTEX_INITIALIZER},
        .deadline_ms = EK_STOP_DEADLINE_MS,
};

/* Read in update points and in the handler of the update signal: never allocated lazily. */
static __thread struct ek_thread *current __attribute__((tls_model("initial-exec")));
static pthread_key_t key; /* its destructor ends threads that exit without it */
static bool has_key, watches_forks;

struct ek_thread *ek_thread_current(void)
{
        return current;
}

bool ek_thread_is_main(void)
{
        return !ek_threads.is_begun || current == &ek_threads.main;
}

void ek_thread_wait(pthread_cond_t *condition)
{
        int before;

        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
        pthread_cond_wait(condition, &ek_threads.lock);
        pthread_setcancelstate(before, NULL);
}

size_t ek_threads_count(void)
{
        size_t count;

        pthread_mutex_lock(&ek_threads.lock);
        count = ek_threads.count;
        pthread_mutex_unlock(&ek_threads.lock);
        return count;
}

/* A fork in any thread finds all locks free in the child that it might take there. Who takes two of
   them takes them in this order. */
static void before_fork(void)
{
        pthread_mutex_lock(&ek_threads.lock);
        pthread_mutex_lock(&ek_threads.main.place_lock);
        ek_stands_before_fork();
        ek_thread_say_before_fork();
        ek_own_before_fork();
        ek_changes_before_fork();
}

static void after_fork(bool is_child)
{
        ek_changes_after_fork(is_child);
        ek_own_after_fork();
        ek_thread_say_after_fork();
        ek_stands_after_fork();
        pthread_mutex_unlock(&ek_threads.main.place_lock);
        pthread_mutex_unlock(&ek_threads.lock);
}

static void after_fork_in_parent(void)
{
        after_fork(false);
}

/* Should the child never call ekiden_after_fork(), its update points do nothing. */
static void after_fork_in_child(void)
{
        current = &ek_threads.main;
        ek_threads.main.handle = pthread_self();
        ek_threads.main.tid = ek_threads.main_tid = gettid();
        ek_threads.is_stopping = ek_threads.is_initial = false;
        ek_attention_clear(EK_ATTENTION_STOP | EK_ATTENTION_NOTE);
        after_fork(true);
}

static void on_exit_of_thread(void *thread)
{
        (void)thread;
        ekiden_thread_end();
}

void ek_threads_begin(void)
{
        /* Without the key threads cannot register. */
        if (!has_key)
                has_key = pthread_key_create(&key, on_exit_of_thread) == 0;
        if (!watches_forks)
                watches_forks =
                        pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child) == 0;
        ek_threads.main.handle = pthread_self();
        ek_threads.main.tid = ek_public_tid();
        ek_threads.main_tid = gettid();
        ek_threads.is_begun = true;
        current = &ek_threads.main;
}

static void free_thread(struct ek_thread *thread)
{
        ek_own_close(&thread->event);
        pthread_mutex_destroy(&thread->place_lock);
        free(thread);
}

void ek_threads_after_fork(void)
{
        struct ek_thread *thread = ek_threads.list;

        while (thread) {
                struct ek_thread *next = thread->next;

                ek_own_close(&thread->event);
                free(thread); /* its lock may be held, by a thread that is not here */
                thread = next;
        }
        pthread_mutex_init(&ek_threads.lock, NULL);
        pthread_cond_init(&ek_threads.changed, NULL);
        pthread_cond_init(&ek_threads.resumed, NULL);
        pthread_mutex_init(&ek_threads.main.place_lock, NULL);
        if (has_key)
                pthread_setspecific(key, NULL);
        ek_stands_forget(); /* who stood there in the parent's predecessor */
        ek_threads.list = NULL;
        ek_threads.count = 0;
        ek_threads.is_stopping = ek_threads.is_initial = false;
        ek_attention_clear(EK_ATTENTION_STOP | EK_ATTENTION_NOTE);
        ek_threads.main.place_ns = 0;
        ek_threads_begin();
        if (ek_locks_are_checked())
                ek_attention_set(EK_ATTENTION_LOCKS);
}

static bool is_name(const char *name)
{
        char copy[EKIDEN_NAME_MAX + 1];

        if (!name || !name[0] || strlen(name) > EKIDEN_NAME_MAX || ek_utf8_has_control(name))
                return false;
        ek_utf8_copy(copy, sizeof(copy), name);
        return strcmp(copy, name) == 0;
}

static struct ek_thread *thread_new(const char *name, void (*wake)(void *data), void *data)
{
        struct ek_thread *thread = calloc(1, sizeof(*thread));
        sigset_t blocked;

        if (!thread)
                return NULL;
        strcpy(thread->name, name);
        thread->handle = pthread_self();
        thread->tid = ek_public_tid();
        thread->wake = wake;
        thread->data = data;
        thread->event = -1;
        pthread_mutex_init(&thread->place_lock, NULL);
        pthread_sigmask(SIG_SETMASK, NULL, &blocked);
        thread->is_deaf = ek_process.signal_number == 0 ||
                          sigismember(&blocked, ek_process.signal_number) == 1;
        return thread;
}

/* With the lock. */
static int check_room(const char *name, struct ekiden_error *error)
{
        bool is_taken = strcmp(name, MAIN_NAME) == 0;

        for (const struct ek_thread *thread = ek_threads.list; thread; thread = thread->next)
                is_taken = is_taken || strcmp(thread->name, name) == 0;
        if (is_taken)
                return ekiden_error_set(error, EKIDEN_EEXISTS,
                                        "a thread named \"%s\" is registered already", name);
        if (ek_threads.count == EKIDEN_THREADS_MAX)
                return ekiden_error_set(error, EKIDEN_ELIMIT, "%d threads are registered already",
                                        EKIDEN_THREADS_MAX);
        return 0;
}

static int check_call(const char *name, struct ekiden_error *error)
{
        if (!ek_threads.is_begun || !ek_process_is_this())
                return ekiden_error_set(error, EKIDEN_ESTATE,
                                        "a thread registers after ekiden_start(), in its process");
        if (!is_name(name))
                return ekiden_error_set(error, EKIDEN_EINVAL,
                                        "a thread's name is 1 to %d bytes of UTF-8",
                                        EKIDEN_NAME_MAX);
        if (current)
                return ekiden_error_set(error, EKIDEN_EEXISTS,
                                        "this thread is registered already, as \"%s\"",
                                        current->name);
        return 0;
}

int ekiden_thread_begin(const char *name, void (*wake)(void *data), void *data,
                        struct ekiden_error *error)
{
        struct ekiden_error local = {0};
        struct ek_thread *thread;
        int r;

        if (!error)
                error = &local;
        *error = (struct ekiden_error){0};
        r = check_call(name, error);
        if (r < 0)
                return r;
        thread = has_key && watches_forks ? thread_new(name, wake, data) : NULL;
        if (!thread)
                return ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out");
        pthread_mutex_lock(&ek_threads.lock);
        r = check_room(name, error);
        if (r == 0 && pthread_setspecific(key, thread) != 0)
                r = ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out");
        if (r == 0) {
                thread->next = ek_threads.list;
                ek_threads.list = thread;
                ek_threads.count++;
                (void)ek_stands_claim(name, thread->stood);
                current = thread;
                if (!ek_threads.is_initial)
                        ek_thread_stand(thread); /* it would be news to a stop that is complete */
        }
        pthread_mutex_unlock(&ek_threads.lock);
        if (r < 0)
                free_thread(thread);
        return r;
}

void ekiden_thread_end(void)
{
        struct ek_thread *thread = current;

        if (!thread || thread == &ek_threads.main)
                return;
        pthread_mutex_lock(&ek_threads.lock);
        while (thread->is_being_woken)
                ek_thread_wait(&ek_threads.changed);
        for (struct ek_thread **at = &ek_threads.list; *at; at = &(*at)->next)
                if (*at == thread) {
                        *at = thread->next;
                        break;
                }
        ek_threads.count--;
        pthread_cond_broadcast(&ek_threads.changed);
        pthread_mutex_unlock(&ek_threads.lock);
        pthread_setspecific(key, NULL);
        current = NULL;
        free_thread(thread);
}

void ek_thread_note(struct ek_thread *thread, const char *place)
{
        pthread_mutex_lock(&thread->place_lock);
        ek_utf8_copy_line(thread->place, sizeof(thread->place), place && place[0] ? place : "?");
        thread->place_ns = ek_now_ns();
        pthread_mutex_unlock(&thread->place_lock);
}

uint64_t ek_thread_place(struct ek_thread *thread, char ret_place[EKIDEN_NAME_MAX + 1])
{
        uint64_t ago_ns = UINT64_MAX;

        pthread_mutex_lock(&thread->place_lock);
        strcpy(ret_place, thread->place);
        if (thread->place_ns > 0)
                ago_ns = ek_now_ns() - thread->place_ns;
        pthread_mutex_unlock(&thread->place_lock);
        return ago_ns;
}

int ek_thread_poll_descriptor(struct ek_thread *thread)
{
        int event, r;

        if (thread->event >= 0) /* written by this thread alone */
                return thread->event;
        event = ek_own(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        if (event < 0)
                return EKIDEN_ESYSTEM;
        pthread_mutex_lock(&ek_threads.lock);
        thread->event = event;
        r = ek_threads.is_stopping ? eventfd_write(event, 1) : 0;
        pthread_mutex_unlock(&ek_threads.lock);
        (void)r; /* the first write into a new one finds room */
        return event;
}
