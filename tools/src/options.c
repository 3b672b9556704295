/* SPDX-License-Identifier: MIT */
/*
 * The command line, by argp. Arguments are read in order, so that all behind a "--" is the new
 * version's, whatever it looks like.
 */
#include "options.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ekiden/error.h>

#include "command_line.h"
#include "find.h"

#define PAUSE_MAX_MS 600000
#define WATCH_MAX_SECONDS 60
#define TIMES_MAX 100000
#define PARALLEL_MAX 1000

enum {
        KEY_STATUS = 1000,
        KEY_LIST,
        KEY_WAIT,
        KEY_CANCEL,
        KEY_WATCH,
        KEY_SNAPSHOT,
        KEY_JSON,
        KEY_TIMEOUT,
        KEY_KEEP_PID,
        KEY_SPAWN_HERE,
        KEY_MAX_PAUSE,
        KEY_REHEARSE,
        KEY_TIMES,
        KEY_VERIFY,
        KEY_TREE,
        KEY_ROLE,
        KEY_KEEP_GOING,
        KEY_PARALLEL,
        KEY_SKIP_SAME,
        KEY_QUIET,
        KEY_USAGE,
};

static const struct argp_option descriptions[] = {
        {"list", KEY_LIST, NULL, 0, "List the processes that can be upgraded", 0},
        {"status", KEY_STATUS, NULL, 0, "Tell what one process runs and which state it has tagged",
         0},
        {"watch", KEY_WATCH, "SECONDS", 0,
         "With --status: count for so long how often update points are passed", 0},
        {"wait", KEY_WAIT, NULL, 0,
         "Without NEW_BINARY, wait until the upgrade that is under way has ended; with it, upgrade "
         "then",
         0},
        {"cancel", KEY_CANCEL, NULL, 0,
         "Call off the upgrade that is under way, whoever asked for it", 0},
        {"snapshot", KEY_SNAPSHOT, "FILE", 0, "Write the program's state into FILE; it serves on",
         0},
        {"rehearse", KEY_REHEARSE, NULL, 0,
         "Go through the whole upgrade but for its end: the new version takes over the state, says "
         "how that went, and leaves; the old one serves on",
         1},
        {"times", KEY_TIMES, "N", 0, "With --rehearse: N times, and tell how the times spread", 1},
        {"verify", KEY_VERIFY, NULL, 0,
         "Let the new version compare what it has taken over with what it was given; a difference "
         "calls the upgrade off",
         1},
        {"keep-pid", KEY_KEEP_PID, NULL, 0,
         "The new version runs under the old one's PID, at the price of a fork", 0},
        {"spawn-here", KEY_SPAWN_HERE, NULL, 0,
         "Start the new version from here, of a process that cannot: one in a sandbox", 0},
        {"max-pause", KEY_MAX_PAUSE, "MS", 0,
         "Call the upgrade off rather than pause for longer than so many milliseconds; what is "
         "sent ahead is sent until half of that suffices for the rest",
         1},
        {"timeout", KEY_TIMEOUT, "SECONDS", 0,
         "Call the upgrade off when the commit has not begun by then (default: 30 to reach an "
         "update point, then the process's own deadlines; 5 for --status, 1 for --list). With "
         "--wait or --cancel alone: listen no longer",
         1},
        {"tree", KEY_TREE, NULL, 0,
         "Upgrade all processes that were forked from one another: those of a PID, or of a name "
         "even where only one process has it",
         2},
        {"role", KEY_ROLE, "ROLE", 0,
         "Of several processes upgrade only those in this role; may be given more than once", 2},
        {"parallel", KEY_PARALLEL, "N", 0,
         "Of several processes upgrade up to N of a role at once (default: 1)", 2},
        {"keep-going", KEY_KEEP_GOING, NULL, 0,
         "Of several processes upgrade the others, too, when one fails", 2},
        {"skip-same", KEY_SKIP_SAME, NULL, 0,
         "Of several processes leave those alone that run NEW_BINARY already", 2},
        {"json", KEY_JSON, NULL, 0, "Print one JSON object a line instead of text", 1},
        {"quiet", KEY_QUIET, NULL, 0, "Print errors only", 1},
        {"help", '?', NULL, 0, "Give this help list", -1},
        {"usage", KEY_USAGE, NULL, 0, "Give a short usage message", 0},
        {"version", 'V', NULL, 0, "Print program version", -1},
        {0},
};

static const char documentation[] =
        "Upgrade a running program to NEW_BINARY without dropping a connection or its state. "
        "Arguments after -- replace those that the program was started with."
        "\v"
        "Ctrl-C before the commit calls the upgrade off; the running program serves on. "
        "The command returns only when the new version serves, or the old one serves on.\n\n"
        "Exit status:\n  0   done\n";

struct parsing {
        struct options *options;
        bool quoted_early; /* "--" came before the target or the binary */
};

