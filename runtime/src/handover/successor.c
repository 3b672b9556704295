/* SPDX-License-Identifier: MIT */
/* See successor.h. */
#include "handover/successor.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "handover/account.h"
#include "handover/ahead_successor.h"
#include "handover/compatible.h"
#include "handover/counts.h"
#include "handover/deadlines.h"
#include "handover/refusal.h"
#include "handover/stands.h"
#include "handover/verify.h"
#include "handover/way_back.h"
#include "state/arena_held.h"
#include "state/arena_item.h"
#include "state/fetch.h"
#include "state/reserve.h"
#include "state/transfer.h"
#include "utf8.h"
#include "wire/cleanup.h"
#include "wire/clock.h"
#include "wire/own.h"

#define FIRST_WORD_MS 5000 /* OFFER lies in the socket before this process exists */
#define TAKEN_MAX 16 /* bytes: a PID */
#define DEATH_CHECK_MS 1000 /* how long a predecessor that closed its socket may take to die */

static struct {
        enum ek_successor_state state;
        int failure; /* FAILED: why */
        const struct ekiden_schema *schema;
        const struct ek_registry *registry;
        struct ek_chain chain;
        struct ek_token token; /* of this handover */
        struct ek_link *link;
        int predecessor; /* pidfd, or -1 */
        uint32_t leg;
        char role[EKIDEN_NAME_MAX + 1]; /* "": the first */
        uint64_t tree; /* 0: not known */
        struct ek_lineage lineage; /* of the legs before */
        uint64_t stopped_ns; /* when the predecessor paused; 0: not known */
        uint64_t pause_ns;
        bool is_restored; /* what comes is a snapshot */
        unsigned int pause_ms, transfer_ms, commit_ms;
        struct ek_fetch fetch;
        bool is_verified; /* what was taken over is compared with what came */
        bool is_rehearsal;
        bool is_probe; /* HELLO is all that is wanted */
        int way_back_signal; /* that makes it take the way back; 0: none */
        bool takes_ahead; /* the predecessor knows how to send ahead */
        bool takes_counts; /* it says how many records will come */
        bool is_warm, is_paused; /* WARM was said; PAUSED has come */
        bool is_receiving; /* what comes ahead: callbacks run, and nothing else can be received */
        char update_point[EKIDEN_NAME_MAX +
                          1]; /* "" until PAUSED, and after the first update point */
} successor = {.leg = 1, .predecessor = -1};

enum ek_successor_state ek_successor_state(void)
{
        return successor.state;
}

bool ek_successor_is_restored(void)
{
        return successor.state == EK_SUCCESSOR_WAITING && successor.is_restored;
}

uint32_t ek_successor_leg(void)
{
        return successor.leg;
}

const char *ek_successor_role(void)
{
        return successor.role;
}

uint64_t ek_successor_tree(void)
{
        return successor.tree;
}

const struct ek_lineage *ek_successor_lineage(void)
{
        return &successor.lineage;
}

uint64_t ek_successor_pause_ns(void)
{
        return successor.pause_ns;
}

bool ek_successor_is_probe(void)
{
        return successor.is_probe;
}

bool ek_successor_is_rehearsal(void)
{
        return successor.is_rehearsal;
}

int ek_successor_fail(int result, struct ekiden_error *error)
{
        ekiden_error_set(error, result, "%s", ekiden_error_text(result));
        if (successor.link && error->code != EKIDEN_EPEER)
                ek_refuse(successor.link, error);
        successor.link = ek_link_free(successor.link);
        ek_ahead_end();
        ek_fetch_deinit(&successor.fetch);
        ek_own_close(&successor.predecessor);
        ek_way_back_take();
        successor.state = EK_SUCCESSOR_FAILED;
        successor.failure = error->code;
        return error->code;
}

/* The process at the other end made the socket pair: its pid is the kernel's word (unix(7)). Where
   this process has that PID itself, it is the keeper. */
