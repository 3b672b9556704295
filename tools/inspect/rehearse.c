/* SPDX-License-Identifier: MIT */
/*
 * Whether a binary could go on from a snapshot: this program plays the predecessor in a rehearsal,
 * with the file as its state. The new version transforms and takes in all that it would take, runs
 * its own check, and is dismissed before it serves anybody.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../src/interrupt.h"
#include "../src/table.h"
#include "commands.h"
#include "entry/control_path.h"
#include "handover/linger.h"
#include "handover/predecessor.h"
#include "wire/cleanup.h"
#include "wire/clock.h"

#define UPDATE_POINT "snapshot" /* for one whose header names none */
#define LINGER_POLL_US 2000

struct rehearsal {
        struct output *output;
        struct file file;
        struct ek_origin origin;
        struct ek_deadlines deadlines;
        struct ek_predecessor_setup setup;
        bool *is_taken; /* for each item of the file: whether the new version has asked for it */
        char *binary; /* its absolute path */
        int interrupt;
};

static void on_progress(void *data, const struct ek_progress *progress)
{
        struct rehearsal *rehearsal = data;
        const struct ek_snapshot_item *item =
                ek_snapshot_find(&rehearsal->file.snapshot, progress->item);

        if (item)
                rehearsal->is_taken[item - rehearsal->file.snapshot.items] = true;
}

/* A new version that hangs must not stay behind when its caller is told to leave. */
static void heed_interrupt(const struct rehearsal *rehearsal)
{
        struct ekiden_error reason = {0};

        if (interrupt_take(rehearsal->interrupt) == 0)
                return;
        ekiden_error_set(&reason, EKIDEN_ECANCELLED, "called off by the operator");
        ek_predecessor_cancel(&reason);
}

static void on_linger(void *data, uint64_t waited_ms)
{
        (void)waited_ms;
        heed_interrupt(data);
}

/* A successor that was killed could not remove its control socket. */
static void on_child_ended(void *data, pid_t pid)
{
        const struct rehearsal *rehearsal = data;
        char directory[EK_CONTROL_PATH_MAX], path[EK_CONTROL_PATH_MAX];

        if (ek_control_directory(directory, NULL) == 0 &&
            ek_control_path(directory, rehearsal->file.schema->program, pid, true, path, NULL) == 0)
                unlink(path);
}

static int prepare(struct rehearsal *rehearsal)
{
        const struct options *options = rehearsal->output->options;
        const Ekiden__Snapshot *header = rehearsal->file.snapshot.header;
        struct ekiden_error *error = &rehearsal->output->error;
        ek_auto_free char *directory = getcwd(NULL, 0);
        char *arguments[] = {(char *)(uintptr_t)options->binary, NULL};

        if (!directory)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot find the working directory");
        if (asprintf(&rehearsal->binary, "%s%s%s", options->binary[0] == '/' ? "" : directory,
                     options->binary[0] == '/' ? "" : "/", options->binary) < 0)
                return EKIDEN_ENOMEM;
        rehearsal->is_taken =
                calloc(rehearsal->file.snapshot.item_count + 1, sizeof(*rehearsal->is_taken));
        if (!rehearsal->is_taken)
                return EKIDEN_ENOMEM;
        unsetenv("EKIDEN_SNAPSHOT"); /* it gets this one */
        rehearsal->deadlines = (struct ek_deadlines)EK_DEADLINES_DEFAULT;
        rehearsal->setup = (struct ek_predecessor_setup){
                .schema = rehearsal->file.schema,
                .origin = &rehearsal->origin,
                .deadlines = &rehearsal->deadlines,
                .leg = header->n_lineage > 0 ? header->lineage[header->n_lineage - 1]->number : 1,
        };
        return ek_origin_save(&rehearsal->origin, 1, arguments, error);
}

