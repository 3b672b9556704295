/* SPDX-License-Identifier: MIT */
/*
 * What a predecessor and the successor that it started know, and no other process: a number drawn
 * for this one handover. It goes into the successor's environment, into OFFER, and back in HELLO,
 * so that each side knows that the other was meant.
 *
 * Where somebody else starts the successor, the same variable tells it so: then it may have more
 * rights than its predecessor, and stays what its starter made it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include <ekiden/error.h>

#define EK_TOKEN_SIZE 16 /* bytes */
#define EK_TOKEN_VERSION "1" /* of the variable's value: VERSION:HEXADECIMAL[:given] */
#define EK_TOKEN_GIVEN ":given"
#define EK_TOKEN_TEXT_SIZE (sizeof(EK_TOKEN_VERSION EK_TOKEN_GIVEN) + 1 + 2 * EK_TOKEN_SIZE)

struct ek_token {
        uint8_t bytes[EK_TOKEN_SIZE];
        bool is_given; /* who starts the successor is not its predecessor; never on the wire */
};

/** Draws one: 0 or ESYSTEM. */
int ek_token_draw(struct ek_token *ret_token, struct ekiden_error *error);

/** As the value of EKIDEN_HANDOVER. */
void ek_token_write(const struct ek_token *token, char ret_text[EK_TOKEN_TEXT_SIZE]);

/** Reads such a value; false: it is none. */
bool ek_token_read(const char *text, struct ek_token *ret_token);

/** As a field of a message; it points into the token. */
ProtobufCBinaryData ek_token_field(struct ek_token *token);

/** Whether a message's field is the token. */
bool ek_token_is(const struct ek_token *token, bool has_field, const ProtobufCBinaryData *field);
