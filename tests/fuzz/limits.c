/* SPDX-License-Identifier: MIT */
/*
 * The limits of docs/security.md that no other test comes to: at each of them all is well, and one
 * beyond it is refused.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "ekiden/control.pb-c.h"
#include "entry/control.h"
#include "entry/event.h"
#include "entry/operators.h"
#include "entry/process.h"
#include "entry/update_points.h"
#include "entry/watch.h"
#include "garden_program.h"
#include "garden_v1.ekiden.h"
#include "handover/predecessor_private.h"
#include "handover/successor.h"
#include "peer.h"
#include "wire/clock.h"

#undef expect /* Criterion tells more */

#define PULLS_MAX 65536 /* of serve.c */
#define REQUEST_MAX (1u << 20) /* of control.c */

static const struct ek_wait patience = {.idle_ms = 20000};

/* Operators, who arrive by this instead of a listener: the linker sends the call here. */
int __wrap_ek_control_accept(void);

static int arriving[32];
static size_t arriving_count;

int __wrap_ek_control_accept(void)
{
        return arriving_count > 0 ? arriving[--arriving_count] : -1;
}

/* An operator who connects: his end. */
static struct ek_link *connect_operator(void)
{
        struct ek_link *link;
        int ends[2];

        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        cr_assert_eq(ek_link_new(ends[0], &link), 0);
        arriving[arriving_count++] = ends[1];
        return link;
}

static void start_process(void)
{
        ek_process.pid = getpid();
        ek_process.schema = &garden_v1;
        ek_process.setup.schema = &garden_v1;
        ek_process.origin.binary = (char *)(uintptr_t) "/bin/garden";
}

/* What the process answers: the code of a refusal, or 0 for an event without one. */
static int read_answer(struct ek_link *link)
{
        ProtobufCMessage *unpacked;
        struct ek_frame frame;
        const Ekiden__Event *event;
        int code;

        cr_assert_eq(ek_link_receive(link, &patience, &frame), 0);
        cr_assert_eq(ek_frame_message(&frame, &ekiden__event__descriptor, &unpacked), 0);
        event = (const Ekiden__Event *)unpacked;
        code = event->refusal ? event->refusal->code : 0;
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return code;
}

/* A request whose header promises so many bytes, and no byte of them. */
static int answer_to_header(uint32_t size)
{
        struct ek_link *link = connect_operator();
        uint8_t header[EK_FRAME_HEADER_SIZE] = {0};
        int code = 1;

        for (int i = 0; i < 4; i++)
                header[i] = (uint8_t)(size >> 8 * i);
        header[4] = EKIDEN__FRAME_KIND__REQUEST;
        cr_assert_eq(write(ek_link_socket(link), header, sizeof(header)), sizeof(header));
        ek_control_attend("loop");
        if (size > REQUEST_MAX)
                code = read_answer(link);
        ek_link_free(link);
        ek_control_attend("loop");
        return code;
}

Test(limits, request_over_1_mib_is_refused_before_its_bytes_come)
{
        start_process();
        cr_expect_eq(answer_to_header(REQUEST_MAX), 1, "it is waited for");
        cr_expect_eq(answer_to_header(REQUEST_MAX + 1), EKIDEN_ELIMIT);
}

/* What a later protocol asks for would be passed over, and something else begun in its place. */
Test(limits, protocol_of_a_request_is_6_at_most)
{
        static const int codes[] = {EKIDEN_EPROTOCOL, 0, 0, 0, 0, 0, 0, EKIDEN_EPROTOCOL};

        start_process();
        for (uint32_t protocol = 0; protocol < 8; protocol++) {
                Ekiden__StatusRequest status = EKIDEN__STATUS_REQUEST__INIT;
                Ekiden__Request request = EKIDEN__REQUEST__INIT;
                struct ek_link *link = connect_operator();

                request.protocol = protocol;
                request.status = &status;
                cr_assert_eq(ek_link_send_message(link, EKIDEN__FRAME_KIND__REQUEST, &request.base,
                                                  &patience),
                             0);
                ek_control_attend("loop");
                cr_expect_eq(read_answer(link), codes[protocol], "protocol %u", protocol);
                ek_link_free(link);
        }
}

Test(limits, connection_beyond_the_128th_takes_the_place_of_the_oldest_that_asked_for_nothing)
{
        struct ek_link *links[EK_OPERATORS_MAX + 1];
        struct ek_operator *operators[EK_OPERATORS_MAX];
        size_t closed = 0;

        start_process();
        for (size_t i = 0; i < EK_OPERATORS_MAX; i++) {
                links[i] = connect_operator();
                ek_control_attend("loop");
        }
        cr_assert_eq(ek_operators(operators), EK_OPERATORS_MAX);
        for (size_t i = 0; i < EK_OPERATORS_MAX; i++)
                cr_expect_not(ek_link_is_closed(links[i]));
        links[EK_OPERATORS_MAX] = connect_operator();
        ek_control_attend("loop");
        cr_expect_eq(ek_operators(operators), EK_OPERATORS_MAX);
        for (size_t i = 0; i <= EK_OPERATORS_MAX; i++)
                closed += ek_link_is_closed(links[i]) != 0;
        cr_expect_eq(closed, 1);
        cr_expect(ek_link_is_closed(links[0]));
        for (size_t i = 0; i <= EK_OPERATORS_MAX; i++)
                ek_link_free(links[i]);
}

