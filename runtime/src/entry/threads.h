/* SPDX-License-Identifier: MIT */
/*
 * The threads that the program has registered, and what each is doing. threads.c has the register,
 * thread_stop.c how they are stopped and go on, thread_report.c what is told of those that do not
 * come.
 *
 * One lock guards the register and who stands where. It is never held while the program is called.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <ekiden/thread.h>

#define EK_LOCK_TEXT_MAX 160 /* bytes of what is said of a lock that is held */

enum ek_thread_state {
        EK_THREAD_RUNS,
        EK_THREAD_STANDS, /* at an update point, or in ekiden_thread_begin(), for a stop */
        EK_THREAD_IDLE,
};

struct ek_thread {
        struct ek_thread *next;
        char name[EKIDEN_NAME_MAX + 1];
        pthread_t handle;
        pid_t tid; /* by which /proc/self/task has it */
        void (*wake)(void *data); /* NULL: the update signal */
        void *data;
        bool is_deaf; /* it began with the update signal blocked */
        int event; /* eventfd of its ekiden_poll_descriptor(), or -1 */
        enum ek_thread_state state;
        bool is_being_woken; /* `wake` is running: it must not go away */
        bool has_passed; /* an update point where it stood, or was noted */
        char stood[EKIDEN_NAME_MAX + 1]; /* its namesake in the predecessor, there; "": not known */
        pthread_mutex_t place_lock;
        /* Under place_lock, which is taken last: the update point that it passed last, where that
           was noted, and when (ek_now_ns()). */
        char place[EKIDEN_NAME_MAX + 1];
        uint64_t place_ns; /* 0: it was not */
        char held[EK_LOCK_TEXT_MAX]; /* a lock that it brought there; "": none */
};

struct ek_threads {
        pthread_mutex_t lock;
        pthread_cond_t changed; /* one has arrived, ended, or was woken: the main thread waits */
        pthread_cond_t resumed; /* those that stand wait for it */
        struct ek_thread *list; /* without the main thread */
        size_t count;
        struct ek_thread main;
        pid_t main_tid; /* by gettid() */
        bool is_begun; /* ekiden_start() has succeeded */
        bool is_stopping; /* threads that come to an update point stand there */
        bool is_initial; /* because this process does not serve yet */
        unsigned int deadline_ms;
};

extern struct ek_threads ek_threads;

/** The calling thread becomes the main one: in ekiden_start(). */
void ek_threads_begin(void);

/** In a forked child, whose only thread is the caller: it becomes the main one, and nothing is left
    of the others. */
void ek_threads_after_fork(void);

/** Waits for a condition with the lock: it is not cancelled there, and so never ends with it. */
void ek_thread_wait(pthread_cond_t *condition);

/** Whether this is the main thread, or ekiden_start() was not called. */
bool ek_thread_is_main(void);

/** The calling thread's entry; NULL: it has none. */
struct ek_thread *ek_thread_current(void);

/** How many are registered, without the main one. Any thread. */
size_t ek_threads_count(void);

/** Notes that a thread, which is the caller, is at a place. */
void ek_thread_note(struct ek_thread *thread, const char *place);

/** The place noted last, and how long ago; UINT64_MAX: none was. Any thread. */
uint64_t ek_thread_place(struct ek_thread *thread, char ret_place[EKIDEN_NAME_MAX + 1]);

/** A poll descriptor of the calling thread's own, for ekiden_poll_descriptor(). */
int ek_thread_poll_descriptor(struct ek_thread *thread);