static int open_predecessor(int socket)
{
        struct ucred credentials;
        socklen_t size = sizeof(credentials);

        if (ek_way_back_keeper() > 0)
                return ek_own(pidfd_open(ek_way_back_keeper(), 0));
        if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
                return -1;
        return ek_own(pidfd_open(credentials.pid, 0));
}

static unsigned int deadline(protobuf_c_boolean has, uint32_t offered_ms, unsigned int default_ms)
{
        return has && offered_ms > 0 && offered_ms <= EK_DEADLINE_MAX_MS ? offered_ms : default_ms;
}

/* What comes back goes on with the leg that it was. */
static uint32_t next_leg(const Ekiden__Offer *offer)
{
        if (offer->has_returning && offer->returning && offer->leg > 0)
                return offer->leg;
        return offer->leg > 0 && offer->leg < UINT32_MAX ? offer->leg + 1 : 2;
}

static int take_offer(const Ekiden__Offer *offer, const struct ek_registry *registry,
                      struct ekiden_error *error)
{
        static const struct ek_deadlines defaults = EK_DEADLINES_DEFAULT;
        bool is_returning = offer->has_returning && offer->returning;
        int r = ek_lineage_read(offer->lineage, offer->n_lineage, offer->has_leg ? offer->leg : 1,
                                &successor.lineage, error);

        if (is_returning && successor.lineage.count > 0)
                successor.lineage.count--;

        if (!ek_token_is(&successor.token, offer->has_token, &offer->token))
                return ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                        "the process at the other end of the handover's socket is "
                                        "not the one that started this process");
        if (r < 0)
                return r;
        if (offer->has_umask)
                umask((mode_t)(offer->umask & 0777));
        ek_utf8_copy_line(successor.role, sizeof(successor.role), offer->role ? offer->role : "");
        successor.tree = offer->has_tree ? offer->tree : 0;
        successor.is_restored = offer->has_from_snapshot && offer->from_snapshot;
        successor.is_rehearsal = offer->has_rehearse && offer->rehearse;
        successor.is_probe = offer->has_probe && offer->probe;
        successor.is_verified = offer->has_verify && offer->verify;
        successor.takes_ahead = offer->has_ahead && offer->ahead && !successor.is_verified &&
                                !successor.is_restored;
        successor.leg = next_leg(offer);
        successor.takes_counts = offer->has_counts && offer->counts;
        successor.pause_ms =
                deadline(offer->has_pause_ms, offer->pause_ms, defaults.ms[EKIDEN_PHASE_PAUSE]);
        successor.transfer_ms = deadline(offer->has_transfer_ms, offer->transfer_ms,
                                         defaults.ms[EKIDEN_PHASE_TRANSFER]);
        successor.commit_ms =
                deadline(offer->has_commit_ms, offer->commit_ms, defaults.ms[EKIDEN_PHASE_COMMIT]);
        return ek_compatible(offer, successor.schema, registry, &successor.chain, error);
}

static int read_offer(const struct ek_registry *registry, struct ekiden_error *error)
{
        const struct ek_wait wait = {.idle_ms = FIRST_WORD_MS};
        ProtobufCMessage *unpacked;
        struct ek_frame frame;
        int r = ek_receive(successor.link, &wait, &frame, error);

        if (r < 0)
                return r;
        if (frame.kind != EKIDEN__FRAME_KIND__OFFER)
                return ek_link_failed(EKIDEN_EPROTOCOL, error);
        r = ek_frame_message(&frame, &ekiden__offer__descriptor, &unpacked);
        if (r < 0)
                return ek_link_failed(r, error);
        r = take_offer((const Ekiden__Offer *)unpacked, registry, error);
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return r;
}

