/* SPDX-License-Identifier: MIT */
#include "command_line.h"

#include <stdio.h>
#include <stdlib.h>

#include <ekiden/error.h>

#define STATUS_MAX 125 /* a shell uses those above it itself */

void command_line_answer(const char *tool, int key, struct argp_state *state, int failure_status)
{
        if (key == 'V')
                fprintf(stdout, "%s %s\n", tool, EKIDEN_BUILD_VERSION);
        else
                argp_state_help(state, stdout,
                                (key == '?' ? ARGP_HELP_STD_HELP : ARGP_HELP_USAGE) &
                                        ~(unsigned int)ARGP_HELP_EXIT_OK);
        if (fflush(stdout) == 0 && !ferror(stdout))
                exit(0);
        fprintf(stderr, "%s: cannot write the output: %m\n", tool);
        exit(failure_status);
}

char *command_line_add_statuses(int key, const char *text, int least)
{
        char *whole = NULL;
        size_t size = 0;
        FILE *out;

        if (key != ARGP_KEY_HELP_POST_DOC || !text)
                return (char *)(uintptr_t)text;
        out = open_memstream(&whole, &size);
        if (!out)
                return (char *)(uintptr_t)text;
        fputs(text, out);
#define PRINT_IF_SAME(name, value, exit_status, sentence) \
        if (status == (exit_status))                      \
                fprintf(out, "  %-3d %s\n", status, sentence);
        for (int status = least; status <= STATUS_MAX; status++) {
                EKIDEN_ERRORS(PRINT_IF_SAME)
        }
#undef PRINT_IF_SAME
        if (fclose(out) != 0)
                return (char *)(uintptr_t)text;
        return whole;
}

uint32_t command_line_seconds(const char *option, const char *text, int most,
                              struct argp_state *state)
{
        char *end;
        double seconds = strtod(text, &end);

        if (end == text || *end || !(seconds >= 0.001) || !(seconds <= most))
                argp_error(state, "%s takes a number of seconds, 0.001 to %d, not \"%s\"", option,
                           most, text);
        return (uint32_t)(seconds * 1000 + 0.5);
}
