/* SPDX-License-Identifier: MIT */
/*
 * See diff_secret.h. Records without a key are told as removed and added; if nothing but a secret
 * differs, both are shown alike, and the reader would look for a difference in vain.
 */
#include "diff_secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/cleanup.h"

#define NOTED_MAX 4096 /* records; of more, it is not told */

/* The digest of what is shown: 1, 0 where there is no secret in it, or ENOMEM. */
static int look(const struct print *print, const struct record *record,
                struct ek_digest *ret_digest)
{
        ek_auto_free char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);

        if (!out)
                return EKIDEN_ENOMEM;
        print_text(print, out, record->item->message, record->message, 0);
        if (fclose(out) != 0)
                return EKIDEN_ENOMEM;
        *ret_digest = (struct ek_digest){0};
        ek_digest_add_packed(ret_digest, 1, (const uint8_t *)text, size);
        return strstr(text, PRINT_SECRET) != NULL;
}

static int note(struct diff_secrets *secrets, const struct ek_digest *digest)
{
        if (secrets->count == NOTED_MAX)
                return 0;
        if (secrets->count == secrets->capacity) {
                size_t capacity = secrets->capacity > 0 ? secrets->capacity * 2 : 64;
                struct ek_digest *grown = reallocarray(secrets->removed, capacity, sizeof(*grown));

                if (!grown)
                        return EKIDEN_ENOMEM;
                secrets->removed = grown;
                secrets->capacity = capacity;
        }
        secrets->removed[secrets->count++] = *digest;
        return 0;
}

int diff_secrets_take(struct diff_secrets *secrets, const struct print *print,
                      const struct record *record, bool is_newer)
{
        struct ek_digest digest;
        int r;

        if (print->show_secrets || (is_newer && secrets->count == 0))
                return 0;
        r = look(print, record, &digest);
        if (r <= 0 || !is_newer)
                return r <= 0 ? r : note(secrets, &digest);
        for (size_t i = 0; i < secrets->count; i++)
                if (ek_digest_equals(&secrets->removed[i], &digest)) {
                        secrets->removed[i] = secrets->removed[--secrets->count];
                        return 1;
                }
        return 0;
}

void diff_secrets_deinit(struct diff_secrets *secrets)
{
        free(secrets->removed);
        *secrets = (struct diff_secrets){0};
}