static uint32_t parse_pause(const char *text, struct argp_state *state)
{
        char *end;
        double ms = strtod(text, &end);

        if (end == text || *end || !(ms >= 0.1) || !(ms <= PAUSE_MAX_MS))
                argp_error(state,
                           "--max-pause takes a number of milliseconds, 0.1 to %d, not \"%s\"",
                           PAUSE_MAX_MS, text);
        return (uint32_t)(ms * 1000 + 0.5);
}

static uint32_t parse_number(const char *option, const char *text, unsigned int most,
                             struct argp_state *state)
{
        char *end;
        unsigned long number = strtoul(text, &end, 10);

        if (text[0] < '0' || text[0] > '9' || *end || number < 1 || number > most)
                argp_error(state, "%s takes a number, 1 to %u, not \"%s\"", option, most, text);
        return (uint32_t)number;
}

static void choose(struct options *options, enum action action, struct argp_state *state)
{
        if (options->action != ACTION_UPGRADE && options->action != action)
                argp_error(state, "--list, --status, --snapshot and --cancel exclude each other");
        options->action = action;
}

static void add_argument(struct parsing *parsing, char *argument, struct argp_state *state)
{
        struct options *options = parsing->options;

        if (options->action != ACTION_LIST && !options->target) {
                options->target = argument;
        } else if (options->action == ACTION_UPGRADE && !options->binary) {
                options->binary = argument;
        } else if (options->binary && state->quoted && !parsing->quoted_early) {
                options->arguments[options->argument_count++] = argument;
                return;
        } else {
                argp_error(state, "too many arguments: \"%s\"%s", argument,
                           options->binary ? "; the new version's own come after --" : "");
        }
        parsing->quoted_early = state->quoted != 0;
}

/* What is said of several processes is said of a program, or of a PID's whole tree. */
static void check_tree(const struct options *options, struct argp_state *state)
{
        bool is_of_several = options->role_count > 0 || options->parallel > 0 ||
                             options->keep_going || options->skip_same;

        if (!options->tree && !is_of_several)
                return;
        if (options->action != ACTION_UPGRADE)
                argp_error(state, "--tree, --role, --parallel, --keep-going and --skip-same are "
                                  "for upgrades and rehearsals");
        if (options->times > 1)
                argp_error(state, "--times rehearses one process; name it by its PID");
        if (!options->tree && find_pid(options->target) > 0)
                argp_error(state,
                           "a PID is one process; --tree %s is all that were forked from one "
                           "another",
                           options->target);
}

