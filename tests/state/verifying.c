/* SPDX-License-Identifier: MIT */
/* See verifying.h. */
#include "verifying.h"

#include <pthread.h>
#include <string.h>

static const struct ek_wait patient = {.idle_ms = LONG_MS};

void verifying_add(struct verifying *verifying, const struct ek_tagged *from,
                   const struct ek_tagged *to)
{
        struct ek_tagged *theirs = &verifying->from[verifying->count];
        struct ek_tagged *ours = &verifying->to[verifying->count++];

        *theirs = *from;
        *ours = *to;
        theirs->item.name = theirs->name;
        if (ek_tagged_is_value(theirs) || theirs->native)
                theirs->functions = theirs;
}

/* An export of one item at the other end. */
struct sending {
        struct verifying *verifying;
        const struct ek_tagged *tagged;
        int result;
        struct ekiden_error error;
};

static void *send_item(void *data)
{
        struct sending *sending = data;
        struct ek_export *export_ = &sending->verifying->export_;

        sending->result = ek_export_item(export_, sending->tagged, &sending->error);
        if (sending->result == 0 && ek_link_flush(export_->link, &patient) < 0)
                sending->result = EKIDEN_EPEER;
        if (sending->result < 0)
                shutdown(ek_link_socket(export_->link), SHUT_WR);
        return NULL;
}

static pthread_t begin_sending(struct sending *sending)
{
        pthread_t thread;

        cr_assert_eq(pthread_create(&thread, NULL, send_item, sending), 0);
        return thread;
}

static void end_sending(const struct sending *sending, pthread_t thread)
{
        cr_assert_eq(pthread_join(thread, NULL), 0);
        cr_assert_eq(sending->result, 0, "%s", sending->error.sentence);
}

/* Its singletons are where pointers to them lead. */
static void make_objects(struct verifying *verifying)
{
        cr_assert_eq(ek_objects_new(verifying->from_natives, NULL, &verifying->export_.objects), 0);
        cr_assert_eq(ek_objects_new(verifying->to_natives, verifying->chain, &verifying->imported),
                     0);
        for (size_t i = 0; i < verifying->count; i++)
                if (verifying->from[i].native && !verifying->from[i].container)
                        cr_assert_eq(ek_objects_place(verifying->export_.objects,
                                                      verifying->from[i].native,
                                                      verifying->from[i].data),
                                     0);
}

static void find_source(struct sending *sending, const struct ekiden_item *source)
{
        struct verifying *verifying = sending->verifying;

        for (size_t i = 0; i < verifying->count; i++)
                if (strcmp(verifying->from[i].name, source->name) == 0)
                        sending->tagged = &verifying->from[i];
        cr_assert_not_null(sending->tagged, "no item is called \"%s\"", source->name);
        if (verifying->export_.objects)
                ek_objects_send_again(verifying->export_.objects);
}

static int look_up(void *data, const struct ekiden_item *source, const struct ek_tagged *tagged,
                   const struct ek_route *route, struct ekiden_error *error)
{
        struct verifying *verifying = data;
        struct sending sending = {.verifying = verifying};
        pthread_t thread;
        int r;

        find_source(&sending, source);
        thread = begin_sending(&sending);
        r = ek_import_item(verifying->links[1], &patient, tagged, route, NULL, error);
        end_sending(&sending, thread);
        return r;
}

static void hand_over_item(struct verifying *verifying, size_t i)
{
        struct sending sending = {.verifying = verifying, .tagged = &verifying->from[i]};
        struct ek_tagged *to;
        struct ek_route route;
        bool is_value = ek_tagged_is_value(&verifying->to[i]);
        struct ekiden_error error = {0};
        pthread_t thread;
        int r;

        cr_assert_eq(ek_tagged_add(&verifying->to[i]), 0);
        to = ek_tagged_find(verifying->to[i].name);
        to->last->digest_kind = EK_DIGEST_LIVE;
        if (!is_value)
                cr_assert_eq(ek_route_find(verifying->chain, &to->item, &route, &error), 0, "%s",
                             error.sentence);
        if (!is_value && !route.source)
                return; /* it is new */
        if (!is_value)
                cr_assert_eq(ek_lookups_fetch(verifying->chain, &route, look_up, verifying, &error),
                             0, "%s", error.sentence);
        thread = begin_sending(&sending);
        r = ek_import_item(verifying->links[1], &patient, to, is_value ? NULL : &route,
                           verifying->imported, &error);
        cr_assert_eq(r, EKIDEN_RESUMED, "%s", error.sentence);
        end_sending(&sending, thread);
        if (!is_value)
                ek_lookups_free(&route);
        verifying->bound_items += to->native != NULL;
}

