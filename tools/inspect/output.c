/* SPDX-License-Identifier: MIT */
/* See output.h. */
#include "output.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "../src/advice.h"
#include "wire/cleanup.h"

void output_init(struct output *output, const struct options *options)
{
        *output = (struct output){.options = options};
        terminal_init(&output->terminal, stdout);
}

const char *output_clean(const struct output *output, const char *untrusted, char *ret_text,
                         size_t size_bytes)
{
        return text_clean(untrusted, terminal_allowed(&output->terminal), ret_text, size_bytes);
}

struct print output_print(const struct output *output, const struct record *record)
{
        return (struct print){
                .show_secrets = output->options->show_secrets,
                .allowed = terminal_allowed(&output->terminal),
                .descriptors = record->descriptors,
                .descriptor_count = record->descriptor_count,
        };
}

static bool ends_sentence(const char *text)
{
        size_t length = strlen(text);

        return length > 0 && strchr(".?!", text[length - 1]);
}

/* What a binary failed at, when it was asked to go on from the file. */
static bool is_of_binary(const struct output *output, const char *path)
{
        return path && path == output->options->binary;
}

static const char *next_step(const struct ekiden_error *error)
{
        switch (error->code) {
        case EKIDEN_EBINARY:
                return "check the path of the new binary, and its permissions";
        case EKIDEN_EPROGRAM:
                return "give a binary of the program that the snapshot is of";
        case EKIDEN_ETIMEOUT:
                return "look at what the new version is doing; --timeout says how long it may "
                       "take, up to the phases' own deadlines";
        default:
                return advice_for(error);
        }
}

static void print_field(const struct terminal *terminal, const char *label, const char *untrusted)
{
        char text[sizeof(((struct ekiden_error *)0)->sentence)];

        if (!untrusted[0])
                return;
        fprintf(terminal->out, "  %-8s", label);
        terminal_print_wrapped(
                terminal, text_clean(untrusted, terminal_allowed(terminal), text, sizeof(text)),
                10);
}

static void print_head(const struct terminal *terminal, const struct output *output,
                       const char *path)
{
        const struct ekiden_error *error = &output->error;
        char text[sizeof(error->sentence)], name[PATH_MAX];
        FILE *out = terminal->out;

        fprintf(out, "%sekiden-inspect:%s ", terminal_red(terminal), terminal_plain(terminal));
        if (path)
                text_clean(path, terminal_allowed(terminal), name, sizeof(name));
        if (is_of_binary(output, path)) {
                fprintf(out, "%s did not go on from the snapshot.\n", name);
                return;
        }
        text_clean(error->sentence, terminal_allowed(terminal), text, sizeof(text));
        fprintf(out, "%s%s%s%s\n", path ? name : "", path ? ": " : "", text,
                ends_sentence(text) ? "" : ".");
}

static void print_failure(const struct output *output, const char *path)
{
        const struct ekiden_error *error = &output->error;
        struct terminal terminal;

        terminal_init(&terminal, stderr);
        print_head(&terminal, output, path);
        if (error->phase != EKIDEN_PHASE_NONE)
                print_field(&terminal, "phase", ekiden_phase_name(error->phase));
        print_field(&terminal, "item", error->item);
        print_field(&terminal, "field", error->field);
        if (is_of_binary(output, path)) {
                print_field(&terminal, "reason", error->sentence);
                print_field(&terminal, "next", next_step(error));
        }
        fprintf(stderr, "  %-8s%s (exit status %d)\n", "error", ekiden_error_name(error->code),
                ekiden_error_exit_status(error->code));
}

int output_failure(const struct output *output, const char *path)
{
        const struct ekiden_error *error = &output->error;
        struct json_object *object;

        if (!output->options->json) {
                fflush(stdout);
                print_failure(output, path);
                return ekiden_error_exit_status(error->code);
        }
        object = output_event("failed");
        output_add_text(object, "file", path);
        output_add_text(object, "error", ekiden_error_name(error->code));
        output_add_number(object, "exit_status", (uint64_t)ekiden_error_exit_status(error->code));
        output_add_text(object, "phase",
                        error->phase != EKIDEN_PHASE_NONE ? ekiden_phase_name(error->phase) : NULL);
        output_add_text(object, "item", error->item);
        output_add_text(object, "field", error->field);
        output_add_text(object, "sentence", error->sentence);
        output_add_text(object, "next", is_of_binary(output, path) ? next_step(error) : NULL);
        output_line(object);
        return ekiden_error_exit_status(error->code);
}

struct json_object *output_event(const char *event)
{
        struct json_object *object = json_object_new_object();

        output_add_text(object, "event", event);
        return object;
}

void output_add_text(struct json_object *object, const char *key, const char *untrusted)
{
        size_t size = untrusted ? strlen(untrusted) + 1 : 0;
        ek_auto_free char *text = size > 1 ? malloc(size) : NULL;

        if (text)
                text_clean(untrusted, TEXT_ANY_UTF8, text, size);
        json_object_object_add(object, key, text ? json_object_new_string(text) : NULL);
}

void output_add_number(struct json_object *object, const char *key, uint64_t number)
{
        json_object_object_add(object, key, json_object_new_uint64(number));
}

int output_line(struct json_object *object)
{
        const char *line =
                object ? json_object_to_json_string_ext(
                                 object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
                       : NULL;
        int r = line ? 0 : EKIDEN_ENOMEM;

        if (line)
                puts(line);
        json_object_put(object);
        return r;
}
