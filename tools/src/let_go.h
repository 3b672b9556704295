/* SPDX-License-Identifier: MIT */
/*
 * The last thing that can be found out of a process whose words cannot be read any more: whether it
 * has called the upgrade off. Otherwise it may have committed, and said so behind what was not
 * understood.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "wire/link.h"

/**
 * Calls the upgrade off, and waits until the process has closed its end of the connection. Whoever
 * has committed keeps it until he ends.
 *
 * @return it has closed it, and runs on; false: it has ended, or has not closed it in time
 */
bool let_go(const struct ek_link *link, pid_t pid);
