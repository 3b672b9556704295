/* SPDX-License-Identifier: MIT */
/*
 * The successor's end: READY, then COMMIT and TAKEN, after which it serves; or in a rehearsal
 * DISMISS and LEAVING, after which it never does.
 */
#include <poll.h>
#include <unistd.h>

#include "handover/account.h"
#include "handover/ahead_successor.h"
#include "handover/deadlines.h"
#include "handover/early_successor.h"
#include "handover/public_pid.h"
#include "handover/successor_private.h"
#include "handover/verify.h"
#include "handover/way_back.h"
#include "state/arena_item.h"
#include "state/transfer.h"
#include "wire/clock.h"
#include "wire/own.h"

#define TAKEN_MAX 16 /* bytes: a PID */
#define DEATH_CHECK_MS 1000 /* how long a predecessor that closed its socket may take to die */

/* COMMIT, or DISMISS: what this successor was not started for is no answer. */
static int receive_verdict(uint16_t kind, struct ekiden_error *error)
{
        const struct ek_wait wait = {.idle_ms = ek_successor.commit_ms};
        struct ek_frame frame;
        int r = ek_receive(ek_successor.link, &wait, &frame, error);

        if (r == 0 && frame.kind != kind)
                r = ek_link_failed(EKIDEN_EPROTOCOL, error);
        return r;
}

/* Most upgrades do without the account: nobody would read it. */
static int send_ready(const char *update_point, struct ekiden_error *error)
{
        const struct ek_wait wait = {.idle_ms = ek_successor.transfer_ms};
        Ekiden__Ready ready = EKIDEN__READY__INIT;
        struct ek_account account = {0};
        bool is_told = ek_successor.is_rehearsal || ek_successor.is_verified;
        int r = is_told ? ek_account_new(&account) : 0;

        if (r < 0)
                return ekiden_error_set(error, r, "%s", ekiden_error_text(r));
        ek_account_fill(&account, &ready);
        ready.update_point = (char *)(uintptr_t)update_point;
        r = ek_link_queue_message(ek_successor.link, EKIDEN__FRAME_KIND__READY, &ready.base, &wait);
        ek_account_free(&account);
        return r < 0 ? ek_link_failed(r, error) : 0;
}

/*
 * TAKEN could not be sent: the predecessor called it off after COMMIT, or is dead. It says REFUSAL
 * before it closes, and a process that lives may resume; so only its death leaves service to us.
 */
static int predecessor_is_dead(void)
{
        struct pollfd death = {.fd = ek_successor.predecessor, .events = POLLIN};
        struct ekiden_error ignored = {0};
        struct ek_frame frame;
        uint64_t until_ns;
        int r;

        do
                r = ek_receive(ek_successor.link, NULL, &frame, &ignored);
        while (r == 0);
        if (r != EKIDEN_EPEER || ek_successor.predecessor < 0)
                return 0;
        until_ns = ek_now_ns() + DEATH_CHECK_MS * EK_NS_PER_MS;
        do
                r = poll(&death, 1, 1);
        while (r <= 0 && ek_now_ns() < until_ns);
        return r == 1;
}

static int send_taken(struct ekiden_error *error)
{
        Ekiden__Taken taken = EKIDEN__TAKEN__INIT;
        uint8_t payload[TAKEN_MAX];
        size_t size;
        int r;

        taken.pid = ek_public_pid();
        size = protobuf_c_message_pack(&taken.base, payload);
        /* Never queued: in the queue it would wait for the REFUSAL, and go out ahead of it. */
        r = ek_link_send(ek_successor.link, EKIDEN__FRAME_KIND__TAKEN, payload, size, NULL);
        if (r == EKIDEN_EPEER && predecessor_is_dead())
                return 0;
        return r < 0 ? ek_link_failed(r, error) : 0;
}

