/* SPDX-License-Identifier: MIT */
/* See verify.h. */
#include "handover/verify.h"

#include "state/verify.h"

static int send_pull(const struct ek_received *received, const struct ek_wait *wait,
                     const struct ekiden_item *source, struct ekiden_error *error)
{
        Ekiden__Pull message = EKIDEN__PULL__INIT;
        int r;

        message.item = (char *)(uintptr_t)source->name;
        message.message = (char *)(uintptr_t)source->message->descriptor->name;
        message.has_again = message.again = 1;
        r = ek_link_queue_message(received->link, EKIDEN__FRAME_KIND__PULL, &message.base, wait);
        return r < 0 ? ek_link_failed(r, error) : 0;
}

static int look_up_again(void *data, const struct ekiden_item *source,
                         const struct ek_tagged *tagged, const struct ek_route *route,
                         struct ekiden_error *error)
{
        const struct ek_received *received = data;
        const struct ek_wait wait = {.idle_ms = received->transfer_ms};
        int r = send_pull(received, &wait, source, error);

        return r < 0 ? r : ek_import_item(received->link, &wait, tagged, route, NULL, error);
}

static int pull_again(void *data, const struct ekiden_item *source,
                      const struct ekiden_schema *from, const struct ek_visitor *visitor,
                      struct ekiden_error *error)
{
        const struct ek_received *received = data;
        const struct ek_wait wait = {.idle_ms = received->transfer_ms};
        int r = send_pull(received, &wait, source, error);

        if (r < 0)
                return r;
        r = ek_import_visit(received->link, &wait, source, from, visitor, error);
        /* It was there a moment ago. */
        return r == EKIDEN_FRESH ? ek_link_failed(EKIDEN_EPROTOCOL, error) : r < 0 ? r : 0;
}

int ek_verify_received(const struct ek_received *received, struct ekiden_error *error)
{
        const struct ek_verification verification = {
                .chain = received->fetch->chain,
                .registry = received->registry,
                .imported = received->fetch->objects,
                .bound_items = received->fetch->bound_items,
                .again = pull_again,
                .look_up = look_up_again,
                .data = (void *)(uintptr_t)received,
        };

        return ek_verify(&verification, error);
}
