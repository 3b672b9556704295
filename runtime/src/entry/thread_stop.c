/* SPDX-License-Identifier: MIT */
/*
 * See thread_stop.h. A signal may fall between a thread's look at the flag and its blocking call,
 * and a broadcast before its wait: so each thread that has not come is woken again, after pauses
 * that grow. Who has come waits for one condition; the last one wakes the main thread.
 */
#include "entry/thread_stop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "entry/attention.h"
#include "entry/locks.h"
#include "entry/process.h"
#include "entry/thread_report.h"
#include "entry/wake.h"
#include "handover/deadlines.h"
#include "state/transfer.h"
#include "wire/clock.h"

#define FIRST_PAUSE_NS (200 * EK_NS_PER_US) /* until those that have not come are woken again */
#define LAST_PAUSE_NS (20 * EK_NS_PER_MS)

int ekiden_set_stop_deadline(unsigned int timeout_ms)
{
        if (timeout_ms == 0 || timeout_ms > EK_DEADLINE_MAX_MS)
                return EKIDEN_EINVAL;
        ek_threads.deadline_ms = timeout_ms;
        return 0;
}

/* Signals for the process go to the main thread then. What the thread itself does wrong comes all
   the same. */
static void block_signals(sigset_t *ret_before)
{
        static const int its_own[] = {SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};
        sigset_t others;

        sigfillset(&others);
        for (size_t i = 0; i < sizeof(its_own) / sizeof(its_own[0]); i++)
                sigdelset(&others, its_own[i]);
        pthread_sigmask(SIG_BLOCK, &others, ret_before);
}

/* In a state, while all are to stop; with the lock. No handler of the program's runs in it either.
 */
