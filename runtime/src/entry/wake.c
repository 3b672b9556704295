/* SPDX-License-Identifier: MIT */
/*
 * See wake.h. The kernel sends the update signal when a watched socket becomes readable (fcntl(2),
 * F_SETSIG and O_ASYNC), so nobody needs the right to signal this process in order to wake it.
 *
 * A signal may fall between the program's look at the flag and its blocking call. Then the flag is
 * set and nobody looks at it. So the handler, beside setting the flag, arms a timer that sends the
 * signal again, after 1, 2, 4 … 256 ms, until an update point has attended.
 */
#include "entry/wake.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <ekiden/update_point.h>

#include "entry/attention.h"
#include "entry/operators.h"
#include "entry/process.h"
#include "entry/threads.h"
#include "handover/way_back.h"
#include "wire/cleanup.h"
#include "wire/clock.h"
#include "wire/own.h"

#define WATCHED_MAX (EK_OPERATORS_MAX + 16) /* and the listener, and what is under way */
#define KNOCK_FIRST_MS 1
#define KNOCK_LAST_MS 256
#define KNOCKS_MAX 4096 /* about a quarter of an hour */

int ekiden_attention;

static struct {
        int signal_number;
        timer_t timer;
        bool has_timer, has_handler;
        struct sigaction before;
        int epoll, timer_fd; /* of ekiden_poll_descriptor(); -1 until it is asked for */
        int watched[WATCHED_MAX];
        size_t watched_count;
} wake = {.epoll = -1, .timer_fd = -1};

/* What the handler writes; lock-free, since the signal may come in any thread. */
static int asked;
static int knocks;

void ekiden_wake(void)
{
        ek_attention_set(EK_ATTENTION_ATTEND);
}

bool ek_wake_was_asked(void)
{
        return __atomic_exchange_n(&asked, 0, __ATOMIC_RELAXED) != 0;
}

static struct itimerspec once_after(uint64_t delay_ns)
{
        return (struct itimerspec){
                .it_value = {.tv_sec = (time_t)(delay_ns / UINT64_C(1000000000)),
                             .tv_nsec = (long)(delay_ns % UINT64_C(1000000000))},
        };
}

/* Async-signal-safe: timer_settime() is (signal-safety(7)). */
static void knock_again(void)
{
        int knock = __atomic_fetch_add(&knocks, 1, __ATOMIC_RELAXED);
        uint64_t delay_ms = knock < 8 ? (uint64_t)KNOCK_FIRST_MS << knock : KNOCK_LAST_MS;
        struct itimerspec when = once_after(delay_ms * EK_NS_PER_MS);

        if (knock >= KNOCKS_MAX)
                return;
        timer_settime(wake.timer, 0, &when, NULL);
        /* An event loop that goes on after EINTR sees no signal: the descriptor wakes it. On Linux
           this is nothing but a system call. */
        if (wake.timer_fd >= 0)
                timerfd_settime(wake.timer_fd, 0, &when, NULL);
}

void ek_wake_thread(pthread_t thread)
{
        (void)pthread_sigqueue(thread, wake.signal_number, (union sigval){.sival_ptr = &wake});
}

/* Sent by ek_wake_thread(). */
static bool is_for_a_thread(const siginfo_t *info)
{
        return info->si_code == SI_QUEUE && info->si_value.sival_ptr == &wake;
}

/* The kernel sends what is for the process to its first thread, if it can. */
static bool is_in_another_thread(void)
{
        return ek_threads.main_tid > 0 && gettid() != ek_threads.main_tid;
}

/* From kill() and its like the code is not positive; from a watched socket it is. What a keeper
   sends is a call back, and asks for nothing. */
static bool is_a_request(const siginfo_t *info)
{
        return info->si_code <= 0 && info->si_code != SI_TIMER && !is_for_a_thread(info) &&
               !ek_way_back_take_for(info->si_pid);
}

/* What another thread has passed on to the main one counts there as any other: whoever delivers
   signals late, as ThreadSanitizer does, may have dropped one behind it. */
static void on_signal(int number, siginfo_t *info, void *context)
{
        int saved = errno;

        (void)number;
        (void)context;
        if (is_for_a_thread(info) && is_in_another_thread())
                return; /* that the blocking call ends is all */
        if (is_a_request(info))
                __atomic_store_n(&asked, 1, __ATOMIC_RELAXED);
        ekiden_wake();
        if (wake.has_timer)
                knock_again();
        if (is_in_another_thread())
                ek_wake_thread(ek_threads.main.handle);
        errno = saved;
}

static int install(int number, struct ekiden_error *error)
{
        struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
        sigset_t blocked;

        sigemptyset(&action.sa_mask);
        if (sigaction(number, NULL, &wake.before) < 0)
                return ekiden_error_set_errno(error, EKIDEN_EINVAL, errno,
                                              "signal %d cannot be the update signal", number);
        if (wake.before.sa_handler != SIG_DFL && wake.before.sa_handler != SIG_IGN)
                return ekiden_error_set(error, EKIDEN_EEXISTS,
                                        "signal %d (%s) has a handler already; choose another one "
                                        "with ekiden_set_signal()",
                                        number, strsignal(number));
        sigprocmask(SIG_SETMASK, NULL, &blocked);
        if (sigismember(&blocked, number) == 1)
                return ekiden_error_set(error, EKIDEN_EINVAL,
                                        "signal %d (%s) is blocked, and could never wake this "
                                        "process; unblock it before ekiden_start(), or use "
                                        "ekiden_set_signal(0) and ekiden_poll_descriptor()",
                                        number, strsignal(number));
        if (sigaction(number, &action, NULL) < 0)
                return ekiden_error_set_errno(error, EKIDEN_EINVAL, errno,
                                              "signal %d cannot be the update signal", number);
        wake.has_handler = true;
        return 0;
}

