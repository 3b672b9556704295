/* SPDX-License-Identifier: MIT */
/*
 * One epoll for all. A slow reader is not in it: it reads a little, now and then. Its room holds
 * its tongue when it is too far behind, for the server's patience has a limit.
 */
#include "crowd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"

#define SLOW_READ_SIZE 300 /* bytes that a slow reader takes at a time */
#define SLOW_READ_NS UINT64_C(50000000) /* between two times */
#define LAG_MAX 8000 /* lines that a slow reader may be behind its room */

struct room_of_crowd {
        uint64_t begun; /* lines, by all in it */
        struct talker *slow; /* NULL: none */
};

struct crowd {
        struct crowd_plan plan;
        int epoll;
        bool talking, hurrying, settled;
        uint64_t slow_at_ns;
        struct room_of_crowd *rooms;
        uint64_t *next_line_ns; /* of each talker */
        struct talker *talkers;
        unsigned int connected;
};

static bool is_slow(const struct crowd *crowd, const struct talker *talker)
{
        return talker->number < crowd->plan.slow_count;
}

static bool listen_to(struct crowd *crowd, struct talker *talker)
{
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = talker};

        return epoll_ctl(crowd->epoll, EPOLL_CTL_ADD, talker->connection, &event) == 0;
}

static void set_receive_buffer(const struct talker *talker, int size_bytes)
{
        setsockopt(talker->connection, SOL_SOCKET, SO_RCVBUF, &size_bytes, sizeof(size_bytes));
}

static bool connect_talker(struct crowd *crowd, unsigned int number)
{
        const struct crowd_plan *plan = &crowd->plan;
        struct talker *talker = &crowd->talkers[number];
        unsigned int room = number % plan->room_count;

        if (!talker_init(talker, plan->port, number, room, plan->talker_count, plan->seed))
                return false;
        crowd->connected++;
        if (!is_slow(crowd, talker))
                return listen_to(crowd, talker);
        crowd->rooms[room].slow = talker;
        set_receive_buffer(talker, 2048);
        return true;
}

struct crowd *crowd_new(const struct crowd_plan *plan)
{
        struct crowd *crowd = calloc(1, sizeof(*crowd));

        if (!crowd)
                return NULL;
        crowd->plan = *plan;
        crowd->epoll = epoll_create1(EPOLL_CLOEXEC);
        crowd->rooms = calloc(plan->room_count, sizeof(*crowd->rooms));
        crowd->talkers = calloc(plan->talker_count, sizeof(*crowd->talkers));
        crowd->next_line_ns = calloc(plan->talker_count, sizeof(*crowd->next_line_ns));
        if (crowd->epoll < 0 || !crowd->rooms || !crowd->talkers || !crowd->next_line_ns)
                return crowd_free(crowd);
        for (unsigned int i = 0; i < plan->talker_count; i++) {
                if (!connect_talker(crowd, i)) {
                        int error = errno;

                        crowd_free(crowd);
                        errno = error;
                        return NULL;
                }
        }
        return crowd;
}

struct crowd *crowd_free(struct crowd *crowd)
{
        if (!crowd)
                return NULL;
        for (unsigned int i = 0; i < crowd->connected; i++)
                talker_deinit(&crowd->talkers[i]);
        if (crowd->epoll >= 0)
                close(crowd->epoll);
        free(crowd->rooms);
        free(crowd->talkers);
        free(crowd->next_line_ns);
        free(crowd);
        return NULL;
}

static bool may_begin(const struct crowd *crowd, const struct talker *talker, uint64_t now)
{
        const struct room_of_crowd *room = &crowd->rooms[talker->room];

        if (!crowd->talking || talker->begun - talker->echoed >= crowd->plan.window ||
            now < crowd->next_line_ns[talker->number])
                return false;
        return !room->slow || room->begun - room->slow->tally.heard < LAG_MAX;
}

static void let_talk(struct crowd *crowd, struct talker *talker, uint64_t now)
{
        if (talker->connection < 0)
                return;
        if (talker_is_done(talker) && may_begin(crowd, talker, now)) {
                talker_begin_line(talker);
                crowd->rooms[talker->room].begun++;
                crowd->next_line_ns[talker->number] = now + crowd->plan.pace_ms * UINT64_C(1000000);
        }
        if (!talker_is_done(talker))
                talker_send(talker);
}

static void let_slow_readers_read(struct crowd *crowd, uint64_t now)
{
        size_t size = crowd->hurrying ? 65536 : SLOW_READ_SIZE;

        if (!crowd->hurrying && now < crowd->slow_at_ns + SLOW_READ_NS)
                return;
        crowd->slow_at_ns = now;
        for (unsigned int i = 0; i < crowd->plan.slow_count; i++)
                if (crowd->talkers[i].connection >= 0)
                        talker_receive(&crowd->talkers[i], size);
}

