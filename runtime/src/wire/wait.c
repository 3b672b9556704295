/* SPDX-License-Identifier: MIT */
/*
 * Waiting for a link's socket, with a deadline and an eye on the operator, in a libuv loop of the
 * link's own. Nothing runs in it but the three handles here: the program's own loop is not touched.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire/clock.h"
#include "wire/link_private.h"
#include "wire/own.h"

#define FIRST_LOOP_MAX 8 /* descriptors that it opens, at most */

struct ek_waiter {
        uv_loop_t loop;
        uv_poll_t socket, operator_;
        uv_timer_t timer;
        int operator_fd; /* that `operator_` watches, or -1 */
        int socket_events;
        bool ready, operator_ready, expired;
};

static void on_socket(uv_poll_t *handle, int status, int events)
{
        struct ek_waiter *waiter = handle->data;

        (void)events;
        if (status < 0) /* which shows in the read or write that follows; the handle is stopped */
                waiter->socket_events = 0;
        waiter->ready = true;
}

static void on_operator(uv_poll_t *handle, int status, int events)
{
        struct ek_waiter *waiter = handle->data;

        (void)status;
        (void)events;
        waiter->operator_ready = true;
}

static void on_timer(uv_timer_t *handle)
{
        struct ek_waiter *waiter = handle->data;

        waiter->expired = true;
        uv_stop(handle->loop); /* it may have run before the poll, which must not wait then */
}

/* The descriptors that a loop opens for itself (uv/unix.h). */
static void own_loop(uv_loop_t *loop, bool is_owned)
{
        const int descriptors[] = {uv_backend_fd(loop), loop->async_io_watcher.fd,
                                   loop->signal_pipefd[0], loop->signal_pipefd[1]};

        for (size_t i = 0; i < sizeof(descriptors) / sizeof(descriptors[0]); i++)
                if (is_owned)
                        ek_own(descriptors[i]);
                else
                        ek_own_forget(descriptors[i]);
}

struct ek_waiter *ek_waiter_free(struct ek_waiter *waiter)
{
        if (!waiter)
                return NULL;
        uv_close((uv_handle_t *)&waiter->socket, NULL);
        uv_close((uv_handle_t *)&waiter->timer, NULL);
        if (waiter->operator_fd >= 0)
                uv_close((uv_handle_t *)&waiter->operator_, NULL);
        uv_run(&waiter->loop, UV_RUN_DEFAULT); /* lets the handles close */
        own_loop(&waiter->loop, false);
        uv_loop_close(&waiter->loop);
        free(waiter);
        return NULL;
}

/* The loop's epoll is shared with the parent: it gets one of its own, so that what is closed here
   is not taken out of the parent's. */
int ek_waiter_after_fork(struct ek_waiter *waiter)
{
        int r;

        if (!waiter)
                return 0;
        own_loop(&waiter->loop, false);
        r = uv_loop_fork(&waiter->loop);
        own_loop(&waiter->loop, true);
        return r < 0 ? EKIDEN_ESYSTEM : 0;
}

/* libuv's first loop opens a pipe for the whole process, and names it to nobody: it is among the
   numbers that are free before. */
static int init_loop(uv_loop_t *loop, int any_fd)
{
        static int is_begun;
        int free_numbers[FIRST_LOOP_MAX];
        struct stat status;
        int r;

        if (__atomic_exchange_n(&is_begun, 1, __ATOMIC_RELAXED))
                return uv_loop_init(loop);
        for (int i = 0; i < FIRST_LOOP_MAX; i++)
                free_numbers[i] = fcntl(any_fd, F_DUPFD_CLOEXEC, 0);
        for (int i = 0; i < FIRST_LOOP_MAX; i++)
                if (free_numbers[i] >= 0)
                        close(free_numbers[i]);
        r = uv_loop_init(loop);
        for (int i = 0; i < FIRST_LOOP_MAX && r == 0; i++)
                if (free_numbers[i] >= 0 && fstat(free_numbers[i], &status) == 0 &&
                    S_ISFIFO(status.st_mode))
                        ek_own(free_numbers[i]);
        return r;
}

static int waiter_new(int fd, struct ek_waiter **ret_waiter)
{
        struct ek_waiter *waiter = calloc(1, sizeof(*waiter));

        if (!waiter)
                return EKIDEN_ENOMEM;
        if (init_loop(&waiter->loop, fd) < 0) {
                free(waiter);
                return EKIDEN_ESYSTEM;
        }
        if (uv_poll_init(&waiter->loop, &waiter->socket, fd) < 0) {
                uv_loop_close(&waiter->loop);
                free(waiter);
                return EKIDEN_ESYSTEM;
        }
        uv_timer_init(&waiter->loop, &waiter->timer);
        waiter->socket.data = waiter;
        waiter->timer.data = waiter;
        waiter->operator_fd = -1;
        own_loop(&waiter->loop, true);
        *ret_waiter = waiter;
        return 0;
}

