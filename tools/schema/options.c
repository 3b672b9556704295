/* SPDX-License-Identifier: MIT */
/*
 * The command line, by argp: what stands before the command, and for each command a parser of its
 * own, so that `ekiden-schema COMMAND --help` tells of that command alone.
 */
#include "options.h"

#include <argp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/command_line.h"
#include "lock.h"
#include "status.h"

enum {
        KEY_JSON = 1000,
        KEY_LOCK,
        KEY_STRUCT,
        KEY_PROGRAM,
        KEY_SCHEMA_VERSION,
        KEY_OUTPUT,
        KEY_USAGE,
};

#define OPTION_INCLUDE(what)                       \
        {                                          \
                NULL, 'I', "DIRECTORY", 0, what, 1 \
        }
#define OPTION_JSON(what)                          \
        {                                          \
                "json", KEY_JSON, NULL, 0, what, 1 \
        }
#define OPTION_LOCK                                                                    \
        {                                                                              \
                "lock", KEY_LOCK, "FILE", 0, "The lock file (default: ekiden.lock)", 1 \
        }
#define OPTIONS_HELP                                                            \
        {"help", '?', NULL, 0, "Give this help list", -1},                      \
                {"usage", KEY_USAGE, NULL, 0, "Give a short usage message", 0}, \
                {"version", 'V', NULL, 0, "Print program version", -1},         \
        {                                                                       \
                0                                                               \
        }

#define IMPORTS_FROM "Look for imports there too; may be given again"

static const struct argp_option whole_options[] = {OPTIONS_HELP};
static const struct argp_option compare_options[] = {
        OPTION_INCLUDE(IMPORTS_FROM), OPTION_JSON("Print a JSON object instead of text"),
        OPTIONS_HELP};
static const struct argp_option lock_options[] = {OPTION_INCLUDE(IMPORTS_FROM), OPTION_LOCK,
                                                  OPTIONS_HELP};
static const struct argp_option import_options[] = {
        OPTION_INCLUDE("Look for headers there too, as a compiler does; may be given again"),
        {NULL, 'D', "NAME[=VALUE]", 0, "Define a macro, as a compiler does; may be given again", 1},
        {"struct", KEY_STRUCT, "NAME[:stream[:KEY]]", 0,
         "A struct that becomes an item, by its tag or typedef: a singleton, or a stream whose "
         "records "
         "a member identifies; may be given again",
         1},
        {"program", KEY_PROGRAM, "NAME", 0,
         "The program's name (default: the header's, without its directory and .h)", 1},
        {"schema-version", KEY_SCHEMA_VERSION, "NUMBER", 0, "The schema's version (default: 1)", 1},
        {"output", KEY_OUTPUT, "FILE", 0, "Write to a new file instead of standard output", 1},
        OPTIONS_HELP};

struct command {
        const char *name, *arguments, *summary, *explanation;
        const struct argp_option *options;
        size_t file_min, file_max;
        const char *files_wanted;
};

