/* SPDX-License-Identifier: MIT */
/* See client.h. */
#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "ledger.h"

#define DEPTH_MAX 4 /* requests under way */
#define PATIENCE_S 30 /* without an answer */

struct talk {
        struct client *client;
        const struct clients_control *control;
        int connection;
        uint32_t name;
        uint64_t number; /* of the last write */
        uint64_t chain, values[LEDGER_KEYS];
        uint64_t random;
        char in[4096]; /* received, and not looked at */
        size_t in_size;
};

static uint64_t now_ns(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* The first complaint is the one that counts. */
static bool complain(struct talk *talk, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

static bool complain(struct talk *talk, const char *format, ...)
{
        va_list arguments;

        if (talk->client->complaint[0])
                return false;
        va_start(arguments, format);
        vsnprintf(talk->client->complaint, sizeof(talk->client->complaint), format, arguments);
        va_end(arguments);
        return false;
}

static uint64_t draw(struct talk *talk)
{
        talk->random ^= talk->random << 13;
        talk->random ^= talk->random >> 7;
        talk->random ^= talk->random << 17;
        return talk->random;
}

static bool send_all(struct talk *talk, const char *bytes, size_t size)
{
        while (size > 0) {
                ssize_t sent = send(talk->connection, bytes, size, MSG_NOSIGNAL);

                if (sent < 0)
                        return complain(talk, "could not send: %s", strerror(errno));
                bytes += sent;
                size -= (size_t)sent;
        }
        return true;
}

/* In one piece, or with a cut somewhere: half a request crosses when an upgrade falls into it. */
static bool send_requests(struct talk *talk, const char *text)
{
        size_t size = strlen(text);
        size_t cut = draw(talk) % 4 == 0 ? draw(talk) % size : size;

        if (!send_all(talk, text, cut))
                return false;
        if (cut < size)
                usleep((useconds_t)(draw(talk) % 500));
        return send_all(talk, text + cut, size - cut);
}

static bool receive_line(struct talk *talk, char *ret_line, size_t size_max)
{
        for (;;) {
                const char *newline = memchr(talk->in, '\n', talk->in_size);
                ssize_t received;

                if (newline) {
                        size_t size = (size_t)(newline + 1 - talk->in);

                        if (size > size_max)
                                return complain(talk, "an answer of %zu bytes", size);
                        memcpy(ret_line, talk->in, size - 1);
                        ret_line[size - 1] = '\0';
                        talk->in_size -= size;
                        memmove(talk->in, talk->in + size, talk->in_size);
                        return true;
                }
                received = recv(talk->connection, talk->in + talk->in_size,
                                sizeof(talk->in) - talk->in_size, 0);
                if (received == 0)
                        return complain(talk, "the connection was closed");
                if (received < 0)
                        return complain(talk, "no answer: %s", strerror(errno));
                talk->in_size += (size_t)received;
        }
}

static bool receive_ok(struct talk *talk, uint64_t number, uint64_t sent_ns)
{
        char line[LEDGER_LINE];
        uint64_t answered, count;
        int window = __atomic_load_n(&talk->control->window, __ATOMIC_RELAXED);

        if (!receive_line(talk, line, sizeof(line)))
                return false;
        histogram_add(&talk->client->latencies[window], now_ns() - sent_ns);
        if (sscanf(line, "ok %" SCNu64 " %" SCNu64, &answered, &count) != 2)
                return complain(talk, "a strange answer: %.100s", line);
        if (answered != number)
                return complain(talk, "out of order: %" PRIu64 " was answered, not %" PRIu64,
                                answered, number);
        if (count != number)
                return complain(talk,
                                "write %" PRIu64 " is the %" PRIu64 "th of the ledger: one was %s",
                                number, count, count < number ? "lost" : "doubled");
        __atomic_store_n(&talk->client->acknowledged, number, __ATOMIC_RELAXED);
        return true;
}

/* Some writes, sent at once, and their answers. */
static bool write_some(struct talk *talk)
{
        size_t depth = 1 + draw(talk) % DEPTH_MAX;
        char text[DEPTH_MAX * 96];
        size_t used = 0;
        uint64_t sent_ns, first = talk->number + 1;

        for (size_t i = 0; i < depth; i++) {
                uint64_t key = draw(talk) % LEDGER_KEYS, value = draw(talk) >> 8;

                talk->number++;
                talk->chain = ledger_chain(talk->chain, talk->number, key, value);
                talk->values[key] = value;
                used += (size_t)snprintf(text + used, sizeof(text) - used,
                                         "put %" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
                                         talk->name, talk->number, key, value);
        }
        sent_ns = now_ns();
        if (!send_requests(talk, text))
                return false;
        for (size_t i = 0; i < depth; i++)
                if (!receive_ok(talk, first + i, sent_ns))
                        return false;
        return true;
}

static bool check(struct talk *talk)
{
        uint64_t count, chain, sum;
        char line[LEDGER_LINE];

        snprintf(line, sizeof(line), "sum %" PRIu32 "\n", talk->name);
        if (!send_all(talk, line, strlen(line)) || !receive_line(talk, line, sizeof(line)))
                return false;
        if (sscanf(line, "sum %" SCNu64 " %" SCNu64 " %" SCNu64, &count, &chain, &sum) != 3)
                return complain(talk, "a strange answer: %.100s", line);
        if (count != talk->number)
                return complain(talk,
                                "the ledger has %" PRIu64 " writes, %" PRIu64 " were acknowledged",
                                count, talk->number);
        if (chain != talk->chain)
                return complain(talk, "the ledger has the writes in another order, or other ones");
        if (sum != ledger_sum(talk->values))
                return complain(talk, "the ledger has other values than were written last");
        return true;
}

static int connect_to(int port)
{
        struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
        struct timeval patience = {.tv_sec = PATIENCE_S};
        int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (connection < 0 || connect(connection, (struct sockaddr *)&there, sizeof(there)) < 0)
                return -1;
        setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        return connection;
}

static void wait_while_held(struct talk *talk)
{
        while (__atomic_load_n(&talk->control->hold, __ATOMIC_RELAXED)) {
                __atomic_store_n(&talk->client->is_held, true, __ATOMIC_RELEASE);
                usleep(1000);
        }
        __atomic_store_n(&talk->client->is_held, false, __ATOMIC_RELEASE);
}

static void run(struct talk *talk, int port)
{
        talk->connection = connect_to(port);
        if (talk->connection < 0) {
                complain(talk, "could not connect: %s", strerror(errno));
                return;
        }
        do {
                if (!write_some(talk))
                        return;
                wait_while_held(talk);
                if (talk->control->pace_us > 0)
                        usleep(talk->control->pace_us);
        } while (!__atomic_load_n(&talk->control->stop, __ATOMIC_RELAXED));
        check(talk);
}

pid_t client_start(struct client *client, const struct clients_control *control, int port,
                   uint32_t number)
{
        struct talk talk = {
                .client = client,
                .control = control,
                .name = number,
                .random = number * UINT64_C(0x9e3779b97f4a7c15) + 1,
        };
        pid_t parent = getpid();

        client->pid = fork();
        if (client->pid != 0)
                return client->pid;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent)
                run(&talk, port);
        __atomic_store_n(&client->is_done, true, __ATOMIC_RELEASE);
        _exit(client->complaint[0] ? 1 : 0);
}
