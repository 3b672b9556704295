/* SPDX-License-Identifier: MIT */
/* See watch.h. */
#include "entry/watch.h"

#include <stdlib.h>

#include "entry/attention.h"
#include "entry/update_points.h"
#include "wire/clock.h"

struct ek_watch {
        struct ek_watch *next;
        uint64_t since_ns, until_ns;
        uint64_t passed_before[EK_UPDATE_POINTS_MAX];
};

static struct ek_watch *watches; /* those that are on */
static uint64_t deadline_ns = UINT64_MAX; /* of the first that is over */

static void find_deadline(void)
{
        deadline_ns = UINT64_MAX;
        for (const struct ek_watch *watch = watches; watch; watch = watch->next)
                if (watch->until_ns < deadline_ns)
                        deadline_ns = watch->until_ns;
}

struct ek_watch *ek_watch_begin(uint32_t watch_ms)
{
        struct ek_watch *watch = calloc(1, sizeof(*watch));
        const struct ek_update_point *points;
        size_t count;

        if (!watch)
                return NULL;
        points = ek_update_points(&count);
        for (size_t i = 0; i < count; i++)
                watch->passed_before[i] = points[i].passed;
        if (watch_ms > EK_WATCH_MAX_MS)
                watch_ms = EK_WATCH_MAX_MS;
        watch->since_ns = ek_now_ns();
        watch->until_ns = watch->since_ns + watch_ms * EK_NS_PER_MS;
        watch->next = watches;
        watches = watch;
        find_deadline();
        return watch;
}

void ek_watch_end(struct ek_watch *watch)
{
        for (struct ek_watch **at = &watches; watch && *at; at = &(*at)->next)
                if (*at == watch) {
                        *at = watch->next;
                        break;
                }
        find_deadline();
        free(watch);
}

uint64_t ek_watch_elapsed_ms(const struct ek_watch *watch)
{
        return (ek_now_ns() - watch->since_ns) / EK_NS_PER_MS;
}

uint64_t ek_watch_passed(const struct ek_watch *watch, size_t index)
{
        size_t count;
        const struct ek_update_point *points = ek_update_points(&count);

        return index < count ? points[index].passed - watch->passed_before[index] : 0;
}

bool ek_watch_is_over(const struct ek_watch *watch)
{
        return ek_now_ns() >= watch->until_ns;
}

uint64_t ek_watch_deadline(void)
{
        return deadline_ns;
}

void ek_watch_pass(const char *update_point)
{
        struct ek_update_point *point = watches ? ek_update_point_at(update_point) : NULL;

        if (!point)
                return;
        point->passed++;
        point->last_ns = ek_now_ns();
}

void ek_watch_keep(void)
{
        if (watches)
                ek_attention_set(EK_ATTENTION_WATCH);
}
