/* SPDX-License-Identifier: MIT */
/*
 * Tables that no allocator has made. What the mappings do not cover is out of bounds here (nothing
 * may be read or written there), so that a step too far ends the test.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "model.h"

#define ENTRIES 48
#define RESERVED ((size_t)32 << 20)
#define TABLE_USED (ek_arena_entries_start(RESERVED) + ENTRIES * sizeof(struct ek_block))
#define STARTS_USED ((size_t)512) /* bytes of the numbers of pages that are tried */

/* An arena as its successor has it, behind whose memory is nothing. */
struct victim {
        struct ekiden_arena *origin, *arena;
        struct model model;
        char *table;
        size_t data_bytes, table_bytes;
};

static void make_victim(struct victim *victim)
{
        struct model *model = &victim->model;

        *victim = (struct victim){.origin = ekiden_arena_new("damage", RESERVED)};
        cr_assert_not_null(victim->origin);
        *model = (struct model){.arena = victim->origin, .dice = 99, .largest = 200000};
        for (unsigned int i = 0; i < 40; i++)
                cr_assert(model_step(model));
        victim->arena = model_attach(victim->origin);
        cr_assert_not_null(victim->arena);
        victim->data_bytes = victim->arena->data.bytes;
        victim->table_bytes = victim->arena->table.bytes;
        victim->table = malloc(victim->table_bytes);
        cr_assert_not_null(victim->table);
        memcpy(victim->table, victim->arena->table.base, victim->table_bytes);
}

static void close_off(struct ek_memory_file *file, size_t bytes)
{
        if (file->bytes > bytes)
                cr_assert_neq(mmap(file->base + bytes, file->bytes - bytes, PROT_NONE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0),
                              MAP_FAILED);
        file->bytes = bytes;
}

static void restore(struct victim *victim)
{
        close_off(&victim->arena->data, victim->data_bytes);
        close_off(&victim->arena->table, victim->table_bytes);
        memcpy(victim->arena->table.base, victim->table, TABLE_USED);
        victim->arena->is_damaged = false;
}

static void end_victim(struct victim *victim)
{
        free(victim->table);
        ekiden_arena_close(victim->arena);
        ekiden_arena_close(victim->origin);
}

/* Whatever comes of it: a block that is given lies within the arena, as long as was asked for. */
static void use(struct victim *victim)
{
        struct ekiden_arena *arena = victim->arena;

        for (size_t i = 0; i < MODEL_BLOCKS; i++) {
                size_t offset = victim->model.blocks[i].offset;
                char *memory = arena->data.base + offset;
                size_t size;

                if (offset == 0)
                        continue;
                size = ekiden_arena_size(arena, memory);
                cr_assert_leq(size, arena->data.bytes - offset);
                if (i % 3 == 0)
                        ekiden_arena_free(arena, memory);
                else if (i % 3 == 1)
                        ekiden_arena_resize(arena, memory, size / 2 + i * 100);
        }
        for (size_t size = 10; size < (size_t)40 << 20; size *= 5) {
                char *memory = ekiden_arena_alloc(arena, size);

                if (!memory) {
                        cr_assert(errno == ENOMEM || errno == EBADMSG);
                        continue;
                }
                cr_assert(memory >= arena->data.base + 16);
                cr_assert_leq(size, arena->data.bytes - (size_t)(memory - arena->data.base));
                memory[0] = 1;
                if (size > 1)
                        memory[size - 1] = 1;
        }
        (void)ek_arena_is_sound(arena);
}

static void try(struct victim *victim, size_t at, const void *bytes, size_t size)
{
        memcpy(victim->arena->table.base + at, bytes, size);
        use(victim);
        restore(victim);
}

/* Of the numbers for pages, of which there are many, the first. */
static size_t behind(size_t at, size_t step)
{
        at += step;
        return at >= EK_ARENA_TABLE_START + STARTS_USED && at < ek_arena_entries_start(RESERVED)
                       ? ek_arena_entries_start(RESERVED)
                       : at;
}

