/* SPDX-License-Identifier: MIT */
/*
 * What a transformer may call: a transformer turns one record of version N into records of version
 * M. A hop is the set of transformers from one schema to another; hops form chains. The notion is
 * that of the state transformers in Hayden et al., "State Transfer for Clear and Efficient Runtime
 * Updates" (HotSWUp 2011).
 *
 *     static int session_to_v2(const Counter__V1__Session *old, Counter__V2__Session *new_,
 *                              struct ekiden_hop *hop)
 *     {
 *             new_->endpoint = ekiden_hop_printf(hop, "%s:%u", old->address, old->port);
 *             return 0;
 *     }
 *     EKIDEN_TRANSFORMER(session_to_v2, Counter__V1__Session, Counter__V2__Session);
 *
 *     static const struct ekiden_transformer transformers[] = {
 *             { "session", "session", session_to_v2_transformer },
 *     };
 *     const struct ekiden_hop_table counter_v1_to_v2 = {
 *             .from = &counter_v1, .to = &counter_v2,
 *             .transformers = transformers, .transformer_count = 1,
 *     };
 *
 * An item whose message type has the same shape in both schemas needs no transformer.
 *
 * protoc-gen-ekiden writes all of that from the two schemas, `protoc --ekiden_out=hop:DIR OLD NEW`,
 * and leaves to be written the functions for what it cannot know.
 */
#pragma once

#include <stdint.h>

#include <ekiden/schema.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/** One record on its way through one hop. Valid during the transformer's call only. */
struct ekiden_hop;

/**
 * A transformer, as the engine calls it.
 *
 * @param old   the record as the older (or, on the way down, newer) schema has it; borrowed
 * @param new_  initialised to its type's defaults, descriptor fields to -1; to be filled. What it
 *              points to must live as long as the record: from ekiden_hop_*(), from `old`, or
 * static
 * @return 0, or a negative EKIDEN_E… (of ekiden_hop_refuse()): then the upgrade is called off
 */
typedef int (*ekiden_transform_function)(const ProtobufCMessage *old, ProtobufCMessage *new_,
                                         struct ekiden_hop *hop);

struct ekiden_transformer {
        const char *from_item; /* name in the schema it comes from */
        const char *to_item; /* name in the schema it goes to; another one renames the item */
        ekiden_transform_function transform;
};

/** That the transformer of one item looks up records of another one, with ekiden_hop_find(). */
struct ekiden_lookup {
        const char *to_item; /* whose transformer it is: name in the schema it goes to */
        const char *item; /* a stream with a key, without objects: name in the schema it comes
                             from */
};

struct ekiden_hop_table {
        const struct ekiden_schema *from, *to; /* versions of one program */
        const struct ekiden_transformer *transformers;
        size_t transformer_count;
        const struct ekiden_lookup *lookups;
        size_t lookup_count;
};

/** Defines `function_transformer`, which calls the typed `function` (old, new, hop). Ends with a
 * `;`.
 */
#define EKIDEN_TRANSFORMER(function, Old, New)                                                 \
        static int function##_transformer(const ProtobufCMessage *old, ProtobufCMessage *new_, \
                                          struct ekiden_hop *hop)                              \
        {                                                                                      \
                return function((const Old *)(const void *)old, (New *)(void *)new_, hop);     \
        }                                                                                      \
        struct ekiden_hop

/** Zeroed memory, aligned for any type, that lives as long as the record; NULL: memory ran out. */
void *ekiden_hop_alloc(struct ekiden_hop *hop, size_t size_bytes);

/** As ekiden_hop_alloc(), for `count` elements; NULL also where that is more than there can be. */
void *ekiden_hop_array(struct ekiden_hop *hop, size_t count, size_t size_bytes);

/** A copy of `text` (NULL gives NULL) that lives as long as the record; NULL: memory ran out. */
char *ekiden_hop_strdup(struct ekiden_hop *hop, const char *text);

/** A formatted string that lives as long as the record; NULL: memory ran out. */
char *ekiden_hop_printf(struct ekiden_hop *hop, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/** A message of the type, initialised as `new_` is, that lives as long as the record; or NULL. */
ProtobufCMessage *ekiden_hop_new(struct ekiden_hop *hop,
                                 const ProtobufCMessageDescriptor *descriptor);

/**
 * Duplicates a descriptor that the record has, for a field that is to have its own: each descriptor
 * is passed on once. The duplicate belongs to the record, as the original does.
 *
 * @param descriptor      borrowed; -1 gives -1
 * @param ret_descriptor  written on success
 * @return 0; ESYSTEM, ENOMEM, ELIMIT, or ESTATE (records have no descriptors here)
 */
int ekiden_hop_duplicate(struct ekiden_hop *hop, int descriptor, int *ret_descriptor);

/**
 * Passes one more record on, ahead of `new_`.
 *
 * @param record  of the hop's target type, borrowed for the call
 * @return 0 or a negative EKIDEN_E…, which the transformer returns in its turn; ETYPE for a record
 *         of another type
 */
int ekiden_hop_emit(struct ekiden_hop *hop, ProtobufCMessage *record);

/** Says that `new_` is not to be passed on: the record ends here. Its descriptors are closed. */
void ekiden_hop_drop(struct ekiden_hop *hop);

/**
 * Refuses the record, and with it the upgrade; the predecessor serves on.
 *
 * @param format  printf format of a sentence that says why
 * @return EKIDEN_EREFUSED, which the transformer returns in its turn; the operator is told
 *         ETRANSFORMER, with the transformer's name and the sentence
 */
int ekiden_hop_refuse(struct ekiden_hop *hop, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/**
 * Looks up a record of another item by its key, for changes that join or split items. The hop's
 * table says which items an item's transformer may look up: the records of those have been fetched,
 * and are kept in memory, while the item crosses.
 *
 * @param item  name in the schema that the hop comes from
 * @param key   points to the key, of the C type of the key field: for a string, to a `const char *`
 * @return the record as the hop's older (or, on the way down, newer) schema has it, the last one
 *         with this key, its descriptors -1; valid as long as the transformer runs, borrowed. NULL:
 *         there is none, or the table does not mention the item
 */
const ProtobufCMessage *ekiden_hop_find(struct ekiden_hop *hop, const char *item, const void *key);

/** The record's number in its item, from 0. */
uint64_t ekiden_hop_record(const struct ekiden_hop *hop);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
