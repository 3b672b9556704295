/* SPDX-License-Identifier: MIT */
/* See show.h: which way of showing it is, and what the ways for people have in common. */
#include "show.h"

#include <inttypes.h>

#include "failure.h"
#include "show_verification.h"
#include "text.h"

#define PART_INDENT 2 /* of the rest of a line that is too long */

void show_failure_on_stderr(struct show *show, const struct upgrade *upgrade, const char *target,
                            const struct ekiden_error *error)
{
        (void)show;
        (void)target;
        failure_print(stderr, upgrade, error);
}

const struct show_functions show_errors_only = {
        .failed = show_failure_on_stderr,
};

void show_init(struct show *show, const struct options *options)
{
        *show = (struct show){.is_one_of_several = options->times > 1};
        terminal_init(&show->terminal, stdout);
        if (options->json)
                show->functions = &show_as_json;
        else if (options->quiet)
                show->functions = &show_errors_only;
        else
                show->functions = show->terminal.live ? &show_on_terminal : &show_as_lines;
}

void show_seen(struct show *show, const struct upgrade *upgrade)
{
        if (show->functions->seen && !show->is_one_of_several)
                show->functions->seen(show, upgrade);
}

void show_phase(struct show *show, const struct upgrade *upgrade)
{
        if (show->functions->phase && !show->is_one_of_several)
                show->functions->phase(show, upgrade);
}

void show_ahead(struct show *show, const struct upgrade *upgrade)
{
        if (show->functions->ahead && !show->is_one_of_several)
                show->functions->ahead(show, upgrade);
}

void show_progress(struct show *show, const struct upgrade *upgrade)
{
        if (show->functions->progress && !show->is_one_of_several)
                show->functions->progress(show, upgrade);
}

void show_tick(struct show *show, const struct upgrade *upgrade)
{
        if (show->functions->tick && !show->is_one_of_several)
                show->functions->tick(show, upgrade);
}

void show_notice(struct show *show, const struct upgrade *upgrade, const char *sentence)
{
        if (show->functions->notice)
                show->functions->notice(show, upgrade, sentence);
}

void show_committed(struct show *show, const struct upgrade *upgrade)
{
        if (show->functions->committed)
                show->functions->committed(show, upgrade);
}

void show_idle(struct show *show, const struct upgrade *upgrade)
{
        if (show->functions->idle)
                show->functions->idle(show, upgrade);
}

void show_cancelled(struct show *show, const struct upgrade *upgrade,
                    const struct ekiden_error *error)
{
        if (show->functions->cancelled)
                show->functions->cancelled(show, upgrade, error);
}

void show_rehearsed(struct show *show, const struct upgrade *upgrade)
{
        if (show->functions->rehearsed)
                show->functions->rehearsed(show, upgrade);
}

void show_rehearsed_again(struct show *show, const struct upgrade *upgrade,
                          const struct rehearsals *rehearsals)
{
        if (show->functions->rehearsed_again)
                show->functions->rehearsed_again(show, upgrade, rehearsals);
}

void show_rehearsals(struct show *show, const struct rehearsals *rehearsals)
{
        if (show->functions->rehearsals)
                show->functions->rehearsals(show, rehearsals);
}

void show_failed(struct show *show, const struct upgrade *upgrade, const char *target,
                 const struct ekiden_error *error)
{
        show->functions->failed(show, upgrade, target, error);
}

int show_tick_ms(const struct show *show)
{
        return show->functions->tick_ms > 0 && !show->is_one_of_several ? show->functions->tick_ms
                                                                        : -1;
}

static size_t add_side(char *text, size_t size_bytes, const struct figure *version,
                       const struct figure *pid)
{
        char number[TEXT_FIGURE_MAX] = "?", process[TEXT_FIGURE_MAX + 8] = "";
        int n;

        if (version->known)
                snprintf(number, sizeof(number), "%" PRIu64, version->value);
        if (pid->known)
                snprintf(process, sizeof(process), " (pid %" PRIu64 ")", pid->value);
        n = snprintf(text, size_bytes, "v%s%s", number, process);
        return n < 0 ? 0 : (size_t)n;
}

static void print_count(const struct terminal *terminal, const struct figure *figure,
                        const char *unit, size_t *at)
{
        char text[TEXT_FIGURE_MAX], part[2 * TEXT_FIGURE_MAX];

        if (!figure->known)
                return;
        snprintf(part, sizeof(part), "%s %s%s", text_count(figure->value, text), unit,
                 figure->value == 1 ? "" : "s");
        terminal_print_part(terminal, part, PART_INDENT, at);
}

