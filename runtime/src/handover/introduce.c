/* SPDX-License-Identifier: MIT */
/* What the two say to each other first, on the predecessor's side: OFFER, and the HELLO that
   answers it. The successor's side is in successor.c. */
#include <signal.h>
#include <string.h>

#include "handover/capabilities.h"
#include "handover/compatible.h"
#include "handover/counts.h"
#include "handover/predecessor_private.h"

/* It lies in the socket when the successor starts, so that nobody waits for it. */
int ek_predecessor_offer(struct ek_predecessor *p, bool is_returning, struct ekiden_error *error)
{
        const struct ekiden_schema *schema = p->setup->schema;
        const unsigned int *ms = p->setup->deadlines->ms;
        Ekiden__SchemaId id = ek_schema_id(schema);
        Ekiden__Offer offer = EKIDEN__OFFER__INIT;
        struct ek_lineage_message lineage;
        Ekiden__Capabilities capabilities;
        char *tagged[EK_EARLY_TAGGED_MAX];
        int r;

        offer.protocol = EK_PROTOCOL;
        offer.program = (char *)(uintptr_t)schema->program;
        offer.schema = &id;
        offer.has_umask = offer.has_leg = 1;
        offer.umask = p->setup->origin->umask;
        offer.leg = p->setup->leg;
        offer.has_pause_ms = offer.has_transfer_ms = offer.has_commit_ms = 1;
        offer.pause_ms = ms[EKIDEN_PHASE_PAUSE];
        offer.transfer_ms = ms[EKIDEN_PHASE_TRANSFER];
        offer.commit_ms = ms[EKIDEN_PHASE_COMMIT];
        if (p->setup->lineage) {
                ek_lineage_fill(p->setup->lineage, &lineage);
                offer.lineage = lineage.pointers;
                offer.n_lineage = p->setup->lineage->count;
        }
        offer.role = (char *)(uintptr_t)p->setup->role;
        offer.has_tree = p->setup->tree != 0;
        offer.tree = p->setup->tree;
        offer.has_rehearse = offer.rehearse = p->request.is_rehearsal;
        offer.has_from_snapshot = offer.from_snapshot = p->request.snapshot != NULL;
        if (!p->report.is_elsewhere) /* whoever starts it lends it his own, or none */
                ek_capabilities_offer(&capabilities, &offer);
        offer.has_token = 1;
        offer.token = ek_token_field(&p->token);
        offer.has_verify = offer.verify = p->request.is_verified;
        offer.has_ahead = offer.ahead = ek_ahead_is_offered(p);
        offer.has_probe = offer.probe = p->keeping.is_probing;
        offer.has_returning = offer.returning = is_returning;
        offer.tagged = tagged;
        offer.n_tagged = ek_early_tagged(p, tagged);
        offer.has_counts = offer.counts = ek_counts_are_offered(p);
        r = ek_link_send_message(p->link, EKIDEN__FRAME_KIND__OFFER, &offer.base, NULL);
        return r < 0 ? ek_link_failed(r, error) : 0;
}

static int knows_our_schema(const Ekiden__Hello *hello, const struct ekiden_schema *schema)
{
        for (size_t i = 0; i < hello->n_known; i++) {
                const Ekiden__SchemaId *id = hello->known[i];

                if (id->version == schema->version)
                        return id->fingerprint.len == EKIDEN_FINGERPRINT_SIZE &&
                               memcmp(id->fingerprint.data, schema->fingerprint,
                                      EKIDEN_FINGERPRINT_SIZE) == 0;
        }
        return 0;
}

/* The successor has checked all this against OFFER; it is not believed. */
int ek_predecessor_check_hello(struct ek_predecessor *p, const struct ek_frame *frame,
                               struct ekiden_error *error)
{
        const struct ekiden_schema *schema = p->setup->schema;
        ProtobufCMessage *unpacked;
        const Ekiden__Hello *hello;
        int r = ek_frame_message(frame, &ekiden__hello__descriptor, &unpacked);

        if (r < 0)
                return ek_link_failed(r, error);
        hello = (const Ekiden__Hello *)unpacked;
        if (hello->protocol != EK_PROTOCOL)
                r = ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                     "the new binary speaks version %u of the handover, this "
                                     "process %d; build both with libekiden of one major version",
                                     hello->protocol, EK_PROTOCOL);
        else if (!ek_token_is(&p->token, hello->has_token, &hello->token))
                r = ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                     "what answered does not know the handover's token, so it is "
                                     "not the new binary, or not one built with this libekiden");
        else if (strcmp(hello->program, schema->program) != 0)
                r = ekiden_error_set(error, EKIDEN_EPROGRAM,
                                     "the new binary is another program, and not %s",
                                     schema->program);
        else if (!knows_our_schema(hello, schema))
                r = ekiden_error_set(error, EKIDEN_ESCHEMA,
                                     "the new binary does not have schema version %u of %s as this "
                                     "process has it; a released schema must never change",
                                     schema->version, schema->program);
        else if (p->request.is_rehearsal && !hello->rehearse)
                r = ekiden_error_set(error, EKIDEN_EVERSION,
                                     "the new binary's libekiden knows no rehearsal; build it with "
                                     "the libekiden of this process, or upgrade without one");
        else if (p->request.is_verified && !hello->verify)
                r = ekiden_error_set(error, EKIDEN_EVERSION,
                                     "the new binary's libekiden knows no verification; build it "
                                     "with the libekiden of this process, or upgrade without it");
        else if (p->keeping.is_probing && !hello->probe)
                r = ekiden_error_set(error, EKIDEN_EVERSION,
                                     "the new binary's libekiden cannot take over under the same "
                                     "PID; build it with the libekiden of this process");
        else
                p->report.to_version = hello->version;
        p->keeping.return_signal =
                hello->has_signal && hello->signal < NSIG ? (int)hello->signal : 0;
        p->keeping.ended = ek_ended_of_hello(hello);
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return r;
}
