/* SPDX-License-Identifier: MIT */
/*
 * `check`: whether a new version of a schema can follow the one before, for CI: a line for each
 * difference, where an editor finds it, and an exit status for the gravest.
 */
#include <stdio.h>

#include "commands.h"
#include "output.h"
#include "pair.h"

static void print_differences(const struct ek_comparison *comparison,
                              size_t ret_counts[EK_SEVERITY_BROKEN + 1])
{
        struct ek_text text;

        ek_text_init(&text, comparison->arena);
        ek_text_add_string(&text, "");
        for (size_t i = 0; i < comparison->difference_count; i++) {
                const struct ek_difference *difference = &comparison->differences[i];
                const struct ek_place *place = pair_place(difference);
                struct ek_position position = ek_place_position(place);

                ret_counts[difference->severity]++;
                if (difference->severity == EK_SEVERITY_SAME)
                        continue;
                ek_text_printf(&text, "%s:%d:%d: %s: ", place->source->name, position.line,
                               position.column, ek_severity_text(difference->severity));
                if (difference->severity != EK_SEVERITY_BROKEN) /* that sentence has it */
                        ek_text_printf(&text, "%s: ", difference->subject);
                ek_text_printf(&text, "%s\n", difference->sentence);
        }
        output_lines(comparison->arena, stdout, text.bytes);
}

static void print_summary(const struct ek_comparison *comparison, const size_t *counts)
{
        const unsigned int from = comparison->from->version, to = comparison->to->version;
        const char *program = comparison->from->program;
        const char *sentence;

        if (counts[EK_SEVERITY_BROKEN] > 0)
                sentence = "cannot follow";
        else if (counts[EK_SEVERITY_FUNCTION] > 0)
                sentence = "can follow, once functions are written,";
        else
                sentence = "can follow";
        output_lines(comparison->arena, stdout,
                     ek_memory_printf(comparison->arena,
                                      "%s: version %u %s version %u: %zu compatible, %zu need%s a "
                                      "function, %zu broken",
                                      program, to, sentence, from, counts[EK_SEVERITY_COMPATIBLE],
                                      counts[EK_SEVERITY_FUNCTION],
                                      counts[EK_SEVERITY_FUNCTION] == 1 ? "s" : "",
                                      counts[EK_SEVERITY_BROKEN]));
}

int command_check(const struct options *options)
{
        size_t counts[EK_SEVERITY_BROKEN + 1] = {0};
        struct ek_comparison comparison;
        int status = pair_compare(options, false, &comparison);

        if (status != 0)
                return status;
        if (options->json) {
                pair_print_json(&comparison, false);
        } else {
                print_differences(&comparison, counts);
                print_summary(&comparison, counts);
        }
        switch (ek_comparison_severity(&comparison)) {
        case EK_SEVERITY_BROKEN:
                return STATUS_BROKEN;
        case EK_SEVERITY_FUNCTION:
                return STATUS_FUNCTION;
        case EK_SEVERITY_SAME:
        case EK_SEVERITY_COMPATIBLE:
        default:
                return STATUS_GOOD;
        }
}
