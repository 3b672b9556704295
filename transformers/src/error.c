/* SPDX-License-Identifier: MIT */
/* Errors: codes to names, and the sentence that a person reads. */
#include <ekiden/error.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

int ekiden_error_set(struct ekiden_error *error, int code, const char *format, ...)
{
        va_list arguments;

        if (!error || error->code != 0)
                return code;
        error->code = code;
        va_start(arguments, format);
        vsnprintf(error->sentence, sizeof(error->sentence), format, arguments);
        va_end(arguments);
        return code;
}

int ekiden_error_set_errno(struct ekiden_error *error, int code, int system_errno,
                           const char *format, ...)
{
        va_list arguments;
        size_t length;

        if (!error || error->code != 0)
                return code;
        error->code = code;
        error->system_errno = system_errno;
        va_start(arguments, format);
        vsnprintf(error->sentence, sizeof(error->sentence), format, arguments);
        va_end(arguments);
        length = strlen(error->sentence);
        snprintf(error->sentence + length, sizeof(error->sentence) - length, ": %s",
                 strerror(system_errno));
        return code;
}
