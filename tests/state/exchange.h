/* SPDX-License-Identifier: MIT */
/* One item's journey: a thread exports it at one end of a socket pair, the test imports it. */
#pragma once

#include "open_descriptors.h"
#include "sockets.h"
#include "state/transfer.h"

struct exchange {
        const struct ek_tagged *from, *to;
        const struct ek_route *route; /* NULL: of a built-in item */
        enum ek_digest_kind digest_kind; /* that END carries */
        /* What came of it: */
        int exported, imported;
        struct ekiden_error export_error, import_error;
        struct ek_count sent;
};

/** Runs it. A side that fails closes its end, as the handover does; both ends are closed after. */
void run_exchange(struct exchange *exchange);

/** Runs it; both sides must succeed. */
void expect_exchange(struct exchange *exchange);

/** Runs it; the import must fail with this code, and a sentence that holds these words. */
void expect_failed_import(struct exchange *exchange, int code, const char *words);

/** An item of a schema, tagged by hand. */
struct ek_tagged tag_item(const struct ekiden_schema *schema, const char *name,
                          const struct ekiden_binding *binding, void *data);

/** The route of an item that does not change between versions. */
struct ek_route identity(const struct ekiden_schema *schema, const char *name);
