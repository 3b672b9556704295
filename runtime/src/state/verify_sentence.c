/* SPDX-License-Identifier: MIT */
/* See verify_sentence.h. */
#include "state/verify_sentence.h"

#include <stdio.h>
#include <string.h>

#include "difference.h"
#include "fields.h"
#include "scratch.h"
#include "secret.h"
#include "state/image.h"
#include "state/key.h"
#include "utf8.h"

/* One record or two, unpacked. */
struct pair {
        struct ekiden_scratch scratch;
        ProtobufCMessage *came, *ours;
};

static int out_of_memory(struct ekiden_error *error)
{
        return ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out while verifying");
}

static ProtobufCMessage *unpack(struct pair *pair, const struct ek_record_kept *kept)
{
        return kept ? protobuf_c_message_unpack(kept->type->descriptor, &pair->scratch.allocator,
                                                kept->size, kept->packed)
                    : NULL;
}

/* `ours` may be NULL. The pair must not be moved. */
static void unpack_pair(struct pair *pair, const struct ek_record_kept *came,
                        const struct ek_record_kept *ours)
{
        ek_scratch_init(&pair->scratch);
        pair->scratch.is_secret = ek_message_has_secrets(came->type);
        pair->came = unpack(pair, came);
        pair->ours = unpack(pair, ours);
}

static bool same_key(const struct ekiden_item *source, const struct pair *pair, bool *ret_has_key)
{
        const ProtobufCFieldDescriptor *field =
                source->key != 0 ? protobuf_c_message_descriptor_get_field(pair->came->descriptor,
                                                                           source->key)
                                 : NULL;

        *ret_has_key =
                field && ek_field_is_set(pair->came, field) && ek_field_is_set(pair->ours, field);
        if (!*ret_has_key)
                return false;
        return ek_values_are_same(field->type, (const char *)pair->came + field->offset,
                                  (const char *)pair->ours + field->offset);
}

static bool are_one(const struct ekiden_item *source, const struct ek_record_kept *came,
                    const struct pair *pair)
{
        uint64_t one, other;
        bool has_key, is_same_key;

        if (came->tag == 0) {
                is_same_key = same_key(source, pair, &has_key);
                if (has_key)
                        return is_same_key;
        }
        if (ek_record_identity(came->type, pair->came, &one) &&
            ek_record_identity(came->type, pair->ours, &other))
                return one == other;
        return true;
}

bool ek_kept_are_one(const struct ekiden_item *source, const struct ek_record_kept *came,
                     const struct ek_record_kept *ours)
{
        struct pair pair;
        bool is_one;

        if (came->tag != ours->tag)
                return false;
        unpack_pair(&pair, came, ours);
        is_one = pair.came && pair.ours && are_one(source, came, &pair);
        ek_scratch_deinit(&pair.scratch);
        return is_one;
}

/* "record 3", to which its key is added; or "object 3, of type Node,". */
static const char *name_record(const struct ek_record_kept *kept, char words[128])
{
        if (kept->tag == 0)
                snprintf(words, 128, "record %llu", (unsigned long long)kept->number);
        else
                snprintf(words, 128, "object %llu, of type %.80s,",
                         (unsigned long long)kept->number, kept->type->descriptor->short_name);
        return words;
}

/* Adds what every such error has. */
static int finish(const struct ek_told *told, const struct ek_record_kept *kept,
                  struct ekiden_error *error)
{
        struct pair pair;

        unpack_pair(&pair, kept, NULL);
        memcpy(error->item, told->tagged->name, sizeof(error->item));
        if (pair.came && kept->tag == 0)
                ek_name_key(error, kept->number, told->item, pair.came);
        ek_scratch_deinit(&pair.scratch);
        return error->code;
}