void verifying_hand_over(struct verifying *verifying)
{
        two_links(verifying->links);
        for (int i = 0; i < 2; i++) /* what a first wait makes is made before anybody counts */
                cr_assert_eq(ek_link_prepare(verifying->links[i], NULL), 0);
        verifying->export_.link = verifying->links[0];
        verifying->export_.wait = &patient;
        verifying->export_.digest_kind = EK_DIGEST_LIVE;
        if (verifying->from_natives)
                make_objects(verifying);
        for (size_t i = 0; i < verifying->count; i++)
                hand_over_item(verifying, i);
}

static int ask_again(void *data, const struct ekiden_item *source, const struct ekiden_schema *from,
                     const struct ek_visitor *visitor, struct ekiden_error *error)
{
        struct verifying *verifying = data;
        struct sending sending = {.verifying = verifying};
        pthread_t thread;
        int r;

        verifying->asked_again++;
        if (verifying->again) {
                r = replay_to(visitor, verifying->again, source, from, error);
                return r == EKIDEN_RESUMED ? 0 : r;
        }
        find_source(&sending, source);
        thread = begin_sending(&sending);
        r = ek_import_visit(verifying->links[1], &patient, source, from, visitor, error);
        if (r < 0)
                ek_link_free(verifying->links[1]);
        if (r < 0)
                verifying->links[1] = NULL;
        cr_assert_eq(pthread_join(thread, NULL), 0);
        return r == EKIDEN_RESUMED ? 0 : r;
}

int verifying_verify(struct verifying *verifying)
{
        static const struct ek_registry none;
        const struct ek_verification verification = {
                .chain = verifying->chain,
                .registry = verifying->registry ? verifying->registry : &none,
                .imported = verifying->imported,
                .bound_items = verifying->bound_items,
                .again = ask_again,
                .look_up = look_up,
                .data = verifying,
        };

        verifying->asked_again = 0;
        verifying->error = (struct ekiden_error){.phase = EKIDEN_PHASE_READY};
        for (size_t i = 0; i < verifying->count; i++)
                ek_tagged_find(verifying->to[i].name)->last->verdict = 0;
        return ek_verify(&verification, &verifying->error);
}

void expect_same(struct verifying *verifying)
{
        cr_assert_eq(verifying_verify(verifying), 0, "%s: %s", verifying->error.item,
                     verifying->error.sentence);
        cr_expect_eq(verifying->asked_again, 0, "the digests are enough");
        for (size_t i = 0; i < verifying->count; i++) {
                const struct ek_figures *figures = verifying_figures(verifying->to[i].name);

                cr_expect_eq(figures->verdict, figures->is_known ? EKIDEN__VERDICT__SAME : 0,
                             "%s: %u, %s", verifying->to[i].name, figures->verdict,
                             figures->reason);
        }
}

void expect_difference(struct verifying *verifying, const char *item, const char *field,
                       const char *words)
{
        int r = verifying_verify(verifying);

        cr_expect_eq(r, EKIDEN_EREFUSED, "%s.%s: %d", item, field, r);
        cr_expect_eq(verifying->error.code, r);
        cr_expect_eq(verifying->error.phase, EKIDEN_PHASE_READY);
        cr_expect_str_eq(verifying->error.item, item, "\"%s\": %s", verifying->error.item,
                         verifying->error.sentence);
        cr_expect_str_eq(verifying->error.field, field, "\"%s\": %s", verifying->error.field,
                         verifying->error.sentence);
        cr_expect_not_null(strstr(verifying->error.sentence, words), "\"%s\" is not in \"%s\"",
                           words, verifying->error.sentence);
}

const struct ek_figures *verifying_figures(const char *item)
{
        return ek_tagged_find(item)->last;
}

void verifying_end(struct verifying *verifying)
{
        for (size_t i = 0; i < verifying->count; i++)
                ek_tagged_remove(verifying->to[i].name);
        ek_objects_free(verifying->export_.objects);
        ek_objects_free(verifying->imported);
        ek_link_free(verifying->links[0]);
        ek_link_free(verifying->links[1]);
}
