/* SPDX-License-Identifier: MIT */
/*
 * A new version that the tool starts may fork itself into the background: it is an orphan then, and
 * becomes the tool's own child. But the tool may have other children: those that it had before it
 * was executed (`server & exec ekiden-upgrade …`), their orphans, and new versions of earlier
 * upgrades, which serve. None of those may be taken for it.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* How it is known. */
struct offspring {
        dev_t device; /* of the successor's end of the handover's socket pair, which it has open */
        ino_t inode;
        bool is_certain; /* it can be nobody else: the tool had no children */
};

/**
 * To be called right before the start.
 *
 * @param socket  the successor's end; borrowed
 */
struct offspring offspring_expect(int socket);

/**
 * The orphan that the new version has left: a child of the tool's that is alive, and is not the
 * process that was started itself.
 *
 * @return 0: there is none, or none that is known for certain
 */
pid_t offspring_find(const struct offspring *expected, pid_t started);
