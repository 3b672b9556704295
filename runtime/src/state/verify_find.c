/* SPDX-License-Identifier: MIT */
/*
 * The first difference, for the sentence. What the program has goes by twice, and what came once
 * more; of the records only hashes are kept, and a few of those that nobody has. An object may be
 * brought by several items: it is looked for in all of them.
 */
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "secret.h"
#include "state/verify_private.h"
#include "state/verify_sentence.h"

/* Records that are kept, to find which of ours was made of them; of large ones, fewer. */
#define LOST_MAX 64
#define LOST_MAX_BYTES ((size_t)8 << 20)

/* One record as it is compared: as one of its item, and what is in it with the objects. */
struct likeness {
        struct ek_record_kept kept;
        uint64_t identity; /* 0: it has none, and all of it counts in its item */
        struct ek_digest in_item; /* unless it is an object that is no entry */
        struct ek_digest in_objects; /* if has_content */
        bool has_content; /* it has an identity, and is more than that */
};

/* One that nobody has, kept. */
struct lost {
        struct ek_record_kept kept;
        struct ek_digest hash;
        uint64_t identity;
        size_t item; /* in which it came */
        bool is_content; /* as an object it is not what it was; else the item lacks it */
};

struct find {
        const struct ek_comparison *comparison;
        struct ekiden_scratch scratch; /* of the record in hand */
        struct ek_seen_list seen;
        struct ek_seen_list there; /* identities of objects, which may not be what they were */
        struct lost lost[LOST_MAX];
        size_t lost_count, lost_bytes;
        struct lost odd; /* the first of ours that was made of none of those; packed: NULL, none */
        uint64_t odd_times, odd_came;
        bool is_in_part;
        /* The item in hand: */
        size_t item;
        const struct ek_tagged *tagged;
        uint64_t records, objects; /* in this walk, so far */
};

static int out_of_memory(struct ekiden_error *error)
{
        return ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out while verifying");
}

/* The item as the version has it that is compared. */
static const struct ekiden_item *item_of(const struct find *find)
{
        return find->comparison->is_back ? find->comparison->back->source : &find->tagged->item;
}

static const struct ekiden_native *native_of(const struct find *find,
                                             const struct ekiden_message *type, uint64_t tag)
{
        const struct ekiden_objects *objects = find->comparison->export_->objects;

        if (tag == 0 || !objects)
                return find->tagged->native;
        for (size_t i = 0; i < objects->type_count; i++)
                if (objects->types[i].message->descriptor == type->descriptor)
                        return objects->types[i].native;
        return find->tagged->native;
}

static int pack(struct find *find, const ProtobufCMessage *message, struct ek_record_kept *kept)
{
        kept->size = protobuf_c_message_get_packed_size(message);
        kept->packed = ek_scratch_alloc(&find->scratch, kept->size > 0 ? kept->size : 1);
        if (!kept->packed)
                return EKIDEN_ENOMEM;
        protobuf_c_message_pack(message, kept->packed);
        return 0;
}

static struct ek_digest hash(const struct find *find, uint64_t seed, const void *bytes, size_t size)
{
        struct ek_digest digest = {0};
        uint64_t item = seed == EK_IMAGE_RECORD || seed == EK_IMAGE_ENTRY ? find->item : 0;

        ek_digest_add_packed(&digest, item * EK_IMAGE_SEEDS + seed, bytes, size);
        return digest;
}

static struct ek_digest hash_identity(const struct find *find, const struct likeness *like)
{
        return hash(find, EK_IMAGE_OBJECT, &like->identity, sizeof(like->identity));
}