/* Timers are not inherited (timer_create(2)); the epoll is shared with the parent, and so are the
   flags of the sockets. */
void ek_wake_after_fork(void)
{
        ek_own_close(&wake.epoll);
        ek_own_close(&wake.timer_fd);
        wake.watched_count = 0;
        wake.has_timer = false;
        __atomic_store_n(&asked, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&knocks, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&ekiden_attention, 0, __ATOMIC_RELAXED);
}

static int signal_on_input(int socket, bool enable)
{
        int flags = fcntl(socket, F_GETFL);

        if (flags < 0)
                return EKIDEN_ESYSTEM;
        if (enable && (fcntl(socket, F_SETOWN, getpid()) < 0 ||
                       fcntl(socket, F_SETSIG, wake.signal_number) < 0))
                return EKIDEN_ESYSTEM;
        flags = enable ? flags | O_ASYNC : flags & ~O_ASYNC;
        return fcntl(socket, F_SETFL, flags) < 0 ? EKIDEN_ESYSTEM : 0;
}

/* The flags of a socket are everybody's who has it open; its signals go to the PID. */
static void set_signals(bool enable)
{
        for (size_t i = 0; wake.signal_number != 0 && i < wake.watched_count; i++)
                signal_on_input(wake.watched[i], enable);
}

void ek_wake_quiet(void)
{
        set_signals(false);
}

void ek_wake_loud(void)
{
        set_signals(true);
        ekiden_wake(); /* what came meanwhile has made no noise */
}

int ek_wake_after_split(struct ekiden_error *error)
{
        wake.has_timer = false; /* it was the other's (timer_create(2)) */
        return ek_wake_begin(error);
}

int ek_wake_begin(struct ekiden_error *error)
{
        struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = wake.signal_number};

        if (wake.signal_number == 0)
                return 0;
        if (!wake.has_timer && timer_create(CLOCK_MONOTONIC, &event, &wake.timer) < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno, "cannot make a timer");
        wake.has_timer = true;
        return wake.has_handler ? 0 : install(wake.signal_number, error);
}

void ek_wake_teardown(void)
{
        if (wake.has_handler)
                sigaction(wake.signal_number, &wake.before, NULL);
        if (wake.has_timer)
                timer_delete(wake.timer);
        wake.has_handler = wake.has_timer = false;
}

void ek_wake_end(void)
{
        ek_wake_at(UINT64_MAX);
        if (wake.has_handler)
                signal(wake.signal_number, SIG_IGN);
        wake.has_handler = false;
        ek_wake_teardown();
        __atomic_store_n(&ekiden_attention, 0, __ATOMIC_RELAXED);
}

int ek_wake_setup(int signal_number, struct ekiden_error *error)
{
        wake.signal_number = signal_number;
        return ek_wake_begin(error);
}

static int poll_for_input(int fd)
{
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

        return epoll_ctl(wake.epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? EKIDEN_ESYSTEM : 0;
}

int ek_wake_watch(int socket)
{
        int r = 0;

        if (wake.watched_count == WATCHED_MAX)
                return EKIDEN_ENOMEM;
        if (wake.signal_number != 0)
                r = signal_on_input(socket, true);
        if (r == 0 && wake.epoll >= 0)
                r = poll_for_input(socket);
        if (r < 0)
                return r;
        wake.watched[wake.watched_count++] = socket;
        ekiden_wake(); /* it may be readable already, and then no signal comes */
        return 0;
}

void ek_wake_unwatch(int socket)
{
        for (size_t i = 0; i < wake.watched_count; i++) {
                if (wake.watched[i] != socket)
                        continue;
                wake.watched[i] = wake.watched[--wake.watched_count];
                if (wake.signal_number != 0)
                        signal_on_input(socket, false);
                if (wake.epoll >= 0)
                        epoll_ctl(wake.epoll, EPOLL_CTL_DEL, socket, NULL);
                return;
        }
}

void ek_wake_at(uint64_t time_ns)
{
        struct itimerspec when = {0};

        if (time_ns != UINT64_MAX) {
                uint64_t now = ek_now_ns();

                when = once_after(time_ns > now ? time_ns - now : 1);
        }
        __atomic_store_n(&knocks, 0, __ATOMIC_RELAXED);
        if (wake.has_timer)
                timer_settime(wake.timer, 0, &when, NULL);
        if (wake.timer_fd >= 0)
                timerfd_settime(wake.timer_fd, 0, &when, NULL);
}

int ekiden_poll_descriptor(void)
{
        ek_auto_close int epoll = -1;
        ek_auto_close int timer = -1;

        if (!ek_process.is_started)
                return EKIDEN_ESTATE;
        if (!ek_thread_is_main())
                return ek_thread_current() ? ek_thread_poll_descriptor(ek_thread_current())
                                           : EKIDEN_ESTATE;
        if (wake.epoll >= 0)
                return wake.epoll;
        epoll = epoll_create1(EPOLL_CLOEXEC);
        timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
        if (epoll < 0 || timer < 0)
                return EKIDEN_ESYSTEM;
        wake.epoll = epoll;
        for (size_t i = 0; i < wake.watched_count; i++)
                if (poll_for_input(wake.watched[i]) < 0)
                        goto failed;
        if (poll_for_input(timer) < 0)
                goto failed;
        wake.timer_fd = ek_own(ek_steal_fd(&timer));
        return ek_own(ek_steal_fd(&epoll));

failed:
        wake.epoll = -1;
        return EKIDEN_ESYSTEM;
}
