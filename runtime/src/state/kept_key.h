/* SPDX-License-Identifier: MIT */
/*
 * Records of an item that is sent ahead cross again when they change, and replace what came before
 * by their keys: so a transformer must keep the key of each. Where such an item crosses in the
 * pause, once, nothing would come of it; but the same two binaries may send it ahead when they are
 * asked in another way. So it is checked there as well.
 */
#pragma once

#include "chain.h"
#include "state/record_key.h"
#include "state/tagged.h"

struct ek_kept_key {
        const ProtobufCFieldDescriptor *source, *target; /* target NULL: it is not checked */
        bool is_ahead; /* the item is sent ahead; otherwise it only might be */
        struct ekiden_key key; /* of the record in hand, as its source has it; borrowed from that */
        unsigned int given; /* records that came out of its transformers */
};

/** Of an item that is sent ahead on a route. */
struct ek_kept_key ek_kept_key_ahead(const struct ek_tagged *tagged, const struct ek_route *route);

/** Of one that crosses in the pause: checked where both versions mark it, it can be taken ahead,
   and a transformer is in between. `route` NULL: there is none. */
struct ek_kept_key ek_kept_key_in_pause(const struct ek_tagged *tagged,
                                        const struct ek_route *route);

/** Notes the key of a record, unpacked as its source has it, before it is transformed. */
void ek_kept_key_note(struct ek_kept_key *kept, const ProtobufCMessage *record);

/**
 * Checks a record that came out of that one's transformers.
 *
 * @param name    of the item
 * @param number  of the record in its item, from 0
 * @return 0, or ETRANSFORMER with its sentence
 */
int ek_kept_key_check(struct ek_kept_key *kept, const char *name, uint64_t number,
                      const ProtobufCMessage *record, struct ekiden_error *error);
