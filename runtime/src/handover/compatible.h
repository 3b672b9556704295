/* SPDX-License-Identifier: MIT */
/* Whether this binary can take the state that a predecessor offers; found before anything stops. */
#pragma once

#include "chain.h"
#include "ekiden/handover.pb-c.h"

#define EK_PROTOCOL 1

/** A schema's name on the wire; it points into the schema. */
Ekiden__SchemaId ek_schema_id(const struct ekiden_schema *schema);

/** Checks OFFER and finds the chain: 0, EPROTOCOL, EPROGRAM, ESCHEMA, EVERSION with a sentence. */
int ek_compatible(const Ekiden__Offer *offer, const struct ekiden_schema *schema,
                  const struct ek_registry *registry, struct ek_chain *ret_chain,
                  struct ekiden_error *error);
