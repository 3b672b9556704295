/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

uint64_t model_dice(struct model *model)
{
        model->dice ^= model->dice << 13;
        model->dice ^= model->dice >> 7;
        model->dice ^= model->dice << 17;
        return model->dice;
}

static uint8_t *memory_of(const struct model *model, const struct model_block *block)
{
        return (uint8_t *)model->arena->data.base + block->offset;
}

/* Small ones mostly, and some of each size. */
static size_t some_size(struct model *model)
{
        unsigned int bits = (unsigned int)(63 - __builtin_clzll(model->largest));
        size_t limit = (size_t)1 << (model_dice(model) % (bits + 1));

        return model_dice(model) % (2 * limit < model->largest ? 2 * limit : model->largest);
}

static bool holds(const struct model *model, const struct model_block *block, size_t size)
{
        const uint8_t *memory = memory_of(model, block);

        /* Each byte is as the one ahead of it; a loop takes minutes where sanitizers watch. */
        return size == 0 ||
               (memory[0] == block->pattern && memcmp(memory, memory + 1, size - 1) == 0);
}

static bool keep(struct model *model, struct model_block *block, uint8_t *memory, size_t size)
{
        if ((uintptr_t)memory % 16 != 0 || ekiden_arena_size(model->arena, memory) < size ||
            !ekiden_arena_holds(model->arena, memory))
                return false;
        block->offset = (size_t)(memory - (uint8_t *)model->arena->data.base);
        block->size = size;
        block->pattern = (uint8_t)model_dice(model);
        memset(memory, block->pattern, size);
        return true;
}

bool model_step(struct model *model)
{
        struct model_block *block = &model->blocks[model_dice(model) % MODEL_BLOCKS];
        size_t size = some_size(model);
        uint8_t *memory;

        if (block->offset == 0) {
                memory = ekiden_arena_alloc(model->arena, size);
                return !memory || keep(model, block, memory, size);
        }
        if (!holds(model, block, block->size))
                return false;
        if (model_dice(model) % 3 == 0) {
                memory = ekiden_arena_resize(model->arena, memory_of(model, block), size);
                if (!memory)
                        return true;
                block->offset = (size_t)(memory - (uint8_t *)model->arena->data.base);
                return holds(model, block, size < block->size ? size : block->size) &&
                       keep(model, block, memory, size);
        }
        memory = memory_of(model, block);
        block->offset = 0;
        return ekiden_arena_free(model->arena, memory) == 0 &&
               ekiden_arena_free(model->arena, memory) == EKIDEN_EINVAL;
}

bool model_agrees(const struct model *model)
{
        struct ekiden_arena_statistics statistics;
        uint64_t blocks = 0, bytes = 0;

        for (size_t i = 0; i < MODEL_BLOCKS; i++) {
                const struct model_block *block = &model->blocks[i];

                if (block->offset == 0)
                        continue;
                if (!holds(model, block, block->size))
                        return false;
                blocks++;
                bytes +=
                        ekiden_arena_size(model->arena, memory_of(model, block)) + EK_BLOCK_GRANULE;
        }
        ekiden_arena_statistics(model->arena, &statistics);
        return statistics.blocks == blocks && statistics.used_bytes == bytes &&
               statistics.used_bytes + statistics.free_bytes == statistics.data_bytes &&
               ek_arena_is_sound(model->arena);
}

void model_move(struct model *model, struct ekiden_arena *arena)
{
        model->arena = arena;
}

void model_clear(struct model *model)
{
        for (size_t i = 0; i < MODEL_BLOCKS; i++) {
                if (model->blocks[i].offset != 0)
                        ekiden_arena_free(model->arena, memory_of(model, &model->blocks[i]));
                model->blocks[i].offset = 0;
        }
}

static uint64_t digest_of(int file)
{
        struct stat status;
        uint64_t digest = 0;
        void *memory;

        if (fstat(file, &status) < 0 || status.st_size == 0)
                return 0;
        memory = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, file, 0);
        if (memory == MAP_FAILED)
                return 0;
        digest = XXH3_64bits(memory, (size_t)status.st_size) ^ (uint64_t)status.st_size;
        munmap(memory, (size_t)status.st_size);
        return digest;
}

uint64_t model_digest(const struct ekiden_arena *arena)
{
        return digest_of(arena->data.descriptor) * 31 + digest_of(arena->table.descriptor);
}

struct ekiden_arena *model_attach(const struct ekiden_arena *arena)
{
        struct ekiden_arena *attached = NULL;
        int data = fcntl(arena->data.descriptor, F_DUPFD_CLOEXEC, 0);
        int table = fcntl(arena->table.descriptor, F_DUPFD_CLOEXEC, 0);

        if (ek_arena_is_whole(arena))
                ek_arena_attach(data, table, arena->data.reserved_bytes, NULL, &attached);
        if (!attached) {
                close(data);
                close(table);
        }
        return attached;
}

size_t model_open_files(void)
{
        size_t count = 0;

        for (int i = 0; i < 256; i++)
                count += fcntl(i, F_GETFD) >= 0;
        return count;
}
