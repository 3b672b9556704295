/* SPDX-License-Identifier: MIT */
/* A program with a stream of crates: what it exports, and what it makes of those that come. */
#pragma once

#include "exchange.h"
#include "yard_v1.ekiden.h"

struct crates {
        /* The exporting program: */
        uint64_t count;
        void (*fill)(struct crates *crates, Yard__V1__Crate *crate, struct ekiden_cursor *cursor);
        size_t size; /* for `fill` to use as it likes */
        size_t descriptor_count; /* the same */
        const int *pool; /* the same: open descriptors */
        size_t pool_size;
        int fail_with; /* what the program returns for record `fail_at` */
        uint64_t fail_at;
        bool fails;
        /* The importing program: */
        void (*take)(struct crates *crates, const Yard__V1__Crate *crate, uint64_t number);
        uint64_t taken;
};

extern const struct ekiden_binding crates_binding;

/** Sends them through an exchange, from one program to another of the same version. */
void send_crates(struct crates *from, struct crates *to, struct exchange *ret_exchange);

/** As send_crates(); both sides must succeed and every record arrive. */
void expect_crates(struct crates *from, struct crates *to);

/** Closes the descriptors of a record, as a program that takes them must. */
void close_crate(const Yard__V1__Crate *crate);
