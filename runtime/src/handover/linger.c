/* SPDX-License-Identifier: MIT */
/* See linger.h. */
#include "handover/linger.h"

#include <stdint.h>

#include "wire/clock.h"
#include "wire/own.h"

#define LINGERING_MAX 16

static struct lingerer {
        struct ek_child child;
        uint64_t kill_at_ns; /* UINT64_MAX: it was killed */
} lingering[LINGERING_MAX];
static size_t lingering_count;

static bool take_in(struct ek_child *child, uint64_t kill_at_ns)
{
        if (lingering_count == LINGERING_MAX)
                return false;
        lingering[lingering_count++] = (struct lingerer){*child, kill_at_ns};
        *child = (struct ek_child){.pidfd = -1, .daemon = -1};
        return true;
}

void ek_child_let_go(struct ek_child *child, int grace_ms)
{
        char how[96];

        if (!take_in(child, ek_now_ns() + (uint64_t)grace_ms * EK_NS_PER_MS))
                ek_child_end(child, 0, false, how, sizeof(how));
}

bool ek_child_outlasts(struct ek_child *child)
{
        return take_in(child, UINT64_MAX);
}

bool ek_children_linger(void)
{
        size_t left = 0;

        for (size_t i = 0; i < lingering_count; i++) {
                struct lingerer *lingerer = &lingering[i];

                if (ek_child_is_gone(&lingerer->child))
                        continue;
                if (ek_now_ns() >= lingerer->kill_at_ns) {
                        ek_child_kill(&lingerer->child);
                        lingerer->kill_at_ns = UINT64_MAX;
                }
                lingering[left++] = *lingerer;
        }
        lingering_count = left;
        return left > 0;
}

void ek_children_end(int wait_ms)
{
        uint64_t until_ns = ek_now_ns() + (uint64_t)wait_ms * EK_NS_PER_MS;

        ek_children_abandon();
        for (size_t i = 0; i < lingering_count; i++) {
                uint64_t now_ns = ek_now_ns();
                int left_ms = now_ns < until_ns ? (int)((until_ns - now_ns) / EK_NS_PER_MS) : 0;

                (void)ek_process_is_gone(lingering[i].child.pidfd, left_ms);
        }
        (void)ek_children_linger();
}

void ek_children_forget(void)
{
        for (size_t i = 0; i < lingering_count; i++) {
                ek_own_close(&lingering[i].child.pidfd);
                ek_own_close(&lingering[i].child.daemon);
        }
        lingering_count = 0;
}

void ek_children_abandon(void)
{
        for (size_t i = 0; i < lingering_count; i++)
                ek_child_kill(&lingering[i].child);
}
