/* SPDX-License-Identifier: MIT */
/* See capabilities.h. */
#include "handover/capabilities.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WORDS _LINUX_CAPABILITY_U32S_3
#define NUMBERS 64 /* that there could be of them */

typedef struct __user_cap_data_struct sets[WORDS];

static struct __user_cap_header_struct header(void)
{
        return (struct __user_cap_header_struct){.version = _LINUX_CAPABILITY_VERSION_3};
}

static uint64_t join(uint32_t low, uint32_t high)
{
        return (uint64_t)high << 32 | low;
}

static uint64_t read_ambient(void)
{
        uint64_t ambient = 0;

        for (unsigned long i = 0; i < NUMBERS; i++)
                if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1)
                        ambient |= UINT64_C(1) << i;
        return ambient;
}

static bool read_sets(struct ek_capabilities *ret_capabilities)
{
        struct __user_cap_header_struct asked = header();
        sets found;

        if (syscall(SYS_capget, &asked, found) < 0)
                return false;
        *ret_capabilities = (struct ek_capabilities){
                .effective = join(found[0].effective, found[1].effective),
                .permitted = join(found[0].permitted, found[1].permitted),
                .inheritable = join(found[0].inheritable, found[1].inheritable),
        };
        return true;
}

bool ek_capabilities_read(struct ek_capabilities *ret_capabilities)
{
        struct ek_capabilities found;

        if (getuid() == 0 || geteuid() == 0 || !read_sets(&found) || found.permitted == 0)
                return false;
        found.ambient = read_ambient();
        *ret_capabilities = found;
        return true;
}

/* The permitted ones stay as they are. */
static void write_sets(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
        struct __user_cap_header_struct asked = header();
        sets wanted;

        for (int i = 0; i < WORDS; i++)
                wanted[i] = (struct __user_cap_data_struct){
                        .effective = (uint32_t)(effective >> (32 * i)),
                        .permitted = (uint32_t)(permitted >> (32 * i)),
                        .inheritable = (uint32_t)(inheritable >> (32 * i)),
                };
        (void)syscall(SYS_capset, &asked, wanted);
}

static void raise_ambient(uint64_t wanted)
{
        for (unsigned long i = 0; i < NUMBERS; i++)
                if (wanted & UINT64_C(1) << i)
                        (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0);
}

void ek_capabilities_lend(const struct ek_capabilities *capabilities)
{
        write_sets(capabilities->effective, capabilities->permitted,
                   capabilities->inheritable | capabilities->permitted);
        raise_ambient(capabilities->permitted);
}

void ek_capabilities_settle(const struct ek_capabilities *capabilities)
{
        struct ek_capabilities now;

        if (!read_sets(&now))
                return;
        (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        write_sets(capabilities->effective & now.permitted, now.permitted,
                   capabilities->inheritable & (now.inheritable | now.permitted));
        raise_ambient(capabilities->ambient);
}

void ek_capabilities_lend_own(void)
{
        struct ek_capabilities own;

        if (ek_capabilities_read(&own))
                ek_capabilities_lend(&own);
}

void ek_capabilities_offer(Ekiden__Capabilities *message, Ekiden__Offer *offer)
{
        struct ek_capabilities own;

        if (!ek_capabilities_read(&own))
                return;
        ekiden__capabilities__init(message);
        message->has_effective = message->has_inheritable = message->has_ambient = 1;
        message->effective = own.effective;
        message->inheritable = own.inheritable;
        message->ambient = own.ambient;
        offer->capabilities = message;
}

void ek_capabilities_take(const Ekiden__Offer *offer)
{
        struct ek_capabilities own;

        if (!offer->capabilities || !ek_capabilities_read(&own))
                return;
        own.effective = offer->capabilities->effective;
        own.inheritable = offer->capabilities->inheritable;
        own.ambient = offer->capabilities->ambient;
        ek_capabilities_settle(&own);
}
