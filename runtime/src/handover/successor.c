/* SPDX-License-Identifier: MIT */
/* See successor.h. Here it starts: OFFER and HELLO; and it fails. What it fetches is in
   successor_fetch.c, the end in successor_finish.c. */
#include "handover/successor.h"

#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "handover/ahead_successor.h"
#include "handover/capabilities.h"
#include "handover/compatible.h"
#include "handover/deadlines.h"
#include "handover/early_successor.h"
#include "handover/refusal.h"
#include "handover/successor_private.h"
#include "handover/way_back.h"
#include "state/transfer.h"
#include "utf8.h"
#include "wire/own.h"

#define FIRST_WORD_MS 5000 /* OFFER lies in the socket before this process exists */

struct ek_successor ek_successor = {.leg = 1, .predecessor = -1};

enum ek_successor_state ek_successor_state(void)
{
        return ek_successor.state;
}

bool ek_successor_is_restored(void)
{
        return ek_successor.state == EK_SUCCESSOR_WAITING && ek_successor.is_restored;
}

uint32_t ek_successor_leg(void)
{
        return ek_successor.leg;
}

const char *ek_successor_role(void)
{
        return ek_successor.role;
}

uint64_t ek_successor_tree(void)
{
        return ek_successor.tree;
}

const struct ek_lineage *ek_successor_lineage(void)
{
        return &ek_successor.lineage;
}

const struct ek_leg *ek_successor_returned(void)
{
        return ek_successor.returned.number > 0 ? &ek_successor.returned : NULL;
}

uint64_t ek_successor_pause_ns(void)
{
        return ek_successor.pause_ns;
}

bool ek_successor_is_probe(void)
{
        return ek_successor.is_probe;
}

bool ek_successor_is_rehearsal(void)
{
        return ek_successor.is_rehearsal;
}

int ek_successor_fail(int result, struct ekiden_error *error)
{
        ekiden_error_set(error, result, "%s", ekiden_error_text(result));
        if (ek_successor.link && error->code != EKIDEN_EPEER)
                ek_refuse(ek_successor.link, error);
        ek_successor.link = ek_link_free(ek_successor.link);
        ek_ahead_end();
        ek_early_end();
        ek_fetch_deinit(&ek_successor.fetch);
        ek_own_close(&ek_successor.predecessor);
        ek_way_back_take();
        ek_successor.state = EK_SUCCESSOR_FAILED;
        ek_successor.failure = error->code;
        return error->code;
}

/* Who wrote OFFER, by the kernel's word, and not who made the socket pair: that may be an
   operator's tool. -1: it is not seen from here; then it is never taken for dead. */
static int open_predecessor(void)
{
        pid_t writer = ek_link_sender(ek_successor.link);

        return writer > 0 ? ek_own(pidfd_open(writer, 0)) : -1;
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

/* What is not state. Who was started by somebody else has his, and may have more rights than the
   predecessor, who may have been broken into: it must not say with which mode files are made, or
   what is lent to other programs. */
static void take_surroundings(const Ekiden__Offer *offer)
{
        if (ek_successor.token.is_given)
                return;
        ek_capabilities_take(offer);
        if (offer->has_umask)
                umask((mode_t)(offer->umask & 0777));
}

static int take_offer(const Ekiden__Offer *offer, const struct ek_registry *registry,
                      struct ekiden_error *error)
{
        static const struct ek_deadlines defaults = EK_DEADLINES_DEFAULT;
        int r;

        if (!ek_token_is(&ek_successor.token, offer->has_token, &offer->token))
                return ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                        "the process at the other end of the handover's socket is "
                                        "not the one that started this process");
        r = ek_lineage_read(offer->lineage, offer->n_lineage, offer->has_leg ? offer->leg : 1,
                            &ek_successor.lineage, error);
        if (r < 0)
                return r;
        if (offer->has_returning && offer->returning && ek_successor.lineage.count > 0)
                ek_successor.returned = ek_successor.lineage.legs[--ek_successor.lineage.count];
        take_surroundings(offer);
        ek_utf8_copy_line(ek_successor.role, sizeof(ek_successor.role),
                          offer->role ? offer->role : "");
        ek_successor.tree = offer->has_tree ? offer->tree : 0;
        ek_successor.is_restored = offer->has_from_snapshot && offer->from_snapshot;
        ek_successor.is_rehearsal = offer->has_rehearse && offer->rehearse;
        ek_successor.is_probe = offer->has_probe && offer->probe;
        ek_successor.is_verified = offer->has_verify && offer->verify;
        ek_successor.takes_ahead = offer->has_ahead && offer->ahead && !ek_successor.is_restored;
        ek_successor.leg = next_leg(offer);
        ek_early_note_offer(offer);
        ek_successor.takes_counts = offer->has_counts && offer->counts;
        ek_successor.pause_ms =
                deadline(offer->has_pause_ms, offer->pause_ms, defaults.ms[EKIDEN_PHASE_PAUSE]);
        ek_successor.transfer_ms = deadline(offer->has_transfer_ms, offer->transfer_ms,
                                            defaults.ms[EKIDEN_PHASE_TRANSFER]);
        ek_successor.commit_ms =
                deadline(offer->has_commit_ms, offer->commit_ms, defaults.ms[EKIDEN_PHASE_COMMIT]);
        return ek_compatible(offer, ek_successor.schema, registry, &ek_successor.chain, error);
}

