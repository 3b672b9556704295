/* SPDX-License-Identifier: MIT */
/*
 * The bits of ekiden_attention: why update points call ekiden_attend(). The main thread takes the
 * first two away when it attends; the others stay until whoever set them clears them.
 */
#pragma once

#include <ekiden/thread.h>

#define EK_ATTENTION_ATTEND 1 /* there is something to do, for the main thread */
#define EK_ATTENTION_WATCH 2 /* passes are counted */
#define EK_ATTENTION_STOP EKIDEN_ATTENTION_STOP /* registered threads are to stop */
#define EK_ATTENTION_NOTE 8 /* an upgrade is under way: where each thread was last is noted */
#define EK_ATTENTION_LOCKS 16 /* the check for locks is loaded */

static inline int ek_attention(void)
{
        return __atomic_load_n(&ekiden_attention, __ATOMIC_RELAXED);
}

static inline void ek_attention_set(int bits)
{
        __atomic_fetch_or(&ekiden_attention, bits, __ATOMIC_RELAXED);
}

/** Returns what there was. */
static inline int ek_attention_clear(int bits)
{
        return __atomic_fetch_and(&ekiden_attention, ~bits, __ATOMIC_RELAXED);
}
