/* SPDX-License-Identifier: MIT */
/* What the operator is told of each item: how it crossed, and why it did not ahead of the pause. */
#include <stdio.h>
#include <string.h>

#include "handover/ahead_private.h"
#include "handover/predecessor_private.h"
#include "utf8.h"

static struct ek_ahead_report *report_of(struct ek_ahead *ahead, const char *item)
{
        struct ek_ahead_report *report;

        for (size_t i = 0; i < ahead->report_count; i++)
                if (strcmp(ahead->reports[i].item, item) == 0)
                        return &ahead->reports[i];
        if (ahead->report_count == EK_AHEAD_ITEMS_MAX)
                return NULL;
        report = &ahead->reports[ahead->report_count++];
        snprintf(report->item, sizeof(report->item), "%s", item);
        return report;
}

void ek_ahead_note_declined(struct ek_ahead *ahead, const char *item, const char *reason)
{
        struct ek_ahead_report *report = report_of(ahead, item);

        if (!report)
                return;
        report->is_declined = true;
        ek_utf8_copy_line(report->reason, sizeof(report->reason), reason);
}

void ek_ahead_note_pulled(struct ek_predecessor *p, const struct ek_tagged *tagged,
                          const char *reason)
{
        if (!tagged->item.ahead || p->request.snapshot ||
            report_of(&p->ahead, tagged->name) == NULL)
                return;
        for (size_t i = 0; i < p->ahead.count; i++)
                if (strcmp(ek_ahead_export_name(p->ahead.items[i]), tagged->name) == 0)
                        return; /* once more: another item looks it up, or it is verified */
        if (report_of(&p->ahead, tagged->name)->is_declined)
                return;
        if (ek_predecessor_is_kept(p))
                reason = EK_REASON_PID_KEPT;
        else if (!reason && p->request.is_verified)
                reason = "the new version's libekiden sends nothing ahead when it verifies";
        else if (!reason)
                reason = "the new version asked for it in the pause";
        ek_ahead_note_declined(&p->ahead, tagged->name, reason);
}

void ek_ahead_note_sent(struct ek_ahead *ahead, const struct ek_ahead_export *item)
{
        struct ek_ahead_report *report = report_of(ahead, ek_ahead_export_name(item));
        struct ek_ahead_count total = ek_ahead_export_total(item);
        struct ek_ahead_count last = ek_ahead_export_portion(item);

        if (!report)
                return;
        report->is_outrun = ahead->is_outrun;
        report->rounds = ek_ahead_export_round(item);
        report->rest = last.records + last.gone;
        report->records = total.records + total.gone - report->rest;
}

void ek_ahead_tell(const struct ek_predecessor *p)
{
        const struct ek_observer *observer = &p->request.observer;
        const struct ek_ahead *ahead = &p->ahead;
        const struct ek_ahead_export *item;
        struct ek_ahead_progress progress;
        struct ek_ahead_count portion;

        if (!observer->ahead || ahead->count == 0)
                return;
        item = ahead->items[ahead->at];
        portion = ek_ahead_export_portion(item);
        progress = (struct ek_ahead_progress){
                .item = ek_ahead_export_name(item),
                .round = ek_ahead_export_round(item),
                .records = portion.records + portion.gone,
                .announced = ek_ahead_export_round(item) == 0 ? ek_ahead_export_announced(item) : 0,
                .rest = ek_ahead_rest_of(ahead),
                .bytes = ek_ahead_count(p).bytes,
        };
        observer->ahead(observer->data, &progress);
}