static int read_offer(const struct ek_registry *registry, struct ekiden_error *error)
{
        const struct ek_wait wait = {.idle_ms = FIRST_WORD_MS};
        ProtobufCMessage *unpacked;
        struct ek_frame frame;
        int r = ek_receive(ek_successor.link, &wait, &frame, error);

        if (r < 0)
                return r;
        if (frame.kind != EKIDEN__FRAME_KIND__OFFER)
                return ek_link_failed(EKIDEN_EPROTOCOL, error);
        ek_successor.predecessor = open_predecessor();
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
        const struct ek_chain *chain = &ek_successor.chain;
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
        hello.program = (char *)(uintptr_t)ek_successor.schema->program;
        hello.version = ek_successor.schema->version;
        hello.has_token = 1;
        hello.token = ek_token_field(&ek_successor.token);
        hello.known = known;
        hello.chain = versions;
        hello.n_known = hello.n_chain = chain->count + 1;
        hello.has_rehearse = hello.rehearse = ek_successor.is_rehearsal;
        hello.has_verify = hello.verify = ek_successor.is_verified;
        hello.has_ahead = hello.ahead = 1;
        hello.has_probe = hello.probe = ek_successor.is_probe;
        hello.has_signal = ek_successor.way_back_signal != 0;
        hello.signal = (uint32_t)ek_successor.way_back_signal;
        ek_ended_fill(ek_way_back_ended(), &hello);
        r = ek_link_send_message(ek_successor.link, EKIDEN__FRAME_KIND__HELLO, &hello.base, &wait);
        return r < 0 ? ek_link_failed(r, error) : 0;
}

int ek_successor_start(int socket, const struct ek_token *token, const struct ekiden_schema *schema,
                       const struct ek_registry *registry, int way_back_signal,
                       struct ekiden_error *error)
{
        int r;

        ek_successor.way_back_signal = way_back_signal;
        ek_successor.schema = schema;
        ek_successor.token = *token;
        ek_successor.is_warm = ek_successor.is_paused = ek_successor.is_receiving = false;
        ek_successor.update_point[0] = '\0';
        ek_successor.registry = registry;
        r = ek_link_new(socket, &ek_successor.link);
        if (r == 0)
                r = ek_link_identify(ek_successor.link);
        if (r < 0) {
                ek_successor.link = ek_link_free(ek_successor.link);
                ek_successor.state = EK_SUCCESSOR_FAILED;
                return ek_link_failed(r, error);
        }
        ek_successor.state = EK_SUCCESSOR_WAITING;
        error->phase = EKIDEN_PHASE_CHECK;
        r = read_offer(registry, error);
        if (r == 0 && ek_successor.is_probe)
                r = ek_way_back_check_places(ek_link_socket(ek_successor.link), error);
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
