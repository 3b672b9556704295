/* SPDX-License-Identifier: MIT */
/* What the files have in common that send an item ahead. */
#pragma once

#include "scratch.h"
#include "state/ahead_export.h"
#include "state/arena_fields.h"
#include "state/changes.h"

struct ek_ahead_export {
        char name[EKIDEN_NAME_MAX + 1];
        uint64_t serial; /* of what was tagged: what is tagged anew is another one */
        const struct ek_tagged *tagged; /* looked up in each step */
        const struct ekiden_message *type;
        const ProtobufCFieldDescriptor *key;
        struct ek_changes *changes;
        struct ekiden_objects *objects; /* of which there are none */
        struct ekiden_scratch scratch;
        ProtobufCMessage *record;
        bool has_arenas; /* bytes of records may lie in arenas */
        struct ek_arena_patches arena_patches;
        uint64_t announced;
        uint64_t position; /* of scan() */
        bool is_scanned, is_draining; /* changes are sent */
        unsigned int owed; /* to the pass, for steps that went into changes */
        uint32_t round;
        uint16_t kind; /* of the frame that is being written */
        size_t changes_max;
        bool has_put_off; /* keys of what scan() gave: they are sent before it is asked again */
        struct ek_ahead_count total, portion;
        uint64_t step_until; /* as many bytes in all, and this step has done enough */
        struct ekiden_error *error; /* of the call in hand */
};

/** The item, if it is still what it was, and no change has been lost: 0 or an error. */
int ek_ahead_export_look_up(struct ek_ahead_export *export_, struct ekiden_error *error);

/** A record into the frame that is being written, or a new one: 0 or an error. */
int ek_ahead_export_add(struct ek_ahead_export *export_, struct ek_outbox *box, const void *entry);

/** The same for a key that has no record any more. */
int ek_ahead_export_add_gone(struct ek_ahead_export *export_, struct ek_outbox *box,
                             const struct ekiden_key *key);
