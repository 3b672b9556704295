/* SPDX-License-Identifier: MIT */
/*
 * The handover's token: predecessor and successor were meant for each other, or nothing happens.
 */
#include "handover/token.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "ekiden/handover.pb-c.h"
#include "handover/binary.h"
#include "handover/spawn.h"
#include "operator.h"
#include "wire/link.h"

#define DEADLINE_MS 8000

Test(token, is_another_each_time_and_comes_back_from_its_text)
{
        struct ek_token one, other, read;
        char text[EK_TOKEN_TEXT_SIZE];

        cr_assert_eq(ek_token_draw(&one, NULL), 0);
        cr_assert_eq(ek_token_draw(&other, NULL), 0);
        cr_expect_neq(memcmp(&one, &other, sizeof(one)), 0);
        ek_token_write(&one, text);
        cr_assert(ek_token_read(text, &read));
        cr_expect_eq(memcmp(one.bytes, read.bytes, EK_TOKEN_SIZE), 0);
        cr_expect_not(read.is_given);
        one.is_given = true;
        ek_token_write(&one, text);
        cr_expect_eq(strlen(text), EK_TOKEN_TEXT_SIZE - 1);
        cr_assert(ek_token_read(text, &read));
        cr_expect_eq(memcmp(one.bytes, read.bytes, EK_TOKEN_SIZE), 0);
        cr_expect(read.is_given);
}

Test(token, is_read_from_nothing_else)
{
        static const char *const texts[] = {
                "",
                "3",
                "1:",
                "1:0123456789abcdef0123456789abcde",
                "1:0123456789abcdef0123456789abcdef0",
                "2:0123456789abcdef0123456789abcdef",
                "1:0123456789ABCDEF0123456789abcdef",
                "1:0123456789abcdef0123456789abcdeg",
                "1 0123456789abcdef0123456789abcdef",
                "1:0123456789abcdef0123456789abcdef:",
                "1:0123456789abcdef0123456789abcdef:give",
                "1:0123456789abcdef0123456789abcdef:given ",
        };
        struct ek_token token;

        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                cr_expect_not(ek_token_read(texts[i], &token), "\"%s\"", texts[i]);
}

Test(token, is_a_field_of_its_bytes_and_of_no_others)
{
        struct ek_token token = {.bytes = "0123456789abcdef"}, same = token;
        ProtobufCBinaryData field = ek_token_field(&same);

        cr_expect(ek_token_is(&token, true, &field));
        cr_expect_not(ek_token_is(&token, false, &field), "an absent field");
        for (size_t i = 0; i < EK_TOKEN_SIZE; i++) {
                same.bytes[i] ^= 1;
                cr_expect_not(ek_token_is(&token, true, &field), "byte %zu", i);
                same.bytes[i] ^= 1;
                field.len = i;
                cr_expect_not(ek_token_is(&token, true, &field), "%zu bytes", i);
                field.len = EK_TOKEN_SIZE;
        }
}

/* The predecessor's side. */
Test(token, that_a_successor_does_not_know_ends_the_upgrade, .timeout = 60)
{
        static const char *const faults[] = {"forge", "forget"};
        struct service service = service_start(PROBE_V1, DEADLINE_MS);
        struct answer before = service_ask(&service);

        for (size_t i = 0; i < 2; i++) {
                struct outcome outcome = operator_upgrade(&service, PUPPET, "hello", faults[i], 0);

                cr_expect_eq(outcome.code, EKIDEN_EPROTOCOL, "%s: %s", faults[i], outcome.sentence);
                cr_expect_eq(outcome.phase, EKIDEN_PHASE_CHECK);
                cr_expect_not_null(strstr(outcome.sentence, "token"), "%s", outcome.sentence);
        }
        cr_expect_eq(service_ask(&service).pid, before.pid);
        cr_expect_eq(count_children(service.pid), 0);
        service_stop(&service);
}

/* A successor that was started with `meant`, and offered `offered`; NULL: without a token. */
static int offer(const struct ek_token *meant, struct ek_token *offered, char *ret_sentence)
{
        static char *arguments[] = {(char *)"probe", NULL}, directory[] = "/";
        static const struct ek_wait patience = {.idle_ms = 20000};
        char *environment[] = {NULL};
        struct ek_origin origin = {.has_standard = {true, true, true},
                                   .arguments = arguments,
                                   .argument_count = 1,
                                   .environment = environment,
                                   .directory = directory};
        uint8_t fingerprint[32] = {0};
        Ekiden__SchemaId schema = EKIDEN__SCHEMA_ID__INIT;
        Ekiden__Offer message = EKIDEN__OFFER__INIT;
        struct ekiden_error error = {0};
        ProtobufCMessage *unpacked;
        struct ek_child child;
        struct ek_frame frame;
        struct ek_link *link;
        int sockets[2], binary, code;
        char how[96];

        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
        cr_assert_eq(ek_link_new(sockets[0], &link), 0);
        schema.version = 1;
        schema.fingerprint = (ProtobufCBinaryData){sizeof(fingerprint), fingerprint};
        message.protocol = 1;
        message.program = (char *)"another";
        message.schema = &schema;
        message.has_token = offered != NULL;
        if (offered)
                message.token = ek_token_field(offered);
        cr_assert_eq(
                ek_link_send_message(link, EKIDEN__FRAME_KIND__OFFER, &message.base, &patience), 0);
        cr_assert_eq(ek_binary_open(PROBE_V2, &binary, &error), 0, "%s", error.sentence);
        cr_assert_eq(
                ek_spawn(&origin, binary, PROBE_V2, NULL, sockets[1], meant, false, &child, &error),
                0, "%s", error.sentence);
        close(binary);
        close(sockets[1]);
        cr_assert_eq(ek_link_receive(link, &patience, &frame), 0);
        cr_assert_eq(frame.kind, EKIDEN__FRAME_KIND__REFUSAL);
        cr_assert_eq(ek_frame_message(&frame, &ekiden__refusal__descriptor, &unpacked), 0);
        code = ((const Ekiden__Refusal *)unpacked)->code;
        strcpy(ret_sentence, ((const Ekiden__Refusal *)unpacked)->sentence);
        protobuf_c_message_free_unpacked(unpacked, NULL);
        ek_child_end(&child, 2000, false, how, sizeof(how));
        ek_link_free(link);
        return code;
}

Test(token, that_is_not_in_the_offer_makes_a_successor_leave, .timeout = 60)
{
        struct ek_token token = {.bytes = "0123456789abcdef"},
                        other = {.bytes = "0123456789abcdeF"};
        char sentence[512];

        cr_expect_eq(offer(&token, &other, sentence), EKIDEN_EPROTOCOL);
        cr_expect_not_null(strstr(sentence, "not the one that started"), "%s", sentence);
        cr_expect_eq(offer(&token, NULL, sentence), EKIDEN_EPROTOCOL);
        cr_expect_not_null(strstr(sentence, "not the one that started"), "%s", sentence);
        cr_expect_eq(offer(&token, &token, sentence), EKIDEN_EPROGRAM, "with it, the next check");
}