static int prepare(struct find *find, const struct ekiden_message *type, uint64_t tag,
                   const ProtobufCMessage *record, struct likeness *ret_like)
{
        const struct ek_comparison *comparison = find->comparison;
        const struct ekiden_native *native = native_of(find, type, tag);
        bool is_value = ek_tagged_is_value(find->tagged), is_masked = false;
        const struct ek_likeness likeness = {
                .is_crossing = comparison->verification->chain->count > 0 && !is_value,
                .is_value = is_value,
                .is_ahead = find->tagged->last->is_ahead,
                .places_blocks = find->tagged->last->is_ahead && !comparison->is_back,
                .key = tag == 0 ? item_of(find)->key : 0,
                .native = comparison->is_back ? NULL : native,
                .mask = comparison->is_back && !is_value
                                ? ek_back_ours(comparison->back, tag)->descriptor
                                : NULL,
        };
        struct likeness like = {.kept = {.type = type, .tag = tag}};
        ProtobufCMessage *message;

        like.kept.number = tag == 0 ? find->records++ : find->objects++;
        ek_scratch_reset(&find->scratch);
        message = ek_likeness_copy(&likeness, &find->scratch, type, record, &is_masked);
        if (!message || pack(find, message, &like.kept) < 0)
                return EKIDEN_ENOMEM;
        find->is_in_part |= is_masked;
        if (ek_image_identity(native, type, message, &like.identity)) {
                like.in_item = hash(find, EK_IMAGE_ENTRY, &like.identity, sizeof(like.identity));
                like.in_objects = hash(find, EK_IMAGE_OBJECT, like.kept.packed, like.kept.size);
                like.has_content = !ek_record_is_stub(type, message);
        } else {
                like.identity = 0;
                like.in_item = hash(find, EK_IMAGE_RECORD, like.kept.packed, like.kept.size);
        }
        *ret_like = like;
        return 0;
}

static bool counts_in_item(const struct likeness *like)
{
        return like->kept.tag == 0 || like->identity == 0;
}

/* First walk: what the program has. */
static int note_ours(void *data, const struct ekiden_message *type, uint64_t tag,
                     ProtobufCMessage *record, struct ekiden_error *error)
{
        struct find *find = data;
        struct likeness like;
        int r = prepare(find, type, tag, record, &like);

        if (r == 0 && counts_in_item(&like))
                r = ek_seen_add(&find->seen, like.in_item);
        if (r == 0 && like.has_content)
                r = ek_seen_add(&find->seen, like.in_objects);
        if (r == 0 && like.has_content)
                r = ek_seen_add(&find->there, hash_identity(find, &like));
        return r < 0 ? out_of_memory(error) : 0;
}

static int keep(struct lost *lost, const struct find *find, const struct likeness *like,
                bool is_content)
{
        uint8_t *packed = malloc(like->kept.size > 0 ? like->kept.size : 1);

        if (!packed)
                return EKIDEN_ENOMEM;
        *lost = (struct lost){.kept = like->kept,
                              .hash = is_content ? like->in_objects : like->in_item,
                              .identity = like->identity,
                              .item = find->item,
                              .is_content = is_content};
        lost->kept.packed = memcpy(packed, like->kept.packed, like->kept.size);
        return 0;
}

static int keep_lost(struct find *find, const struct likeness *like, bool is_content)
{
        size_t size = like->kept.size;
        int r;

        if (find->lost_count == LOST_MAX ||
            (find->lost_count > 0 && size > LOST_MAX_BYTES - find->lost_bytes))
                return 0;
        for (size_t i = 0; is_content && i < find->lost_count; i++)
                if (ek_digest_equals(&find->lost[i].hash, &like->in_objects))
                        return 0; /* another item has brought it, too */
        r = keep(&find->lost[find->lost_count], find, like, is_content);
        if (r < 0)
                return r;
        find->lost_count++;
        find->lost_bytes += size < LOST_MAX_BYTES ? size : LOST_MAX_BYTES;
        return 0;
}

/* As one of the item: each that came is one of ours. */
static int match_in_item(struct find *find, const struct likeness *like)
{
        struct ek_seen *seen = ek_seen_find(&find->seen, like->in_item);

        if (!seen || seen->count == 0)
                return keep_lost(find, like, false);
        seen->count--;
        seen->matched++;
        return 0;
}

/* As an object: what leads to it comes once with each item, and is the same one. One that the
   program does not lead to is not missed here, but where a pointer should be, or an entry. */
