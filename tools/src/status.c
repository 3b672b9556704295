/* SPDX-License-Identifier: MIT */
/* See status.h. */
#include "status.h"

#include <inttypes.h>
#include <string.h>

#include "json.h"
#include "show.h"
#include "text.h"

#define TIMEOUT_MS 5000
#define TEXT_MAX 4096
#define VALUE_MESSAGE "ekiden.Value" /* of the built-in items */

static void print_text(const struct terminal *terminal, const char *label, const char *untrusted)
{
        char text[TEXT_MAX];

        text_clean(untrusted, terminal_allowed(terminal), text, sizeof(text));
        fprintf(terminal->out, "  %-13s %s\n", label, text);
}

static void print_items(const struct terminal *terminal, const Ekiden__Status *status)
{
        char name[EKIDEN_NAME_MAX + 1];
        char message[TEXT_MAX];
        size_t widest = 0;

        for (size_t i = 0; i < status->n_items; i++) {
                text_clean(status->items[i]->name, TEXT_ASCII, name, sizeof(name));
                if (strlen(name) > widest)
                        widest = strlen(name);
        }
        for (size_t i = 0; i < status->n_items; i++) {
                const Ekiden__ItemStatus *item = status->items[i];

                text_clean(item->name, TEXT_ASCII, name, sizeof(name));
                if (item->message && strcmp(item->message, VALUE_MESSAGE) == 0)
                        strcpy(message, "a plain value");
                else
                        text_clean(item->message ? item->message : "", TEXT_ASCII, message,
                                   sizeof(message));
                fprintf(terminal->out, "  %-13s %-*s  %s%s\n", i == 0 ? "items" : "", (int)widest,
                        name, message, item->stream ? ", a stream" : "");
        }
        if (status->n_items == 0)
                print_text(terminal, "items", "none");
}

static void print_status(const struct terminal *terminal, const Ekiden__Status *status)
{
        char program[EKIDEN_NAME_MAX + 1];
        char text[TEXT_FIGURE_MAX];
        FILE *out = terminal->out;

        text_clean(status->program, TEXT_ASCII, program, sizeof(program));
        fprintf(out, "%s (pid %d)\n", program, (int)status->pid);
        fprintf(out, "  %-13s %" PRIu32 "\n", "version", status->version);
        if (status->has_leg)
                fprintf(out, "  %-13s %" PRIu32 "%s%s\n", "leg", status->leg,
                        status->has_leg_seconds ? ", for " : "",
                        status->has_leg_seconds ? text_seconds(status->leg_seconds, text) : "");
        print_text(terminal, "binary", status->binary ? status->binary : "-");
        print_text(terminal, "update point", status->update_point ? status->update_point : "-");
        print_text(terminal, "upgrade",
                   status->has_upgrade_phase
                           ? ekiden_phase_name((enum ekiden_phase)status->upgrade_phase)
                           : "none under way");
        print_items(terminal, status);
        fflush(out);
}

static struct json_object *items_array(const Ekiden__Status *status)
{
        struct json_object *array = json_object_new_array();

        for (size_t i = 0; i < status->n_items; i++) {
                const Ekiden__ItemStatus *item = status->items[i];
                struct json_object *object = json_object_new_object();

                json_add_text(object, "name", item->name);
                json_add_text(object, "message", item->message);
                json_object_object_add(object, "stream",
                                       json_object_new_boolean(item->has_stream && item->stream));
                json_object_array_add(array, object);
        }
        return array;
}

void status_print_json(const struct process *process, const struct answer *answer)
{
        const Ekiden__Status none = EKIDEN__STATUS__INIT;
        const Ekiden__Status *status = answer->event ? answer->event->status : &none;
        struct json_object *object = json_event("process");

        json_add_text(object, "program", process->program);
        json_add_number(object, "pid", (uint64_t)process->pid);
        json_add_figure(object, "version",
                        &(struct figure){answer->event != NULL, status->version});
        json_add_figure(object, "leg", &(struct figure){status->has_leg, status->leg});
        json_add_figure(object, "leg_seconds",
                        &(struct figure){status->has_leg_seconds, status->leg_seconds});
        json_add_text(object, "binary", status->binary);
        json_add_text(object, "update_point", status->update_point);
        json_add_text(object, "upgrade_phase",
                      status->has_upgrade_phase
                              ? ekiden_phase_name((enum ekiden_phase)status->upgrade_phase)
                              : NULL);
        json_object_object_add(object, "items", answer->event ? items_array(status) : NULL);
        json_add_text(object, "error",
                      answer->event ? NULL : ekiden_error_name(answer->error.code));
        json_add_text(object, "sentence", answer->event ? NULL : answer->error.sentence);
        json_print(object);
}

int command_status(const struct options *options, struct show *show)
{
        struct ekiden_error error = {0};
        struct process process = {0};
        struct process_list one = {&process, 1};
        struct answer answer = {0};
        int r = find_process(options->target, &process, &error);

        if (r == 0)
                ask_status(&one, options->timeout_ms > 0 ? options->timeout_ms : TIMEOUT_MS,
                           &answer);
        if (r == 0 && answer.error.code != 0) {
                error = answer.error;
                r = error.code;
        }
        if (r < 0)
                show_failed(show, NULL, options->target, &error);
        else if (options->json)
                status_print_json(&process, &answer);
        else if (!options->quiet)
                print_status(&show->terminal, answer.event->status);
        answer_deinit(&answer);
        process_deinit(&process);
        return ekiden_error_exit_status(r);
}
