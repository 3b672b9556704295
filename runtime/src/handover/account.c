/* SPDX-License-Identifier: MIT */
/* See account.h. */
#include "handover/account.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "state/tagged.h"
#include "wire/cleanup.h"
#include "wire/clock.h"
#include "wire/look.h"

/* Of this program alone. getrusage(2) would do with less, but its figure outlives an exec: it would
   be the predecessor's, whose memory this process shared until then. */
static uint64_t peak_memory(void)
{
        static const char label[] = "\nVmHWM:";
        ek_auto_close int fd = ek_look_at("/proc/self/status");
        char text[4096];
        ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
        const char *at;

        if (size <= 0)
                return 0;
        text[size] = '\0';
        at = strstr(text, label);
        return at ? strtoull(at + sizeof(label) - 1, NULL, 10) << 10 : 0;
}

/* An item that the predecessor did not have is named all the same: it begins afresh. */
static void report_item(const struct ek_tagged *tagged, Ekiden__ItemReport *report)
{
        const struct ek_figures *last = tagged->last;

        ekiden__item_report__init(report);
        report->item = (char *)(uintptr_t)tagged->name;
        if (!last || !last->is_known)
                return;
        report->has_records = report->has_bytes = report->has_descriptors = 1;
        report->records = last->records;
        report->has_objects = last->objects > 0;
        report->objects = last->objects;
        report->bytes = last->bytes;
        report->descriptors = last->descriptors;
        report->has_transformed = report->has_duration_us = 1;
        report->transformed = last->transformed;
        report->duration_us = last->duration_ns / EK_NS_PER_US;
        report->has_verdict = last->verdict != 0;
        report->verdict = (Ekiden__Verdict)last->verdict;
        if (last->reason[0])
                report->reason = (char *)(uintptr_t)last->reason;
}

int ek_account_new(struct ek_account *ret_account)
{
        uint64_t began_ns = ek_now_ns();
        size_t count;
        struct ek_tagged *const *tagged = ek_tagged_all(&count);
        struct ek_account account = {
                .items = calloc(count + 1, sizeof(*account.items)),
                .pointers = calloc(count + 1, sizeof(*account.pointers)),
                .count = count,
        };

        if (!account.items || !account.pointers) {
                ek_account_free(&account);
                return EKIDEN_ENOMEM;
        }
        for (size_t i = 0; i < count; i++) {
                report_item(tagged[i], &account.items[i]);
                account.pointers[i] = &account.items[i];
        }
        account.peak_bytes = peak_memory();
        account.spent_ns = ek_now_ns() - began_ns;
        *ret_account = account;
        return 0;
}

void ek_account_fill(const struct ek_account *account, Ekiden__Ready *ready)
{
        ready->items = account->pointers;
        ready->n_items = account->count;
        ready->has_account_ns = account->spent_ns > 0;
        ready->account_ns = account->spent_ns;
        ready->has_peak_bytes = account->peak_bytes > 0;
        ready->peak_bytes = account->peak_bytes;
}

void ek_account_free(struct ek_account *account)
{
        free(account->items);
        free(account->pointers);
        *account = (struct ek_account){0};
}
