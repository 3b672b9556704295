/* SPDX-License-Identifier: MIT */
/*
 * The first difference of an item, for the sentence. What the program has goes by twice, and what
 * came once more; of the records only hashes are kept, and a few of those that nobody has.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "mask.h"
#include "secret.h"
#include "state/verify_private.h"
#include "state/verify_sentence.h"
#include "wire/cleanup.h"

/* Records that are kept, to find which of ours was made of them; of large ones, fewer. */
#define LOST_MAX 64
#define LOST_MAX_BYTES ((size_t)8 << 20)

/* How often a record is there. */
struct seen {
        struct ek_digest hash;
        uint64_t count;
};

struct find {
        struct ek_back *back;
        struct ekiden_arena arena; /* of the record in hand */
        struct seen *seen; /* sorted by hash, when it is complete */
        size_t seen_count, seen_capacity;
        uint64_t left; /* of ours, for which nothing has come */
        struct ek_record_kept lost[LOST_MAX];
        size_t lost_count, lost_bytes;
        uint64_t lost_total;
        uint64_t records, objects; /* in this walk, so far */
        bool is_in_part;
};

static int out_of_memory(struct ekiden_error *error)
{
        return ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out while verifying");
}

static int place_descriptor(void *data, int32_t *value)
{
        (void)data;
        *value = *value < 0 ? 0 : ek_digest_of_descriptor(*value);
        return 0;
}

/* A positive number is the same, whether the program had it in a signed or an unsigned integer. */
static void unify_value(Ekiden__Value *value)
{
        if (value->value_case != EKIDEN__VALUE__VALUE_NATURAL || value->natural > INT64_MAX)
                return;
        value->value_case = EKIDEN__VALUE__VALUE_INTEGER;
        value->integer = (int64_t)value->natural;
}

static ProtobufCMessage *copy(struct ekiden_arena *arena, const ProtobufCMessage *record)
{
        size_t size = protobuf_c_message_get_packed_size(record);
        uint8_t *bytes = ek_arena_alloc(arena, size > 0 ? size : 1);

        if (!bytes)
                return NULL;
        protobuf_c_message_pack(record, bytes);
        return protobuf_c_message_unpack(record->descriptor, &arena->allocator, size, bytes);
}

/* A record with nothing in it but what can be compared, its place in the walk and its hash. */
static int prepare(struct find *find, const struct ekiden_message *type, uint64_t tag,
                   const ProtobufCMessage *record, struct ek_record_kept *ret_kept,
                   struct ek_digest *ret_hash)
{
        struct ek_record_kept kept = {.type = type, .tag = tag};
        struct ek_digest hash = {0};
        ProtobufCMessage *message;

        kept.number = tag == 0 ? find->records++ : find->objects++;
        ek_arena_reset(&find->arena);
        message = copy(&find->arena, record);
        if (!message)
                return EKIDEN_ENOMEM;
        ek_each_descriptor(type, message, place_descriptor, NULL);
        if (ek_tagged_is_value(find->back->tagged))
                unify_value((Ekiden__Value *)message);
        else if (!find->back->is_same)
                find->is_in_part |= ek_mask(message, ek_back_ours(find->back, tag)->descriptor);
        kept.size = protobuf_c_message_get_packed_size(message);
        kept.packed = ek_arena_alloc(&find->arena, kept.size > 0 ? kept.size : 1);
        if (!kept.packed)
                return EKIDEN_ENOMEM;
        protobuf_c_message_pack(message, kept.packed);
        ek_digest_add_packed(&hash, tag, kept.packed, kept.size);
        *ret_kept = kept;
        *ret_hash = hash;
        return 0;
}

static int compare_seen(const void *a, const void *b)
{
        const struct ek_digest *one = &((const struct seen *)a)->hash;
        const struct ek_digest *other = &((const struct seen *)b)->hash;

        if (one->low != other->low)
                return one->low < other->low ? -1 : 1;
        return one->high < other->high ? -1 : one->high > other->high;
}

static struct seen *find_seen(struct find *find, struct ek_digest hash)
{
        const struct seen key = {.hash = hash};

        return find->seen_count > 0
                       ? bsearch(&key, find->seen, find->seen_count, sizeof(key), compare_seen)
                       : NULL;
}

/* First walk: what the program has. */
static int note_ours(void *data, const struct ekiden_message *type, uint64_t tag,
                     ProtobufCMessage *record, struct ekiden_error *error)
{
        struct find *find = data;
        struct ek_record_kept kept;
        struct ek_digest hash;

        if (prepare(find, type, tag, record, &kept, &hash) < 0 ||
            ek_objects_grow(&find->seen, &find->seen_capacity, find->seen_count,
                            sizeof(*find->seen)) < 0)
                return out_of_memory(error);
        find->seen[find->seen_count++] = (struct seen){.hash = hash, .count = 1};
        find->left++;
        return 0;
}

