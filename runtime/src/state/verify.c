/* SPDX-License-Identifier: MIT */
/*
 * The digests of all items first, in the order in which they came, as objects go out with the first
 * item that leads to them. Only where one differs is it asked for again, to say in what.
 */
#include "state/verify.h"

#include <stdlib.h>
#include <string.h>

#include "state/verify_private.h"
#include "state/verify_sentence.h"
#include "utf8.h"

struct verify {
        const struct ek_verification *verification;
        struct ek_back back;
        struct ek_export export_;
        struct ekiden_error *error;
        const struct ek_tagged **items; /* that came, in this order */
        size_t item_count;
        struct ek_digest objects; /* what is in those that the program leads to */
        bool is_one_missing; /* of those that are bound: it was taken out again */
        const char *shared_with; /* an item whose objects others share, and that has no way back */
};

static int out_of_memory(struct ekiden_error *error)
{
        return ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out while verifying");
}

static void decide(struct ek_figures *last, Ekiden__Verdict verdict, const char *reason)
{
        last->verdict = verdict;
        ek_utf8_copy(last->reason, sizeof(last->reason), reason);
}

static int each_item(struct verify *verify,
                     int (*check)(struct verify *verify, const struct ek_tagged *tagged))
{
        for (size_t i = 0; i < verify->item_count; i++) {
                int r = check(verify, verify->items[i]);

                if (r == 0)
                        continue;
                if (verify->error->item[0] == '\0')
                        memcpy(verify->error->item, verify->items[i]->name,
                               sizeof(verify->items[i]->name));
                return r;
        }
        return 0;
}

/* Looks for what makes a difference in these. */
static int find(struct verify *verify, const struct ek_tagged *const *items, size_t count,
                bool is_back, bool *ret_in_part)
{
        const struct ek_comparison comparison = {
                .verification = verify->verification,
                .export_ = &verify->export_,
                .back = &verify->back,
                .is_back = is_back,
                .items = items,
                .item_count = count,
        };

        return ek_verify_find(&comparison, ret_in_part, verify->error);
}

/* The items that are bound, of those that came and whose verdict is this one. */
static size_t list_bound(const struct verify *verify, const struct ek_tagged **ret_items,
                         unsigned int verdict, unsigned int or_verdict)
{
        size_t count = 0;

        for (size_t i = 0; i < verify->item_count; i++) {
                const struct ek_tagged *tagged = verify->items[i];

                if (tagged->native &&
                    (tagged->last->verdict == verdict || tagged->last->verdict == or_verdict))
                        ret_items[count++] = tagged;
        }
        return count;
}

/* In our own version: what the program exports, and what it was given. */

/* What goes out, as it was noted when it came in. */
struct own {
        struct verify *verify;
        const struct ek_tagged *tagged;
        struct ek_image image;
};

static const struct ekiden_native *native_of(const struct own *own, uint64_t tag)
{
        const struct ekiden_objects *objects = own->verify->export_.objects;

        for (size_t i = 0; tag != 0 && objects && i < objects->type_count; i++)
                if (objects->types[i].item == (tag >> 3) - 1)
                        return objects->types[i].native;
        return own->tagged->native;
}

static int add_to_image(void *data, const struct ekiden_message *type, uint64_t tag,
                        ProtobufCMessage *record, struct ekiden_error *error)
{
        struct own *own = data;

        return ek_image_add(&own->image, type, native_of(own, tag), tag != 0, record) < 0
                       ? out_of_memory(error)
                       : 0;
}

static int compare_own(struct verify *verify, const struct ek_tagged *tagged)
{
        struct own own = {.verify = verify, .tagged = tagged};
        const struct ek_visitor visitor = {.visit = add_to_image, .data = &own};
        bool is_crossing = verify->verification->chain->count > 0 && !ek_tagged_is_value(tagged);
        int r;

        if (tagged->native && verify->is_one_missing) {
                decide(tagged->last, EKIDEN__VERDICT__NOT_COMPARED,
                       "an item that came before was taken out again, and nobody knows which "
                       "objects were its own");
                return 0;
        }
        ek_image_init(&own.image, tagged, is_crossing, &verify->objects);
        verify->export_.visitor = &visitor;
        r = ek_export_item(&verify->export_, tagged, verify->error);
        verify->export_.visitor = NULL;
        ek_image_deinit(&own.image);
        if (r == 0 && ek_digest_equals(&own.image.records, &tagged->last->given))
                decide(tagged->last, EKIDEN__VERDICT__SAME_AS_GIVEN, "");
        return r;
}

