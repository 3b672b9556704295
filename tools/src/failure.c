/* SPDX-License-Identifier: MIT */
/* See failure.h. */
#include "failure.h"

#include "advice.h"
#include "process_state.h"
#include "terminal.h"
#include "text.h"

/* Of a time that has passed: what for. NULL: the error says enough. */
static const char *next_step_in_time(const struct upgrade *upgrade,
                                     const struct ekiden_error *error)
{
        if (error->code != EKIDEN_ETIMEOUT)
                return NULL;
        if (upgrade && upgrade->pid > 0 && !upgrade->seen)
                return process_next_step(upgrade->pid);
        if (upgrade && upgrade->pid > 0 && upgrade->undertaking == UNDERTAKING_QUESTION)
                return "--status shows how far it is; wait longer with --timeout, or call it off "
                       "with --cancel";
        if (!upgrade || !upgrade->seen)
                return "is it blocked between update points? Look at what it does, or give it "
                       "more time with --timeout";
        return NULL;
}

const char *failure_next_step(const struct upgrade *upgrade, const struct ekiden_error *error)
{
        const char *in_time = next_step_in_time(upgrade, error);

        if (upgrade && upgrade->pid > 0 && upgrade->aftermath == AFTERMATH_UNKNOWN)
                return "look at ekiden-upgrade --list to see which version serves";
        if (upgrade && upgrade->pid > 0 && upgrade->aftermath == AFTERMATH_UPGRADED)
                return "look at the new version, and upgrade to the release before where it must "
                       "go";
        if (upgrade && upgrade->pid > 0 && upgrade->others_serve)
                return "the program's other processes serve on, as ekiden-upgrade --list shows; a "
                       "session ends when its client leaves, say, and its own log tells more";
        if (upgrade && upgrade->pid > 0 && upgrade->aftermath == AFTERMATH_ENDED)
                return "nobody serves now: start the program again, and look at its own log";
        if (upgrade && upgrade->next_step[0])
                return upgrade->next_step;
        if (in_time)
                return in_time;
        return advice_for(error);
}

/* The PID was to be kept, and who has it no more serves. */
static void print_lost_pid(FILE *out, const char *program, const struct upgrade *upgrade,
                           const struct ekiden_error *error)
{
        if (error->code == EKIDEN_ECANCELLED)
                fprintf(out, "called off in phase %s, and the PID of %s is lost: ",
                        ekiden_phase_name(error->phase), program);
        else
                fprintf(out, "%s was not upgraded, and its PID is lost: ", program);
        fprintf(out, "process %d serves on in place of %d.\n", (int)upgrade->serving_pid,
                (int)upgrade->pid);
}

static void print_head(FILE *out, const struct terminal *terminal, const struct upgrade *upgrade,
                       const struct ekiden_error *error)
{
        char program[sizeof(upgrade->program)], role[sizeof(upgrade->role)];

        text_clean(upgrade->program, terminal_allowed(terminal), program, sizeof(program));
        fprintf(out, "%sekiden-upgrade:%s ", terminal_red(terminal), terminal_plain(terminal));
        if (upgrade->undertaking == UNDERTAKING_SNAPSHOT)
                fprintf(out, "no snapshot was taken; %s (pid %d) %s.\n", program, (int)upgrade->pid,
                        upgrade->aftermath == AFTERMATH_SERVES_ON ? "serves on" : "has ended");
        else if (upgrade->aftermath == AFTERMATH_UNKNOWN)
                fprintf(out, "it is not known whether %s (pid %d) was upgraded.\n", program,
                        (int)upgrade->pid);
        else if (upgrade->aftermath == AFTERMATH_UPGRADED)
                fprintf(out, "too late: %s (pid %d) was upgraded.\n", program, (int)upgrade->pid);
        else if (upgrade->others_serve)
                fprintf(out, "%s (pid %d) of role %s has ended, and was not upgraded.\n", program,
                        (int)upgrade->pid,
                        text_clean(upgrade->role, terminal_allowed(terminal), role, sizeof(role)));
        else if (upgrade->aftermath == AFTERMATH_ENDED)
                fprintf(out, "%s (pid %d) was not upgraded: it has ended, and nobody serves.\n",
                        program, (int)upgrade->pid);
        else if (upgrade_lost_pid(upgrade))
                print_lost_pid(out, program, upgrade, error);
        else if (error->code == EKIDEN_ECANCELLED)
                fprintf(out, "called off in phase %s; %s (pid %d) serves on.\n",
                        ekiden_phase_name(error->phase), program, (int)upgrade->pid);
        else if (error->code == EKIDEN_EBUSY) /* the other upgrade may be in its pause */
                fprintf(out, "%s (pid %d) was not %s.\n", program, (int)upgrade->pid,
                        upgrade->rehearse ? "rehearsed" : "upgraded");
        else if (upgrade->rehearse)
                fprintf(out, "the rehearsal failed; %s (pid %d) serves on.\n", program,
                        (int)upgrade->pid);
        else
                fprintf(out, "%s (pid %d) was not upgraded: it serves on.\n", program,
                        (int)upgrade->pid);
}

static void print_field(FILE *out, const struct terminal *terminal, const char *label,
                        const char *untrusted)
{
        char text[sizeof(((struct ekiden_error *)0)->sentence)];

        if (!untrusted[0])
                return;
        text_clean(untrusted, terminal_allowed(terminal), text, sizeof(text));
        fprintf(out, "  %-8s", label);
        terminal_print_wrapped(terminal, text, 10);
}

/* Even where nothing has come of it, clients may have waited. */
static void print_pause(FILE *out, const struct upgrade *upgrade)
{
        char pause[TEXT_FIGURE_MAX];

        if (upgrade->pause_us.known && upgrade->aftermath == AFTERMATH_SERVES_ON)
                fprintf(out, "  %-8s%s, in which nobody served\n", "pause",
                        text_milliseconds(upgrade->pause_us.value, pause));
}

void failure_print(FILE *out, const struct upgrade *upgrade, const struct ekiden_error *error)
{
        struct terminal terminal;

        terminal_init(&terminal, out);
        if (upgrade && upgrade->pid > 0 && upgrade->undertaking != UNDERTAKING_QUESTION) {
                print_head(out, &terminal, upgrade, error);
                if (error->phase != EKIDEN_PHASE_NONE)
                        print_field(out, &terminal, "phase", ekiden_phase_name(error->phase));
                print_field(out, &terminal, "item", error->item);
                print_field(out, &terminal, "field", error->field);
                print_field(out, &terminal, "reason", error->sentence);
                print_pause(out, upgrade);
        } else {
                char text[sizeof(error->sentence)];

                fprintf(out, "%sekiden-upgrade:%s %s.\n", terminal_red(&terminal),
                        terminal_plain(&terminal),
                        text_clean(error->sentence, terminal_allowed(&terminal), text,
                                   sizeof(text)));
                if (error->phase != EKIDEN_PHASE_NONE)
                        print_field(out, &terminal, "phase", ekiden_phase_name(error->phase));
        }
        print_field(out, &terminal, "next", failure_next_step(upgrade, error));
        fprintf(out, "  %-8s%s (exit status %d)\n", "error", ekiden_error_name(error->code),
                ekiden_error_exit_status(error->code));
        fflush(out);
}
