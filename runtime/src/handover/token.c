/* SPDX-License-Identifier: MIT */
/* See token.h. */
#include "handover/token.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define PREFIX EK_TOKEN_VERSION ":"
#define DIGITS ((size_t)2 * EK_TOKEN_SIZE)

int ek_token_draw(struct ek_token *ret_token, struct ekiden_error *error)
{
        struct ek_token token = {0};
        ssize_t drawn;

        /* So few bytes come at once, or not at all (getrandom(2)). */
        do
                drawn = getrandom(token.bytes, sizeof(token.bytes), 0);
        while (drawn < 0 && errno == EINTR);
        if (drawn != (ssize_t)sizeof(token.bytes))
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot draw the handover's token");
        *ret_token = token;
        return 0;
}

void ek_token_write(const struct ek_token *token, char ret_text[EK_TOKEN_TEXT_SIZE])
{
        char *at = stpcpy(ret_text, PREFIX);

        for (size_t i = 0; i < EK_TOKEN_SIZE; i++)
                at += snprintf(at, 3, "%02x", token->bytes[i]);
        if (token->is_given)
                strcpy(at, EK_TOKEN_GIVEN);
}

static int digit(char c)
{
        static const char digits[] = "0123456789abcdef";
        const char *at = c != '\0' ? strchr(digits, c) : NULL;

        return at ? (int)(at - digits) : -1;
}

bool ek_token_read(const char *text, struct ek_token *ret_token)
{
        struct ek_token token = {0};

        if (strncmp(text, PREFIX, strlen(PREFIX)) != 0)
                return false;
        text += strlen(PREFIX);
        if (strlen(text) < DIGITS)
                return false;
        token.is_given = strcmp(text + DIGITS, EK_TOKEN_GIVEN) == 0;
        if (text[DIGITS] != '\0' && !token.is_given)
                return false;
        for (size_t i = 0; i < EK_TOKEN_SIZE; i++) {
                int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

                if (high < 0 || low < 0)
                        return false;
                token.bytes[i] = (uint8_t)(high << 4 | low);
        }
        *ret_token = token;
        return true;
}

ProtobufCBinaryData ek_token_field(struct ek_token *token)
{
        return (ProtobufCBinaryData){.len = EK_TOKEN_SIZE, .data = token->bytes};
}

bool ek_token_is(const struct ek_token *token, bool has_field, const ProtobufCBinaryData *field)
{
        return has_field && field->len == EK_TOKEN_SIZE &&
               memcmp(field->data, token->bytes, EK_TOKEN_SIZE) == 0;
}