/* A digest that differs is a difference, whether it can be found again or not. */
static int find_own(struct verify *verify, const struct ek_tagged *tagged)
{
        bool is_in_part = false;
        int r;

        if (tagged->last->verdict != 0 || tagged->native)
                return 0;
        r = find(verify, &tagged, 1, false, &is_in_part);
        return r == 0 ? ek_verify_is_unsteady(tagged, verify->error) : r;
}

/* Items that are bound share objects. Of those, some that came may lead nowhere any more, as a
   transformer has let go what led to them: then the digests differ, and nothing is found. */
static int find_own_bound(struct verify *verify)
{
        const struct ekiden_objects *imported = verify->verification->imported;
        const struct ek_tagged **items = verify->items + verify->item_count; /* room for as many */
        size_t odd = list_bound(verify, items, 0, 0), count;
        const struct ek_tagged *first = odd > 0 ? items[0] : NULL;
        bool is_in_part = false;
        int r;

        if (!imported || verify->is_one_missing ||
            (odd == 0 && ek_digest_equals(&verify->objects, &imported->given)))
                return 0;
        count = list_bound(verify, items, 0, EKIDEN__VERDICT__SAME_AS_GIVEN);
        r = find(verify, items, count, false, &is_in_part);
        return r == 0 && first ? ek_verify_is_unsteady(first, verify->error) : r;
}

static int ask_for_ahead(struct verify *verify, const struct ek_tagged *tagged)
{
        return tagged->last->is_ahead ? ek_verify_ahead(verify->verification, tagged, verify->error)
                                      : 0;
}

static int verify_own(struct verify *verify)
{
        int r = each_item(verify, ask_for_ahead);

        if (r == 0)
                r = each_item(verify, compare_own);
        if (r == 0)
                r = each_item(verify, find_own);
        return r == 0 ? find_own_bound(verify) : r;
}

/* The way back: what it becomes in the predecessor's version, and what that has sent. */

static int add_to_tally(void *data, const struct ekiden_message *type, uint64_t tag,
                        ProtobufCMessage *record, struct ekiden_error *error)
{
        return ek_tally_add(data, type, tag, record) < 0 ? out_of_memory(error) : 0;
}

static bool agrees(const struct ek_tally *tally, const struct ek_figures *last)
{
        return ek_digest_equals(&tally->image.records, &last->digest) &&
               tally->records == ek_records_that_came(last) && tally->objects == last->objects;
}

static void pass_over(struct verify *verify, const struct ek_tagged *tagged, const char *reason)
{
        decide(tagged->last, EKIDEN__VERDICT__SAME_AS_GIVEN, reason);
        if (tagged->native)
                verify->shared_with = tagged->name;
}

/* Whether the item cannot be taken back, for a reason that is known beforehand. */
static bool is_out_of_reach(struct verify *verify, const struct ek_tagged *tagged)
{
        char reason[EK_REASON_SIZE] = "";

        if (tagged->last->digest_kind != EK_DIGEST_LIVE)
                strcpy(reason, "the objects that came with it are not bound to structs");
        else if (ek_back_enter(&verify->back, tagged, reason))
                return false;
        pass_over(verify, tagged, reason);
        return true;
}

static int ignore(void *data, const struct ekiden_message *type, uint64_t tag,
                  ProtobufCMessage *record, struct ekiden_error *error)
{
        (void)data;
        (void)type;
        (void)tag;
        (void)record;
        (void)error;
        return 0;
}

/* Objects that it brought go out with it, and so not with another. */
static int skip_item(struct verify *verify, const struct ek_tagged *tagged)
{
        static const struct ek_visitor nobody = {.visit = ignore};
        int r;

        if (!tagged->native || verify->back.is_same)
                return 0;
        verify->export_.visitor = &nobody;
        r = ek_export_item(&verify->export_, tagged, verify->error);
        verify->export_.visitor = NULL;
        return r;
}

