/* SPDX-License-Identifier: MIT */
/* What ends a wait: progress, a deadline, the operator; and that nothing else does, or spins. */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <uv.h>

#include "open_descriptors.h"
#include "sockets.h"
#include "wire/clock.h"

#define KIND 9

/* The linker sends the library's own calls of uv_run() here. */
static atomic_uint loop_turns;
int __real_uv_run(uv_loop_t *loop, uv_run_mode mode);
int __wrap_uv_run(uv_loop_t *loop, uv_run_mode mode);

int __wrap_uv_run(uv_loop_t *loop, uv_run_mode mode)
{
        atomic_fetch_add(&loop_turns, 1);
        return __real_uv_run(loop, mode);
}

static void pause_ms(int duration_ms)
{
        poll(NULL, 0, duration_ms);
}

LeakTest(wait, ends_at_the_idle_deadline)
{
        const struct ek_wait wait = {.idle_ms = 20};
        struct ek_frame frame;
        int peer;
        struct ek_link *link = link_and_peer(&peer);
        uint64_t before = ek_now_ns();

        cr_assert_eq(ek_link_receive(link, &wait, &frame), EKIDEN_ETIMEOUT);
        cr_assert_geq(ek_now_ns() - before, 19 * EK_NS_PER_MS, "it did not wait");
        close(peer);
        ek_link_free(link);
}

LeakTest(wait, for_a_peer_that_does_not_read_ends_too)
{
        const struct ek_wait wait = {.idle_ms = 20};
        const size_t size = (size_t)8 << 20;
        uint8_t *bytes = calloc(1, size);
        int peer;
        struct ek_link *link = link_and_peer(&peer);

        cr_assert_eq(ek_link_send(link, KIND, bytes, size, &wait), EKIDEN_ETIMEOUT);
        close(peer);
        ek_link_free(link);
        link = link_and_peer(&peer);
        cr_assert_eq(ek_link_send(link, KIND, bytes, size, NULL), EKIDEN_ETIMEOUT,
                     "without a wait");
        close(peer);
        ek_link_free(link);
        free(bytes);
}

/* The kernel then reports an error, after which libuv watches the socket no more: that the peer is
   gone was seen before the wait began, and must be seen again. */
LeakTest(wait, for_a_peer_that_closed_with_something_unread_ends_at_once)
{
        const struct ek_wait wait = {.idle_ms = LONG_MS};
        struct ek_frame frame;
        int peer;
        struct ek_link *link = link_and_peer(&peer);

        cr_assert_eq(ek_link_send(link, KIND, "?", 1, NULL), 0);
        close(peer);
        cr_assert_eq(ek_link_prepare(link, NULL), 0);
        cr_expect_eq(ek_link_receive(link, &wait, &frame), EKIDEN_EPEER);
        ek_link_free(link);
}

LeakTest(wait, that_begins_after_its_deadline_ends_at_once)
{
        const struct ek_wait wait = {.idle_ms = LONG_MS, .until_ns = 1};
        uint8_t bytes[EK_FRAME_HEADER_SIZE];
        struct ek_frame frame;
        int peer;
        struct ek_link *link = link_and_peer(&peer);

        cr_assert_eq(ek_link_receive(link, &wait, &frame), EKIDEN_ETIMEOUT);
        put(peer, bytes, frame_bytes(bytes, KIND, NULL, 0));
        cr_assert_eq(ek_link_receive(link, &wait, &frame), 0, "what is there needs no wait");
        close(peer);
        ek_link_free(link);
}

struct trickle {
        int socket;
        const uint8_t *bytes;
        size_t size;
        int pause_ms;
        atomic_bool stop;
};

static void *write_slowly(void *data)
{
        struct trickle *trickle = data;

        for (size_t i = 0; i < trickle->size && !trickle->stop; i++) {
                pause_ms(trickle->pause_ms);
                if (send(trickle->socket, trickle->bytes + i, 1, MSG_NOSIGNAL) != 1)
                        break;
        }
        return NULL;
}

/* The frame takes longer than the deadline, but no byte does. */
LeakTest(wait, idle_deadline_is_renewed_by_every_byte)
{
        const struct ek_wait wait = {.idle_ms = 1000};
        const uint8_t payload[40] = {0};
        uint8_t bytes[EK_FRAME_HEADER_SIZE + sizeof(payload)];
        struct trickle trickle = {.bytes = bytes, .size = sizeof(bytes), .pause_ms = 40};
        struct ek_link *link = link_and_peer(&trickle.socket);
        struct ek_frame frame;
        pthread_t thread;

        frame_bytes(bytes, KIND, payload, sizeof(payload));
        cr_assert_eq(pthread_create(&thread, NULL, write_slowly, &trickle), 0);
        cr_assert_eq(ek_link_receive(link, &wait, &frame), 0);
        cr_assert_eq(pthread_join(thread, NULL), 0);
        close(trickle.socket);
        ek_link_free(link);
}

