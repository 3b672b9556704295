/* SPDX-License-Identifier: MIT */
/* Errors: codes to names, and the sentence that a person reads. */
#include <ekiden/error.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "utf8.h"

struct description {
        int code;
        int exit_status;
        const char *name;
        const char *text;
};

static const struct description descriptions[] = {
#define DESCRIBE(name, value, exit_status, sentence) \
        {EKIDEN_##name, exit_status, "EKIDEN_" #name, sentence},
        EKIDEN_ERRORS(DESCRIBE)
#undef DESCRIBE
};

static const struct description *describe(int code)
{
        static const struct description success = {0, 0, "EKIDEN_OK", "no error"};
        static const struct description unknown = {0, 70, "EKIDEN_E?", "an unknown error"};

        if (code >= 0)
                return &success;
        for (size_t i = 0; i < sizeof(descriptions) / sizeof(descriptions[0]); i++)
                if (descriptions[i].code == code)
                        return &descriptions[i];
        return &unknown;
}

const char *ekiden_error_name(int code)
{
        return describe(code)->name;
}

const char *ekiden_error_text(int code)
{
        return describe(code)->text;
}

int ekiden_error_exit_status(int code)
{
        return describe(code)->exit_status;
}

const char *ekiden_phase_name(enum ekiden_phase phase)
{
        switch (phase) {
#define NAME(name, value, word)   \
        case EKIDEN_PHASE_##name: \
                return word;
                EKIDEN_PHASES(NAME)
#undef NAME
        default:
                return "?";
        }
}

/* The sentence, with ": what errno says" behind it unless that is 0. What does not fit is cut
   between characters; a program's own words may be in any encoding, and a peer's may hold anything:
   what is no text becomes a space, so that nobody's log or terminal obeys it. */
static void put_sentence(struct ekiden_error *error, int system_errno, const char *format,
                         va_list arguments)
{
        char sentence[sizeof(error->sentence) + 4];
        size_t length;

        if (vsnprintf(sentence, sizeof(sentence), format, arguments) < 0)
                sentence[0] = '\0';
        length = strlen(sentence);
        if (system_errno != 0)
                snprintf(sentence + length, sizeof(sentence) - length, ": %s",
                         strerror(system_errno));
        ek_utf8_copy_line(error->sentence, sizeof(error->sentence), sentence);
}

int ekiden_error_set(struct ekiden_error *error, int code, const char *format, ...)
{
        va_list arguments;

        if (!error || error->code != 0)
                return code;
        error->code = code;
        va_start(arguments, format);
        put_sentence(error, 0, format, arguments);
        va_end(arguments);
        return code;
}

int ekiden_error_set_errno(struct ekiden_error *error, int code, int system_errno,
                           const char *format, ...)
{
        va_list arguments;

        if (!error || error->code != 0)
                return code;
        error->code = code;
        error->system_errno = system_errno;
        va_start(arguments, format);
        put_sentence(error, system_errno, format, arguments);
        va_end(arguments);
        return code;
}
