/* SPDX-License-Identifier: MIT */
/* See roles.h. */
#include "entry/roles.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "entry/process.h"
#include "utf8.h"
#include "wire/clock.h"

#define ROLES_MAX 32

static struct {
        struct ekiden_role declared[ROLES_MAX];
        size_t count;
        char name[EKIDEN_NAME_MAX + 1];
        uint64_t tree;
} roles = {.name = EKIDEN_ROLE_MAIN};

static bool is_in_order(const char *name)
{
        char copy[EKIDEN_NAME_MAX + 1];
        size_t length = name ? strnlen(name, EKIDEN_NAME_MAX + 1) : 0;

        if (length == 0 || length > EKIDEN_NAME_MAX)
                return false;
        ek_utf8_copy(copy, sizeof(copy), name);
        return strcmp(copy, name) == 0 && !ek_utf8_has_control(name);
}

static const struct ekiden_role *find(const char *name)
{
        for (size_t i = 0; i < roles.count; i++)
                if (strcmp(roles.declared[i].name, name) == 0)
                        return &roles.declared[i];
        return NULL;
}

static bool is_among(const char *name, const struct ekiden_role *declared, size_t count)
{
        for (size_t i = 0; i < count; i++)
                if (strcmp(declared[i].name, name) == 0)
                        return true;
        return false;
}

/* Given those that come before it, whose names are in order. */
static bool can_be_declared(const struct ekiden_role *role, const struct ekiden_role *before,
                            size_t count)
{
        if (!is_in_order(role->name) || is_among(role->name, before, count))
                return false;
        return !role->spawned_by || (!role->keeps_pid && is_among(role->spawned_by, before, count));
}

int ekiden_set_roles(const struct ekiden_role *declared, size_t count)
{
        if (ek_process.is_started)
                return EKIDEN_ESTATE;
        if (!declared || count == 0 || count > ROLES_MAX)
                return EKIDEN_EINVAL;
        for (size_t i = 0; i < count; i++)
                if (!can_be_declared(&declared[i], declared, i))
                        return EKIDEN_EINVAL;
        memcpy(roles.declared, declared, count * sizeof(*declared));
        roles.count = count;
        return 0;
}

const char *ekiden_role(void)
{
        return roles.name;
}

const char *ek_role_said(const char *role)
{
        return role && role[0] ? role : EKIDEN_ROLE_MAIN;
}

uint32_t ek_role_place(const char *role)
{
        const struct ekiden_role *declared = find(role);

        if (declared)
                return (uint32_t)(declared - roles.declared) + 1;
        return strcmp(role, EKIDEN_ROLE_MAIN) == 0 ? ROLES_MAX + 1 : 0;
}

bool ek_role_keeps_pid(void)
{
        const struct ekiden_role *declared = find(roles.name);

        return declared && declared->keeps_pid;
}

const char *ek_role_spawned_by(const char *role)
{
        const struct ekiden_role *declared = find(role);

        return declared ? declared->spawned_by : NULL;
}

bool ek_role_is_allowed(const char *role)
{
        return is_in_order(role) && (roles.count == 0 || find(role));
}

void ek_role_enter(const char *role)
{
        snprintf(roles.name, sizeof(roles.name), "%s", role);
}

uint64_t ek_tree(void)
{
        return roles.tree;
}

/* Only to tell the trees of one program apart: nothing hangs on that nobody guesses it. */
void ek_tree_begin(uint64_t tree)
{
        roles.tree = tree;
        if (roles.tree == 0 &&
            getrandom(&roles.tree, sizeof(roles.tree), 0) != (ssize_t)sizeof(roles.tree))
                roles.tree = ek_now_ns() ^ (uint64_t)ek_process.pid << 32;
        if (roles.tree == 0)
                roles.tree = 1;
}
