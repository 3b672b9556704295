/* SPDX-License-Identifier: MIT */
/* See exchange.h. */
#include "exchange.h"

#include <pthread.h>
#include <string.h>

static const struct ek_wait patient = {.idle_ms = LONG_MS};

struct exporter {
        struct exchange *exchange;
        struct ek_link *link;
};

static void *export_item(void *data)
{
        struct exporter *exporter = data;
        struct exchange *exchange = exporter->exchange;
        struct ek_export export_ = {
                .link = exporter->link, .wait = &patient, .digest_kind = exchange->digest_kind};

        exchange->exported = ek_export_item(&export_, exchange->from, &exchange->export_error);
        if (exchange->exported == 0 && ek_link_flush(exporter->link, &patient) < 0)
                exchange->exported = EKIDEN_EPEER;
        exchange->sent = export_.total;
        shutdown(ek_link_socket(exporter->link), SHUT_WR);
        return NULL;
}

void run_exchange(struct exchange *exchange)
{
        struct exporter exporter = {.exchange = exchange};
        struct ek_link *links[2];
        pthread_t thread;

        two_links(links);
        exporter.link = links[0];
        memset(&exchange->export_error, 0, sizeof(exchange->export_error));
        memset(&exchange->import_error, 0, sizeof(exchange->import_error));
        cr_assert_eq(pthread_create(&thread, NULL, export_item, &exporter), 0);
        exchange->imported = ek_import_item(links[1], &patient, exchange->to, exchange->route, NULL,
                                            &exchange->import_error);
        ek_link_free(links[1]);
        cr_assert_eq(pthread_join(thread, NULL), 0);
        ek_link_free(links[0]);
}

void expect_exchange(struct exchange *exchange)
{
        run_exchange(exchange);
        cr_assert_eq(exchange->exported, 0, "%s", exchange->export_error.sentence);
        cr_assert_eq(exchange->imported, EKIDEN_RESUMED, "%s", exchange->import_error.sentence);
        cr_assert_eq(exchange->export_error.code, 0);
        cr_assert_eq(exchange->import_error.code, 0);
}

void expect_failed_import(struct exchange *exchange, int code, const char *words)
{
        run_exchange(exchange);
        cr_expect_eq(exchange->imported, code, "%d, \"%s\"", exchange->imported,
                     exchange->import_error.sentence);
        cr_expect_eq(exchange->import_error.code, code, "returned %s, but the error says %s",
                     ekiden_error_name(code), ekiden_error_name(exchange->import_error.code));
        cr_expect_not_null(strstr(exchange->import_error.sentence, words), "\"%s\"",
                           exchange->import_error.sentence);
        cr_expect_str_eq(exchange->import_error.item, exchange->to->name);
}

struct ek_tagged tag_item(const struct ekiden_schema *schema, const char *name,
                          const struct ekiden_binding *binding, void *data)
{
        const struct ekiden_item *item = ekiden_schema_item(schema, name);
        struct ek_tagged tagged = {.binding = binding, .data = data};

        cr_assert_not_null(item);
        tagged.item = *item;
        tagged.functions = item->message; /* what ekiden_tag_message() sets */
        strcpy(tagged.name, name);
        return tagged;
}

struct ek_route identity(const struct ekiden_schema *schema, const char *name)
{
        const struct ek_chain chain = {.from = schema, .to = schema};
        struct ek_route route;

        cr_assert_eq(ek_route_find(&chain, ekiden_schema_item(schema, name), &route, NULL), 0);
        return route;
}