/* 4,000 bytes at 5 ms each: the writer would take 20 s. */
LeakTest(wait, ends_at_its_deadline_whatever_the_progress)
{
        uint8_t *bytes = calloc(1, EK_FRAME_HEADER_SIZE + 4000);
        struct trickle trickle = {
                .bytes = bytes, .size = EK_FRAME_HEADER_SIZE + 4000, .pause_ms = 5};
        struct ek_link *link = link_and_peer(&trickle.socket);
        struct ek_wait wait = {.idle_ms = LONG_MS};
        struct ek_frame frame;
        pthread_t thread;

        frame_bytes(bytes, KIND, bytes + EK_FRAME_HEADER_SIZE, 4000);
        cr_assert_eq(pthread_create(&thread, NULL, write_slowly, &trickle), 0);
        wait.until_ns = ek_now_ns() + 100 * EK_NS_PER_MS;
        cr_assert_eq(ek_link_receive(link, &wait, &frame), EKIDEN_ETIMEOUT);
        trickle.stop = true;
        cr_assert_eq(pthread_join(thread, NULL), 0);
        close(trickle.socket);
        ek_link_free(link);
        free(bytes);
}

static void *close_soon(void *data)
{
        int *socket = data;

        pause_ms(50);
        close(*socket);
        return NULL;
}

LeakTest(wait, is_cancelled_when_the_operator_closes)
{
        struct ek_frame frame;
        pthread_t thread;
        int peer, tool;
        struct ek_link *link = link_and_peer(&peer);
        struct ek_link *operator_ = link_and_peer(&tool);
        const struct ek_wait wait = {.idle_ms = LONG_MS, .operator_ = operator_};

        cr_assert_eq(pthread_create(&thread, NULL, close_soon, &tool), 0);
        cr_assert_eq(ek_link_receive(link, &wait, &frame), EKIDEN_ECANCELLED, "while waiting");
        cr_assert_eq(pthread_join(thread, NULL), 0);
        cr_assert_eq(ek_link_receive(link, &wait, &frame), EKIDEN_ECANCELLED, "before the wait");
        close(peer);
        ek_link_free(link);
        ek_link_free(operator_);
}

LeakTest(wait, does_not_spin_while_the_operator_talks_out_of_turn)
{
        struct ek_frame frame;
        int peer, tool;
        struct ek_link *link = link_and_peer(&peer);
        struct ek_link *operator_ = link_and_peer(&tool);
        const struct ek_wait wait = {.idle_ms = 200, .operator_ = operator_};

        put(tool, "never mind", 10);
        loop_turns = 0;
        for (int i = 0; i < 3; i++)
                cr_assert_eq(ek_link_receive(link, &wait, &frame), EKIDEN_ETIMEOUT);
        cr_assert_leq(loop_turns, 30, "the loop turned %u times in three waits", loop_turns);
        close(peer);
        close(tool);
        ek_link_free(link);
        ek_link_free(operator_);
}

LeakTest(wait, is_cancelled_when_an_operator_who_talked_closes)
{
        struct ek_frame frame;
        int peer, tool;
        struct ek_link *link = link_and_peer(&peer);
        struct ek_link *operator_ = link_and_peer(&tool);
        const struct ek_wait wait = {.idle_ms = 100, .operator_ = operator_};

        put(tool, "never mind", 10);
        cr_assert_eq(ek_link_receive(link, &wait, &frame), EKIDEN_ETIMEOUT);
        close(tool);
        cr_assert_eq(ek_link_receive(link, &wait, &frame), EKIDEN_ECANCELLED);
        close(peer);
        ek_link_free(link);
        ek_link_free(operator_);
}

/* The commit is such a wait: nobody can call it off, and the tool may go at any time. */
LeakTest(wait, without_an_operator_does_not_mind_that_an_earlier_one_closes)
{
        const struct ek_wait alone = {.idle_ms = 50};
        struct ek_frame frame;
        int peer, tool;
        struct ek_link *link = link_and_peer(&peer);
        struct ek_link *operator_ = link_and_peer(&tool);
        const struct ek_wait watched = {.idle_ms = 20, .operator_ = operator_};

        cr_assert_eq(ek_link_receive(link, &watched, &frame), EKIDEN_ETIMEOUT);
        close(tool);
        loop_turns = 0;
        cr_assert_eq(ek_link_receive(link, &alone, &frame), EKIDEN_ETIMEOUT);
        cr_assert_leq(loop_turns, 10, "the loop turned %u times", loop_turns);
        ek_link_free(operator_);
        cr_assert_eq(ek_link_receive(link, &alone, &frame), EKIDEN_ETIMEOUT);
        close(peer);
        ek_link_free(link);
}
