/* SPDX-License-Identifier: MIT */
/*
 * What is in a line follows from the seed, who says it, and its number, so that whoever hears it
 * knows what it must be.
 */
#include "talker.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "clock.h"

#define FILLER_MAX 120 /* bytes of a line that say nothing */

/* splitmix64, public domain algorithm by Sebastiano Vigna. */
static uint64_t mix(uint64_t value)
{
        value += UINT64_C(0x9e3779b97f4a7c15);
        value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
        return value ^ (value >> 31);
}

static uint64_t next_random(struct talker *talker)
{
        return talker->random = mix(talker->random);
}

/* The text of a talker's line: "17.42 " and up to FILLER_MAX letters. Returns its length. */
static size_t compose(char *text, size_t size, uint64_t seed, unsigned int talker, uint64_t number)
{
        uint64_t value = mix(seed ^ ((uint64_t)talker << 40) ^ number);
        size_t filler = value % (FILLER_MAX + 1);
        size_t length = (size_t)snprintf(text, size, "%u.%" PRIu64 " ", talker, number);

        for (size_t i = 0; i < filler; i++) {
                value = mix(value);
                text[length++] = (char)('a' + value % 26);
        }
        text[length] = '\0';
        return length;
}

bool talker_init(struct talker *talker, unsigned int port, unsigned int number, unsigned int room,
                 unsigned int talker_count, uint64_t seed)
{
        *talker = (struct talker){
                .number = number,
                .room = room,
                .talker_count = talker_count,
                .seed = seed,
                .random = mix(seed ^ number),
                .heard_at_ns = clock_ns(),
        };
        talker->connection = client_connect_descriptor(port);
        if (talker->connection < 0)
                return false;
        if (fcntl(talker->connection, F_SETFL, O_NONBLOCK) < 0) {
                close(talker->connection);
                return false;
        }
        talker->heard = calloc(talker_count, sizeof(*talker->heard));
        if (!talker->heard) {
                close(talker->connection);
                errno = ENOMEM;
                return false;
        }
        talker->sending_size = (size_t)snprintf(talker->sending, sizeof(talker->sending),
                                                "/nick t%u\n/join room%u\n", number, room);
        return true;
}

void talker_deinit(struct talker *talker)
{
        if (talker->connection >= 0)
                close(talker->connection);
        free(talker->heard);
        *talker = (struct talker){.connection = -1};
}

static void lose(struct talker *talker, const char *why)
{
        close(talker->connection);
        talker->connection = -1;
        talker->tally.lost = 1;
        snprintf(talker->tally.example, sizeof(talker->tally.example),
                 "the connection of t%u ended: %s", talker->number, why);
}

bool talker_is_done(const struct talker *talker)
{
        return talker->sending_start == talker->sending_size;
}

void talker_begin_line(struct talker *talker)
{
        size_t length = compose(talker->sending, sizeof(talker->sending), talker->seed,
                                talker->number, ++talker->begun);

        talker->sending[length] = '\n';
        talker->sending_start = 0;
        talker->sending_size = length + 1;
}

void talker_send(struct talker *talker)
{
        size_t left = talker->sending_size - talker->sending_start;
        size_t part = next_random(talker) % 2 ? left : 1 + next_random(talker) % left;
        ssize_t sent = send(talker->connection, talker->sending + talker->sending_start, part,
                            MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent < 0) {
                if (errno != EAGAIN && errno != EINTR)
                        lose(talker, strerror(errno));
                return;
        }
        talker->sending_start += (size_t)sent;
        if (talker_is_done(talker) && talker->begun > 0)
                talker->tally.said++;
}

/* Counts a fault, and keeps the first line that shows one. */
static void blame(struct talker *talker, uint64_t *count, uint64_t by, const char *line)
{
        *count += by;
        if (!talker->tally.example[0])
                snprintf(talker->tally.example, sizeof(talker->tally.example),
                         "t%u after #%" PRIu64 ": %.180s", talker->number, talker->sequence, line);
}