Test(damage, no_byte_of_the_table_that_is_another_leads_out_of_the_arena)
{
        struct victim victim;

        make_victim(&victim);
        for (size_t at = 0; at < TABLE_USED; at = behind(at, 1))
                for (unsigned int bit = 0; bit < 8; bit++) {
                        uint8_t byte = (uint8_t)victim.table[at] ^ (uint8_t)(1 << bit);

                        try(&victim, at, &byte, 1);
                }
        end_victim(&victim);
}

Test(damage, no_number_of_the_table_that_is_another_leads_out_of_the_arena)
{
        const uint64_t numbers[] = {0,
                                    1,
                                    2,
                                    15,
                                    16,
                                    17,
                                    63,
                                    64,
                                    UINT32_MAX,
                                    INT64_MAX,
                                    UINT64_MAX,
                                    UINT64_MAX - 15,
                                    UINT64_MAX - 16,
                                    (uint64_t)2 << 20,
                                    ((uint64_t)2 << 20) | 1,
                                    (uint64_t)1 << 47,
                                    4095,
                                    100000};
        struct victim victim;

        make_victim(&victim);
        for (size_t at = 0; at < TABLE_USED; at = behind(at, 4))
                for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
                        try(&victim, at, &numbers[i], 4);
                        if (at % 8 == 0)
                                try(&victim, at, &numbers[i], 8);
                }
        end_victim(&victim);
}

Test(damage, no_table_of_chance_leads_out_of_the_arena)
{
        struct victim victim;
        struct model chance = {.dice = 4711};

        make_victim(&victim);
        for (unsigned int round = 0; round < 20000; round++) {
                for (unsigned int i = 0; i < 6; i++) {
                        size_t at = model_dice(&chance) % (TABLE_USED / 4) * 4;
                        uint32_t number =
                                (uint32_t)model_dice(&chance) % (i % 2 == 0 ? ENTRIES : UINT32_MAX);

                        memcpy(victim.arena->table.base + at, &number, sizeof(number));
                }
                use(&victim);
                restore(&victim);
        }
        end_victim(&victim);
}

Test(damage, no_prefix_that_is_another_makes_a_block_of_what_is_none)
{
        struct victim victim;

        make_victim(&victim);
        for (size_t i = 0; i < MODEL_BLOCKS; i++) {
                size_t offset = victim.model.blocks[i].offset;
                uint8_t *prefix = (uint8_t *)victim.arena->data.base + offset - 16;

                for (unsigned int bit = 0; offset > 0 && bit < 64; bit++) {
                        prefix[bit / 8] ^= (uint8_t)(1 << bit % 8);
                        cr_assert_eq(ekiden_arena_free(victim.arena, prefix + 16), EKIDEN_EINVAL);
                        prefix[bit / 8] ^= (uint8_t)(1 << bit % 8);
                }
        }
        cr_expect(ek_arena_is_sound(victim.arena));
        end_victim(&victim);
}

Test(damage, an_arena_that_was_found_damaged_gives_and_takes_nothing)
{
        struct victim victim;
        char *block;

        make_victim(&victim);
        block = ekiden_arena_alloc(victim.arena, 100);
        ek_arena_header(victim.arena)->last = 4000;
        cr_expect_null(ekiden_arena_alloc(victim.arena, (size_t)20 << 20));
        cr_expect_eq(errno, EBADMSG);
        cr_expect_null(ekiden_arena_alloc(victim.arena, 10));
        cr_expect_eq(errno, EBADMSG);
        cr_expect_eq(ekiden_arena_free(victim.arena, block), EKIDEN_EPROTOCOL);
        end_victim(&victim);
}

