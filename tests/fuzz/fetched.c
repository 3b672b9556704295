/* SPDX-License-Identifier: MIT */
/* See fetched.h. */
#include "fetched.h"

#include <unistd.h>

#include "peer.h"
#include "state/fetch.h"
#include "state/transfer.h"

static const struct ek_wait patience = {.idle_ms = 1000};

struct source {
        struct ek_fetch fetch;
        struct ek_link *link;
        int peer;
        const uint8_t *data; /* that the peer has to send, as it is asked */
        size_t size, sent;
};

/* A peer sends an item when it is pulled: sooner, and descriptors of the next would come with it.
 */
static void send_item(struct source *source)
{
        size_t end = peer_item_end(source->data, source->size, source->sent);

        peer_send(source->peer, source->data + source->sent, end - source->sent);
        source->sent = end;
        if (end == source->size)
                peer_end(source->peer);
}

static int pull(void *data, const struct ekiden_item *item, const struct ek_tagged *tagged,
                const struct ek_route *route, struct ekiden_error *error)
{
        struct source *source = data;

        (void)item;
        send_item(source);
        return ek_import_item(source->link, &patience, tagged, route, source->fetch.objects, error);
}

/* An error says what a person needs; no error says nothing. */
static void expect_sound(int r, const struct ekiden_error *error)
{
        if (r < 0) {
                expect_told(error, r);
                return;
        }
        expect(r == EKIDEN_RESUMED || r == EKIDEN_FRESH);
        expect(error->code == 0);
}

static int fetch_item(const struct fetched *fetched, struct source *source,
                      const struct ek_tagged *tagged)
{
        struct ekiden_error error = {0};
        size_t held = fetched->held ? fetched->held() : 0;
        int r;

        tagged->last->digest_kind = EK_DIGEST_LIVE;
        r = ek_fetch_item(&source->fetch, tagged, &error);
        expect_sound(r, &error);
        if (r < 0 && fetched->held)
                expect(fetched->held() == held);
        return r;
}

static void fetch_all(const struct fetched *fetched, struct source *source)
{
        struct ekiden_error error = {0};
        size_t count;
        struct ek_tagged *const *all = ek_tagged_all(&count);
        int r = 0;

        for (size_t i = 0; i < count && r >= 0; i++)
                r = fetch_item(fetched, source, all[i]);
        if (r >= 0)
                r = ek_fetch_check(&source->fetch, &error);
        if (r < 0 && error.code != 0)
                expect_told(&error, r);
        if (r >= 0)
                target_succeeded();
        ek_fetch_deinit(&source->fetch);
}

void fetched_run(const struct fetched *fetched, const uint8_t *data, size_t size)
{
        struct ek_registry registry = {.count = 0};
        struct source source = {
                .fetch = {.pull = pull, .data = &source},
                .data = data,
                .size = size,
        };
        struct ek_chain chain;
        int ours;

        expect(ek_registry_add(&registry, fetched->hop) == 0);
        expect(ek_chain_find(&registry, fetched->schema, 1, &chain, NULL) == 0);
        source.fetch.chain = &chain;
        peer_sockets(&ours, &source.peer);
        expect(ek_link_new(ours, &source.link) == 0);
        fetch_all(fetched, &source);
        ek_link_free(source.link);
        close(source.peer);
}
