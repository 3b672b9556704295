/* SPDX-License-Identifier: MIT */
/* Singletons whose state is the message: a deep copy arrives, with descriptors at every depth. */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "exchange.h"
#include "yard_v1.ekiden.h"

/* The gate, from one program to the next. */
static void carry(Yard__V1__Gate *from, Yard__V1__Gate *ret_to)
{
        const struct ek_tagged tagged = tag_item(&yard_v1, "gate", &ek_message_binding, from);
        const struct ek_tagged tagged_to = tag_item(&yard_v1, "gate", &ek_message_binding, ret_to);
        const struct ek_route route = identity(&yard_v1, "gate");
        struct exchange exchange = {.from = &tagged, .to = &tagged_to, .route = &route};

        yard__v1__gate__init(ret_to);
        expect_exchange(&exchange);
        cr_assert_eq(exchange.sent.records, 1);
}

/* What came is from malloc(), and the program's. */
static void free_gate(const Yard__V1__Gate *gate)
{
        Yard__V1__Gate *copy = malloc(sizeof(*copy));

        *copy = *gate;
        yard__v1__gate__free_unpacked(copy, NULL);
}

static int counter(unsigned int count)
{
        int fd = eventfd(count, EFD_CLOEXEC | EFD_NONBLOCK);

        cr_assert_geq(fd, 0);
        return fd;
}

static void expect_counter(int fd, uint64_t count)
{
        eventfd_t value;

        cr_assert_eq(eventfd_read(fd, &value), 0, "descriptor %d", fd);
        cr_assert_eq(value, count);
        close(fd);
}

LeakTest(message_state, empty_message_arrives)
{
        Yard__V1__Gate from = YARD__V1__GATE__INIT, to;

        carry(&from, &to);
        cr_expect_null(to.name);
        cr_expect_eq(to.handle, -1, "an absent descriptor becomes -1");
        cr_expect_eq(to.n_handles, 0);
        free_gate(&to);
}

LeakTest(message_state, copy_shares_nothing_with_the_stream)
{
        Yard__V1__Gate from = YARD__V1__GATE__INIT, to;
        char name[] = "north gate, \xc3\xa4lteres Tor";

        from.name = name;
        carry(&from, &to);
        cr_expect_str_eq(to.name, name);
        cr_expect_neq(to.name, name);
        to.name[0] = 'N';
        free_gate(&to);
}

LeakTest(message_state, descriptors_at_every_depth_arrive)
{
        Yard__V1__Gate from = YARD__V1__GATE__INIT, to;
        Yard__V1__Lock locks[3] = {YARD__V1__LOCK__INIT, YARD__V1__LOCK__INIT,
                                   YARD__V1__LOCK__INIT};
        Yard__V1__Lock *list[] = {&locks[1], &locks[2]};
        int32_t handles[] = {counter(2), -1, counter(3)}, deep[] = {counter(5), counter(6)};

        from.has_handle = 1;
        from.handle = counter(1);
        from.n_handles = 3;
        from.handles = handles;
        from.lock = &locks[0];
        locks[0].has_handle = 1;
        locks[0].handle = counter(4);
        locks[0].n_handles = 2;
        locks[0].handles = deep;
        from.n_locks = 2;
        from.locks = list;
        locks[2].has_handle = 1;
        locks[2].handle = counter(7);
        from.guard_case = YARD__V1__GATE__GUARD_GUARD_HANDLE;
        from.guard_handle = counter(8);
        carry(&from, &to);
        expect_counter(to.handle, 1);
        cr_assert_eq(to.n_handles, 3);
        expect_counter(to.handles[0], 2);
        cr_assert_eq(to.handles[1], -1);
        expect_counter(to.handles[2], 3);
        expect_counter(to.lock->handle, 4);
        cr_assert_eq(to.lock->n_handles, 2);
        expect_counter(to.lock->handles[0], 5);
        expect_counter(to.lock->handles[1], 6);
        cr_assert_eq(to.n_locks, 2);
        cr_assert_eq(to.locks[0]->handle, -1, "absent in a message within");
        expect_counter(to.locks[1]->handle, 7);
        cr_assert_eq(to.guard_case, YARD__V1__GATE__GUARD_GUARD_HANDLE);
        expect_counter(to.guard_handle, 8);
        cr_assert_eq(handles[0], from.handles[0], "the predecessor's own numbers are back");
        close(from.handle);
        close(handles[0]);
        close(handles[2]);
        close(locks[0].handle);
        close(deep[0]);
        close(deep[1]);
        close(locks[2].handle);
        close(from.guard_handle);
        free_gate(&to);
}

/* protobuf-c keeps the members of a oneof in one place: only the chosen one may be looked at. */
LeakTest(message_state, oneof_is_read_by_its_case)
{
        Yard__V1__Gate from = YARD__V1__GATE__INIT, to;
        Yard__V1__Lock lock = YARD__V1__LOCK__INIT;
        char guard[] = "guard";

        from.guard_case = YARD__V1__GATE__GUARD_GUARD_NAME;
        from.guard_name = guard;
        carry(&from, &to);
        cr_assert_eq(to.guard_case, YARD__V1__GATE__GUARD_GUARD_NAME);
        cr_assert_str_eq(to.guard_name, "guard");
        free_gate(&to);
        lock.has_handle = 1;
        lock.handle = counter(1);
        from.guard_case = YARD__V1__GATE__GUARD_GUARD_LOCK;
        from.guard_lock = &lock;
        carry(&from, &to);
        cr_assert_eq(to.guard_case, YARD__V1__GATE__GUARD_GUARD_LOCK);
        expect_counter(to.guard_lock->handle, 1);
        close(lock.handle);
        free_gate(&to);
        from.guard_case = YARD__V1__GATE__GUARD_GUARD_HANDLE;
        from.guard_handle = -1;
        carry(&from, &to);
        cr_assert_eq(to.guard_handle, -1);
        free_gate(&to);
}

LeakTest(message_state, that_is_not_initialised_is_refused_with_a_sentence)
{
        Yard__V1__Gate from = {0}, to = YARD__V1__GATE__INIT;
        Yard__V1__Lock *none[1] = {NULL};
        struct ek_tagged tagged, tagged_to;
        const struct ek_route route = identity(&yard_v1, "gate");
        struct exchange exchange = {.from = &tagged, .to = &tagged_to, .route = &route};

        tagged_to = tag_item(&yard_v1, "gate", &ek_message_binding, &to);
        from.base.descriptor = &yard__v1__lock__descriptor;
        for (int round = 0; round < 2; round++) {
                tagged = tag_item(&yard_v1, "gate", &ek_message_binding, &from);
                run_exchange(&exchange);
                cr_assert_eq(exchange.exported, EKIDEN_EREFUSED);
                cr_assert_eq(exchange.export_error.code, EKIDEN_EREFUSED);
                cr_assert_str_eq(exchange.export_error.item, "gate");
                cr_assert(exchange.export_error.sentence[0]);
                cr_assert_lt(exchange.imported, 0);
                yard__v1__gate__init(&from);
                from.n_locks = 1;
                from.locks = none; /* an element of an array that is NULL */
        }
}
