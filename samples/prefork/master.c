/* SPDX-License-Identifier: MIT */
/*
 * See master.h. It keeps its PID, so workers of any version are its children: it hears of their
 * end, and they of its own.
 */
#include "master.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "release.h"
#include "signals.h"
#include "worker.h"

#define BREATH_MS 20 /* between workers that end as soon as they have begun */

static struct master master;

static void vacate(size_t seat)
{
        pid_t *worker = release_seat(&master, seat);

        if (*worker == 0)
                return;
        printf("worker %zu, process %d, has ended; restarts: %u\n", seat + 1, (int)*worker,
               (unsigned int)release_count_restart(&master, seat));
        *worker = 0;
}

/*
 * Takes those that have ended from their seats; false: none has. It waits for any child, since as
 * PID 1 it has children that are not its own.
 */
static bool reap(void)
{
        bool has_ended = false;
        pid_t pid;

        while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
                for (size_t i = 0; i < release_seat_count(&master); i++)
                        if (*release_seat(&master, i) == pid) {
                                vacate(i);
                                has_ended = true;
                        }
        if (pid < 0 && errno == ECHILD)
                for (size_t i = 0; i < release_seat_count(&master); i++)
                        vacate(i); /* whoever sat there was no child of ours any more */
        return has_ended;
}

static void start_worker(size_t seat)
{
        pid_t parent = getpid();
        pid_t pid = fork();

        if (pid == 0)
                worker_begin(master.listener, parent, (uint32_t)seat + 1);
        if (pid < 0) {
                fprintf(stderr, "prefork: worker %zu: %s\n", seat + 1, strerror(errno));
                return;
        }
        *release_seat(&master, seat) = pid;
        printf("worker %zu is process %d\n", seat + 1, (int)pid);
}

/* False: one could not be started. */
static bool fill_seats(void)
{
        bool is_full = true;

        for (size_t i = 0; i < release_seat_count(&master); i++) {
                if (*release_seat(&master, i) == 0)
                        start_worker(i);
                is_full &= *release_seat(&master, i) != 0;
        }
        return is_full;
}

static void breathe(void)
{
        static const struct timespec a_moment = {.tv_nsec = BREATH_MS * 1000000L};

        nanosleep(&a_moment, NULL); /* a request for an upgrade ends it early */
}

static void end_workers(void)
{
        for (size_t i = 0; i < release_seat_count(&master); i++)
                if (*release_seat(&master, i) > 0)
                        kill(*release_seat(&master, i), SIGTERM);
        for (size_t i = 0; i < release_seat_count(&master); i++)
                while (*release_seat(&master, i) > 0 &&
                       waitpid(*release_seat(&master, i), NULL, 0) < 0 && errno == EINTR)
                        ;
}

static void begin(const char *port, size_t workers)
{
        master.listener = listen_on(port);
        /* Where several wait for one client, only one of them finds it. */
        fcntl(master.listener, F_SETFL, O_NONBLOCK);
        release_set_seat_count(&master, workers);
}

int master_run(const char *port, size_t workers)
{
        int r = release_tag_master(&master);

        if (r < 0) {
                fprintf(stderr, "prefork: its state cannot be taken over: %s\n",
                        ekiden_error_text(r));
                return ekiden_error_exit_status(r);
        }
        if (r == EKIDEN_FRESH || ekiden_is_restored())
                begin(ekiden_is_rehearsal() ? "0" : port, workers);
        while (!signals_say_end()) {
                ekiden_update_point("master_loop");
                if (reap())
                        breathe();
                signals_wait(NULL, 0, fill_seats() ? -1 : BREATH_MS);
        }
        end_workers();
        return EXIT_SUCCESS;
}