void crowd_step(struct crowd *crowd)
{
        struct epoll_event events[64];
        int count = epoll_wait(crowd->epoll, events, 64, 1);
        uint64_t now = clock_ns();

        for (int i = 0; i < count; i++) {
                struct talker *talker = events[i].data.ptr;

                if (talker->connection >= 0)
                        talker_receive(talker, sizeof(talker->receiving));
        }
        let_slow_readers_read(crowd, now);
        for (unsigned int i = 0; i < crowd->plan.talker_count; i++)
                let_talk(crowd, &crowd->talkers[i], now);
}

void crowd_run(struct crowd *crowd, unsigned int duration_ms)
{
        uint64_t end = clock_ns() + duration_ms * UINT64_C(1000000);

        while (clock_ns() < end)
                crowd_step(crowd);
}

static bool step_until(struct crowd *crowd, bool (*is_reached)(const struct crowd *crowd),
                       unsigned int timeout_ms)
{
        uint64_t end = clock_ns() + timeout_ms * UINT64_C(1000000);

        crowd->hurrying = true;
        while (!is_reached(crowd) && clock_ns() < end)
                crowd_step(crowd);
        crowd->hurrying = false;
        return is_reached(crowd);
}

static bool have_all_joined(const struct crowd *crowd)
{
        for (unsigned int i = 0; i < crowd->plan.talker_count; i++)
                if (!crowd->talkers[i].joined)
                        return false;
        return true;
}

bool crowd_join(struct crowd *crowd, unsigned int timeout_ms)
{
        crowd->talking = step_until(crowd, have_all_joined, timeout_ms);
        return crowd->talking;
}

static bool has_heard_all(const struct crowd *crowd, const struct talker *talker)
{
        if (talker->connection < 0)
                return true; /* it will hear no more */
        for (unsigned int i = talker->room; i < crowd->plan.talker_count;
             i += crowd->plan.room_count)
                if (talker->heard[i] < crowd->talkers[i].begun)
                        return false;
        return talker_is_done(talker);
}

static bool have_all_heard(const struct crowd *crowd)
{
        for (unsigned int i = 0; i < crowd->plan.talker_count; i++)
                if (!has_heard_all(crowd, &crowd->talkers[i]))
                        return false;
        return true;
}

bool crowd_settle(struct crowd *crowd, unsigned int timeout_ms)
{
        for (unsigned int i = 0; i < crowd->plan.slow_count; i++)
                set_receive_buffer(&crowd->talkers[i], 1 << 20);
        crowd->talking = false;
        crowd->settled = true;
        return step_until(crowd, have_all_heard, timeout_ms);
}

void crowd_reset_gap(struct crowd *crowd)
{
        for (unsigned int i = 0; i < crowd->plan.talker_count; i++)
                talker_reset_gap(&crowd->talkers[i]);
}

static void add_tally(struct talker_tally *sum, const struct talker_tally *tally)
{
        sum->said += tally->said;
        sum->heard += tally->heard;
        sum->missing += tally->missing;
        sum->repeated += tally->repeated;
        sum->disordered += tally->disordered;
        sum->damaged += tally->damaged;
        sum->strange += tally->strange;
        sum->lost += tally->lost;
        if (!sum->example[0])
                memcpy(sum->example, tally->example, sizeof(sum->example));
}

static uint64_t not_heard(const struct crowd *crowd, const struct talker *talker)
{
        uint64_t count = 0;

        for (unsigned int i = talker->room; i < crowd->plan.talker_count;
             i += crowd->plan.room_count)
                count += crowd->talkers[i].begun - talker->heard[i];
        return count;
}

struct talker_tally crowd_tally(const struct crowd *crowd)
{
        struct talker_tally sum = {0};
        uint64_t now = clock_ns();

        for (unsigned int i = 0; i < crowd->plan.talker_count; i++) {
                const struct talker *talker = &crowd->talkers[i];
                uint64_t gap = talker->tally.gap_ns;

                add_tally(&sum, &talker->tally);
                if (crowd->settled)
                        sum.missing += not_heard(crowd, talker);
                if (!crowd->settled && now - talker->heard_at_ns > gap)
                        gap = now - talker->heard_at_ns;
                if (!is_slow(crowd, talker) && gap > sum.gap_ns)
                        sum.gap_ns = gap;
        }
        return sum;
}

uint64_t crowd_backlog(const struct crowd *crowd)
{
        uint64_t least = UINT64_MAX;

        for (unsigned int i = 0; i < crowd->plan.slow_count; i++) {
                uint64_t count = not_heard(crowd, &crowd->talkers[i]);

                least = count < least ? count : least;
        }
        return crowd->plan.slow_count > 0 ? least : 0;
}

uint64_t crowd_faults(const struct talker_tally *tally)
{
        return tally->missing + tally->repeated + tally->disordered + tally->damaged +
               tally->strange + tally->lost;
}
