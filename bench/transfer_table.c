/* SPDX-License-Identifier: MIT */
/* See transfer_table.h. */
#include "transfer_table.h"

#include <stdlib.h>
#include <string.h>

#include "measure.h"

#define SLOTS_IN_PAGE (4096 / sizeof(struct entry *))

static uint64_t mix(uint64_t value)
{
        value ^= value >> 31;
        value *= UINT64_C(0x7fb5d329728ea185);
        value ^= value >> 27;
        value *= UINT64_C(0x81dadef4bc2dd44d);
        return value ^ value >> 33;
}

static size_t hash(const struct entry *entry)
{
        uint64_t words[2];

        memcpy(words, entry->key, sizeof(words));
        return (size_t)(words[0] ^ mix(words[1]));
}

static struct entry **find_slot(const struct table *table, const struct entry *entry)
{
        size_t i = hash(entry) & (table->slot_count - 1);

        while (table->slots[i] && memcmp(table->slots[i]->key, entry->key, KEY_SIZE) != 0)
                i = (i + 1) & (table->slot_count - 1);
        return &table->slots[i];
}

void table_reserve(struct table *table, size_t count)
{
        struct table grown = {.slot_count = 1024};

        while (grown.slot_count < count + count / 3)
                grown.slot_count *= 2;
        if (grown.slot_count <= table->slot_count)
                return;
        grown.slots = calloc(grown.slot_count, sizeof(grown.slots[0]));
        if (!grown.slots)
                fail("memory ran out");
        for (size_t i = 0; i < table->slot_count; i++)
                if (table->slots[i])
                        *find_slot(&grown, table->slots[i]) = table->slots[i];
        free(table->slots);
        table->slots = grown.slots;
        table->slot_count = grown.slot_count;
}

void table_touch(struct table *table)
{
        for (size_t i = 0; i < table->slot_count; i += SLOTS_IN_PAGE)
                *(struct entry *volatile *)&table->slots[i] = table->slots[i];
}

void table_insert(struct table *table, struct entry *entry)
{
        struct entry **slot;

        if (table->count >= table->slot_count - table->slot_count / 4)
                table_reserve(table, table->slot_count + 1);
        slot = find_slot(table, entry);
        if (*slot)
                free(*slot);
        else
                table->count++;
        *slot = entry;
}

void table_prefetch(const struct table *table, const struct entry *entry)
{
        if (table->slot_count > 0)
                __builtin_prefetch(&table->slots[hash(entry) & (table->slot_count - 1)]);
}

uint64_t table_scan(const struct table *table, uint64_t position, struct entry **entries,
                    size_t room, size_t *ret_count)
{
        size_t count = 0;

        for (; position < table->slot_count && count < room; position++)
                if (table->slots[position])
                        entries[count++] = table->slots[position];
        *ret_count = count;
        return position < table->slot_count ? position : 0;
}

void entry_make(struct entry *entry, uint64_t number)
{
        uint64_t words[2] = {mix(number + 1), mix(mix(number + 1) + number)};

        memcpy(entry->key, words, sizeof(words));
        memset(entry->value, (int)number, VALUE_SIZE);
        memcpy(entry->value, &number, sizeof(number));
        entry->flags = (uint32_t)number & 0xffff;
        entry->expiry = INT64_C(1800000000000) + (int64_t)number;
        entry->number = number;
}

uint64_t table_digest(const struct table *table)
{
        uint64_t sum = 0;

        for (size_t i = 0; i < table->slot_count; i++) {
                const struct entry *entry = table->slots[i];
                uint64_t part;

                if (!entry)
                        continue;
                memcpy(&part, entry->key, sizeof(part));
                for (size_t k = 0; k < VALUE_SIZE; k++)
                        part = part * 31 + entry->value[k];
                sum += mix(part + entry->flags) ^ mix(entry->number + (uint64_t)entry->expiry);
        }
        return sum;
}
