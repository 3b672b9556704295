/* SPDX-License-Identifier: MIT */
/*
 * See drive.h. With a rate, operations become due in bursts, one each tick, whether or not the
 * server has answered those before: a server that stands still makes them late, and no fewer.
 */
#include "drive.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "connection.h"
#include "measure.h"

#define SECOND_NS UINT64_C(1000000000)
#define IDLE_NS (SECOND_NS / 100)
#define RETRY_NS (SECOND_NS / 1000)
#define EVENTS 64

static volatile sig_atomic_t told_to_end;

struct schedule {
        uint64_t next_ns; /* the next tick */
        double owed; /* operations that are due then */
        uint32_t turn; /* the connection that gets the next one */
};

static void wait_for_events(struct load *load, uint64_t timeout_ns)
{
        struct timespec timeout = {
                .tv_sec = (time_t)(timeout_ns / SECOND_NS),
                .tv_nsec = (long)(timeout_ns % SECOND_NS),
        };
        struct epoll_event events[EVENTS];
        int count = epoll_pwait2(load->epoll, events, EVENTS, &timeout, NULL);

        if (count < 0 && errno != EINTR)
                fail("epoll_pwait2: %s", strerror(errno));
        for (int i = 0; i < count; i++)
                connection_event(events[i].data.ptr, events[i].events);
}

/* Returns how long the loop may sleep for their sake. */
static uint64_t serve_connections(struct load *load, uint64_t now_ns)
{
        uint64_t sleep_ns = IDLE_NS;

        for (uint32_t i = 0; i < load->settings->connections; i++) {
                struct connection *connection = &load->connections[i];

                connection_retry(connection, now_ns);
                connection_send(connection, now_ns);
                if (connection->state == CONNECTION_DOWN)
                        sleep_ns = RETRY_NS;
        }
        return sleep_ns;
}

static void check_patience(struct load *load)
{
        const struct settings *settings = load->settings;

        if (clock_ns() - load->timeline.last_success_ns > settings->patience_s * SECOND_NS)
                fail("nothing has succeeded for %u s%s%s", settings->patience_s,
                     load->errors > 0 ? "; the server says: " : "", load->error_example);
}

static bool is_done(const struct load *load)
{
        for (uint32_t i = 0; i < load->settings->connections; i++)
                if (load->connections[i].operations.end != load->connections[i].operations.first)
                        return false;
        return true;
}

void drive_begin(struct load *load)
{
        const struct settings *settings = load->settings;
        uint64_t now_ns = clock_ns();
        uint32_t up = 0;

        prctl(PR_SET_TIMERSLACK, 1);
        load->epoll = epoll_create1(EPOLL_CLOEXEC);
        load->connections = calloc(settings->connections, sizeof(*load->connections));
        if (load->epoll < 0 || !load->connections)
                fail("cannot begin: %s", strerror(errno));
        timeline_begin(&load->timeline, now_ns, settings->slice_ms * UINT64_C(1000000));
        for (uint32_t i = 0; i < settings->connections; i++) {
                struct connection *connection = &load->connections[i];

                connection->load = load;
                connection->range = mix_range(&load->mix, load->ledger, i);
                connection_open(connection, now_ns);
        }
        while (up < settings->connections) {
                up = 0;
                wait_for_events(load, serve_connections(load, clock_ns()));
                check_patience(load);
                for (uint32_t i = 0; i < settings->connections; i++)
                        up += load->connections[i].state == CONNECTION_UP;
        }
        timeline_begin(&load->timeline, clock_ns(), settings->slice_ms * UINT64_C(1000000));
}

void drive_until_done(struct load *load)
{
        while (!is_done(load)) {
                wait_for_events(load, serve_connections(load, clock_ns()));
                check_patience(load);
        }
}

/* Gives the connections what has become due, and returns how long until the next tick. */
static uint64_t make_due(struct load *load, struct schedule *schedule, uint64_t now_ns)
{
        const struct settings *settings = load->settings;
        uint64_t tick_ns = settings->tick_us * UINT64_C(1000);

        if (settings->rate == 0)
                return IDLE_NS;
        while (schedule->next_ns <= now_ns) {
                schedule->owed += settings->rate * (double)tick_ns / (double)SECOND_NS;
                for (; schedule->owed >= 1; schedule->owed--) {
                        struct connection *connection = &load->connections[schedule->turn];

                        operations_add(&connection->operations, schedule->next_ns);
                        schedule->turn = (schedule->turn + 1) % settings->connections;
                }
                schedule->next_ns += tick_ns;
        }
        return schedule->next_ns - now_ns;
}

static void end_when_told(int number)
{
        (void)number;
        told_to_end = 1;
}

void drive_until(struct load *load, uint64_t end_ns)
{
        struct sigaction action = {.sa_handler = end_when_told};
        struct schedule schedule = {.next_ns = clock_ns()};
        uint64_t now_ns;

        sigaction(SIGINT, &action, NULL);
        while ((now_ns = clock_ns()) < end_ns && !told_to_end) {
                uint64_t tick_ns = make_due(load, &schedule, now_ns);
                uint64_t sleep_ns = serve_connections(load, now_ns);

                wait_for_events(load, tick_ns < sleep_ns ? tick_ns : sleep_ns);
                check_patience(load);
        }
        if (!told_to_end)
                make_due(load, &schedule, end_ns); /* though the last sleep was too long */
        load->stopping = true;
        drive_until_done(load);
}

void drive_end(struct load *load)
{
        for (uint32_t i = 0; i < load->settings->connections; i++)
                connection_deinit(&load->connections[i]);
        free(load->connections);
        close(load->epoll);
        timeline_deinit(&load->timeline);
}
