/* SPDX-License-Identifier: MIT */
/* See ready.h. It comes from where entries come from, one by one, so that each is as any other to
   the program that frees it one day. */
#include "state/ready.h"

#include <string.h>

#include "state/native.h"

#define PAGE 4096 /* bytes; larger ones are touched more than once */

bool ek_ready_is_possible(const struct ekiden_native *native)
{
        return !native->create && !ek_native_flexible(native) && native->size >= sizeof(void *);
}

/* A byte in each page: the kernel gives memory to who writes. */
static void touch(volatile char *memory, size_t size)
{
        for (size_t at = 0; at < size; at += PAGE)
                memory[at] = 0;
        memory[size - 1] = 0;
}

uint64_t ek_ready_make(struct ek_ready *ready, const struct ekiden_native *native, uint64_t count)
{
        uint64_t most = ek_ready_is_possible(native) ? EK_READY_MAX_BYTES / native->size : 0;
        uint64_t made = 0;
        void *last = NULL;

        for (count = count < most ? count : most; made < count; made++) {
                void *entry = ek_native_memory(native)->allocate(native->size);

                if (!entry)
                        break;
                touch(entry, native->size);
                *(void **)entry = NULL;
                if (last)
                        *(void **)last = entry;
                else
                        ready->first = entry;
                last = entry;
        }
        ready->native = native;
        return made;
}

void *ek_ready_new(struct ek_ready *ready, const struct ekiden_native *native,
                   const ProtobufCMessage *message)
{
        void *entry = ek_ready_take(ready, native);

        return entry ? memset(entry, 0, native->size) : ek_native_new(native, message);
}

void ek_ready_deinit(struct ek_ready *ready)
{
        void *entry = ready->first;

        while (entry) {
                void *next = *(void **)entry;

                ek_native_memory(ready->native)->release(entry);
                entry = next;
        }
        *ready = (struct ek_ready){0};
}
