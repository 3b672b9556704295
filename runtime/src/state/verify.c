/* SPDX-License-Identifier: MIT */
/*
 * The digests of all items first, in the order in which they came, as objects go out with the first
 * item that leads to them. Only where one differs is it asked for again, to say in what.
 */
#include "state/verify.h"

#include <stdlib.h>
#include <string.h>

#include "state/verify_private.h"
#include "utf8.h"

struct verify {
        const struct ek_verification *verification;
        struct ek_back back;
        struct ek_export export_;
        struct ekiden_error *error;
        const char *shared_with; /* an item whose objects others share, and that is not compared */
};

/* What goes out, as it would be counted at the other end. */
struct tally {
        struct ek_digest digest;
        uint64_t records, objects;
};

static int out_of_memory(struct ekiden_error *error)
{
        return ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out while verifying");
}

static int add_to_tally(void *data, const struct ekiden_message *type, uint64_t tag,
                        ProtobufCMessage *record, struct ekiden_error *error)
{
        struct tally *tally = data;

        if (tag == 0)
                tally->records++;
        else
                tally->objects++;
        return ek_digest_add(&tally->digest, EK_DIGEST_LIVE, type, tag, record) < 0
                       ? out_of_memory(error)
                       : 0;
}

static void decide(struct ek_figures *last, Ekiden__Verdict verdict, const char *reason)
{
        last->verdict = verdict;
        ek_utf8_copy(last->reason, sizeof(last->reason), reason);
}

static void pass_over(struct verify *verify, const struct ek_tagged *tagged, const char *reason)
{
        decide(tagged->last, EKIDEN__VERDICT__NOT_COMPARED, reason);
        if (tagged->native)
                verify->shared_with = tagged->name;
}

static bool agrees(const struct tally *tally, const struct ek_figures *last)
{
        return ek_digest_equals(&tally->digest, &last->digest) && tally->records == last->records &&
               tally->objects == last->objects;
}

/* An item that was taken out again took its objects with it: whose they are now cannot be told. */
static bool is_one_missing(const struct verify *verify)
{
        unsigned int bound = 0;
        size_t count;
        struct ek_tagged *const *all = ek_tagged_all(&count);

        for (size_t i = 0; i < count; i++)
                bound += all[i]->native && all[i]->last->is_known;
        return bound != verify->verification->bound_items;
}

/* Whether the item cannot be compared, for a reason that is known beforehand. */
static bool is_out_of_reach(struct verify *verify, const struct ek_tagged *tagged)
{
        char reason[sizeof(tagged->last->reason)] = "";

        if (tagged->last->digest_kind != EK_DIGEST_LIVE)
                strcpy(reason, "objects came with it that it is not bound to");
        else if (tagged->native && is_one_missing(verify))
                strcpy(reason, "an item that came before was taken out again");
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

        if (!tagged->native)
                return 0;
        verify->export_.visitor = &nobody;
        r = ek_export_item(&verify->export_, tagged, verify->error);
        verify->export_.visitor = NULL;
        return r;
}

/* The way back is the program's, too, and may be unable to express what came since. */
static int no_way_back(struct verify *verify, const struct ek_tagged *tagged)
{
        if (verify->back.is_same)
                return verify->error->code;
        pass_over(verify, tagged, "a transformer refused on the way back");
        *verify->error = (struct ekiden_error){.phase = verify->error->phase};
        return 0;
}

static int check_digest(struct verify *verify, const struct ek_tagged *tagged)
{
        struct tally tally = {.records = 0};
        const struct ek_visitor visitor = {.visit = add_to_tally, .data = &tally};
        int r;

        if (is_out_of_reach(verify, tagged))
                return skip_item(verify, tagged);
        r = ek_back_export(&verify->back, &verify->export_, &visitor, verify->error);
        if (r < 0)
                return r == EKIDEN_ETRANSFORMER ? no_way_back(verify, tagged) : r;
        if (agrees(&tally, tagged->last))
                decide(tagged->last, EKIDEN__VERDICT__SAME, "");
        else if (tagged->native && verify->shared_with)
                pass_over(verify, tagged, "it shares objects with an item that is not compared");
        return 0;
}

static int find_difference(struct verify *verify, const struct ek_tagged *tagged)
{
        char reason[sizeof(tagged->last->reason)];
        bool is_in_part = false;
        int r;

        if (tagged->last->verdict != 0)
                return 0;
        ek_back_enter(&verify->back, tagged, reason);
        r = ek_verify_find(&verify->back, verify->verification, &verify->export_, &is_in_part,
                           verify->error);
        if (r < 0)
                return r;
        if (is_in_part)
                decide(tagged->last, EKIDEN__VERDICT__SAME_IN_PART,
                       "there are fields that only one of the versions has");
        else
                decide(tagged->last, EKIDEN__VERDICT__SAME, "");
        return 0;
}

static int each_item(struct verify *verify,
                     int (*check)(struct verify *verify, const struct ek_tagged *tagged))
{
        size_t count;
        struct ek_tagged *const *all = ek_tagged_all(&count);

        for (size_t i = 0; i < count; i++) {
                int r = all[i]->last->is_known ? check(verify, all[i]) : 0;

                if (r == 0)
                        continue;
                if (verify->error->item[0] == '\0')
                        memcpy(verify->error->item, all[i]->name, sizeof(all[i]->name));
                return r;
        }
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
                r = make_objects(&verify);
        if (r == 0)
                r = each_item(&verify, check_digest);
        if (r == 0)
                r = each_item(&verify, find_difference);
        ek_objects_free(verify.export_.objects);
        ek_back_deinit(&verify.back);
        return r;
}