static const char *advise(const struct ek_told *told)
{
        if (told->is_back)
                return "the program has what it was given, so look at the transformers, there and "
                       "back";
        if (told->tagged->last->is_ahead)
                return "see that the old version tells of each change to it, by its touch "
                       "function, and look at how the new one imports it, and at what it does "
                       "with it before its first update point";
        return "look at how the program imports it, and at what it does with it before its first "
               "update point";
}

static const char *say_what_it_was(const struct ek_told *told)
{
        if (told->is_back)
                return "is not what it was in the predecessor when it is transformed back";
        if (told->tagged->last->is_ahead)
                return "is not what the predecessor has";
        return told->is_crossing ? "is not what it was when the program was given it"
                                 : "is not what it was in the predecessor";
}

/* Between versions a field that is absent is as good as one that has its default. */
static const char *describe(const struct ek_told *told, enum ek_difference_kind kind)
{
        switch (kind) {
        case EK_DIFFERENCE_ONLY_IN_A:
                return told->is_crossing ? "is not there any more, or has its default"
                                         : "is not there any more";
        case EK_DIFFERENCE_ONLY_IN_B:
                return told->is_crossing ? "is there, and was not, or had its default"
                                         : "is there, and was not";
        case EK_DIFFERENCE_COUNT:
                return "has another number of elements";
        default:
                return "has another value";
        }
}

/* The bytes are the same, and where they lie in their arena is not (EK_PLACE_SIZE). */
static bool is_moved(const struct ek_told *told, const struct ek_difference *difference)
{
        const ProtobufCBinaryData *came = difference->value_a, *ours = difference->value_b;

        return told->tagged->last->is_ahead && !told->is_back &&
               difference->kind == EK_DIFFERENCE_VALUE && difference->entry_a &&
               (difference->entry_a->flags & EKIDEN_FIELD_ARENA) && came->len == ours->len &&
               came->len > EK_PLACE_SIZE &&
               memcmp(came->data + EK_PLACE_SIZE, ours->data + EK_PLACE_SIZE,
                      came->len - EK_PLACE_SIZE) == 0;
}

static bool same_number(void *data, int32_t a, int32_t b)
{
        (void)data;
        return a == b;
}

/* A pointer differs in the identity of what it leads to; its own name says it better. */
static void name_pointer(const struct ekiden_message *type, char *path)
{
        char *at = path;

        while (type && *at) {
                size_t length = strcspn(at, ".[");
                char name[EKIDEN_NAME_MAX + 1];
                const ProtobufCFieldDescriptor *field;
                const struct ekiden_field *entry;

                snprintf(name, sizeof(name), "%.*s", (int)length, at);
                field = protobuf_c_message_descriptor_get_field_by_name(type->descriptor, name);
                entry = field ? ek_message_field(type,
                                                 (unsigned int)(field - type->descriptor->fields))
                              : NULL;
                if (entry && (entry->flags & EKIDEN_FIELD_IDENTITY) && at > path)
                        at[-1] = '\0';
                at += length + strcspn(at + length, ".");
                at += *at == '.';
                type = entry ? entry->nested : NULL;
        }
}

/* Of two records that may be one, the more likely: their descriptors are told apart by nothing but
   what they lead to. */
static int add_distance(void *data, const struct ek_difference *difference)
{
        bool is_descriptor =
                difference->entry_a && (difference->entry_a->flags & EKIDEN_FIELD_DESCRIPTOR);

        *(unsigned int *)data += is_descriptor ? 1 : 2;
        return 0;
}

unsigned int ek_kept_distance(const struct ek_record_kept *came, const struct ek_record_kept *ours)
{
        unsigned int distance = 0;
        const struct ek_difference_rules rules = {.type_a = came->type,
                                                  .type_b = ours->type,
                                                  .same_descriptor = same_number,
                                                  .visit = add_distance,
                                                  .data = &distance};
        struct pair pair;

        unpack_pair(&pair, came, ours);
        if (pair.came && pair.ours)
                ek_difference_each(&rules, pair.came, pair.ours, NULL);
        ek_scratch_deinit(&pair.scratch);
        return distance;
}

