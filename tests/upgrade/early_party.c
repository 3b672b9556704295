/* SPDX-License-Identifier: MIT */
/* See early_party.h. */
#include "early_party.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <criterion/criterion.h>

#define PATIENCE_MS 10000

static const struct ek_deadlines deadlines = {.ms = {[EKIDEN_PHASE_CHECK] = PATIENCE_MS,
                                                     [EKIDEN_PHASE_WARM] = PATIENCE_MS,
                                                     [EKIDEN_PHASE_PAUSE] = PATIENCE_MS,
                                                     [EKIDEN_PHASE_TRANSFER] = PATIENCE_MS,
                                                     [EKIDEN_PHASE_READY] = PATIENCE_MS,
                                                     [EKIDEN_PHASE_COMMIT] = PATIENCE_MS}};
static const struct ek_origin origin;
static const struct ek_predecessor_setup setup = {
        .schema = &probe_v1, .deadlines = &deadlines, .origin = &origin, .leg = 1};
const struct ek_wait early_patience = {.idle_ms = PATIENCE_MS};
struct ekiden_error early_error;
struct ek_link *early_successor;
struct early_state early_state;

static void *data_of(char item)
{
        switch (item) {
        case 'a':
                return &early_state.a;
        case 'b':
                return &early_state.b;
        case 'c':
                return &early_state.c;
        default:
                return &early_state.d.data;
        }
}

int64_t early_number_in(char item)
{
        uint64_t counter;

        switch (item) {
        case 'c':
                return read(early_state.c, &counter, sizeof(counter)) == sizeof(counter)
                               ? (int64_t)counter
                               : -1;
        case 'd':
                return early_state.d.size == EARLY_LARGE_BYTES
                               ? early_state.d.data[EARLY_LARGE_BYTES - 1]
                               : -1;
        case 'e':
                return read(early_state.e.listener, &counter, sizeof(counter)) == sizeof(counter)
                               ? (int64_t)early_state.e.asked
                               : -1;
        default:
                return *(int64_t *)data_of(item);
        }
}

static const char *name_of(char item)
{
        static const char *const names[] = {"a", "b", "c", "d", "counter"};

        return names[item - 'a'];
}

struct ek_tagged *early_find(char item)
{
        return ek_tagged_find(name_of(item));
}

static void tag_counter(void)
{
        const struct ekiden_item *item = ekiden_schema_item(&probe_v1, name_of('e'));
        struct ek_tagged tagged = {
                .item = *item,
                .name = "counter",
                .binding = &ek_message_binding,
                .functions = item->message,
                .data = &early_state.e,
        };

        cr_assert_eq(ek_tagged_add(&tagged), 0);
}

void early_tag(char item)
{
        struct ek_tagged tagged = {
                .item = {.kind = EKIDEN_ITEM_SINGLETON, .message = &ek_value_message},
                .name = {item},
                .binding = &ek_value_binding,
                .data = data_of(item),
                .value_type = item == 'c'   ? EK_VALUE_DESCRIPTOR
                              : item == 'd' ? EK_VALUE_BYTES
                                            : EK_VALUE_INT64,
                .size_bytes = &early_state.d.size,
        };

        if (item == 'e')
                tag_counter();
        else
                cr_assert_eq(ek_tagged_add(&tagged), 0);
}

struct ek_tagged *early_tag_one_of_many(int i)
{
        struct ek_tagged tagged = {
                .item = {.kind = EKIDEN_ITEM_SINGLETON, .message = &ek_value_message},
                .binding = &ek_value_binding,
                .data = &early_state.many[i],
                .value_type = EK_VALUE_INT64,
        };

        snprintf(tagged.name, sizeof(tagged.name), "value-%d", i);
        cr_assert_eq(ek_tagged_add(&tagged), 0);
        return ek_tagged_find(tagged.name);
}

void early_offer(void)
{
        char *names[EK_EARLY_TAGGED_MAX];

        (void)ek_early_tagged(&ek_predecessor, names);
}

void early_begin(void)
{
        struct ek_predecessor *p = &ek_predecessor;
        int ends[2];

        early_state.a = 1;
        early_state.b = 2;
        early_state.c = eventfd(3, EFD_CLOEXEC);
        early_state.d.size = EARLY_LARGE_BYTES;
        early_state.d.data = calloc(1, EARLY_LARGE_BYTES);
        early_state.d.data[EARLY_LARGE_BYTES - 1] = 4;
        for (const char *item = EARLY_ITEMS; *item; item++)
                early_tag(*item);
        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        cr_assert_eq(ek_link_new(ends[1], &early_successor), 0);
        p->setup = &setup;
        p->serial++;
        cr_assert_eq(ek_link_new(ends[0], &p->link), 0);
        ek_ahead_begin(p);
}

void early_end(void)
{
        ek_link_free(early_successor);
        ek_predecessor.link = ek_link_free(ek_predecessor.link);
        ek_predecessor_forget();
        ek_given_forget(&ek_predecessor.given);
        ek_tagged_forget();
        close(early_state.c);
        free(early_state.d.data);
}
