/* SPDX-License-Identifier: MIT */
/*
 * The command line, by argp. Arguments are read in order, so that all behind a "--" is the new
 * version's, whatever it looks like.
 */
#include "options.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ekiden/error.h>

#include "../src/command_line.h"

enum {
        KEY_ITEM = 1000,
        KEY_KEY,
        KEY_HEAD,
        KEY_IDENTITY,
        KEY_FOR,
        KEY_TIMEOUT,
        KEY_JSON,
        KEY_SHOW_SECRETS,
        KEY_USAGE,
};

static const struct argp_option descriptions[] = {
        {"item", KEY_ITEM, "NAME", 0, "Print the records of this item, and the objects behind them",
         0},
        {"key", KEY_KEY, "KEY", 0, "With --item: only the record of this key", 0},
        {"identity", KEY_IDENTITY, "NUMBER", 0,
         "Print the records and objects of this identity, which pointers name, of all items", 0},
        {"head", KEY_HEAD, "NUMBER", 0, "With --item: so many records and objects at most", 0},
        {"for", KEY_FOR, "NEW_BINARY", 0,
         "Tell whether this binary could take the snapshot over: it is started, gets the state "
         "and is dismissed",
         0},
        {"timeout", KEY_TIMEOUT, "SECONDS", 0,
         "With --for: give up when it is not over by then (default: the phases' own deadlines)", 1},
        {"json", KEY_JSON, NULL, 0, "Print one JSON object a line instead of text", 1},
        {"show-secrets", KEY_SHOW_SECRETS, NULL, 0, "Print what the schema marks as secret, too",
         1},
        {"help", '?', NULL, 0, "Give this help list", -1},
        {"usage", KEY_USAGE, NULL, 0, "Give a short usage message", 0},
        {"version", 'V', NULL, 0, "Print program version", -1},
        {0},
};

static const char documentation[] =
        "Look into a snapshot that ekiden-upgrade --snapshot has made: what is in it, what changed "
        "from one to the next, and which binary could go on from it. The file is never changed."
        "\v"
        "A file whose name is diff is given as ./diff.\n\n"
        "Exit status:\n  0   done; with diff: the snapshots have the same state\n"
        "  1   with diff: they differ\n";

struct parsing {
        struct options *options;
        const char *first[3]; /* arguments: diff A B, or FILE */
        size_t count;
        bool quoted; /* there was a "--" */
        bool has_head;
};

static uint64_t parse_number(const char *option, const char *text, struct argp_state *state)
{
        char *end;
        unsigned long long number;

        errno = 0;
        number = strtoull(text, &end, 10);
        if (text[0] < '0' || text[0] > '9' || *end || errno != 0)
                argp_error(state, "%s takes a number, not \"%s\"", option, text);
        return number;
}

static void set_once(const char **value, const char *argument, const char *name,
                     struct argp_state *state)
{
        if (*value)
                argp_error(state, "--%s is given twice", name);
        *value = argument;
}

static void add_argument(struct parsing *parsing, char *argument, struct argp_state *state)
{
        struct options *options = parsing->options;

        if (state->quoted && options->binary && parsing->count > 0) {
                parsing->quoted = true;
                options->arguments[options->argument_count++] = argument;
        } else if (parsing->count <
                   1 + 2 * (size_t)(parsing->count > 0 && strcmp(parsing->first[0], "diff") == 0)) {
                parsing->first[parsing->count++] = argument;
        } else {
                argp_error(state, "too many arguments: \"%s\"%s", argument,
                           options->binary ? "; the new version's own come after --" : "");
        }
}

static void check_files(struct parsing *parsing, struct argp_state *state)
{
        struct options *options = parsing->options;

        if (parsing->count == 0)
                argp_error(state, "which file? Give the path of a snapshot");
        options->file = parsing->first[0];
        if (strcmp(options->file, "diff") == 0) {
                options->action = ACTION_DIFF;
                if (parsing->count < 3)
                        argp_error(state, "diff takes two files, the older snapshot first");
                options->file = parsing->first[1];
                options->other = parsing->first[2];
        }
        if (!options->file[0] || (options->other && !options->other[0]))
                argp_error(state, "the path of a snapshot is empty");
}

/* Options may come behind the arguments that they explain, so the whole is judged at the end. */
static void check(struct parsing *parsing, struct argp_state *state)
{
        struct options *options = parsing->options;

        check_files(parsing, state);
        if (options->binary) {
                if (options->action == ACTION_DIFF || options->item)
                        argp_error(state, "--for goes with neither diff nor --item");
                if (!options->binary[0])
                        argp_error(state, "the path of the new binary is empty");
                options->action = ACTION_REHEARSE;
        } else if (options->action == ACTION_LIST && (options->item || options->has_identity)) {
                options->action = ACTION_SHOW;
        }
        if ((options->action != ACTION_SHOW || !options->item) &&
            (options->key || parsing->has_head))
                argp_error(state, "--key and --head go with --item");
        if (options->has_identity && (options->action != ACTION_SHOW || options->key))
                argp_error(state, "--identity goes with neither diff nor --for nor --key");
        if (options->action != ACTION_REHEARSE && options->timeout_ms > 0)
                argp_error(state, "--timeout goes with --for");
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
        struct parsing *parsing = state->input;
        struct options *options = parsing->options;

        switch (key) {
        case KEY_ITEM:
                set_once(&options->item, argument, "item", state);
                return 0;
        case KEY_KEY:
                set_once(&options->key, argument, "key", state);
                return 0;
        case KEY_HEAD:
                options->head = parse_number("--head", argument, state);
                parsing->has_head = true;
                return 0;
        case KEY_FOR:
                set_once(&options->binary, argument, "for", state);
                return 0;
        case KEY_IDENTITY:
                options->identity = parse_number("--identity", argument, state);
                options->has_identity = true;
                return 0;
        case KEY_TIMEOUT:
                options->timeout_ms =
                        command_line_seconds("--timeout", argument, COMMAND_LINE_DAY, state);
                return 0;
        case KEY_JSON:
                options->json = true;
                return 0;
        case KEY_SHOW_SECRETS:
                options->show_secrets = true;
                return 0;
        case '?':
        case 'V':
        case KEY_USAGE:
                command_line_answer("ekiden-inspect", key, state,
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
        return command_line_add_statuses(key, text, 2);
}

void options_parse(int argc, char **argv, struct options *ret_options)
{
        static const struct argp parser = {
                .options = descriptions,
                .parser = parse,
                .args_doc = "FILE\n"
                            "--item NAME FILE\n"
                            "--identity NUMBER FILE\n"
                            "diff OLDER_FILE NEWER_FILE\n"
                            "--for NEW_BINARY FILE [-- ARGUMENT...]",
                .doc = documentation,
                .help_filter = add_exit_statuses,
        };
        struct parsing parsing = {.options = ret_options};

        *ret_options = (struct options){.action = ACTION_LIST, .head = UINT64_MAX};
        ret_options->arguments = calloc((size_t)argc + 1, sizeof(*ret_options->arguments));
        if (!ret_options->arguments) {
                perror("ekiden-inspect");
                exit(ekiden_error_exit_status(EKIDEN_ENOMEM));
        }
        argp_parse(&parser, argc, argv, ARGP_IN_ORDER | ARGP_NO_HELP, NULL, &parsing);
}
