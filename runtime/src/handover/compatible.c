/* SPDX-License-Identifier: MIT */
/* See compatible.h. */
#include "handover/compatible.h"

#include <string.h>

Ekiden__SchemaId ek_schema_id(const struct ekiden_schema *schema)
{
        Ekiden__SchemaId id = EKIDEN__SCHEMA_ID__INIT;

        id.version = schema->version;
        id.fingerprint = (ProtobufCBinaryData){EKIDEN_FINGERPRINT_SIZE,
                                               (uint8_t *)(uintptr_t)schema->fingerprint};
        return id;
}

/* A schema that this binary knows must be the predecessor's to the last field. */
/* Who offers its state, for sentences; in a rehearsal from a snapshot no process does. */
static const char *source_of(const Ekiden__Offer *offer)
{
        return offer->has_from_snapshot && offer->from_snapshot ? "the snapshot"
                                                                : "the running process";
}

static int check_fingerprint(const Ekiden__Offer *offer, const struct ekiden_schema *known,
                             struct ekiden_error *error)
{
        const ProtobufCBinaryData *offered = &offer->schema->fingerprint;

        if (!known)
                return 0; /* there is no chain, then, and ek_chain_find() says so */
        if (offered->len == EKIDEN_FINGERPRINT_SIZE &&
            memcmp(offered->data, known->fingerprint, EKIDEN_FINGERPRINT_SIZE) == 0)
                return 0;
        if (error && error->code == 0)
                error->from_version = offer->schema->version;
        return ekiden_error_set(error, EKIDEN_ESCHEMA,
                                "schema version %u of %s differs between %s and "
                                "the new binary; a released schema must never change: restore it, "
                                "and put the change into a new version",
                                known->version, known->program, source_of(offer));
}

int ek_compatible(const Ekiden__Offer *offer, const struct ekiden_schema *schema,
                  const struct ek_registry *registry, struct ek_chain *ret_chain,
                  struct ekiden_error *error)
{
        uint32_t version = offer->schema->version;
        int r;

        if (offer->protocol != EK_PROTOCOL)
                return ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                        "%s speaks version %u of the handover, the "
                                        "new binary %d; build both with libekiden of one major "
                                        "version",
                                        source_of(offer), offer->protocol, EK_PROTOCOL);
        if (strcmp(offer->program, schema->program) != 0)
                return ekiden_error_set(error, EKIDEN_EPROGRAM,
                                        "the new binary is %s, and %s is %s%.63s; "
                                        "name a binary of the same program",
                                        schema->program, source_of(offer),
                                        offer->from_snapshot ? "of " : "", offer->program);
        r = check_fingerprint(offer, ek_registry_schema(registry, schema, version), error);
        if (r == 0)
                r = ek_chain_find(registry, schema, version, ret_chain, error);
        return r == 0 ? ek_chain_check(ret_chain, error) : r;
}