static void wait_to_resume(struct ek_thread *thread, enum ek_thread_state state)
{
        sigset_t before;

        block_signals(&before);
        while (ek_threads.is_stopping) {
                thread->state = state;
                pthread_cond_signal(&ek_threads.changed);
                ek_thread_wait(&ek_threads.resumed);
        }
        pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void ek_thread_stand(struct ek_thread *thread)
{
        if (!ek_threads.is_stopping)
                return;
        wait_to_resume(thread, EK_THREAD_STANDS);
        thread->state = EK_THREAD_RUNS;
}

static void come_to_update_point(struct ek_thread *thread, const char *update_point, int bits)
{
        if (!thread->has_passed) {
                pthread_mutex_lock(&ek_threads.lock);
                thread->has_passed = true;
                thread->stood[0] = '\0';
                pthread_mutex_unlock(&ek_threads.lock);
        }
        if (bits & (EK_ATTENTION_NOTE | EK_ATTENTION_WATCH | EK_ATTENTION_STOP))
                ek_thread_note(thread, update_point);
        if (!(bits & EK_ATTENTION_STOP))
                return;
        pthread_mutex_lock(&ek_threads.lock);
        ek_thread_stand(thread);
        pthread_mutex_unlock(&ek_threads.lock);
}

bool ek_thread_attend(const char *update_point)
{
        struct ek_thread *thread = ek_thread_current();
        int saved = errno, bits = ek_attention();

        if (!ek_threads.is_begun)
                return false;
        if (!thread) {
                ek_thread_is_strange(update_point);
                errno = saved;
                return true;
        }
        if (bits & EK_ATTENTION_LOCKS)
                ek_thread_check_locks(thread, update_point);
        if (thread == &ek_threads.main)
                return false;
        come_to_update_point(thread, update_point, bits);
        errno = saved;
        return true;
}

void ekiden_thread_idle_begin(const char *name)
{
        struct ek_thread *thread = ek_thread_current();
        int saved = errno;

        if (!thread || thread == &ek_threads.main || thread->state == EK_THREAD_IDLE)
                return;
        if (ek_attention() & EK_ATTENTION_LOCKS)
                ek_thread_check_locks(thread, name);
        ek_thread_note(thread, name);
        pthread_mutex_lock(&ek_threads.lock);
        thread->state = EK_THREAD_IDLE;
        pthread_cond_signal(&ek_threads.changed);
        pthread_mutex_unlock(&ek_threads.lock);
        errno = saved;
}

void ekiden_thread_idle_end(void)
{
        struct ek_thread *thread = ek_thread_current();
        int saved = errno;

        if (!thread || thread->state != EK_THREAD_IDLE)
                return;
        pthread_mutex_lock(&ek_threads.lock);
        if (ek_threads.is_stopping)
                wait_to_resume(thread, EK_THREAD_IDLE); /* it has come to its place before */
        thread->state = EK_THREAD_RUNS;
        pthread_mutex_unlock(&ek_threads.lock);
        errno = saved;
}

static bool all_stand(void)
{
        for (const struct ek_thread *thread = ek_threads.list; thread; thread = thread->next)
                if (thread->state == EK_THREAD_RUNS)
                        return false;
        return true;
}

/* The lock is let go while the program's function runs; the thread stays. */
static void wake_one(struct ek_thread *thread)
{
        if (thread->event >= 0)
                (void)eventfd_write(thread->event, 1);
        if (!thread->wake) {
                if (!thread->is_deaf)
                        ek_wake_thread(thread->handle);
                return;
        }
        thread->is_being_woken = true;
        pthread_mutex_unlock(&ek_threads.lock);
        thread->wake(thread->data);
        pthread_mutex_lock(&ek_threads.lock);
        thread->is_being_woken = false;
        pthread_cond_broadcast(&ek_threads.changed); /* it may be about to end */
}

static void wake_all(void)
{
        for (struct ek_thread *thread = ek_threads.list; thread; thread = thread->next)
                if (thread->state == EK_THREAD_RUNS)
                        wake_one(thread);
}

static void wait_until(uint64_t until_ns)
{
        const struct timespec until = {
                .tv_sec = (time_t)(until_ns / UINT64_C(1000000000)),
                .tv_nsec = (long)(until_ns % UINT64_C(1000000000)),
        };
        int r = 0;

        while (r != ETIMEDOUT && !all_stand())
                r = pthread_cond_clockwait(&ek_threads.changed, &ek_threads.lock, CLOCK_MONOTONIC,
                                           &until);
}

/* A stop that takes longer than usual can be asked about, and called off. */
static int look_after_operator(const struct ek_wait *wait, uint64_t began_ns, uint64_t *linger_ms)
{
        uint64_t waited_ms = (ek_now_ns() - began_ns) / EK_NS_PER_MS;

        if (wait->operator_ && ek_link_is_closed(wait->operator_))
                return EKIDEN_ECANCELLED;
        if (!wait->linger || waited_ms < *linger_ms)
                return 0;
        *linger_ms = waited_ms + EK_LINGER_AGAIN_MS;
        return wait->linger(wait->data, waited_ms);
}

/* Until all stand; with the lock, which it lets go now and then. */
static int await(const struct ek_wait *wait)
{
        uint64_t began_ns = ek_now_ns(), now_ns = began_ns;
        uint64_t until_ns = began_ns + ek_threads.deadline_ms * EK_NS_PER_MS;
        uint64_t pause_ns = FIRST_PAUSE_NS, linger_ms = EK_LINGER_MS;
        int r = 0;

        if (wait && wait->until_ns > 0 && wait->until_ns < until_ns)
                until_ns = wait->until_ns;
        while (r == 0 && !all_stand()) {
                if (now_ns >= until_ns)
                        return EKIDEN_ETIMEOUT;
                wake_all();
                wait_until(now_ns + pause_ns < until_ns ? now_ns + pause_ns : until_ns);
                pause_ns = pause_ns < LAST_PAUSE_NS / 2 ? pause_ns * 2 : LAST_PAUSE_NS;
                if (wait && !all_stand()) {
                        pthread_mutex_unlock(&ek_threads.lock);
                        r = look_after_operator(wait, began_ns, &linger_ms);
                        pthread_mutex_lock(&ek_threads.lock);
                }
                now_ns = ek_now_ns();
        }
        return r;
}

/* All stand, and none has brought a lock; with the lock. */
static int settle(const struct ek_wait *wait, struct ekiden_error *error)
{
        uint64_t began_ns = ek_now_ns();
        int r = await(wait);

        if (r == EKIDEN_ETIMEOUT)
                return ek_thread_report_missing((ek_now_ns() - began_ns) / EK_NS_PER_MS, error);
        return r < 0 ? ek_link_failed(r, error) : ek_thread_report_locks(error);
}

static int note_stands(struct ek_stands *ret_stands, struct ekiden_error *error)
{
        struct ek_stands stands = {.list = calloc(ek_threads.count + 1, sizeof(*stands.list))};

        if (!stands.list)
                return ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out");
        for (struct ek_thread *thread = ek_threads.list; thread; thread = thread->next) {
                struct ek_stand *stand = &stands.list[stands.count++];

                strcpy(stand->name, thread->name);
                ek_thread_place(thread, stand->update_point);
                stand->is_idle = thread->state == EK_THREAD_IDLE;
        }
        *ret_stands = stands;
        return 0;
}

static void begin_to_stop(void)
{
        ek_threads.is_stopping = true;
        ek_attention_set(EK_ATTENTION_STOP);
}

int ek_threads_stop(const struct ek_wait *wait, struct ek_stands *ret_stands,
                    struct ekiden_error *error)
{
        int r;

        pthread_mutex_lock(&ek_threads.lock);
        begin_to_stop();
        r = settle(wait, error);
        if (r == 0 && ret_stands)
                r = note_stands(ret_stands, error);
        pthread_mutex_unlock(&ek_threads.lock);
        if (r < 0)
                ek_threads_resume();
        return r;
}

void ek_threads_resume(void)
{
        pthread_mutex_lock(&ek_threads.lock);
        ek_threads.is_stopping = ek_threads.is_initial = false;
        ek_attention_clear(EK_ATTENTION_STOP);
        for (struct ek_thread *thread = ek_threads.list; thread; thread = thread->next) {
                eventfd_t knocks;

                if (thread->event >= 0)
                        (void)eventfd_read(thread->event, &knocks);
        }
        pthread_cond_broadcast(&ek_threads.resumed);
        pthread_mutex_unlock(&ek_threads.lock);
}

void ek_threads_hold(void)
{
        pthread_mutex_lock(&ek_threads.lock);
        ek_threads.is_initial = true;
        begin_to_stop();
        pthread_mutex_unlock(&ek_threads.lock);
}

int ek_threads_await(struct ekiden_error *error)
{
        int r;

        pthread_mutex_lock(&ek_threads.lock);
        r = settle(NULL, error);
        pthread_mutex_unlock(&ek_threads.lock);
        return r;
}

void ek_threads_note(bool is_under_way)
{
        if (is_under_way && ek_threads_count() > 0)
                ek_attention_set(EK_ATTENTION_NOTE);
        else
                ek_attention_clear(EK_ATTENTION_NOTE);
}
