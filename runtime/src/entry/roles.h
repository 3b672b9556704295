/* SPDX-License-Identifier: MIT */
/* What the program has declared of its roles, and which of them this process is in. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ekiden/role.h>

/** Which role a process is in that says this of itself: the first of all is of role "main", and
    libraries of old do not say so. NULL is allowed. Borrowed. */
const char *ek_role_said(const char *role);

/** Where the role is in the order of upgrades, from 0; those that are not declared come first. */
uint32_t ek_role_place(const char *role);

/** Whether this process's successor is to run under its PID. */
bool ek_role_keeps_pid(void);

/** The role of who starts the successors of its processes; NULL: each its own. */
const char *ek_role_spawned_by(const char *role);

/** Whether a process may be in it: it is in order, and declared where any are. */
bool ek_role_is_allowed(const char *role);

/** This process is in it from now on; copied. */
void ek_role_enter(const char *role);

/** What is common to the processes that were forked from one another, and to their successors: a
    number that is drawn when the first of them starts afresh. */
uint64_t ek_tree(void);

/** Draws it, or takes over the predecessor's; 0: none came, so it is drawn. */
void ek_tree_begin(uint64_t tree);
