/* SPDX-License-Identifier: MIT */
/*
 * What came ahead. Records came more than once, as they changed, and no digest could be made of
 * them on the way in. What the predecessor has now, in the pause, is what the program should have:
 * so a change that it was not told of is found.
 */
#include "state/verify_private.h"

/* What the program should have, as it arrives. */
struct ahead {
        const struct ek_tagged *tagged;
        struct ek_image image;
        uint64_t records;
};

static int add(void *data, const struct ekiden_message *type, uint64_t tag,
               ProtobufCMessage *record, struct ekiden_error *error)
{
        struct ahead *ahead = data;

        ahead->records++;
        return ek_image_add(&ahead->image, type, ahead->tagged->native, tag != 0, record) < 0
                       ? ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out while verifying")
                       : 0;
}

int ek_verify_ahead(const struct ek_verification *verification, const struct ek_tagged *tagged,
                    struct ekiden_error *error)
{
        struct ahead ahead = {.tagged = tagged};
        const struct ek_visitor visitor = {.visit = add, .data = &ahead};
        struct ek_digest objects = {0}; /* records that are sent ahead lead to none */
        struct ek_tally came;
        int r;

        ek_image_init(&ahead.image, tagged, verification->chain->count > 0, &objects);
        ek_tally_init(&came, tagged);
        r = ek_up_again(verification, tagged, &visitor, &came, error);
        if (r == 0) {
                tagged->last->given = ahead.image.records;
                tagged->last->digest = came.image.records;
                tagged->last->again.records = came.records;
                tagged->last->again.taken = ahead.records;
        }
        ek_tally_deinit(&came);
        ek_image_deinit(&ahead.image);
        return r;
}