Test(limits, watch_lasts_a_minute_at_most)
{
        uint64_t minute_ns = EK_WATCH_MAX_MS * EK_NS_PER_MS;
        struct ek_watch *watch;

        cr_assert_eq(ek_watch_deadline(), UINT64_MAX);
        watch = ek_watch_begin(UINT32_MAX);
        cr_assert_not_null(watch);
        cr_expect_leq(ek_watch_deadline(), ek_now_ns() + minute_ns);
        cr_expect_not(ek_watch_is_over(watch));
        ek_watch_end(watch);
}

Test(limits, update_points_beyond_64_names_are_not_counted)
{
        char name[16];
        size_t count;

        for (int i = 0; i < 100; i++) {
                snprintf(name, sizeof(name), "loop %d", i);
                cr_expect_eq(ek_update_point_at(name) != NULL, i < EK_UPDATE_POINTS_MAX, "%d", i);
        }
        ek_update_points(&count);
        cr_expect_eq(count, EK_UPDATE_POINTS_MAX);
        cr_expect_not_null(ek_update_point_at("loop 63"), "one that is known still is");
}

Test(limits, deadline_is_a_day_at_most)
{
        for (int phase = EKIDEN_PHASE_CHECK; phase <= EKIDEN_PHASE_COMMIT; phase++) {
                cr_expect_eq(ekiden_set_deadline((enum ekiden_phase)phase, EK_DEADLINE_MAX_MS), 0);
                cr_expect_eq(ekiden_set_deadline((enum ekiden_phase)phase, EK_DEADLINE_MAX_MS + 1),
                             EKIDEN_EINVAL);
                cr_expect_eq(ekiden_set_deadline((enum ekiden_phase)phase, 0), EKIDEN_EINVAL);
        }
}

Test(limits, name_is_of_63_bytes_at_most_and_holds_no_control_character)
{
        char name[EKIDEN_NAME_MAX + 2];
        int value = 1;

        start_process();
        ek_process.is_started = true;
        memset(name, 'n', sizeof(name));
        name[EKIDEN_NAME_MAX + 1] = '\0';
        cr_expect_eq(ekiden_tag_int32(name, &value), EKIDEN_EINVAL);
        name[EKIDEN_NAME_MAX] = '\0';
        cr_expect_eq(ekiden_tag_int32(name, &value), EKIDEN_FRESH);
        cr_expect_eq(ekiden_untag(name), 0);
        cr_expect_eq(ekiden_tag_int32("two\nlines", &value), EKIDEN_EINVAL);
        cr_expect_eq(ekiden_tag_int32("\x1b[2J", &value), EKIDEN_EINVAL);
        cr_expect_eq(ekiden_tag_int32("del\x7f", &value), EKIDEN_EINVAL);
        cr_expect_eq(ekiden_tag_int32("\xc2\x9b"
                                      "2J",
                                      &value),
                     EKIDEN_EINVAL);
        cr_expect_eq(ekiden_tag_int32("", &value), EKIDEN_EINVAL);
        cr_expect_eq(ekiden_tag_int32("\xc3\xa4 \xe2\x82\xac", &value), EKIDEN_FRESH);
        cr_expect_eq(ekiden_untag("\xc3\xa4 \xe2\x82\xac"), 0);
}

/* A successor that asks again and again for what there is not, and one that reads the answers. */
static void *ask_on(void *data)
{
        struct ek_link *link = data;
        Ekiden__SchemaId id = EKIDEN__SCHEMA_ID__INIT, *known = &id;
        Ekiden__Hello hello = EKIDEN__HELLO__INIT;
        Ekiden__Pull pull = EKIDEN__PULL__INIT;
        int r;

        id.version = 1;
        id.fingerprint = (ProtobufCBinaryData){EKIDEN_FINGERPRINT_SIZE,
                                               (uint8_t *)(uintptr_t)garden_v1.fingerprint};
        hello.protocol = 1;
        hello.program = (char[]){"garden"};
        hello.version = 2;
        hello.n_known = 1;
        hello.known = &known;
        hello.has_token = 1;
        hello.token = (ProtobufCBinaryData){EK_TOKEN_SIZE, ek_predecessor.token.bytes};
        pull.item = (char[]){"nothing"};
        pull.message = (char[]){"none"};
        r = ek_link_queue_message(link, EKIDEN__FRAME_KIND__HELLO, &hello.base, &patience);
        if (r == 0)
                r = ek_link_queue(link, EKIDEN__FRAME_KIND__WARM, NULL, 0, &patience);
        for (int i = 0; i <= PULLS_MAX && r == 0; i++)
                r = ek_link_queue_message(link, EKIDEN__FRAME_KIND__PULL, &pull.base, &patience);
        if (r == 0)
                ek_link_flush(link, &patience);
        return NULL;
}