/* CLOCK_MONOTONIC is the machine's, unless one of both lives in a time namespace of its own. */
static uint64_t pause_until_now(void)
{
        uint64_t now = ek_now_ns();
        bool is_likely = ek_successor.stopped_ns > 0 && ek_successor.stopped_ns <= now &&
                         now - ek_successor.stopped_ns <= EK_DEADLINE_MAX_MS * EK_NS_PER_MS;

        return is_likely ? now - ek_successor.stopped_ns : 0;
}

static int take_over(const struct ek_successor_end *end, struct ekiden_error *error)
{
        int r;

        error->phase = EKIDEN_PHASE_COMMIT;
        r = receive_verdict(EKIDEN__FRAME_KIND__COMMIT, error);
        if (r == 0 && end->publish)
                r = end->publish(error);
        /* Before TAKEN wakes the predecessor, which may take the processor. */
        ek_successor.pause_ns = pause_until_now();
        return r == 0 ? send_taken(error) : r;
}

/* Whether LEAVING arrives is the predecessor's affair: this process leaves in any case. */
static int be_dismissed(const struct ek_successor_end *end, struct ekiden_error *error)
{
        int r = receive_verdict(EKIDEN__FRAME_KIND__DISMISS, error);

        if (r < 0)
                return r;
        if (end->withdraw)
                end->withdraw();
        (void)ek_link_send(ek_successor.link, EKIDEN__FRAME_KIND__LEAVING, NULL, 0, NULL);
        return 0;
}

static int verify(struct ekiden_error *error)
{
        const struct ek_received received = {
                .link = ek_successor.link,
                .transfer_ms = ek_successor.transfer_ms,
                .registry = ek_successor.registry,
                .fetch = &ek_successor.fetch,
        };

        ek_successor.fetch.chain = &ek_successor.chain; /* nothing may have been fetched */
        return ek_verify_received(&received, error);
}

static int become_ready(const char *update_point, const struct ek_successor_end *end,
                        struct ekiden_error *error)
{
        const struct ek_wait wait = {.idle_ms = ek_successor.transfer_ms};
        const struct ek_ahead_source from = {ek_successor.link, &wait};
        int r = ek_ahead_is_under_way() ? ek_successor_announce_warm(NULL, error) : 0;

        if (r < 0)
                return r;
        error->phase = EKIDEN_PHASE_READY;
        r = ek_fetch_check(&ek_successor.fetch, error);
        if (r == 0 && end->check)
                r = end->check(error);
        if (r == 0 && ek_successor.state == EK_SUCCESSOR_FAILED) /* it asked where to resume */
                r = ekiden_error_set(error, ek_successor.failure, "%s",
                                     ekiden_error_text(ek_successor.failure));
        if (r == 0 && ek_successor.is_verified)
                r = verify(error);
        ek_fetch_deinit(&ek_successor.fetch);
        if (r == 0)
                r = ek_successor_announce_warm(NULL, error);
        if (r == 0) /* behind READY nothing may be received that is to be acknowledged */
                r = ek_early_reach(&from, NULL, error);
        if (r == 0)
                r = send_ready(update_point, error);
        return r == 0 ? ek_successor_expect_paused(error) : r;
}

int ek_successor_finish(const char *update_point, const struct ek_successor_end *end,
                        struct ekiden_error *error)
{
        int r = become_ready(update_point, end, error);

        if (r == 0)
                r = ek_successor.is_rehearsal ? be_dismissed(end, error) : take_over(end, error);
        if (r < 0)
                return ek_successor_fail(r, error);
        ek_early_end();
        ek_way_back_close();
        /* Behind TAKEN: nothing brings the predecessor back, to find its memory changed. */
        if (!ek_successor.is_rehearsal)
                ek_arenas_settle();
        ek_successor.link = ek_link_free(ek_successor.link);
        ek_own_close(&ek_successor.predecessor);
        ek_successor.state = ek_successor.is_rehearsal ? EK_SUCCESSOR_DISMISSED : EK_SUCCESSOR_NONE;
        ek_successor.update_point[0] = '\0';
        error->phase = EKIDEN_PHASE_NONE;
        return 0;
}