static void print_time(const struct terminal *terminal, const char *what, uint64_t duration_us,
                       size_t *at)
{
        char text[TEXT_FIGURE_MAX], part[2 * TEXT_FIGURE_MAX];

        snprintf(part, sizeof(part), "%s %s", what, text_milliseconds(duration_us, text));
        terminal_print_part(terminal, part, PART_INDENT, at);
}

size_t show_versions(const struct show *show, const struct upgrade *upgrade, bool with_successor)
{
        static const struct figure unknown;
        const struct terminal *terminal = &show->terminal;
        const struct figure pid = {.known = true, .value = (uint64_t)upgrade->pid};
        char program[sizeof(upgrade->program)], sides[8 * TEXT_FIGURE_MAX];
        size_t used = add_side(sides, sizeof(sides), &upgrade->from_version, &pid);

        used += (size_t)snprintf(sides + used, sizeof(sides) - used, " %s ",
                                 terminal->utf8 ? "\u2192" : "->");
        add_side(sides + used, sizeof(sides) - used, &upgrade->to_version,
                 with_successor ? &upgrade->successor_pid : &unknown);
        text_clean(upgrade->program, terminal_allowed(terminal), program, sizeof(program));
        fprintf(terminal->out, "%s%s:%s %s", terminal_green(terminal), program,
                terminal_plain(terminal), sides);
        return text_columns(program) + 2 + text_columns(sides);
}

void show_summary_details(const struct show *show, const struct upgrade *upgrade)
{
        char names[sizeof(upgrade->left_behind)];

        show_ahead_report(show, upgrade);
        show_room_report(show, upgrade);
        show_verification(show, upgrade);
        if (upgrade->left_behind[0]) {
                text_clean(upgrade->left_behind, terminal_allowed(&show->terminal), names,
                           sizeof(names));
                fprintf(show->terminal.out,
                        "  not taken over: %s (the new version did not ask for it)\n", names);
        }
        show_verification_gaps(show, upgrade);
}

void show_summary(const struct show *show, const struct upgrade *upgrade)
{
        const struct terminal *terminal = &show->terminal;
        FILE *out = terminal->out;
        char text[TEXT_FIGURE_MAX];
        size_t at = show_versions(show, upgrade, true);

        if (upgrade->pause_us.known)
                print_time(terminal, "pause", upgrade->pause_us.value, &at);
        print_time(terminal, "total", upgrade->total_us, &at);
        print_count(terminal, &upgrade->records, "record", &at);
        print_count(terminal, &upgrade->objects, "object", &at);
        if (upgrade->bytes.known)
                terminal_print_part(terminal, text_bytes(upgrade->bytes.value, text), PART_INDENT,
                                    &at);
        print_count(terminal, &upgrade->descriptors, "descriptor", &at);
        fputc('\n', out);
        show_summary_details(show, upgrade);
        fflush(out);
}

static void print_process(const struct show *show, const struct upgrade *upgrade)
{
        char program[sizeof(upgrade->program)];

        text_clean(upgrade->program, terminal_allowed(&show->terminal), program, sizeof(program));
        fprintf(show->terminal.out, "%s (pid %d): ", program, (int)upgrade->pid);
}

void show_no_upgrade(struct show *show, const struct upgrade *upgrade)
{
        print_process(show, upgrade);
        fputs("no upgrade is under way\n", show->terminal.out);
}

void show_called_off(struct show *show, const struct upgrade *upgrade,
                     const struct ekiden_error *error)
{
        char reason[sizeof(error->sentence)], served[80] = "it serves on";

        terminal_clear(&show->terminal);
        print_process(show, upgrade);
        if (upgrade_lost_pid(upgrade))
                snprintf(served, sizeof(served), "its PID is lost, and process %d serves on",
                         (int)upgrade->serving_pid);
        if (error->code == EKIDEN_ECANCELLED)
                fprintf(show->terminal.out, "called off in phase %s; %s\n",
                        ekiden_phase_name(error->phase), served);
        else
                fprintf(show->terminal.out, "%s; the upgrade failed in phase %s: %s\n", served,
                        ekiden_phase_name(error->phase),
                        text_clean(error->sentence, terminal_allowed(&show->terminal), reason,
                                   sizeof(reason)));
}