/* Options may come behind the arguments that they explain, so the whole is judged at the end. */
static void check(struct parsing *parsing, struct argp_state *state)
{
        struct options *options = parsing->options;

        if (options->json && options->quiet)
                argp_error(state, "--json and --quiet exclude each other");
        if (options->action == ACTION_LIST && options->target)
                argp_error(state, "--list takes no arguments");
        if (options->action == ACTION_SNAPSHOT && !options->target)
                argp_error(state,
                           "--snapshot FILE PROGRAM|PID: one of the two is missing; \"%s\" was "
                           "taken for FILE",
                           options->snapshot);
        if (options->snapshot && strcmp(options->snapshot, "-") == 0)
                argp_error(state, "a snapshot is written to a file that can be read again, and not "
                                  "to standard output; give the path of one");
        if (options->action != ACTION_LIST && !options->target)
                argp_error(state,
                           "which process? Give a program's name or a PID; --list shows them");
        if (options->action == ACTION_STATUS && options->binary)
                argp_error(state, "--status takes one argument, a program's name or a PID");
        if (options->action == ACTION_CANCEL && options->binary)
                argp_error(state, "--cancel takes one argument, a program's name or a PID");
        if (options->wait && options->action != ACTION_UPGRADE)
                argp_error(state, "--wait goes with an upgrade, or alone");
        if (options->watch_ms > 0 && options->action != ACTION_STATUS)
                argp_error(state, "--watch goes with --status");
        if (options->wait && !options->binary)
                options->action = ACTION_WAIT;
        if (options->action == ACTION_SNAPSHOT && options->binary)
                argp_error(state, "--snapshot takes a program's name or a PID, and no binary");
        if (options->snapshot && !options->snapshot[0])
                argp_error(state, "the path of the snapshot is empty");
        if (options->action == ACTION_UPGRADE && !options->binary)
                argp_error(state, "upgrade \"%s\" to what? Give the path of the new binary",
                           options->target);
        if (options->rehearse && options->action != ACTION_UPGRADE)
                argp_error(state, "--rehearse is for upgrades, not for --list and --status");
        if (options->verify && options->action != ACTION_UPGRADE)
                argp_error(state, "--verify is for upgrades and rehearsals");
        if (options->keep_pid && options->action != ACTION_UPGRADE)
                argp_error(state, "--keep-pid is for upgrades and rehearsals");
        if (options->spawn_here && options->action != ACTION_UPGRADE)
                argp_error(state, "--spawn-here is for upgrades and rehearsals");
        if (options->spawn_here && options->keep_pid)
                argp_error(state, "--spawn-here starts another process, and --keep-pid is for the "
                                  "same one; leave out either");
        if (options->max_pause_us > 0 && options->action != ACTION_UPGRADE)
                argp_error(state, "--max-pause is for upgrades and rehearsals");
        if (options->times > 0 && !options->rehearse)
                argp_error(state, "--times is for rehearsals: --rehearse --times %u",
                           options->times);
        check_tree(options, state);
        if (options->times == 0)
                options->times = 1;
        if (options->parallel == 0)
                options->parallel = 1;
        if (options->binary && !options->binary[0])
                argp_error(state, "the path of the new binary is empty");
        options->replace_arguments = state->quoted && !parsing->quoted_early;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
        struct parsing *parsing = state->input;
        struct options *options = parsing->options;

        switch (key) {
        case KEY_LIST:
                choose(options, ACTION_LIST, state);
                return 0;
        case KEY_STATUS:
                choose(options, ACTION_STATUS, state);
                return 0;
        case KEY_WAIT:
                options->wait = true;
                return 0;
        case KEY_CANCEL:
                choose(options, ACTION_CANCEL, state);
                return 0;
        case KEY_WATCH:
                options->watch_ms =
                        command_line_seconds("--watch", argument, WATCH_MAX_SECONDS, state);
                return 0;
        case KEY_SNAPSHOT:
                choose(options, ACTION_SNAPSHOT, state);
                options->snapshot = argument;
                return 0;
        case KEY_JSON:
                options->json = true;
                return 0;
        case KEY_QUIET:
                options->quiet = true;
                return 0;
        case KEY_TIMEOUT:
                options->timeout_ms =
                        command_line_seconds("--timeout", argument, COMMAND_LINE_DAY, state);
                return 0;
        case KEY_KEEP_PID:
                options->keep_pid = true;
                return 0;
        case KEY_SPAWN_HERE:
                options->spawn_here = true;
                return 0;
        case KEY_MAX_PAUSE:
                options->max_pause_us = parse_pause(argument, state);
                return 0;
        case KEY_REHEARSE:
                options->rehearse = true;
                return 0;
        case KEY_VERIFY:
                options->verify = true;
                return 0;
        case KEY_TIMES:
                options->times = parse_number("--times", argument, TIMES_MAX, state);
                return 0;
        case KEY_TREE:
                options->tree = true;
                return 0;
        case KEY_ROLE:
                options->roles[options->role_count++] = argument;
                return 0;
        case KEY_PARALLEL:
                options->parallel = parse_number("--parallel", argument, PARALLEL_MAX, state);
                return 0;
        case KEY_KEEP_GOING:
                options->keep_going = true;
                return 0;
        case KEY_SKIP_SAME:
                options->skip_same = true;
                return 0;
        case '?':
        case 'V':
        case KEY_USAGE:
                command_line_answer("ekiden-upgrade", key, state,
                                    ekiden_error_exit_status(EKIDEN_ESYSTEM));
                return 0;
        case ARGP_KEY_ARG:
                add_argument(parsing, argument, state);
                return 0;
        case ARGP_KEY_END:
                check(parsing, state);
                return 0;
        default:
                return ARGP_ERR_UNKNOWN;
        }
}

static char *add_exit_statuses(int key, const char *text, void *input)
{
        (void)input;
        return command_line_add_statuses(key, text, 1);
}

void options_parse(int argc, char **argv, struct options *ret_options)
{
        static const struct argp parser = {
                .options = descriptions,
                .parser = parse,
                .args_doc = "[--keep-pid | --spawn-here] [--max-pause MS] [--verify] [--wait] "
                            "PROGRAM|PID NEW_BINARY [-- ARGUMENT...]\n"
                            "--rehearse [--times N] [--keep-pid | --spawn-here] [--max-pause MS] "
                            "[--verify] [--wait] PROGRAM|PID NEW_BINARY [-- ARGUMENT...]\n"
                            "[--tree] [--role ROLE]... [--parallel N] [--keep-going] [--skip-same] "
                            "PROGRAM|PID NEW_BINARY [-- ARGUMENT...]\n"
                            "--status [--watch SECONDS] PROGRAM|PID\n"
                            "--wait PROGRAM|PID\n"
                            "--cancel PROGRAM|PID\n"
                            "--snapshot FILE PROGRAM|PID\n"
                            "--list",
                .doc = documentation,
                .help_filter = add_exit_statuses,
        };
        struct parsing parsing = {.options = ret_options};

        *ret_options = (struct options){.action = ACTION_UPGRADE};
        ret_options->arguments = calloc((size_t)argc + 1, sizeof(*ret_options->arguments));
        ret_options->roles = calloc((size_t)argc + 1, sizeof(*ret_options->roles));
        if (!ret_options->arguments || !ret_options->roles) {
                perror("ekiden-upgrade");
                exit(ekiden_error_exit_status(EKIDEN_ENOMEM));
        }
        argp_parse(&parser, argc, argv, ARGP_IN_ORDER | ARGP_NO_HELP, NULL, &parsing);
}
