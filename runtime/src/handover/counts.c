/* SPDX-License-Identifier: MIT */
/* See counts.h: the predecessor's side, in an update point while it serves. */
#include "handover/counts.h"

#include "handover/ahead_private.h"
#include "handover/predecessor_private.h"

/* A keeper does not serve: nothing is gained by asking ahead of WARM. */
bool ek_counts_are_offered(const struct ek_predecessor *p)
{
        return !p->request.snapshot && !ek_predecessor_is_kept(p);
}

/* The successor waits for it and has taken all else: there is room in the socket. */
static int answer(struct ek_predecessor *p, const Ekiden__Count *asked, struct ekiden_error *error)
{
        const struct ek_tagged *tagged = ek_tagged_find(asked->item);
        Ekiden__Count count = EKIDEN__COUNT__INIT;
        int r = 0;

        if (tagged)
                r = ek_predecessor_check_type(tagged, asked->message ? asked->message : "", error);
        if (r < 0)
                return r;
        count.item = asked->item;
        count.has_count = tagged != NULL;
        count.count = tagged ? ek_export_announced(tagged) : 0;
        r = ek_link_send_message(p->link, EKIDEN__FRAME_KIND__COUNT, &count.base, NULL);
        return r < 0 ? ek_link_failed(r, error) : 0;
}

int ek_counts_take(struct ek_predecessor *p, const struct ek_frame *frame,
                   struct ekiden_error *error)
{
        ProtobufCMessage *unpacked;
        int r;

        if (!ek_counts_are_offered(p) || p->ahead.is_counted || !ek_ahead_is_settled(&p->ahead))
                return ek_link_failed(EKIDEN_EPROTOCOL, error);
        p->ahead.is_counted = true;
        ek_predecessor_renew();
        r = ek_frame_message(frame, &ekiden__count__descriptor, &unpacked);
        if (r < 0)
                return ek_link_failed(r, error);
        r = answer(p, (const Ekiden__Count *)unpacked, error);
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return r;
}
