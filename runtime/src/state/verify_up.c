/* SPDX-License-Identifier: MIT */
/*
 * What a program was given, once more: the item comes again, and its records take the same way up.
 * That way is not run for what differs alone, as only what came out of it can tell.
 */
#include "fields.h"
#include "secret.h"
#include "state/lookup.h"
#include "state/verify_private.h"

void ek_tally_init(struct ek_tally *tally, const struct ek_tagged *tagged)
{
        *tally = (struct ek_tally){.records = 0};
        ek_image_init(&tally->image, tagged, false, &tally->objects_unused);
        tally->image.places_blocks = false; /* what is taken back may be a copy */
        tally->image.scratch.is_secret = true; /* in the predecessor's version it may be */
}

void ek_tally_deinit(struct ek_tally *tally)
{
        ek_image_deinit(&tally->image);
}

int ek_tally_add(struct ek_tally *tally, const struct ekiden_message *type, uint64_t tag,
                 ProtobufCMessage *record)
{
        if (tag == 0)
                tally->records++;
        else
                tally->objects++;
        if (tally->image.is_ahead)
                return ek_image_add(&tally->image, type, NULL, tag != 0, record);
        return ek_digest_add(&tally->image.records, EK_DIGEST_LIVE, type, tag, record);
}

/* Nobody takes it: one and the same may be in two records. */
static int lend_descriptor(void *owner, int descriptor, int *ret_descriptor)
{
        (void)owner;
        *ret_descriptor = descriptor;
        return 0;
}

static int arrive(void *data, ProtobufCMessage *record)
{
        struct ek_up *up = data;
        const struct ekiden_item *target =
                up->tagged->native && up->target_tag != 0
                        ? &up->verification->chain->to->items[(up->target_tag >> 3) - 1]
                        : &up->tagged->item;

        return up->visitor->visit(up->visitor->data, target->message, up->target_tag, record,
                                  up->error);
}

static int go_up(void *data, const struct ekiden_message *type, uint64_t tag,
                 ProtobufCMessage *record, struct ekiden_error *error)
{
        struct ek_up *up = data;
        const struct ek_chain *chain = up->verification->chain;
        struct ek_route route;

        if (up->came && ek_tally_add(up->came, type, tag, record) < 0)
                return ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out while verifying");
        if (tag != 0 && !up->tagged->native)
                return 0; /* nobody was given it */
        if (up->route.count == 0)
                return up->visitor->visit(up->visitor->data, type, tag, record, error);
        ek_scratch_reset(&up->scratch);
        up->scratch.duplicate = lend_descriptor;
        up->target_tag = 0;
        if (tag == 0)
                return ek_route_run(&up->route, record, up->record++, &up->scratch, arrive, up,
                                    error);
        route = up->verification->imported->routes[(tag >> 3) - 1];
        if (!route.source)
                return 0; /* we know no such objects */
        route.first = 0; /* it was unpacked as the predecessor has it */
        up->target_tag = ek_object_tag(chain->to, route.target);
        return ek_route_run(&route, record, up->record++, &up->scratch, arrive, up, error);
}

static int ask(struct ek_up *up)
{
        const struct ek_verification *verification = up->verification;
        const struct ek_visitor visitor = {.visit = go_up, .data = up};
        int r = ek_lookups_fetch(verification->chain, &up->route, verification->look_up,
                                 verification->data, up->error);

        return r < 0 ? r
                     : verification->again(verification->data, up->route.source,
                                           verification->chain->from, &visitor, up->error);
}

int ek_up_again(const struct ek_verification *verification, const struct ek_tagged *tagged,
                const struct ek_visitor *visitor, struct ek_tally *came, struct ekiden_error *error)
{
        struct ek_up up = {.verification = verification,
                           .tagged = tagged,
                           .visitor = visitor,
                           .came = came,
                           .error = error};
        int r;

        if (ek_tagged_is_value(tagged))
                return verification->again(verification->data, &tagged->item, NULL, visitor, error);
        r = ek_route_find(verification->chain, &tagged->item, &up.route, error);
        if (r < 0 || !up.route.source)
                return r;
        up.route.first = 0;
        ek_scratch_init(&up.scratch);
        up.scratch.is_secret = true; /* in one version it may be */
        r = ask(&up);
        ek_lookups_free(&up.route);
        ek_scratch_deinit(&up.scratch);
        return r;
}