/* What the new version prints is none of this program's output. */
static int begin(struct rehearsal *rehearsal)
{
        const struct options *options = rehearsal->output->options;
        struct ek_upgrade_request request = {
                .binary = rehearsal->binary,
                .arguments = options->arguments,
                .until_ns = options->timeout_ms > 0
                                    ? ek_now_ns() + options->timeout_ms * EK_NS_PER_MS
                                    : 0,
                .is_rehearsal = true,
                .snapshot = &rehearsal->file.snapshot,
                .observer = {.progress = on_progress,
                             .linger = on_linger,
                             .child_ended = on_child_ended,
                             .data = rehearsal},
        };
        ek_auto_close int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        int r;

        fflush(stdout);
        if (out < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
                return ekiden_error_set_errno(&rehearsal->output->error, EKIDEN_ESYSTEM, errno,
                                              "cannot duplicate a descriptor");
        r = ek_predecessor_begin(&rehearsal->setup, &request, &rehearsal->output->error);
        dup2(out, STDOUT_FILENO);
        return r;
}

/* Until something is to be read, the phase's time is over, or a signal comes. */
static void wait_for_successor(const struct rehearsal *rehearsal)
{
        struct pollfd sources[] = {
                {.fd = ek_predecessor_socket(), .events = POLLIN},
                {.fd = rehearsal->interrupt, .events = POLLIN},
        };
        uint64_t now_ns = ek_now_ns();
        uint64_t deadline_ns = ek_predecessor_deadline();
        uint64_t left_ms = deadline_ns > now_ns ? (deadline_ns - now_ns) / EK_NS_PER_MS + 1 : 0;

        poll(sources, 2, left_ms < INT32_MAX ? (int)left_ms : INT32_MAX);
}

static int run(struct rehearsal *rehearsal)
{
        const char *update_point = rehearsal->file.snapshot.header->update_point;
        int r = rehearsal->interrupt = interrupt_open(&rehearsal->output->error);

        if (r >= 0)
                r = begin(rehearsal);
        while (r == 0) {
                wait_for_successor(rehearsal);
                heed_interrupt(rehearsal);
                r = ek_predecessor_step(update_point && update_point[0] ? update_point
                                                                        : UPDATE_POINT,
                                        &rehearsal->output->error);
        }
        while (ek_children_linger())
                usleep(LINGER_POLL_US);
        return r < 0 ? r : 0;
}

static void add_figure(struct table *table, bool is_known, uint64_t value,
                       const char *(*text)(uint64_t value, char ret_text[TEXT_FIGURE_MAX]))
{
        char buffer[TEXT_FIGURE_MAX];

        table_add(table, is_known ? text(value, buffer) : NULL);
}

static int print_items(const struct output *output, const Ekiden__Ready *ready)
{
        static const char *const head[] = {"ITEM",        "RECORDS",     "OBJECTS", "BYTES",
                                           "DESCRIPTORS", "TRANSFORMED", "TIME"};
        struct table table = {.columns = sizeof(head) / sizeof(head[0]), .drops = {4, 5, 2}};
        char name[OUTPUT_NAME_MAX];

        for (size_t i = 0; i < table.columns; i++)
                table_add(&table, head[i]);
        for (size_t i = 0; ready && i < ready->n_items; i++) {
                const Ekiden__ItemReport *item = ready->items[i];

                table_add(&table, output_clean(output, item->item, name, sizeof(name)));
                if (item->has_records)
                        add_figure(&table, true, item->records, text_count);
                else
                        table_add(&table, "new");
                add_figure(&table, item->has_objects, item->objects, text_count);
                add_figure(&table, item->has_bytes, item->bytes, text_bytes);
                add_figure(&table, item->has_descriptors, item->descriptors, text_count);
                add_figure(&table, item->has_transformed, item->transformed, text_count);
                add_figure(&table, item->has_duration_us, item->duration_us, text_milliseconds);
        }
        return table_print(&table, output->terminal.out, 2);
}

static void print_left_behind(const struct rehearsal *rehearsal)
{
        const struct ek_snapshot *snapshot = &rehearsal->file.snapshot;
        FILE *out = rehearsal->output->terminal.out;
        const char *before = "  left behind  ";
        char name[OUTPUT_NAME_MAX];

        for (size_t i = 0; i < snapshot->item_count; i++) {
                if (rehearsal->is_taken[i])
                        continue;
                fprintf(out, "%s%s", before,
                        output_clean(rehearsal->output, snapshot->items[i].name, name,
                                     sizeof(name)));
                before = ", ";
        }
        if (before[0] == ',')
                fputs("  (the new version did not ask for it)\n", out);
}

static int print_report(const struct rehearsal *rehearsal)
{
        const struct ek_upgrade_report *report = ek_predecessor_report();
        FILE *out = rehearsal->output->terminal.out;
        char figure[TEXT_FIGURE_MAX], binary[PATH_MAX];
        int r;

        fprintf(out, "%s: schema version %" PRIu32 " -> %" PRIu32 ": %s could go on from it\n\n",
                rehearsal->file.schema->program, rehearsal->file.schema->version,
                report->to_version,
                output_clean(rehearsal->output, rehearsal->output->options->binary, binary,
                             sizeof(binary)));
        r = print_items(rehearsal->output, report->ready);
        fprintf(out, "\n  time         %s\n",
                text_milliseconds(report->pause_ns / EK_NS_PER_US, figure));
        if (report->ready && report->ready->has_peak_bytes)
                fprintf(out, "  peak memory  %s\n", text_bytes(report->ready->peak_bytes, figure));
        print_left_behind(rehearsal);
        return r;
}

static void add_if_known(struct json_object *object, const char *key, bool is_known, uint64_t value)
{
        json_object_object_add(object, key, is_known ? json_object_new_uint64(value) : NULL);
}

static struct json_object *items_json(const Ekiden__Ready *ready)
{
        struct json_object *array = json_object_new_array();

        for (size_t i = 0; ready && i < ready->n_items; i++) {
                const Ekiden__ItemReport *item = ready->items[i];
                struct json_object *object = json_object_new_object();

                output_add_text(object, "item", item->item);
                add_if_known(object, "records", item->has_records, item->records);
                add_if_known(object, "objects", item->has_objects, item->objects);
                add_if_known(object, "bytes", item->has_bytes, item->bytes);
                add_if_known(object, "descriptors", item->has_descriptors, item->descriptors);
                add_if_known(object, "transformed", item->has_transformed, item->transformed);
                add_if_known(object, "duration_us", item->has_duration_us, item->duration_us);
                json_object_array_add(array, object);
        }
        return array;
}

static int print_as_json(const struct rehearsal *rehearsal)
{
        const struct ek_upgrade_report *report = ek_predecessor_report();
        const struct ek_snapshot *snapshot = &rehearsal->file.snapshot;
        struct json_object *object = output_event("rehearsed");
        struct json_object *left = json_object_new_array();

        for (size_t i = 0; i < snapshot->item_count; i++)
                if (!rehearsal->is_taken[i])
                        json_object_array_add(left,
                                              json_object_new_string(snapshot->items[i].name));
        output_add_text(object, "file", rehearsal->file.path);
        output_add_text(object, "binary", rehearsal->binary);
        output_add_text(object, "program", rehearsal->file.schema->program);
        output_add_number(object, "from_version", rehearsal->file.schema->version);
        output_add_number(object, "to_version", report->to_version);
        output_add_number(object, "duration_us", report->pause_ns / EK_NS_PER_US);
        add_if_known(object, "peak_bytes", report->ready && report->ready->has_peak_bytes,
                     report->ready ? report->ready->peak_bytes : 0);
        json_object_object_add(object, "left_behind", left);
        json_object_object_add(object, "items", items_json(report->ready));
        return output_line(object);
}

static void free_strings(char **strings)
{
        for (size_t i = 0; strings && strings[i]; i++)
                free(strings[i]);
        free(strings);
}

static void deinit(struct rehearsal *rehearsal)
{
        free_strings(rehearsal->origin.arguments);
        free_strings(rehearsal->origin.environment);
        free(rehearsal->origin.directory);
        free(rehearsal->origin.binary);
        ek_close(&rehearsal->interrupt);
        free(rehearsal->is_taken);
        free(rehearsal->binary);
        file_close(&rehearsal->file);
        ek_predecessor_forget();
}

int command_rehearse(struct output *output)
{
        const struct options *options = output->options;
        struct rehearsal rehearsal = {.output = output, .interrupt = -1};
        const char *path = options->file;
        int r = file_open(options->file, &rehearsal.file, &output->error);

        if (r == 0) {
                path = options->binary;
                r = prepare(&rehearsal);
        }
        if (r == 0)
                r = run(&rehearsal);
        if (r == 0)
                r = options->json ? print_as_json(&rehearsal) : print_report(&rehearsal);
        deinit(&rehearsal);
        if (r == 0)
                return 0;
        ekiden_error_set(&output->error, r, "%s", ekiden_error_text(r));
        return output_failure(output, path);
}