Test(damage, files_that_are_no_arena_s_are_refused)
{
        struct ekiden_arena *origin = ekiden_arena_new("refused", (uint64_t)8 << 20), *attached;
        const uint64_t reserves[] = {0, UINT64_MAX, EK_ARENA_MOST + EK_ARENA_STEP,
                                     EK_ARENA_STEP + 1};
        int data = origin->data.descriptor, table = origin->table.descriptor;
        uint64_t good = origin->data.reserved_bytes;
        struct ek_arena_header *header = ek_arena_header(origin);
        int shrinks = memfd_create("shrinks", MFD_ALLOW_SEALING | MFD_CLOEXEC);
        uint64_t lengths[4];
        int pipes[2];

        cr_assert_not_null(ekiden_arena_alloc(origin, 100));
        for (size_t i = 0; i < sizeof(reserves) / sizeof(reserves[0]); i++)
                cr_expect_eq(ek_arena_attach(data, table, reserves[i], NULL, &attached),
                             EKIDEN_EPROTOCOL, "%zu", i);
        cr_assert_eq(ftruncate(shrinks, (off_t)good), 0);
        cr_assert_eq(pipe(pipes), 0);
        cr_expect_eq(ek_arena_attach(shrinks, table, good, NULL, &attached), EKIDEN_EPROTOCOL);
        cr_expect_eq(ek_arena_attach(data, shrinks, good, NULL, &attached), EKIDEN_EPROTOCOL);
        cr_expect_eq(ek_arena_attach(pipes[0], table, good, NULL, &attached), EKIDEN_EPROTOCOL);
        cr_expect_eq(ek_arena_attach(table, data, good, NULL, &attached), EKIDEN_EPROTOCOL);
        cr_expect_eq(ek_arena_attach(data, data, good, NULL, &attached), EKIDEN_EPROTOCOL);
        cr_expect_lt(ek_arena_attach(-1, table, good, NULL, &attached), 0);
        lengths[0] = header->data_bytes + EK_ARENA_STEP; /* longer than the file */
        lengths[1] = header->data_bytes - 4096;
        lengths[2] = UINT64_MAX;
        lengths[3] = good + EK_ARENA_STEP;
        for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
                header->data_bytes = lengths[i];
                cr_expect_eq(ek_arena_attach(data, table, good, NULL, &attached), EKIDEN_EPROTOCOL,
                             "%zu", i);
        }
        header->data_bytes = origin->data.bytes;
        header->magic++;
        cr_expect_eq(ek_arena_attach(data, table, good, NULL, &attached), EKIDEN_EPROTOCOL);
        header->magic--;
        cr_expect_eq(ek_arena_attach(data, table, good, NULL, &attached), 0);
        ekiden_arena_close(origin);
}

static int sealed_file(const struct ekiden_arena *origin, int seals)
{
        int file = memfd_create("sealed", MFD_ALLOW_SEALING | MFD_CLOEXEC);

        cr_assert_eq(ftruncate(file, (off_t)origin->data.bytes), 0);
        cr_assert_eq(fcntl(file, F_ADD_SEALS, seals), 0);
        return file;
}

static int opened_again(int file, int flags)
{
        char path[64];

        snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
        return open(path, flags | O_CLOEXEC);
}

Test(damage, files_that_could_not_be_written_in_the_end_are_refused_at_once)
{
        struct ekiden_arena *origin = ekiden_arena_new("sealed", (uint64_t)8 << 20), *attached;
        int table = origin->table.descriptor;
        uint64_t reserved = origin->data.reserved_bytes;
        int good, bad[6];

        cr_assert_not_null(ekiden_arena_alloc(origin, 100));
        good = sealed_file(origin, F_SEAL_SHRINK | F_SEAL_SEAL);
        bad[0] = sealed_file(origin, F_SEAL_SHRINK); /* others may be added */
        bad[1] = sealed_file(origin, F_SEAL_SHRINK | F_SEAL_SEAL | F_SEAL_WRITE);
        bad[2] = sealed_file(origin, F_SEAL_SHRINK | F_SEAL_SEAL | F_SEAL_GROW);
        bad[3] = sealed_file(origin, F_SEAL_SHRINK | F_SEAL_SEAL | 0x10); /* FUTURE_WRITE */
        bad[4] = opened_again(good, O_RDONLY);
        bad[5] = opened_again(good, O_RDWR | O_APPEND);
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                cr_assert_geq(bad[i], 0);
                cr_expect_eq(ek_arena_attach(bad[i], table, reserved, NULL, &attached),
                             EKIDEN_EPROTOCOL, "%zu", i);
                cr_expect_eq(close(bad[i]), 0, "it stays the caller's");
        }
        cr_assert_eq(ek_arena_attach(good, dup(table), reserved, NULL, &attached), 0);
        cr_expect_eq(ek_arena_carry(attached), 0);
        ekiden_arena_close(attached);
        ekiden_arena_close(origin);
}