static const struct command commands[] = {
        [ACTION_CHECK] = {"check", "OLD.proto NEW.proto",
                          "Tell whether a new version of a schema can follow the one before.",
                          "Each difference is a line, FILE:LINE:COLUMN: and what it is: "
                          "\"compatible\" (the generated hop does it), \"needs a function\" (which "
                          "you write) or \"broken\" (change the newer schema). The exit status is "
                          "that of the gravest.",
                          compare_options, 2, 2, "two schemas, the older one first"},
        [ACTION_DIFF] = {"diff", "FROM.proto TO.proto",
                         "Show in a table what a hop does with each item and field.",
                         "With the newer version first, it is the way back that is shown.",
                         compare_options, 2, 2, "two schemas"},
        [ACTION_FREEZE] = {"freeze", "SCHEMA.proto...",
                           "Record the fingerprints of released schemas in a lock file.",
                           "Do it when a version is released, and keep the lock file with the "
                           "schemas. A frozen version is never recorded anew: what changes state "
                           "is a new version. Should one have been frozen that was not released, "
                           "delete its line.",
                           lock_options, 1, SIZE_MAX, "one schema or more"},
        [ACTION_VERIFY] = {"verify", "SCHEMA.proto...",
                           "Fail if a frozen schema was changed, or is not among those given.",
                           "Give all schemas whose versions the lock file has. One that is not "
                           "frozen yet is no failure.",
                           lock_options, 1, SIZE_MAX, "all schemas"},
        [ACTION_IMPORT] = {"import", "HEADER --struct NAME...",
                           "Make a schema, version 1 of it, of an annotated C header.",
                           "The annotations are those of <ekiden/annotate.h>. What cannot be "
                           "imported is told with the annotation that it needs.",
                           import_options, 1, 1, "one header"},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void add(struct options *options, struct strings *strings, const char *string)
{
        strings->list = ek_memory_grow(options->arena, strings->list, strings->count,
                                       &strings->size, sizeof(*strings->list));
        strings->list[strings->count++] = string;
}

static void set_once(const char **value, const char *argument, const char *name,
                     struct argp_state *state)
{
        if (*value != NULL)
                argp_error(state, "--%s is given twice", name);
        if (argument[0] == '\0')
                argp_error(state, "--%s is empty", name);
        *value = argument;
}

static void set_version(struct options *options, const char *argument, struct argp_state *state)
{
        if (options->version != 0)
                argp_error(state, "--schema-version is given twice");
        if (!lock_parse_version(argument, &options->version))
                argp_error(state, "\"%s\" is no version: give --schema-version 1, 2, 3 …",
                           argument);
}

/* Behind the name there is nothing, or ":stream", or ":stream:KEY". */
static void check_struct(const char *argument, struct argp_state *state)
{
        static const char stream[] = ":stream";
        const char *colon = strchr(argument, ':');
        const char *rest = colon != NULL ? colon + strlen(stream) : NULL;

        if (colon != NULL && (colon == argument || strncmp(colon, stream, strlen(stream)) != 0 ||
                              (*rest != '\0' && (*rest != ':' || rest[1] == '\0'))))
                argp_error(state, "\"%s\": give --struct NAME, NAME:stream or NAME:stream:KEY",
                           argument);
}

/* Options may come behind the arguments that they explain, so the whole is judged at the end. */
static void check(const struct options *options, struct argp_state *state)
{
        const struct command *command = &commands[options->action];

        for (size_t i = 0; i < options->files.count; i++)
                if (options->files.list[i][0] == '\0')
                        argp_error(state, "the name of a file is empty");
        if (options->files.count > command->file_max)
                argp_error(state, "too many files: \"%s\"; %s takes %s",
                           options->files.list[command->file_max], command->name,
                           command->files_wanted);
        if (options->files.count < command->file_min)
                argp_error(state, "which files? Give %s", command->files_wanted);
        if (options->action == ACTION_IMPORT && options->structs.count == 0)
                argp_error(state, "which struct? Give --struct NAME");
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
        struct options *options = state->input;

        switch (key) {
        case 'I':
                add(options, &options->include_dirs, argument);
                return 0;
        case 'D':
                add(options, &options->defines, argument);
                return 0;
        case KEY_STRUCT:
                if (argument[0] == '\0')
                        argp_error(state, "--struct is empty");
                check_struct(argument, state);
                add(options, &options->structs, argument);
                return 0;
        case KEY_JSON:
                options->json = true;
                return 0;
        case KEY_LOCK:
                set_once(&options->lock, argument, "lock", state);
                return 0;
        case KEY_PROGRAM:
                set_once(&options->program, argument, "program", state);
                return 0;
        case KEY_SCHEMA_VERSION:
                set_version(options, argument, state);
                return 0;
        case KEY_OUTPUT:
                set_once(&options->output, argument, "output", state);
                return 0;
        case '?':
        case 'V':
        case KEY_USAGE:
                command_line_answer("ekiden-schema", key, state, STATUS_SYSTEM);
                return 0;
        case ARGP_KEY_ARG:
                add(options, &options->files, argument);
                return 0;
        case ARGP_KEY_END:
                check(options, state);
                return 0;
        default:
                return ARGP_ERR_UNKNOWN;
        }
}

static void parse_command(const struct command *command, int argc, char **argv,
                          struct options *options)
{
        const struct argp parser = {
                .options = command->options,
                .parser = parse_option,
                .args_doc = command->arguments,
                .doc = ek_memory_printf(options->arena, "%s\v%s", command->summary,
                                        command->explanation),
        };

        argv[0] = ek_memory_printf(options->arena, "ekiden-schema %s", command->name);
        argp_parse(&parser, argc, argv, ARGP_NO_HELP, NULL, options);
}

static error_t parse_whole(int key, char *argument, struct argp_state *state)
{
        struct options *options = state->input;

        switch (key) {
        case '?':
        case 'V':
        case KEY_USAGE:
                command_line_answer("ekiden-schema", key, state, STATUS_SYSTEM);
                return 0;
        case ARGP_KEY_ARG:
                for (size_t i = 0; i < COMMAND_COUNT; i++)
                        if (strcmp(commands[i].name, argument) == 0) {
                                options->action = (enum action)i;
                                parse_command(&commands[i], state->argc - state->next + 1,
                                              state->argv + state->next - 1, options);
                                state->next = state->argc;
                                return 0;
                        }
                argp_error(state, "there is no command \"%s\"", argument);
                return 0;
        case ARGP_KEY_NO_ARGS:
                argp_error(state, "what is to be done? Give a command");
                return 0;
        default:
                return ARGP_ERR_UNKNOWN;
        }
}

/* The commands and the exit statuses, from the tables that decide them. */
static char *whole_documentation(struct ek_memory *arena)
{
        char *text = ek_memory_strdup(arena, "Compare, freeze and make schemas of a program's "
                                             "state.\vCommands:\n");

        for (size_t i = 0; i < COMMAND_COUNT; i++)
                text = ek_memory_printf(arena, "%s  %-8s %s\n", text, commands[i].name,
                                        commands[i].summary);
        text = ek_memory_printf(arena,
                                "%s\n`ekiden-schema COMMAND --help' tells more of one.\n\n"
                                "Exit status:\n",
                                text);
#define ADD_STATUS(name, value, sentence) \
        text = ek_memory_printf(arena, "%s  %-3d %s\n", text, value, sentence);
        STATUSES(ADD_STATUS)
#undef ADD_STATUS
        return text;
}

void options_parse(int argc, char **argv, struct ek_memory *arena, struct options *ret_options)
{
        const struct argp parser = {
                .options = whole_options,
                .parser = parse_whole,
                .args_doc = "COMMAND ARGUMENT...",
                .doc = whole_documentation(arena),
        };

        *ret_options = (struct options){.arena = arena};
        argp_parse(&parser, argc, argv, ARGP_IN_ORDER | ARGP_NO_HELP, NULL, ret_options);
        if (ret_options->lock == NULL)
                ret_options->lock = "ekiden.lock";
        if (ret_options->version == 0)
                ret_options->version = 1;
}
