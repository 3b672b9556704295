/* SPDX-License-Identifier: MIT */
/* See mix.h. */
#include "mix.h"

#include "value.h"

static uint64_t draw(struct mix *mix)
{
        return value_mix(mix->random++);
}

static bool draw_share(struct mix *mix, double share)
{
        return share > 0 && (double)(draw(mix) >> 11) * 0x1p-53 < share;
}

struct key_range mix_range(const struct mix *mix, const struct ledger *ledger, uint32_t connection)
{
        struct key_range range = {.first = connection};

        if (ledger->count > connection)
                range.count = (ledger->count - connection - 1) / mix->connections + 1;
        return range;
}

bool mix_is_full(const struct mix *mix, const struct key_range *range)
{
        return (uint64_t)range->first + (uint64_t)range->count * mix->connections >= mix->keys_most;
}

void mix_draw(struct mix *mix, struct key_range *range, struct ledger *ledger,
              struct operation *operation)
{
        bool writes = draw_share(mix, mix->writes);
        bool new_key = writes && draw_share(mix, mix->new_keys) && !mix_is_full(mix, range);
        uint32_t place;

        if (new_key || range->count == 0)
                place = range->count;
        else
                place = (uint32_t)(draw(mix) % range->count);
        if (new_key)
                range->count++;
        operation->key = range->first + place * mix->connections;
        operation->kind = OPERATION_READ;
        operation->version = 0;
        if (!writes || place == range->count)
                return;
        operation->kind =
                !new_key && draw_share(mix, mix->deletions) ? OPERATION_DELETE : OPERATION_WRITE;
        operation->version =
                ledger_send(ledger, operation->key, operation->kind == OPERATION_DELETE);
}
