/* SPDX-License-Identifier: MIT */
/* The end of sending ahead, in the pause: what has changed last, and END for each item. */
#include "handover/ahead_private.h"
#include "handover/predecessor_private.h"

#define AGAIN_MAX 16

/* A portion without slices: the program stands still. */
static int send_last(struct ek_predecessor *p, struct ek_ahead_export *item,
                     struct ekiden_error *error)
{
        struct ek_wait wait = ek_predecessor_wait(EKIDEN_PHASE_TRANSFER);
        struct ek_outbox *box = &p->ahead.outbox;
        int r = ek_ahead_export_begin(item, box, error);

        /* Who looks for a record may find that others have expired, and tell of that. */
        for (int again = 0; r >= 0 && again < AGAIN_MAX; again++) {
                do {
                        r = ek_ahead_export_step(item, box, error);
                        if (r >= 0 && ek_outbox_left(box) >= EK_AHEAD_BATCH) {
                                int sent;

                                ek_ahead_export_close(item, box);
                                sent = ek_outbox_send(box, p->link, &wait);
                                r = sent < 0 ? ek_link_failed(sent, error) : r;
                        }
                } while (r > 0);
                if (r < 0 || ek_ahead_export_rest(item) == 0)
                        break;
                ek_ahead_export_again(item);
        }
        if (r == 0)
                r = ek_ahead_export_finish(item, true, box, error);
        if (r == 0)
                r = ek_outbox_send(box, p->link, &wait);
        return r < 0 ? ek_link_failed(r, error) : 0;
}

int ek_ahead_send_rest(struct ek_predecessor *p, struct ekiden_error *error)
{
        struct ek_ahead *ahead = &p->ahead;

        for (size_t i = 0; i < ahead->count; i++) {
                int r = send_last(p, ahead->items[i], error);

                if (r < 0)
                        return r;
                ek_ahead_note_sent(ahead, ahead->items[i]);
        }
        return 0;
}

int ek_ahead_check(const struct ek_predecessor *p, struct ekiden_error *error)
{
        const struct ek_ahead *ahead = &p->ahead;
        int r = 0;

        for (size_t i = 0; r == 0 && i < ahead->count; i++)
                r = ek_ahead_export_check(ahead->items[i], error);
        return r;
}