int ek_verify_differs(const struct ek_told *told, const struct ek_record_kept *came,
                      const struct ek_record_kept *ours, struct ekiden_error *error)
{
        const struct ek_difference_rules rules = {
                .type_a = came->type, .type_b = ours->type, .same_descriptor = same_number};
        struct ek_difference difference = {.kind = EK_DIFFERENCE_VALUE};
        const char *what;
        char words[128];
        struct pair pair;
        int r;

        unpack_pair(&pair, came, ours);
        r = pair.came && pair.ours
                    ? ek_difference_find(&rules, pair.came, pair.ours, &difference, NULL)
                    : EKIDEN_ENOMEM;

        what = r == 1 && is_moved(told, &difference) ? "has another block of its arena"
                                                     : describe(told, difference.kind);
        ek_scratch_deinit(&pair.scratch);
        if (r == EKIDEN_ENOMEM)
                return out_of_memory(error);
        if (r != 1 || difference.kind == EK_DIFFERENCE_UNKNOWN)
                snprintf(difference.path, sizeof(difference.path), "?");
        name_pointer(came->type, difference.path);
        if (error->code == 0)
                ek_utf8_copy(error->field, sizeof(error->field), difference.path);
        ekiden_error_set(error, EKIDEN_EREFUSED, "%s %s: field \"%s\" %s; %s",
                         name_record(came, words), say_what_it_was(told), difference.path, what,
                         advise(told));
        return finish(told, came, error);
}

int ek_verify_is_lost(const struct ek_told *told, const struct ek_record_kept *came,
                      struct ekiden_error *error)
{
        const char *what = "came, and the program does not have it any more";
        char words[128];

        if (told->is_back)
                what = "came, and does not come back";
        else if (told->tagged->last->is_ahead)
                what = "is in the predecessor, and the program does not have it";
        ekiden_error_set(error, EKIDEN_EREFUSED, "%s %s; %s", name_record(came, words), what,
                         advise(told));
        return finish(told, came, error);
}

int ek_verify_is_new(const struct ek_told *told, const struct ek_record_kept *ours,
                     struct ekiden_error *error)
{
        const char *what = "is in the program, and never came so";
        char words[128];

        if (told->is_back)
                what = "comes back, and never came so";
        else if (told->tagged->last->is_ahead)
                what = "is in the program, and the predecessor does not have it";
        ekiden_error_set(error, EKIDEN_EREFUSED, "%s %s; %s", name_record(ours, words), what,
                         advise(told));
        return finish(told, ours, error);
}

int ek_verify_is_repeated(const struct ek_told *told, const struct ek_record_kept *ours,
                          uint64_t times, uint64_t came, struct ekiden_error *error)
{
        char words[128], often[64] = "twice";

        if (times != 2 || came != 1)
                snprintf(often, sizeof(often), "%llu times, and came %llu times",
                         (unsigned long long)times, (unsigned long long)came);
        ekiden_error_set(error, EKIDEN_EREFUSED,
                         told->is_back ? "%s comes back %s; %s" : "%s is in the program %s; %s",
                         name_record(ours, words), often, advise(told));
        return finish(told, ours, error);
}

int ek_verify_is_unsteady(const struct ek_tagged *tagged, struct ekiden_error *error)
{
        memcpy(error->item, tagged->name, sizeof(error->item));
        if (ek_message_has_arenas(tagged->item.message))
                return ekiden_error_set(error, EKIDEN_EREFUSED,
                                        "it is not what it was, and which record cannot be told: "
                                        "it has bytes in an arena, and if the new version writes "
                                        "into them, it does so behind its first update point");
        return ekiden_error_set(error, EKIDEN_EREFUSED,
                                "it is another one each time that it is exported, so it cannot be "
                                "compared; export nothing that changes by itself, as times do");
}
