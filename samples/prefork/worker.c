/* SPDX-License-Identifier: MIT */
/* See worker.h. */
#include "worker.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "release.h"
#include "signals.h"

static struct worker worker;
static struct clients clients;

void clients_add(struct clients *all, struct client *client)
{
        client->next = all->first;
        all->first = client;
        all->count++;
}

static void accept_one(void)
{
        int connection = accept4(worker.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        struct client *client = connection >= 0 ? calloc(1, sizeof(*client)) : NULL;

        if (client) {
                setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
                client->connection = connection;
                clients_add(&clients, client);
        } else if (connection >= 0) {
                close(connection);
        } /* else another worker was faster */
}

static bool answer_lines(struct client *client)
{
        uint8_t line[LINE_SIZE];
        size_t length;

        while (client_take_line(client, line, &length)) {
                worker.lines++;
                if (!client_answer(client,
                                   "%s worker %" PRIu32 ": %" PRIu32 " of yours, %" PRIu64
                                   " of mine: %.*s\n",
                                   release_name, worker.number, client->lines + 1,
                                   (uint64_t)worker.lines, (int)length, (char *)line))
                        return false;
        }
        return client->input_size < sizeof(client->input); /* or the line has no end */
}

static void serve_client(struct client *client)
{
        if (client_exchange(client) && answer_lines(client))
                return;
        close(client->connection);
        client->connection = -1;
}

static void forget_the_gone(void)
{
        for (struct client **link = &clients.first; *link;) {
                struct client *client = *link;

                if (client->connection >= 0) {
                        link = &client->next;
                        continue;
                }
                *link = client->next;
                clients.count--;
                free(client);
        }
}

static void serve_some(void)
{
        struct pollfd sources[CLIENTS_MAX + 1] = {
                {.fd = clients.count < CLIENTS_MAX ? worker.listener : -1, .events = POLLIN},
        };
        nfds_t count = 1;

        for (struct client *client = clients.first; client; client = client->next)
                sources[count++] =
                        (struct pollfd){.fd = client->connection, .events = client_events(client)};
        if (!signals_wait(sources, count, -1))
                return; /* a signal: on to the update point */
        count = 1;
        for (struct client *client = clients.first; client; client = client->next)
                if (sources[count++].revents)
                        serve_client(client);
        forget_the_gone();
        if (sources[0].revents)
                accept_one();
}

/* A worker whose master is gone serves its clients to the end, and takes no more. */
static bool has_something_to_do(void)
{
        if (signals_say_end())
                return false;
        if (getppid() == worker.master)
                return true;
        if (worker.listener >= 0)
                close(worker.listener);
        worker.listener = -1;
        return clients.count > 0;
}

static int run(void)
{
        do {
                ekiden_update_point("worker_loop");
                serve_some();
        } while (has_something_to_do());
        return EXIT_SUCCESS;
}

static int tag(void)
{
        int r = release_tag_worker(&worker, &clients);

        if (r < 0)
                fprintf(stderr, "prefork: worker %u: %s\n", (unsigned int)worker.number,
                        ekiden_error_text(r));
        return r;
}

void worker_begin(int listener, pid_t master, uint32_t number)
{
        struct ekiden_error error;
        int r;

        worker = (struct worker){.listener = listener, .master = master, .number = number};
        prctl(PR_SET_PDEATHSIG, SIGHUP);
        r = ekiden_after_fork("worker", &error);
        if (r < 0)
                fprintf(stderr, "prefork: worker %u: %s\n", (unsigned int)number, error.sentence);
        else
                r = tag();
        exit(r < 0 ? ekiden_error_exit_status(r) : run());
}

int worker_resume(void)
{
        int r = tag();

        return r < 0 ? ekiden_error_exit_status(r) : run();
}
