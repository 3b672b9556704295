/* SPDX-License-Identifier: MIT */
/* See failure.h. */
#include "failure.h"

#include <errno.h>

#include "process_state.h"
#include "terminal.h"
#include "text.h"

struct advice {
        int code;
        const char *next_step;
};

static const struct advice advices[] = {
        {EKIDEN_EINVAL, "correct the request; ekiden-upgrade --help shows how it is written"},
        {EKIDEN_ENOMEM, "free some memory, then try again"},
        {EKIDEN_ESYSTEM, "remove the cause that the system names, then try again"},
        {EKIDEN_ESTATE, "report this as a bug of the program: it calls the library out of order"},
        {EKIDEN_EEXISTS, "report this as a bug of the program: it tags two items of one name"},
        {EKIDEN_ENOTFOUND,
         "look at ekiden-upgrade --list; other users' processes are seen by root, "
         "others' directories with EKIDEN_RUNTIME_DIR"},
        {EKIDEN_EAMBIGUOUS, "name one of them by its PID"},
        {EKIDEN_EPERMISSION, "ask as the user whose process it is, or as root"},
        {EKIDEN_EBUSY, "wait for its end with --wait, or call it off with --cancel"},
        {EKIDEN_EBINARY, "check the path, as the running process sees it, and its permissions"},
        {EKIDEN_EPROGRAM, "give the binary of a newer release of the same program"},
        {EKIDEN_EVERSION, "use a binary that has the missing transformers, or go by way of a "
                          "release that has them"},
        {EKIDEN_ESCHEMA, "restore the released schema, and put the change into a new version"},
        {EKIDEN_ETRANSFORMER, "mend the transformer for this item, then try again"},
        {EKIDEN_EREFUSED,
         "mend what the reason names, in the state, in the schema or in the new version"},
        {EKIDEN_EPEER, "look at the new version's own log and start-up messages, then try again"},
        {EKIDEN_ETIMEOUT, "look at what the slower side is doing; --timeout, or the phase's "
                          "deadline in the program, gives it more time"},
        {EKIDEN_EPROTOCOL, "check that both binaries are built with a library of this release"},
        {EKIDEN_ETYPE, "compare the item's type in the schemas of both versions"},
        {EKIDEN_ELIMIT, "make what the reason names smaller, then try again"},
        {EKIDEN_ECANCELLED, "ask again whenever you like"},
};

/* Where the code alone says too little. NULL: it says enough. */
static const char *next_step_there(const struct upgrade *upgrade, const struct ekiden_error *error)
{
        if (error->code == EKIDEN_EPERMISSION && error->phase == EKIDEN_PHASE_CHECK)
                return "do what the reason says to the new binary or to its directory, then try "
                       "again";
        if (error->code == EKIDEN_EREFUSED && error->phase == EKIDEN_PHASE_REQUEST)
                return "ask again later, when the program permits it";
        if (error->code == EKIDEN_ESYSTEM &&
            (error->system_errno == EMFILE || error->system_errno == ENFILE))
                return "raise the limit of open files (ulimit -n; LimitNOFILE= of a unit), or let "
                       "the program close some, then try again";
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
        const char *there = next_step_there(upgrade, error);

        if (upgrade && upgrade->pid > 0 && upgrade->aftermath == AFTERMATH_UNKNOWN)
                return "look at ekiden-upgrade --list to see which version serves";
        if (upgrade && upgrade->pid > 0 && upgrade->aftermath == AFTERMATH_UPGRADED)
                return "look at the new version, and upgrade to the release before where it must "
                       "go";
        if (upgrade && upgrade->pid > 0 && upgrade->aftermath == AFTERMATH_ENDED)
                return "nobody serves now: start the program again, and look at its own log";
        if (there)
                return there;
        for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
                if (advices[i].code == error->code)
                        return advices[i].next_step;
        return "look at the program's own log";
}

static void print_head(FILE *out, const struct terminal *terminal, const struct upgrade *upgrade,
                       const struct ekiden_error *error)
{
        char program[sizeof(upgrade->program)];

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
        else if (upgrade->aftermath == AFTERMATH_ENDED)
                fprintf(out, "%s (pid %d) was not upgraded: it has ended, and nobody serves.\n",
                        program, (int)upgrade->pid);
        else if (error->code == EKIDEN_ECANCELLED)
                fprintf(out, "called off in phase %s; %s (pid %d) serves on.\n",
                        ekiden_phase_name(error->phase), program, (int)upgrade->pid);
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
