/* SPDX-License-Identifier: MIT */
/* See refusal.h. */
#include "handover/refusal.h"

void ek_refusal_fill(Ekiden__Refusal *refusal, const struct ekiden_error *error)
{
        ekiden__refusal__init(refusal);
        refusal->code = error->code;
        refusal->has_phase = 1;
        refusal->phase = error->phase;
        refusal->item = (char *)(uintptr_t)error->item;
        refusal->field = (char *)(uintptr_t)error->field;
        refusal->has_from_version = 1;
        refusal->from_version = error->from_version;
        refusal->has_to_version = 1;
        refusal->to_version = error->to_version;
        refusal->has_system_errno = 1;
        refusal->system_errno = error->system_errno;
        refusal->sentence = (char *)(uintptr_t)error->sentence;
}

void ek_refuse(struct ek_link *link, const struct ekiden_error *error)
{
        Ekiden__Refusal refusal;

        if (ek_link_is_torn(link))
                return; /* behind half a frame it would be read as the rest of that */
        ek_refusal_fill(&refusal, error);
        (void)ek_link_send_message(link, EKIDEN__FRAME_KIND__REFUSAL, &refusal.base, NULL);
}