static int match_content(struct find *find, const struct likeness *like)
{
        struct ek_seen *seen = ek_seen_find(&find->seen, like->in_objects);

        if (seen) {
                seen->count = 0;
                seen->matched++;
                return 0;
        }
        if (!ek_seen_find(&find->there, hash_identity(find, like)))
                return 0;
        return keep_lost(find, like, true);
}

/* Second walk: what came. */
static int match_theirs(void *data, const struct ekiden_message *type, uint64_t tag,
                        ProtobufCMessage *record, struct ekiden_error *error)
{
        struct find *find = data;
        const struct ek_comparison *comparison = find->comparison;
        struct likeness like;
        int r;

        if (tag != 0 && comparison->is_back && !ek_back_ours(comparison->back, tag)) {
                find->is_in_part = true; /* we know no such objects */
                return 0;
        }
        r = prepare(find, type, tag, record, &like);
        if (r == 0 && counts_in_item(&like))
                r = match_in_item(find, &like);
        if (r == 0 && like.has_content)
                r = match_content(find, &like);
        return r < 0 ? out_of_memory(error) : 0;
}

static bool may_be_one(const struct find *find, const struct lost *lost,
                       const struct likeness *like, bool is_content)
{
        if (lost->is_content != is_content || lost->identity != like->identity)
                return false;
        return is_content || (lost->item == find->item && like->identity == 0 &&
                              ek_kept_are_one(item_of(find), &lost->kept, &like->kept));
}

/* What one of ours was made of: of several that it may be, the one that it is most like. */
static const struct lost *find_partner(const struct find *find, const struct likeness *like,
                                       bool is_content)
{
        const struct lost *best = NULL;
        unsigned int least = 0;

        for (size_t i = 0; i < find->lost_count; i++) {
                const struct lost *lost = &find->lost[i];
                unsigned int distance;

                if (!may_be_one(find, lost, like, is_content))
                        continue;
                distance = ek_kept_distance(&lost->kept, &like->kept);
                if (!best || distance < least) {
                        best = lost;
                        least = distance;
                }
        }
        return best;
}

static struct ek_told tell(const struct find *find)
{
        return (struct ek_told){
                .tagged = find->tagged,
                .item = item_of(find),
                .is_back = find->comparison->is_back,
                .is_crossing = find->comparison->verification->chain->count > 0,
        };
}

static int pair(struct find *find, const struct likeness *like, bool is_content,
                struct ekiden_error *error)
{
        const struct ek_seen *seen =
                ek_seen_find(&find->seen, is_content ? like->in_objects : like->in_item);
        const struct ek_told told = tell(find);
        const struct lost *partner;

        if (!seen || seen->count == 0)
                return 0;
        partner = find_partner(find, like, is_content);
        if (partner)
                return ek_verify_differs(&told, &partner->kept, &like->kept, error);
        if (find->odd.kept.packed)
                return 0;
        if (keep(&find->odd, find, like, is_content) < 0)
                return out_of_memory(error);
        find->odd_times = seen->count + seen->matched;
        find->odd_came = seen->matched;
        return 0;
}

/* Third walk: of ours, those for which nothing came. The first that was made of one that is lost
   says in which field. */
static int pair_ours(void *data, const struct ekiden_message *type, uint64_t tag,
                     ProtobufCMessage *record, struct ekiden_error *error)
{
        struct find *find = data;
        struct likeness like;
        int r;

        if (prepare(find, type, tag, record, &like) < 0)
                return out_of_memory(error);
        r = counts_in_item(&like) ? pair(find, &like, false, error) : 0;
        return r == 0 && like.has_content ? pair(find, &like, true, error) : r;
}

typedef int visit_function(void *data, const struct ekiden_message *type, uint64_t tag,
                           ProtobufCMessage *record, struct ekiden_error *error);

static void enter(struct find *find, size_t item)
{
        char reason[EK_REASON_SIZE];

        find->item = item;
        find->tagged = find->comparison->items[item];
        find->records = find->objects = 0;
        if (find->comparison->is_back)
                ek_back_enter(find->comparison->back, find->tagged, reason);
}