/* The operator's socket does not change during an upgrade: it is watched from its first wait on. */
static int watch_operator(struct ek_waiter *waiter, const struct ek_link *operator_)
{
        if (!operator_)
                return 0;
        if (waiter->operator_fd < 0) {
                if (uv_poll_init(&waiter->loop, &waiter->operator_, operator_->fd) < 0)
                        return EKIDEN_ESYSTEM;
                waiter->operator_.data = waiter;
                waiter->operator_fd = operator_->fd;
        }
        if (waiter->operator_fd != operator_->fd)
                return EKIDEN_EINVAL;
        if (!uv_is_active((uv_handle_t *)&waiter->operator_) &&
            uv_poll_start(&waiter->operator_, UV_READABLE | UV_DISCONNECT, on_operator) < 0)
                return EKIDEN_ESYSTEM;
        return 0;
}

static int watch_socket(struct ek_waiter *waiter, int events)
{
        if (waiter->socket_events == events)
                return 0;
        if (uv_poll_start(&waiter->socket, events, on_socket) < 0)
                return EKIDEN_ESYSTEM;
        waiter->socket_events = events;
        return 0;
}

int ek_link_prepare(struct ek_link *link, const struct ek_link *operator_)
{
        int r = link->waiter ? 0 : waiter_new(link->fd, &link->waiter);

        if (r == 0)
                r = watch_operator(link->waiter, operator_);
        if (r == 0)
                r = watch_socket(link->waiter, UV_READABLE);
        if (r == 0)
                uv_run(&link->waiter->loop, UV_RUN_NOWAIT); /* tells the kernel of all three */
        return r;
}

static uint64_t timeout_of(const struct ek_wait *wait)
{
        uint64_t now = ek_now_ns();
        uint64_t left;

        if (wait->until_ns == 0)
                return wait->idle_ms;
        left = wait->until_ns > now ? wait->until_ns - now : 0;
        left = (left + EK_NS_PER_MS - 1) / EK_NS_PER_MS;
        return left < wait->idle_ms ? left : wait->idle_ms;
}

int ek_wait_is_over(const struct ek_wait *wait)
{
        if (wait->operator_ && ek_link_is_closed(wait->operator_))
                return EKIDEN_ECANCELLED;
        return wait->until_ns > 0 && ek_now_ns() >= wait->until_ns ? EKIDEN_ETIMEOUT : 0;
}

static void set_timer(struct ek_waiter *waiter, uint64_t timeout_ms)
{
        waiter->expired = false;
        uv_update_time(&waiter->loop);
        uv_timer_start(&waiter->timer, on_timer, timeout_ms, 0);
}

/* The operator's socket has something to say: that he is gone, or what he says out of turn; that is
   not looked at, and from then on only his leaving is watched for. Past the commit he cannot call
   it off any more. */
static int check_operator(struct ek_waiter *waiter, const struct ek_wait *wait)
{
        waiter->operator_ready = false;
        if (!wait->operator_) {
                uv_poll_stop(&waiter->operator_);
                return 0;
        }
        if (ek_link_is_closed(wait->operator_))
                return EKIDEN_ECANCELLED;
        return uv_poll_start(&waiter->operator_, UV_DISCONNECT, on_operator) < 0 ? EKIDEN_ESYSTEM
                                                                                 : 0;
}

/* Until the socket is ready, or for `timeout_ms`. */
static int wait_once(struct ek_waiter *waiter, const struct ek_wait *wait, uint64_t timeout_ms)
{
        set_timer(waiter, timeout_ms);
        while (!waiter->ready) {
                uv_run(&waiter->loop, UV_RUN_ONCE);
                if (waiter->operator_ready) {
                        int r = check_operator(waiter, wait);

                        if (r < 0)
                                return r;
                }
                if (waiter->expired && !waiter->ready)
                        return EKIDEN_ETIMEOUT;
        }
        return 0;
}

/* In slices, where somebody wants to hear that it takes long. */
static int wait_for(struct ek_waiter *waiter, const struct ek_wait *wait, uint64_t timeout_ms)
{
        uint64_t slice_ms = EK_LINGER_MS;
        uint64_t waited_ms = 0;

        while (wait->linger && timeout_ms > slice_ms) {
                int r = wait_once(waiter, wait, slice_ms);

                if (r != EKIDEN_ETIMEOUT)
                        return r;
                timeout_ms -= slice_ms;
                waited_ms += slice_ms;
                slice_ms = EK_LINGER_AGAIN_MS;
                r = wait->linger(wait->data, waited_ms);
                if (r < 0)
                        return r;
        }
        return wait_once(waiter, wait, timeout_ms);
}

int ek_link_wait(struct ek_link *link, int events, const struct ek_wait *wait)
{
        int r;

        if (!wait)
                return EKIDEN_ETIMEOUT;
        r = link->waiter ? 0 : waiter_new(link->fd, &link->waiter);
        if (r == 0)
                r = watch_operator(link->waiter, wait->operator_);
        if (r == 0)
                r = watch_socket(link->waiter, events);
        if (r < 0)
                return r;
        link->waiter->ready = link->waiter->operator_ready = false;
        r = wait_for(link->waiter, wait, timeout_of(wait));
        uv_timer_stop(&link->waiter->timer);
        return r;
}
