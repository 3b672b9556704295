/* SPDX-License-Identifier: MIT */
/*
 * Where processes run. Two that answer each other on one CPU need a quarter of the time of two on
 * different ones, whose CPU must first be woken; and the scheduler does now this, now that. So what
 * is compared must be placed alike. Children begin where their parent is.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/** Whether this process may use two CPUs. */
bool placement_has_two(void);

/** Puts a process (0: this one) on the first of its CPUs, on the second, or on any. */
void placement_first(pid_t pid);
void placement_second(pid_t pid);
void placement_any(pid_t pid);