/* What comes after a later one was counted as missing, or is here for the second time. */
static void blame_late(struct talker *talker, const char *line)
{
        if (talker->tally.missing > 0) {
                talker->tally.missing--;
                blame(talker, &talker->tally.disordered, 1, line);
        } else {
                blame(talker, &talker->tally.repeated, 1, line);
        }
}

/* Sequence numbers that are passed over are lines that are missing; every line has one. */
static void check_sequence(struct talker *talker, uint64_t sequence, const char *line)
{
        uint64_t expected = talker->sequence ? talker->sequence + 1 : sequence;

        if (sequence > expected)
                blame(talker, &talker->tally.missing, sequence - expected, line);
        if (sequence < expected)
                blame_late(talker, line);
        else
                talker->sequence = sequence;
}

static void check_text(struct talker *talker, unsigned int author, const char *text,
                       const char *line)
{
        char expected[512];
        char *end;
        uint64_t number, *last;

        if (author >= talker->talker_count || strtoul(text, &end, 10) != author || *end != '.') {
                blame(talker, &talker->tally.damaged, 1, line);
                return;
        }
        number = strtoull(end + 1, NULL, 10);
        compose(expected, sizeof(expected), talker->seed, author, number);
        if (strcmp(text, expected) != 0)
                blame(talker, &talker->tally.damaged, 1, line);
        last = &talker->heard[author];
        if (number != *last + 1)
                blame(talker, &talker->tally.disordered, 1, line);
        if (number > *last)
                *last = number;
        talker->tally.heard++;
        if (author == talker->number)
                talker->echoed = number;
}

static void note_gap(struct talker *talker)
{
        uint64_t now = clock_ns();

        if (now - talker->heard_at_ns > talker->tally.gap_ns)
                talker->tally.gap_ns = now - talker->heard_at_ns;
        talker->heard_at_ns = now;
}

static void hear(struct talker *talker, const char *line)
{
        unsigned int author, joined;
        uint64_t sequence;
        int text = 0;

        if (strncmp(line, "* welcome ", 10) == 0)
                return;
        if (sscanf(line, "#%" SCNu64 " %n", &sequence, &text) != 1 || text == 0) {
                blame(talker, &talker->tally.strange, 1, line);
                return;
        }
        if (sscanf(line + text, "* t%u joined", &joined) == 1 && joined == talker->number) {
                talker->joined = true;
                talker->sequence = 0; /* another room, another sequence */
        }
        check_sequence(talker, sequence, line);
        note_gap(talker);
        line += text;
        text = 0;
        if (sscanf(line, "<t%u> %n", &author, &text) == 1 && text > 0)
                check_text(talker, author, line + text, line);
        else if (strncmp(line, "* ", 2) != 0)
                blame(talker, &talker->tally.strange, 1, line);
}

static void hear_lines(struct talker *talker)
{
        char *next = talker->receiving, *end = next + talker->receiving_size, *newline;

        while ((newline = memchr(next, '\n', (size_t)(end - next)))) {
                *newline = '\0';
                hear(talker, next);
                next = newline + 1;
        }
        talker->receiving_size = (size_t)(end - next);
        memmove(talker->receiving, next, talker->receiving_size);
}

void talker_receive(struct talker *talker, size_t size_bytes_max)
{
        size_t space = sizeof(talker->receiving) - talker->receiving_size;
        ssize_t received = recv(talker->connection, talker->receiving + talker->receiving_size,
                                space < size_bytes_max ? space : size_bytes_max, MSG_DONTWAIT);

        if (received > 0) {
                talker->receiving_size += (size_t)received;
                hear_lines(talker);
                if (talker->receiving_size == sizeof(talker->receiving))
                        lose(talker, "a line without an end");
        } else if (received == 0) {
                lose(talker, "the server closed it");
        } else if (errno != EAGAIN && errno != EINTR) {
                lose(talker, strerror(errno));
        }
}

void talker_reset_gap(struct talker *talker)
{
        talker->tally.gap_ns = 0;
        talker->heard_at_ns = clock_ns();
}