/* The schemas on the chain are what matters of all that this binary knows. */
static int send_hello(struct ekiden_error *error)
{
        const struct ek_wait wait = {.idle_ms = FIRST_WORD_MS};
        const struct ek_chain *chain = &successor.chain;
        Ekiden__SchemaId ids[EK_CHAIN_MAX + 1];
        Ekiden__SchemaId *known[EK_CHAIN_MAX + 1];
        uint32_t versions[EK_CHAIN_MAX + 1];
        Ekiden__Hello hello = EKIDEN__HELLO__INIT;
        int r;

        for (size_t i = 0; i <= chain->count; i++) {
                ids[i] = ek_schema_id(i == 0 ? chain->from : chain->hops[i - 1]->to);
                known[i] = &ids[i];
                versions[i] = ids[i].version;
        }
        hello.protocol = EK_PROTOCOL;
        hello.program = (char *)(uintptr_t)successor.schema->program;
        hello.version = successor.schema->version;
        hello.has_token = 1;
        hello.token = ek_token_field(&successor.token);
        hello.known = known;
        hello.chain = versions;
        hello.n_known = hello.n_chain = chain->count + 1;
        hello.has_rehearse = hello.rehearse = successor.is_rehearsal;
        hello.has_verify = hello.verify = successor.is_verified;
        hello.has_ahead = hello.ahead = 1;
        hello.has_probe = hello.probe = successor.is_probe;
        hello.has_signal = successor.way_back_signal != 0;
        hello.signal = (uint32_t)successor.way_back_signal;
        r = ek_link_send_message(successor.link, EKIDEN__FRAME_KIND__HELLO, &hello.base, &wait);
        return r < 0 ? ek_link_failed(r, error) : 0;
}

int ek_successor_start(int socket, const struct ek_token *token, const struct ekiden_schema *schema,
                       const struct ek_registry *registry, int way_back_signal,
                       struct ekiden_error *error)
{
        int r;

        successor.way_back_signal = way_back_signal;

        successor.schema = schema;
        successor.token = *token;
        successor.is_warm = successor.is_paused = successor.is_receiving = false;
        successor.update_point[0] = '\0';
        successor.registry = registry;
        successor.predecessor = open_predecessor(socket);
        r = ek_link_new(socket, &successor.link);
        if (r < 0) {
                successor.state = EK_SUCCESSOR_FAILED;
                ek_own_close(&successor.predecessor);
                return ek_link_failed(r, error);
        }
        successor.state = EK_SUCCESSOR_WAITING;
        error->phase = EKIDEN_PHASE_CHECK;
        r = read_offer(registry, error);
        if (r == 0)
                r = send_hello(error);
        if (r == 0)
                error->phase = EKIDEN_PHASE_NONE;
        return r < 0 ? ek_successor_fail(r, error) : 0;
}

void ek_successor_decline(int socket, const struct ekiden_error *error)
{
        struct ek_link *link;

        if (ek_link_new(socket, &link) < 0)
                return;
        ek_refuse(link, error);
        ek_link_free(link);
}

static int read_paused(struct ekiden_error *error)
{
        const struct ek_wait wait = {.idle_ms = successor.pause_ms};
        const struct ek_ahead_source from = {successor.link, &wait};
        const Ekiden__Paused *paused;
        ProtobufCMessage *unpacked;
        struct ek_frame frame;
        int r = ek_ahead_until_paused(&from, &frame, error);

        if (r < 0)
                return r;
        if (frame.kind != EKIDEN__FRAME_KIND__PAUSED)
                return ek_link_failed(EKIDEN_EPROTOCOL, error);
        r = ek_frame_message(&frame, &ekiden__paused__descriptor, &unpacked);
        if (r < 0)
                return ek_link_failed(r, error);
        paused = (const Ekiden__Paused *)unpacked;
        snprintf(successor.update_point, sizeof(successor.update_point), "%s",
                 paused->update_point);
        successor.stopped_ns = paused->has_stopped_ns ? paused->stopped_ns : 0;
        r = ek_stands_receive(paused);
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return r < 0 ? ek_link_failed(r, error) : 0;
}