static int compare_back(struct verify *verify, const struct ek_tagged *tagged)
{
        struct ek_tally tally;
        const struct ek_visitor visitor = {.visit = add_to_tally, .data = &tally};
        int r;

        if (tagged->last->verdict == EKIDEN__VERDICT__NOT_COMPARED)
                return 0;
        if (is_out_of_reach(verify, tagged))
                return skip_item(verify, tagged);
        decide(tagged->last, EKIDEN__VERDICT__SAME, "");
        if (verify->back.is_same || ek_tagged_is_value(tagged))
                return 0; /* there is nothing to take back */
        ek_tally_init(&tally, tagged);
        r = ek_back_export(&verify->back, &verify->export_, &visitor, verify->error);
        ek_tally_deinit(&tally);
        if (r == EKIDEN_ETRANSFORMER) { /* it may be unable to express what came since */
                pass_over(verify, tagged, "a transformer refused on the way back");
                *verify->error = (struct ekiden_error){.phase = verify->error->phase};
                return 0;
        }
        if (r == 0 && !agrees(&tally, tagged->last))
                decide(tagged->last, 0, "");
        return r;
}

static void decide_found(struct verify *verify, const struct ek_tagged *tagged, bool is_in_part)
{
        char reason[EK_REASON_SIZE] = "not compared on the way back: ", unused[EK_REASON_SIZE];
        size_t length = strlen(reason);

        if (is_in_part) {
                ek_back_enter(&verify->back, tagged, unused);
                ek_back_name_masked(&verify->back, reason + length, sizeof(reason) - length);
        }
        if (is_in_part && reason[length] != '\0')
                decide(tagged->last, EKIDEN__VERDICT__SAME_IN_PART, reason);
        else
                decide(tagged->last, EKIDEN__VERDICT__SAME, "");
}

static int find_back(struct verify *verify, const struct ek_tagged *tagged)
{
        bool is_in_part = false;
        int r;

        if (tagged->last->verdict != 0 || tagged->native)
                return 0;
        r = find(verify, &tagged, 1, true, &is_in_part);
        if (r == 0)
                decide_found(verify, tagged, is_in_part);
        return r;
}

static int find_back_bound(struct verify *verify)
{
        const struct ek_tagged **items = verify->items + verify->item_count;
        size_t count = list_bound(verify, items, 0, 0);
        bool is_in_part = false;
        int r;

        for (size_t i = 0; verify->shared_with && i < count; i++)
                decide(items[i]->last, EKIDEN__VERDICT__SAME_AS_GIVEN,
                       "it shares objects with an item that has no way back");
        if (count == 0 || verify->shared_with)
                return 0;
        count = list_bound(verify, items, 0, EKIDEN__VERDICT__SAME);
        r = find(verify, items, count, true, &is_in_part);
        for (size_t i = 0; r == 0 && i < count; i++)
                if (items[i]->last->verdict == 0)
                        decide_found(verify, items[i], is_in_part);
        return r;
}

static int verify_back(struct verify *verify)
{
        int r;

        if (verify->export_.objects)
                ek_objects_send_again(verify->export_.objects);
        r = each_item(verify, compare_back);
        if (r == 0)
                r = each_item(verify, find_back);
        return r == 0 ? find_back_bound(verify) : r;
}

/* An item that was taken out again took its objects with it: whose they are now cannot be told. */
static int list_items(struct verify *verify)
{
        unsigned int bound = 0;
        size_t count;
        struct ek_tagged *const *all = ek_tagged_all(&count);

        verify->items = calloc(2 * count + 1, sizeof(*verify->items));
        if (!verify->items)
                return out_of_memory(verify->error);
        for (size_t i = 0; i < count; i++) {
                if (!all[i]->last->is_known)
                        continue;
                verify->items[verify->item_count++] = all[i];
                bound += all[i]->native != NULL;
        }
        verify->is_one_missing = bound != verify->verification->bound_items;
        return 0;
}

/* What goes out has the identities by which it came. */
static int make_objects(struct verify *verify)
{
        const struct ekiden_objects *imported = verify->verification->imported;
        int r;

        if (!imported)
                return 0;
        r = ek_objects_new(imported->natives, NULL, &verify->export_.objects);
        if (r == 0)
                r = ek_objects_seed(verify->export_.objects, imported);
        if (r == 0)
                r = ek_export_place_singletons(verify->export_.objects);
        return r < 0 ? out_of_memory(verify->error) : 0;
}

int ek_verify(const struct ek_verification *verification, struct ekiden_error *error)
{
        struct verify verify = {.verification = verification, .error = error};
        int r = ek_back_init(&verify.back, verification->chain, verification->registry, error);

        if (r == 0)
                r = list_items(&verify);
        if (r == 0)
                r = make_objects(&verify);
        if (r == 0)
                r = verify_own(&verify);
        if (r == 0)
                r = verify_back(&verify);
        free(verify.items);
        ek_objects_free(verify.export_.objects);
        ek_back_deinit(&verify.back);
        return r;
}
