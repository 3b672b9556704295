/* SPDX-License-Identifier: MIT */
/* The end of sending ahead, in the pause: what has changed last, and END for each item. */
#include <stdio.h>

#include "handover/ahead_private.h"
#include "handover/predecessor_private.h"

#define AGAIN_MAX 1000 /* times that the search for what has changed may change something else */

static int never_ends(const struct ek_ahead_export *item, struct ekiden_error *error)
{
        ekiden_error_set(error, EKIDEN_EREFUSED,
                         "item \"%s\" changed in the pause each of %d times that its changes were "
                         "sent; find() must not change other entries each time it is called",
                         ek_ahead_export_name(item), AGAIN_MAX);
        if (error)
                snprintf(error->item, sizeof(error->item), "%s", ek_ahead_export_name(item));
        return EKIDEN_EREFUSED;
}

/* Some of what is left, which leaves when it is much: 1; 0: there is no more; or an error. */
static int send_some(struct ek_predecessor *p, struct ek_ahead_export *item,
                     const struct ek_wait *wait, struct ekiden_error *error)
{
        struct ek_outbox *box = &p->ahead.outbox;
        int r = ek_wait_is_over(wait);
        int more;

        if (r < 0)
                return ek_link_failed(r, error);
        more = ek_ahead_export_step(item, box, error);
        if (more < 0 || ek_outbox_left(box) < EK_AHEAD_BATCH)
                return more;
        ek_ahead_export_close(item, box);
        r = ek_outbox_send(box, p->link, wait);
        return r < 0 ? ek_link_failed(r, error) : more;
}

/* A portion without slices: the program stands still. */
static int send_last(struct ek_predecessor *p, struct ek_ahead_export *item,
                     struct ekiden_error *error)
{
        struct ek_wait wait = ek_predecessor_wait(EKIDEN_PHASE_TRANSFER);
        struct ek_outbox *box = &p->ahead.outbox;
        int r = ek_ahead_export_begin(item, box, error);

        /* Who looks for a record may find that others have expired, and tell of that. */
        for (int again = 0; r >= 0; again++) {
                do
                        r = send_some(p, item, &wait, error);
                while (r > 0);
                if (r < 0 || ek_ahead_export_rest(item) == 0)
                        break;
                if (again == AGAIN_MAX)
                        return never_ends(item, error);
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