/* PAUSED comes ahead of the first answer, and behind it what is left of what came ahead. */
static int expect_paused(struct ekiden_error *error)
{
        const struct ek_wait wait = {.idle_ms = successor.transfer_ms};
        const struct ek_ahead_source from = {successor.link, &wait};
        int r;

        if (successor.is_paused)
                return 0;
        error->phase = EKIDEN_PHASE_PAUSE;
        successor.is_receiving = true;
        r = read_paused(error);
        successor.is_paused = r == 0;
        if (r == 0) {
                error->phase = EKIDEN_PHASE_TRANSFER;
                r = ek_ahead_take_rest(&from, error);
        }
        successor.is_receiving = false;
        return r;
}

/* The first need of the predecessor's state: WARM goes ahead of it, and the predecessor stops. */
static int announce_warm(struct ekiden_error *error)
{
        const struct ek_wait wait = {.idle_ms = successor.transfer_ms};
        int r;

        if (successor.is_warm)
                return 0;
        r = ek_link_prepare(successor.link, NULL);
        if (r == 0)
                r = ek_link_queue(successor.link, EKIDEN__FRAME_KIND__WARM, NULL, 0, &wait);
        if (r < 0)
                return ek_link_failed(r, error);
        successor.is_warm = true;
        /* What came ahead is completed before anything else is asked for. */
        return ek_ahead_is_under_way() ? expect_paused(error) : 0;
}

/* Why an item cannot be asked for ahead, as the end of a sentence; NULL: it can. */
static const char *ahead_obstacle(const struct ekiden_item *source, const struct ek_tagged *tagged,
                                  const struct ek_route *route)
{
        const char *obstacle = ek_ahead_import_obstacle(tagged, source, route);

        if (obstacle || !successor.is_warm)
                return obstacle;
        return "the new version asked for it in the pause; it is to be tagged before all that is "
               "not sent ahead";
}

/* While the predecessor serves; EK_AHEAD_DECLINED: it is to be pulled. */
static int fetch_ahead(const struct ekiden_item *source, const struct ek_tagged *tagged,
                       const struct ek_route *route, struct ekiden_error *error)
{
        const struct ek_wait wait = {.idle_ms = successor.pause_ms};
        const struct ek_ahead_source from = {successor.link, &wait};
        int r;

        if (!successor.takes_ahead || ahead_obstacle(source, tagged, route))
                return EK_AHEAD_DECLINED;
        r = ek_link_prepare(successor.link, NULL);
        if (r < 0)
                return ek_link_failed(r, error);
        successor.is_receiving = true;
        r = ek_ahead_fetch(&from, source, tagged, route, successor.fetch.objects, error);
        successor.is_receiving = false;
        return r;
}

/* While the predecessor serves, of what is pulled first: the program makes room. */
static int fetch_count(const struct ekiden_item *source, const struct ek_tagged *tagged,
                       struct ekiden_error *error)
{
        const struct ek_wait wait = {.idle_ms = successor.pause_ms};
        const struct ek_ahead_source from = {successor.link, &wait};
        int r;

        if (!successor.takes_counts || successor.is_warm || !ek_reserve_is_possible(tagged))
                return 0;
        r = ek_link_prepare(successor.link, NULL);
        if (r < 0)
                return ek_link_failed(r, error);
        successor.is_receiving = true;
        r = ek_counts_fetch(&from, source, tagged, successor.fetch.objects, error);
        successor.is_receiving = false;
        return r;
}