static void *read_on(void *data)
{
        const int *socket = data;
        char answers[4096];

        while (read(*socket, answers, sizeof(answers)) > 0)
                ;
        return NULL;
}

Test(limits, successor_that_asks_for_more_than_65536_items_is_called_off)
{
        static const struct ek_deadlines deadlines = EK_DEADLINES_DEFAULT;
        const struct ek_predecessor_setup setup = {.schema = &garden_v1, .deadlines = &deadlines};
        struct ekiden_error error = {0};
        struct ek_link *asking;
        pthread_t writer, reader;
        int ends[2], answers, r;

        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        answers = dup(ends[1]);
        cr_assert_eq(ek_link_new(ends[0], &ek_predecessor.link), 0);
        cr_assert_eq(ek_link_new(ends[1], &asking), 0);
        cr_assert_eq(fcntl(answers, F_SETFL, 0), 0);
        ek_predecessor.setup = &setup;
        ek_predecessor_enter(EKIDEN_PHASE_CHECK);
        cr_assert_eq(pthread_create(&reader, NULL, read_on, &answers), 0);
        cr_assert_eq(pthread_create(&writer, NULL, ask_on, asking), 0);
        do
                r = ek_predecessor_step("loop", &error);
        while (r == 0);
        pthread_join(writer, NULL);
        pthread_join(reader, NULL);
        cr_expect_eq(r, EKIDEN_ELIMIT, "%s: %s", ekiden_error_name(r), error.sentence);
        cr_expect_not_null(strstr(error.sentence, "more than 65536 items"), "%s", error.sentence);
        ek_link_free(asking);
        close(answers);
}

/* As many types with an identity as this. */
static int make_table(size_t count)
{
        static const struct ekiden_member members[] = {{.kind = EKIDEN_MEMBER_IDENTITY}};
        static struct ekiden_item items[EK_OBJECT_TYPES_MAX + 1];
        static struct ekiden_native natives[EK_OBJECT_TYPES_MAX + 1];
        static const struct ekiden_native *by_item[EK_OBJECT_TYPES_MAX + 1];
        const struct ekiden_schema schema = {.items = items, .item_count = count};
        const struct ekiden_natives all = {&schema, by_item};
        struct ekiden_objects *objects;
        int r;

        for (size_t i = 0; i < count; i++) {
                items[i].kind = EKIDEN_ITEM_OBJECTS;
                natives[i] = (struct ekiden_native){.members = members, .member_count = 1};
                by_item[i] = &natives[i];
        }
        r = ek_objects_new(&all, NULL, &objects);
        if (r == 0)
                ek_objects_free(objects);
        return r;
}

Test(limits, types_with_an_identity_are_1023_at_most)
{
        cr_expect_eq(make_table(EK_OBJECT_TYPES_MAX), 0);
        cr_expect_eq(make_table(EK_OBJECT_TYPES_MAX + 1), EKIDEN_ELIMIT);
}

/* If he were waited for, but for the last word, this would take longer than any test may. */
Test(limits, operator_who_does_not_read_is_not_waited_for, .timeout = 60)
{
        const struct ekiden_error error = {.code = EKIDEN_EREFUSED, .sentence = "no"};
        struct ek_operator operator_ = {.asked_ns = ek_now_ns()};
        int ends[2];

        start_process();
        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        cr_assert_eq(ek_link_new(ends[0], &operator_.link), 0);
        for (int i = 0; i < 20000; i++) {
                ek_event_phase(&operator_, EKIDEN_PHASE_WARM);
                ek_event_flush(&operator_);
        }
        ek_event_failed(&operator_, &error);
        ek_link_free(operator_.link);
        close(ends[1]);
}

Test(limits, predecessor_that_says_nothing_is_given_up, .timeout = 60)
{
        static const struct ek_registry registry;
        static const struct ek_token token;
        struct ekiden_error error = {0};
        int ends[2];

        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        cr_expect_eq(ek_successor_start(ends[0], &token, &garden_v1, &registry, 0, &error),
                     EKIDEN_ETIMEOUT);
        cr_expect_eq(error.phase, EKIDEN_PHASE_CHECK);
        cr_expect_eq(ek_successor_state(), EK_SUCCESSOR_FAILED);
        close(ends[1]);
}
