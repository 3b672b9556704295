/* SPDX-License-Identifier: MIT */
/* See early.h: the predecessor's side. */
#include "handover/early.h"

#include <string.h>

#include "handover/predecessor_private.h"
#include "state/objects.h"
#include "wire/clock.h"

size_t ek_early_tagged(struct ek_predecessor *p, char *ret_names[EK_EARLY_TAGGED_MAX])
{
        size_t count;
        struct ek_tagged *const *all = ek_tagged_all(&count);

        /* An object crosses with the first item that leads to it, and that might be forgotten. */
        p->early.is_offered = !p->request.snapshot && !p->request.is_verified &&
                              !ek_schema_has_objects(p->setup->schema);
        if (!p->early.is_offered)
                return 0;
        if (count > EK_EARLY_TAGGED_MAX)
                count = EK_EARLY_TAGGED_MAX;
        for (size_t i = 0; i < count; i++)
                ret_names[i] = all[i]->name;
        return count;
}

int ek_early_take(struct ek_predecessor *p, const struct ek_frame *frame,
                  struct ekiden_error *error)
{
        ProtobufCMessage *unpacked;
        int r = ek_frame_message(frame, &ekiden__warm__descriptor, &unpacked);

        if (r < 0)
                return ek_link_failed(r, error);
        ek_early_forget(p);
        p->early.warm = (Ekiden__Warm *)unpacked;
        if (p->early.warm->n_soon > EK_EARLY_MAX ||
            (p->early.warm->n_soon > 0 && !p->early.is_offered))
                return ek_link_failed(EKIDEN_EPROTOCOL, error);
        return 0;
}

/* 1: not this one, and none behind it. */
static int answer(struct ek_export *export_, const Ekiden__Pull *pull,
                  struct ek_early_answer *ret_answer, struct ekiden_error *error)
{
        struct ekiden_error ignored = {0};
        const struct ek_tagged *tagged = ek_tagged_find(pull->item);
        uint64_t began_ns = ek_now_ns();
        int r;

        /* Why it cannot be, the PULL will hear. */
        if (!tagged || ek_predecessor_check_type(tagged, pull->message, &ignored) < 0)
                return 1;
        /* No export is begun that is seen to come to nothing. */
        if (ek_export_announced(tagged) > EK_SMALL)
                return 1;
        ret_answer->given = export_->given->count;
        r = ek_export_small(export_, tagged, &ret_answer->count, error);
        ret_answer->given_end = export_->given->count;
        ret_answer->duration_ns = ek_now_ns() - began_ns;
        return r;
}

static int decline(struct ek_predecessor *p, char *item, struct ekiden_error *error)
{
        struct ek_wait wait = ek_predecessor_wait(EKIDEN_PHASE_TRANSFER);
        Ekiden__Declined declined = EKIDEN__DECLINED__INIT;
        int r;

        declined.item = item;
        r = ek_link_queue_message(p->link, EKIDEN__FRAME_KIND__DECLINED, &declined.base, &wait);
        return r < 0 ? ek_link_failed(r, error) : 0;
}

int ek_early_answer(struct ek_predecessor *p, struct ek_export *export_, struct ekiden_error *error)
{
        struct ek_early *early = &p->early;
        size_t count = early->warm ? early->warm->n_soon : 0;
        struct ek_wait wait = ek_predecessor_wait(EKIDEN_PHASE_TRANSFER);
        int r = 0;

        for (; early->answered < count; early->answered++) {
                const Ekiden__Pull *pull = early->warm->soon[early->answered];

                r = answer(export_, pull, &early->answers[early->answered], error);
                if (r < 0)
                        return r;
                if (r > 0) {
                        r = decline(p, pull->item, error);
                        break;
                }
        }
        /* Functions of the program's come next, and one may close what is borrowed. */
        if (r == 0 && count > 0 && (r = ek_link_flush(p->link, &wait)) < 0)
                return ek_link_failed(r, error);
        return r;
}

/* Descriptors of an item that nobody has stay this process's. */
static void forget_until(struct ek_predecessor *p, size_t end)
{
        struct ek_early *early = &p->early;

        for (; early->settled < end; early->settled++)
                ek_given_take_back(&p->given, early->answers[early->settled].given,
                                   early->answers[early->settled].given_end);
}

const struct ek_early_answer *ek_early_answer_to(struct ek_predecessor *p, const Ekiden__Pull *pull)
{
        struct ek_early *early = &p->early;
        size_t at = early->settled;

        while (at < early->answered && (strcmp(early->warm->soon[at]->item, pull->item) != 0 ||
                                        strcmp(early->warm->soon[at]->message, pull->message) != 0))
                at++;
        forget_until(p, at);
        return at < early->answered ? &early->answers[early->settled++] : NULL;
}

void ek_early_forget_rest(struct ek_predecessor *p)
{
        forget_until(p, p->early.answered);
}

void ek_early_forget(struct ek_predecessor *p)
{
        if (p->early.warm)
                ekiden__warm__free_unpacked(p->early.warm, NULL);
        p->early = (struct ek_early){.is_offered = p->early.is_offered};
}
