/* SPDX-License-Identifier: MIT */
/* What the transfer of transfer.c is compared with: each in processes of their own. */
#pragma once

#include <stddef.h>

/** Microseconds for inserting so many new records into a table that has room for them, the slots
    prefetched: no transfer at all. */
double fresh_insert_us(size_t count);

/** Microseconds for moving a table of so many records to another process as protobuf-c does it: a
    message filled for each, packed, sent over a socket pair, unpacked by malloc(), copied into an
    entry and inserted. From the first record to the last one's arrival. */
double plain_transfer_us(size_t count);
