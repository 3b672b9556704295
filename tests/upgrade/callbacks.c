/* SPDX-License-Identifier: MIT */
/* What a program's callbacks may call, and what becomes of that when the other side is gone. */
#include <criterion/criterion.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ekiden/handover.pb-c.h"
#include "handover/compatible.h"
#include "handover/successor.h"
#include "probe_v1.ekiden.h"
#include "wire/link.h"

static const struct ek_wait patience = {.idle_ms = 20000};
static struct ek_link *predecessor;

/* As ekiden_resumed_at() does in a program's check, when the predecessor has just died. */
static int look_where_it_stopped(struct ekiden_error *error)
{
        (void)error;
        predecessor = ek_link_free(predecessor);
        cr_expect_null(ek_successor_update_point());
        return 0;
}

Test(callbacks, a_check_that_finds_the_predecessor_gone_ends_the_successor, .timeout = 60)
{
        static const struct ek_registry registry;
        const struct ek_successor_end end = {.check = look_where_it_stopped};
        struct ek_token token = {.bytes = {7}};
        struct ekiden_error error = {0};
        Ekiden__SchemaId id = ek_schema_id(&probe_v1);
        Ekiden__Offer offer = EKIDEN__OFFER__INIT;
        int ends[2];

        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        cr_assert_eq(ek_link_new(ends[0], &predecessor), 0);
        offer.protocol = EK_PROTOCOL;
        offer.program = (char *)(uintptr_t)probe_v1.program;
        offer.schema = &id;
        offer.has_token = 1;
        offer.token = ek_token_field(&token);
        cr_assert_eq(ek_link_send_message(predecessor, EKIDEN__FRAME_KIND__OFFER, &offer.base,
                                          &patience),
                     0);
        cr_assert_eq(ek_successor_start(ends[1], &token, &probe_v1, &registry, 0, &error), 0, "%s",
                     error.sentence);
        cr_expect_eq(ek_successor_finish("loop", &end, &error), EKIDEN_EPEER, "%s", error.sentence);
        cr_expect_eq(ek_successor_state(), EK_SUCCESSOR_FAILED);
}