static int export_ours(struct find *find, visit_function *visit, struct ekiden_error *error)
{
        const struct ek_visitor visitor = {.visit = visit, .data = find};
        struct ek_export *export_ = find->comparison->export_;
        int r;

        if (export_->objects)
                ek_objects_send_again(export_->objects);
        if (find->comparison->is_back)
                return ek_back_export(find->comparison->back, export_, &visitor, error);
        export_->visitor = &visitor;
        r = ek_export_item(export_, find->tagged, error);
        export_->visitor = NULL;
        return r;
}

static int ask_again(struct find *find, struct ekiden_error *error)
{
        const struct ek_visitor visitor = {.visit = match_theirs, .data = find};
        const struct ek_verification *verification = find->comparison->verification;

        if (!find->comparison->is_back)
                return ek_up_again(verification, find->tagged, &visitor, NULL, error);
        return verification->again(verification->data, find->comparison->back->source,
                                   ek_tagged_is_value(find->tagged) ? NULL
                                                                    : verification->chain->from,
                                   &visitor, error);
}

/* One walk over all items: what the program has; or, without a visitor, what came. */
static int walk(struct find *find, visit_function *visit, struct ekiden_error *error)
{
        for (size_t i = 0; i < find->comparison->item_count; i++) {
                int r;

                enter(find, i);
                r = visit ? export_ours(find, visit, error) : ask_again(find, error);
                if (r == 0)
                        continue;
                if (error->item[0] == '\0')
                        memcpy(error->item, find->tagged->name, sizeof(error->item));
                return r;
        }
        return 0;
}

static bool is_all_matched(const struct find *find)
{
        for (size_t i = 0; i < find->seen.count; i++)
                if (find->seen.seen[i].count > 0)
                        return false;
        return find->lost_count == 0;
}

/* Nothing is in a pair: one that is missing is told, or else one too many. */
static int tell_odd(struct find *find, struct ekiden_error *error)
{
        const struct lost *odd = find->odd.kept.packed ? &find->odd : NULL;
        struct ek_told told;

        for (size_t i = find->lost_count; i-- > 0;)
                if (!find->lost[i].is_content)
                        odd = &find->lost[i];
        enter(find, odd ? odd->item : 0);
        if (!odd) /* what was too many a moment ago is not there any more */
                return ek_verify_is_unsteady(find->tagged, error);
        told = tell(find);
        if (odd != &find->odd)
                return ek_verify_is_lost(&told, &odd->kept, error);
        if (find->odd_came > 0)
                return ek_verify_is_repeated(&told, &odd->kept, find->odd_times, find->odd_came,
                                             error);
        return ek_verify_is_new(&told, &odd->kept, error);
}

static int search(struct find *find, struct ekiden_error *error)
{
        int r = walk(find, note_ours, error);

        if (r < 0)
                return r;
        ek_seen_sort(&find->seen);
        ek_seen_sort(&find->there);
        r = walk(find, NULL, error);
        if (r < 0 || is_all_matched(find))
                return r;
        r = walk(find, pair_ours, error);
        return r < 0 ? r : tell_odd(find, error);
}

int ek_verify_find(const struct ek_comparison *comparison, bool *ret_in_part,
                   struct ekiden_error *error)
{
        struct find find = {.comparison = comparison};
        int r;

        ek_scratch_init(&find.scratch);
        find.scratch.is_secret = true; /* one of the items may be */
        r = search(&find, error);
        for (size_t i = 0; i < find.lost_count; i++)
                ek_secret_free(true, find.lost[i].kept.packed, find.lost[i].kept.size);
        ek_secret_free(true, find.odd.kept.packed, find.odd.kept.size);
        free(find.seen.seen);
        free(find.there.seen);
        ek_scratch_deinit(&find.scratch);
        if (r == 0)
                *ret_in_part = find.is_in_part;
        return r;
}
