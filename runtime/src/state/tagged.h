/* SPDX-License-Identifier: MIT */
/* The items that this process has tagged: what it can hand over. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <ekiden/native.h>

#include "ekiden/handover.pb-c.h"
#include "state/digest.h"

/* The plain C types of built-in items. */
enum ek_value_type {
        EK_VALUE_NONE = 0, /* an item of the schema */
        EK_VALUE_INT8,
        EK_VALUE_INT16,
        EK_VALUE_INT32,
        EK_VALUE_INT64,
        EK_VALUE_UINT8,
        EK_VALUE_UINT16,
        EK_VALUE_UINT32,
        EK_VALUE_UINT64,
        EK_VALUE_DOUBLE,
        EK_VALUE_BOOL,
        EK_VALUE_STRING,
        EK_VALUE_BYTES,
        EK_VALUE_DESCRIPTOR,
        EK_VALUE_ARENA,
};

#define EK_REASON_SIZE 256 /* bytes, with the NUL */

/* What crossed when an item was last handed over. */
struct ek_figures {
        bool is_known; /* it was, as a whole */
        uint64_t records, objects, bytes, descriptors; /* as the predecessor sent them */
        uint64_t taken; /* records that the program was given; on the way in */
        uint64_t transformed; /* calls of transformers; on the way in */
        uint64_t duration_ns; /* of the whole item */
        enum ek_digest_kind digest_kind; /* which digest is to be made; set by who fetches it */
        bool is_ahead; /* it was sent ahead: no digest was made of it on the way in … */
        struct {
                uint64_t records, taken; /* … and so many there were when it was verified */
        } again;
        bool keeps_keys; /* it might have been sent ahead (kept_key.h); set by who fetches it */
        struct ek_digest digest; /* of what crossed; unless there was to be none */
        struct ek_digest given; /* of what the program was given (image.h); on the way in */
        unsigned int verdict; /* of a verification, an Ekiden__Verdict; 0: none was made */
        char reason[EK_REASON_SIZE]; /* what was not compared, and why */
};

struct ek_tagged {
        struct ekiden_item item; /* a copy: of the schema's, or made for a built-in item */
        char name[EKIDEN_NAME_MAX + 1];
        const struct ekiden_binding *binding;
        const void *functions;
        void *data;
        enum ek_value_type value_type;
        size_t *size_bytes; /* of EK_VALUE_BYTES */
        /* Of an item that is bound to structs: */
        const struct ekiden_natives *natives;
        const struct ekiden_native *native; /* NULL: it is not bound */
        const struct ekiden_container *container; /* NULL: a singleton */
        const void *container_functions;
        bool is_plain; /* entries need not wait for the end of the item (native_state.h) */
        struct ek_figures *last; /* NULL: nobody asks for them, as it is in no list */
        uint64_t serial; /* of what this process has tagged, from 1 */
        uint64_t pulled_in; /* number of the handover in which it was pulled last */
};

/** The message type of built-in items, ekiden.Value. */
extern const struct ekiden_message ek_value_message;

/** Whether it is a built-in item. */
static inline int ek_tagged_is_value(const struct ek_tagged *tagged)
{
        return tagged->value_type != EK_VALUE_NONE;
}

/** Whether an item's container has an optional function. */
static inline bool ek_container_has(const struct ek_tagged *tagged, enum ekiden_container_part part)
{
        const struct ekiden_container *container = tagged->container;
        bool is_there;

        if (container->parts && !(container->parts(tagged->container_functions) & part))
                return false;
        switch (part) {
        case EKIDEN_CONTAINER_SCAN:
                is_there = container->scan != NULL;
                break;
        case EKIDEN_CONTAINER_REMOVE:
                is_there = container->remove != NULL;
                break;
        case EKIDEN_CONTAINER_RESERVE:
                is_there = container->reserve != NULL;
                break;
        default:
                is_there = container->prefetch != NULL;
                break;
        }
        return is_there;
}

/** Registers an item, copied: 0, EEXISTS, ENOMEM. `item.name` and `last` are the copy's own. */
int ek_tagged_add(const struct ek_tagged *tagged);

/** Takes an item out: 0 or ENOTFOUND. */
int ek_tagged_remove(const char *name);

/** Takes all of them out. */
void ek_tagged_forget(void);

/** The item of this name, valid until the next add or remove; NULL: none. */
struct ek_tagged *ek_tagged_find(const char *name);

/** The items in the order of tagging; *ret_count of them. */
struct ek_tagged *const *ek_tagged_all(size_t *ret_count);

/** The binding of built-in items; `functions` is the struct ek_tagged itself. */
extern const struct ekiden_binding ek_value_binding;

/** The binding of singletons whose state is the message: `functions` is the item's
    struct ekiden_message, `data` the message. */
extern const struct ekiden_binding ek_message_binding;