static void sort_seen(struct find *find)
{
        size_t kept = 0;

        if (find->seen_count > 0)
                qsort(find->seen, find->seen_count, sizeof(*find->seen), compare_seen);
        for (size_t i = 0; i < find->seen_count; i++) {
                if (kept > 0 && compare_seen(&find->seen[kept - 1], &find->seen[i]) == 0)
                        find->seen[kept - 1].count++;
                else
                        find->seen[kept++] = find->seen[i];
        }
        find->seen_count = kept;
}

/* Second walk: what came. */
static int match_theirs(void *data, const struct ekiden_message *type, uint64_t tag,
                        ProtobufCMessage *record, struct ekiden_error *error)
{
        struct find *find = data;
        struct ek_record_kept kept;
        struct ek_digest hash;
        struct seen *seen;
        uint8_t *packed;

        if (tag != 0 && !find->back->is_same && !ek_back_ours(find->back, tag)) {
                find->is_in_part = true; /* we know no such objects */
                return 0;
        }
        if (prepare(find, type, tag, record, &kept, &hash) < 0)
                return out_of_memory(error);
        seen = find_seen(find, hash);
        if (seen && seen->count > 0) {
                seen->count--;
                find->left--;
                return 0;
        }
        find->lost_total++;
        if (find->lost_count == LOST_MAX ||
            (find->lost_count > 0 && kept.size > LOST_MAX_BYTES - find->lost_bytes))
                return 0;
        packed = malloc(kept.size > 0 ? kept.size : 1);
        if (!packed)
                return out_of_memory(error);
        kept.packed = memcpy(packed, kept.packed, kept.size);
        find->lost[find->lost_count++] = kept;
        find->lost_bytes += kept.size < LOST_MAX_BYTES ? kept.size : LOST_MAX_BYTES;
        return 0;
}

/* Third walk: of ours, those for which nothing came. The first that was made of one that is lost
   says in which field; if none is lost, it is one too many. */
static int pair_ours(void *data, const struct ekiden_message *type, uint64_t tag,
                     ProtobufCMessage *record, struct ekiden_error *error)
{
        struct find *find = data;
        const struct ek_tagged *tagged = find->back->tagged;
        struct ek_record_kept kept;
        struct ek_digest hash;
        struct seen *seen;

        if (prepare(find, type, tag, record, &kept, &hash) < 0)
                return out_of_memory(error);
        seen = find_seen(find, hash);
        if (!seen || seen->count == 0)
                return 0;
        for (size_t i = 0; i < find->lost_count; i++)
                if (ek_kept_are_one(find->back->source, &find->lost[i], &kept))
                        return ek_verify_differs(tagged, find->back->source, &find->lost[i], &kept,
                                                 error);
        return find->lost_count == 0 ? ek_verify_is_new(tagged, find->back->source, &kept, error)
                                     : 0;
}

static int export_ours(struct find *find, struct ek_export *export_,
                       int (*visit)(void *data, const struct ekiden_message *type, uint64_t tag,
                                    ProtobufCMessage *record, struct ekiden_error *error),
                       struct ekiden_error *error)
{
        const struct ek_visitor visitor = {.visit = visit, .data = find};

        find->records = find->objects = 0;
        if (export_->objects)
                ek_objects_send_again(export_->objects);
        return ek_back_export(find->back, export_, &visitor, error);
}

static int ask_again(struct find *find, const struct ek_verification *verification,
                     struct ekiden_error *error)
{
        const struct ek_visitor visitor = {.visit = match_theirs, .data = find};
        bool is_value = ek_tagged_is_value(find->back->tagged);

        find->records = find->objects = 0;
        return verification->again(verification->data, find->back->source,
                                   is_value ? NULL : verification->chain->from, &visitor, error);
}

static int search(struct find *find, const struct ek_verification *verification,
                  struct ek_export *export_, struct ekiden_error *error)
{
        int r = export_ours(find, export_, note_ours, error);

        if (r < 0)
                return r;
        sort_seen(find);
        r = ask_again(find, verification, error);
        if (r < 0)
                return r;
        if (find->lost_total == 0 && find->left == 0)
                return 0;
        r = export_ours(find, export_, pair_ours, error);
        if (r < 0)
                return r;
        if (find->lost_count == 0) /* what was too many a moment ago is not there any more */
                return ek_verify_is_unsteady(find->back->tagged, error);
        return ek_verify_is_lost(find->back->tagged, find->back->source, &find->lost[0], error);
}

int ek_verify_find(struct ek_back *back, const struct ek_verification *verification,
                   struct ek_export *export_, bool *ret_in_part, struct ekiden_error *error)
{
        struct find find = {.back = back};
        int r;

        ek_arena_init(&find.arena);
        find.arena.is_secret = back->arena.is_secret;
        r = search(&find, verification, export_, error);
        for (size_t i = 0; i < find.lost_count; i++)
                ek_secret_free(find.arena.is_secret, find.lost[i].packed, find.lost[i].size);
        free(find.seen);
        ek_arena_deinit(&find.arena);
        if (r == 0)
                *ret_in_part = find.is_in_part;
        return r;
}