static int pull(void *data, const struct ekiden_item *source, const struct ek_tagged *tagged,
                const struct ek_route *route, struct ekiden_error *error)
{
        const struct ek_wait wait = {.idle_ms = successor.transfer_ms};
        Ekiden__Pull message = EKIDEN__PULL__INIT;
        const char *not_ahead = successor.takes_ahead && source->ahead
                                        ? ahead_obstacle(source, tagged, route)
                                        : NULL;
        int r = fetch_ahead(source, tagged, route, error);

        (void)data;
        if (r != EK_AHEAD_DECLINED)
                return r;
        r = fetch_count(source, tagged, error);
        if (r == 0)
                r = announce_warm(error);
        if (r == 0)
                r = ek_arena_hold(source, tagged, pull, NULL, error);
        if (r < 0)
                return r;
        message.item = (char *)(uintptr_t)source->name;
        message.message = (char *)(uintptr_t)source->message->descriptor->name;
        message.not_ahead = (char *)(uintptr_t)not_ahead;
        r = ek_link_queue_message(successor.link, EKIDEN__FRAME_KIND__PULL, &message.base, &wait);
        if (r < 0)
                return ek_link_failed(r, error);
        r = expect_paused(error);
        if (r < 0)
                return r;
        error->phase = EKIDEN_PHASE_TRANSFER;
        return ek_import_item(successor.link, &wait, tagged, route, successor.fetch.objects, error);
}

int ek_successor_fetch(const struct ek_tagged *tagged, struct ekiden_error *error)
{
        int r;

        error->phase = EKIDEN_PHASE_WARM;
        successor.fetch.chain = &successor.chain;
        successor.fetch.pull = pull;
        tagged->last->digest_kind = successor.is_verified ? EK_DIGEST_LIVE : EK_DIGEST_NONE;
        r = ek_fetch_item(&successor.fetch, tagged, error);
        if (r < 0)
                return ek_successor_fail(r, error);
        error->phase = EKIDEN_PHASE_NONE;
        return r;
}

const char *ek_successor_update_point(void)
{
        struct ekiden_error error = {.phase = EKIDEN_PHASE_WARM};
        int r = 0;

        if (successor.state == EK_SUCCESSOR_WAITING && !successor.is_receiving) {
                r = announce_warm(&error);
                if (r == 0)
                        r = expect_paused(&error);
        }
        if (r < 0)
                ek_successor_fail(r, &error);
        if (successor.state != EK_SUCCESSOR_WAITING || !successor.update_point[0])
                return NULL;
        return successor.update_point;
}

/* COMMIT, or DISMISS: what this successor was not started for is no answer. */
static int receive_verdict(uint16_t kind, struct ekiden_error *error)
{
        const struct ek_wait wait = {.idle_ms = successor.commit_ms};
        struct ek_frame frame;
        int r = ek_receive(successor.link, &wait, &frame, error);

        if (r == 0 && frame.kind != kind)
                r = ek_link_failed(EKIDEN_EPROTOCOL, error);
        return r;
}

/* Most upgrades do without the account: nobody would read it. */
static int send_ready(const char *update_point, struct ekiden_error *error)
{
        const struct ek_wait wait = {.idle_ms = successor.transfer_ms};
        Ekiden__Ready ready = EKIDEN__READY__INIT;
        struct ek_account account = {0};
        bool is_told = successor.is_rehearsal || successor.is_verified;
        int r = is_told ? ek_account_new(&account) : 0;

        if (r < 0)
                return ekiden_error_set(error, r, "%s", ekiden_error_text(r));
        ek_account_fill(&account, &ready);
        ready.update_point = (char *)(uintptr_t)update_point;
        r = ek_link_queue_message(successor.link, EKIDEN__FRAME_KIND__READY, &ready.base, &wait);
        ek_account_free(&account);
        return r < 0 ? ek_link_failed(r, error) : 0;
}

/*
 * TAKEN could not be sent: the predecessor called it off after COMMIT, or is dead. It says REFUSAL
 * before it closes, and a process that lives may resume; so only its death leaves service to us.
 */
