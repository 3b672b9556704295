/* SPDX-License-Identifier: MIT */
/* See rehearse.h. The process that was found first is the one that rehearses them all. */
#include "rehearse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "next_step.h"
#include "show_verification.h"

/* One that was told of before, as a rule at the same place. NULL: there is none. */
static struct item_samples *find_item(const struct rehearsals *rehearsals, size_t place,
                                      const char *name)
{
        if (place == rehearsals->item_count)
                return NULL;
        if (strcmp(rehearsals->items[place].name, name) == 0)
                return &rehearsals->items[place];
        for (size_t i = 0; i < rehearsals->item_count; i++)
                if (strcmp(rehearsals->items[i].name, name) == 0)
                        return &rehearsals->items[i];
        return NULL;
}

static struct item_samples *add_item(struct rehearsals *rehearsals, const char *name)
{
        size_t capacity = rehearsals->item_capacity > 0 ? 2 * rehearsals->item_capacity : 16;
        struct item_samples *item;

        if (rehearsals->item_count == rehearsals->item_capacity) {
                item = reallocarray(rehearsals->items, capacity, sizeof(*item));
                if (!item)
                        return NULL;
                rehearsals->items = item;
                rehearsals->item_capacity = capacity;
        }
        item = &rehearsals->items[rehearsals->item_count++];
        *item = (struct item_samples){0};
        strcpy(item->name, name);
        return item;
}

static int add_items(struct rehearsals *rehearsals, const struct upgrade *upgrade)
{
        size_t place = 0;

        for (size_t i = 0; i < upgrade->account_count; i++) {
                const struct item_account *account = &upgrade->accounts[i];
                struct item_samples *item;

                if (!account->duration_us.known)
                        continue;
                item = find_item(rehearsals, place++, account->name);
                if (!item && rehearsals->item_count == ITEMS_MAX)
                        return EKIDEN_ELIMIT;
                if (!item)
                        item = add_item(rehearsals, account->name);
                if (!item || samples_add(&item->duration, account->duration_us.value) < 0)
                        return EKIDEN_ENOMEM;
                if (verdict_is_worse(account->verdict, item->verdict)) {
                        item->verdict = account->verdict;
                        strcpy(item->reason, account->reason);
                }
        }
        return 0;
}

/* The upgrade is consumed. */
static int add(struct rehearsals *rehearsals, struct upgrade *upgrade, struct ekiden_error *error)
{
        int r = samples_add(&rehearsals->total, upgrade->total_us);

        if (r == 0 && upgrade->pause_us.known)
                r = samples_add(&rehearsals->pause, upgrade->pause_us.value);
        if (r == 0)
                r = add_items(rehearsals, upgrade);
        upgrade_deinit(&rehearsals->last);
        rehearsals->last = *upgrade;
        rehearsals->done++;
        return r < 0 ? ekiden_error_set(error, r, "%s", ekiden_error_text(r)) : 0;
}

static void deinit(struct rehearsals *rehearsals)
{
        for (size_t i = 0; i < rehearsals->item_count; i++)
                samples_deinit(&rehearsals->items[i].duration);
        free(rehearsals->items);
        samples_deinit(&rehearsals->pause);
        samples_deinit(&rehearsals->total);
        upgrade_deinit(&rehearsals->last);
}

static int fail(struct show *show, const struct options *options,
                const struct rehearsals *rehearsals, struct upgrade *failed,
                const struct ekiden_error *error)
{
        char sentence[80];

        if (rehearsals->done > 0) {
                snprintf(sentence, sizeof(sentence),
                         "%u of %u rehearsals went well, the next did not", rehearsals->done,
                         rehearsals->times);
                show_notice(show, failed, sentence);
        }
        if (rehearsals->done == 0)
                next_step_for_search(failed, options, error);
        show_failed(show, failed, options->target, error);
        upgrade_deinit(failed);
        return error->code;
}

static int rehearse(const struct options *options, struct show *show, struct rehearsals *rehearsals)
{
        const char *target = options->target;
        char pid[16];

        while (rehearsals->done < rehearsals->times) {
                struct ekiden_error error = {0};
                struct upgrade upgrade;
                int r = upgrade_attempt(options, target, show, &upgrade, &error);

                if (r < 0)
                        return fail(show, options, rehearsals, &upgrade, &error);
                r = add(rehearsals, &upgrade, &error);
                if (r < 0)
                        return fail(show, options, rehearsals, &(struct upgrade){0}, &error);
                show_rehearsed_again(show, &rehearsals->last, rehearsals);
                snprintf(pid, sizeof(pid), "%d", (int)rehearsals->last.pid);
                target = pid;
        }
        show_rehearsals(show, rehearsals);
        return 0;
}

int command_rehearse(const struct options *options, struct show *show)
{
        struct rehearsals rehearsals = {.times = options->times};
        int r = rehearse(options, show, &rehearsals);

        deinit(&rehearsals);
        return ekiden_error_exit_status(r);
}