static int predecessor_is_dead(void)
{
        struct pollfd death = {.fd = successor.predecessor, .events = POLLIN};
        struct ekiden_error ignored = {0};
        struct ek_frame frame;
        uint64_t until_ns;
        int r;

        do
                r = ek_receive(successor.link, NULL, &frame, &ignored);
        while (r == 0);
        if (r != EKIDEN_EPEER || successor.predecessor < 0)
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

        taken.pid = getpid();
        size = protobuf_c_message_pack(&taken.base, payload);
        /* Never queued: in the queue it would wait for the REFUSAL, and go out ahead of it. */
        r = ek_link_send(successor.link, EKIDEN__FRAME_KIND__TAKEN, payload, size, NULL);
        if (r == EKIDEN_EPEER && predecessor_is_dead())
                return 0;
        return r < 0 ? ek_link_failed(r, error) : 0;
}

/* CLOCK_MONOTONIC is the machine's, unless one of both lives in a time namespace of its own. */
static uint64_t pause_until_now(void)
{
        uint64_t now = ek_now_ns();
        bool is_likely = successor.stopped_ns > 0 && successor.stopped_ns <= now &&
                         now - successor.stopped_ns <= EK_DEADLINE_MAX_MS * EK_NS_PER_MS;

        return is_likely ? now - successor.stopped_ns : 0;
}

static int take_over(const struct ek_successor_end *end, struct ekiden_error *error)
{
        int r;

        error->phase = EKIDEN_PHASE_COMMIT;
        r = receive_verdict(EKIDEN__FRAME_KIND__COMMIT, error);
        if (r == 0 && end->publish)
                r = end->publish(error);
        /* Before TAKEN wakes the predecessor, which may take the processor. */
        successor.pause_ns = pause_until_now();
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
        (void)ek_link_send(successor.link, EKIDEN__FRAME_KIND__LEAVING, NULL, 0, NULL);
        return 0;
}

static int verify(struct ekiden_error *error)
{
        const struct ek_received received = {
                .link = successor.link,
                .transfer_ms = successor.transfer_ms,
                .registry = successor.registry,
                .fetch = &successor.fetch,
        };

        successor.fetch.chain = &successor.chain; /* nothing may have been fetched */
        return ek_verify_received(&received, error);
}

static int become_ready(const char *update_point, const struct ek_successor_end *end,
                        struct ekiden_error *error)
{
        int r = ek_ahead_is_under_way() ? announce_warm(error) : 0;

        if (r < 0)
                return r;
        error->phase = EKIDEN_PHASE_READY;
        r = ek_fetch_check(&successor.fetch, error);
        if (r == 0 && end->check)
                r = end->check(error);
        if (r == 0 && successor.state == EK_SUCCESSOR_FAILED) /* it asked where to resume */
                r = ekiden_error_set(error, successor.failure, "%s",
                                     ekiden_error_text(successor.failure));
        if (r == 0 && successor.is_verified)
                r = verify(error);
        ek_fetch_deinit(&successor.fetch);
        if (r == 0)
                r = announce_warm(error);
        if (r == 0)
                r = send_ready(update_point, error);
        return r == 0 ? expect_paused(error) : r;
}

int ek_successor_finish(const char *update_point, const struct ek_successor_end *end,
                        struct ekiden_error *error)
{
        int r = become_ready(update_point, end, error);

        if (r == 0)
                r = successor.is_rehearsal ? be_dismissed(end, error) : take_over(end, error);
        if (r < 0)
                return ek_successor_fail(r, error);
        ek_way_back_close();
        /* Behind TAKEN: nothing brings the predecessor back, to find its memory changed. */
        if (!successor.is_rehearsal)
                ek_arenas_settle();
        successor.link = ek_link_free(successor.link);
        ek_own_close(&successor.predecessor);
        successor.state = successor.is_rehearsal ? EK_SUCCESSOR_DISMISSED : EK_SUCCESSOR_NONE;
        successor.update_point[0] = '\0';
        error->phase = EKIDEN_PHASE_NONE;
        return 0;
}
