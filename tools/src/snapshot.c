/* SPDX-License-Identifier: MIT */
/*
 * See snapshot.h. The process stands at its update point while its frames come, so they are only
 * copied here; they are judged, by the reader that every snapshot meets, when it runs again.
 */
#include "snapshot.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "find.h"
#include "interrupt.h"
#include "json.h"
#include "next_step.h"
#include "process_state.h"
#include "request.h"
#include "snapshot_file.h"
#include "text.h"
#include "wire/cleanup.h"
#include "wire/clock.h"

#define SEEN_TIMEOUT_MS 30000 /* until an update point has seen the request */
#define IDLE_TIMEOUT_MS 30000 /* without a frame from there on */
#define ENDING_MS 100 /* from the closing of a process's sockets until it has ended */

struct attempt {
        const struct options *options;
        struct process process;
        struct snapshot_file file;
        struct ek_snapshot snapshot; /* what was written, read again */
        struct ekiden_error *error;
        int interrupt;
        bool seen;
        uint64_t started_ns, deadline_ns;
        struct figure pause_us;
        uint64_t total_us;
};

enum {
        GO_ON = 0,
        FINISHED = 1,
};

static void set_deadline(struct attempt *attempt, uint64_t milliseconds)
{
        uint32_t timeout_ms = attempt->options->timeout_ms;

        attempt->deadline_ns = timeout_ms > 0 ? attempt->started_ns + timeout_ms * EK_NS_PER_MS
                                              : ek_now_ns() + milliseconds * EK_NS_PER_MS;
}

static int on_closed(struct attempt *attempt)
{
        const struct process *process = &attempt->process;

        return ekiden_error_set(attempt->error, EKIDEN_EPEER,
                                process_ends_within(process->pid, ENDING_MS)
                                        ? "process %d ended before its snapshot was complete"
                                        : "process %d closed the connection before its snapshot "
                                          "was complete; it still runs",
                                (int)process->pid);
}

static int on_event(struct attempt *attempt, const struct ek_frame *frame)
{
        Ekiden__Event *event auto_event = NULL;
        ProtobufCMessage *unpacked;
        int r = ek_frame_message(frame, &ekiden__event__descriptor, &unpacked);

        if (r < 0)
                return ekiden_error_set(attempt->error, r, "what the process sent cannot be read");
        event = (Ekiden__Event *)unpacked;
        switch ((int)event->kind) {
        case EKIDEN__EVENT_KIND__SEEN:
                attempt->seen = true;
                return GO_ON;
        case EKIDEN__EVENT_KIND__FAILED:
                return request_refusal(event, attempt->error);
        case EKIDEN__EVENT_KIND__SNAPSHOT_DONE:
                attempt->pause_us = (struct figure){event->has_pause_us, event->pause_us};
                return FINISHED;
        default:
                return GO_ON;
        }
}

static int on_frame(struct attempt *attempt, const struct ek_frame *frame)
{
        int r;

        if (frame->kind == EKIDEN__FRAME_KIND__EVENT)
                r = on_event(attempt, frame);
        else if (ek_link_untaken(attempt->process.link) > 0)
                r = ekiden_error_set(attempt->error, EKIDEN_EPROTOCOL,
                                     "the process sent descriptors, which no snapshot has");
        else
                r = snapshot_file_append(&attempt->file, frame, attempt->error);
        set_deadline(attempt, attempt->seen ? IDLE_TIMEOUT_MS : SEEN_TIMEOUT_MS);
        return r;
}

static int on_deadline(struct attempt *attempt)
{
        const struct process *process = &attempt->process;
        double seconds = (double)(ek_now_ns() - attempt->started_ns) / 1e9;

        if (attempt->seen)
                return ekiden_error_set(attempt->error, EKIDEN_ETIMEOUT,
                                        "the snapshot was not complete after %.1f s", seconds);
        return ekiden_error_set(attempt->error, EKIDEN_ETIMEOUT,
                                "%s came to no update point in %.1f s: it is %s", process->program,
                                seconds, process_condition(process->pid));
}

static int wait_for_something(struct attempt *attempt)
{
        struct pollfd sources[] = {
                {.fd = ek_link_socket(attempt->process.link), .events = POLLIN},
                {.fd = attempt->interrupt, .events = POLLIN},
        };
        uint64_t now = ek_now_ns();

        if (now >= attempt->deadline_ns)
                return on_deadline(attempt);
        if (poll(sources, 2, (int)((attempt->deadline_ns - now) / EK_NS_PER_MS + 1)) < 0 &&
            errno != EINTR)
                return ekiden_error_set_errno(attempt->error, EKIDEN_ESYSTEM, errno,
                                              "cannot wait for the process");
        return GO_ON;
}

static int step(struct attempt *attempt)
{
        struct ek_frame frame;
        int r = ek_link_receive(attempt->process.link, NULL, &frame);

        if (interrupt_take(attempt->interrupt) > 0)
                return ekiden_error_set(attempt->error, EKIDEN_ECANCELLED,
                                        "called off by the operator");
        if (r == 0) {
                r = on_frame(attempt, &frame);
                /* Only --timeout can be over here: what comes puts off the other deadlines. */
                return r == GO_ON && ek_now_ns() >= attempt->deadline_ns ? on_deadline(attempt) : r;
        }
        if (r == EKIDEN_ETIMEOUT)
                return wait_for_something(attempt);
        if (r == EKIDEN_EPEER)
                return on_closed(attempt);
        return ekiden_error_set(attempt->error, r, "what the process sent cannot be read: %s",
                                ekiden_error_text(r));
}

/* The process must be the one that was named, whatever a file says of itself. */
static int check_program(struct attempt *attempt)
{
        if (strcmp(attempt->snapshot.header->program, attempt->process.program) == 0)
                return 0;
        return ekiden_error_set(attempt->error, EKIDEN_EPROTOCOL,
                                "the snapshot that came is of another program");
}

static int run(struct attempt *attempt)
{
        int r;

        attempt->started_ns = ek_now_ns();
        set_deadline(attempt, SEEN_TIMEOUT_MS);
        r = request_snapshot(attempt->process.link, attempt->error);
        while (r == GO_ON)
                r = step(attempt);
        if (r == FINISHED)
                r = snapshot_file_read(&attempt->file, &attempt->snapshot, attempt->error);
        if (r == 0)
                r = check_program(attempt);
        if (r == 0)
                r = snapshot_file_finish(&attempt->file, attempt->error);
        attempt->total_us = (ek_now_ns() - attempt->started_ns) / EK_NS_PER_US;
        return r;
}

/* What is wrong with the file is found before the process stops for it. */
static int begin(struct attempt *attempt)
{
        const struct options *options = attempt->options;
        int r = find_process(options->target, &attempt->process, attempt->error);

        if (r == 0 && !attempt->process.link)
                r = process_blocked(&attempt->process, attempt->error);
        if (r == 0)
                r = snapshot_file_open(options->snapshot, &attempt->file, attempt->error);
        if (r == 0)
                r = attempt->interrupt = interrupt_open(attempt->error);
        return r < 0 ? r : run(attempt);
}

static void print_count(FILE *out, uint64_t count, const char *unit)
{
        char text[TEXT_FIGURE_MAX];

        fprintf(out, "  %s %s%s", text_count(count, text), unit, count == 1 ? "" : "s");
}

static void print_text(const struct attempt *attempt, const struct terminal *terminal)
{
        const struct ek_snapshot *snapshot = &attempt->snapshot;
        FILE *out = terminal->out;
        char program[EKIDEN_NAME_MAX + 1], file[4096], text[TEXT_FIGURE_MAX];

        text_clean(attempt->process.program, terminal_allowed(terminal), program, sizeof(program));
        text_clean(attempt->options->snapshot, terminal_allowed(terminal), file, sizeof(file));
        fprintf(out, "%s%s:%s v%" PRIu32 " (pid %d) %s %s", terminal_green(terminal), program,
                terminal_plain(terminal), snapshot->header->schema->version,
                (int)attempt->process.pid, terminal->utf8 ? "\u2192" : "->", file);
        if (attempt->pause_us.known)
                fprintf(out, "  pause %s", text_milliseconds(attempt->pause_us.value, text));
        fprintf(out, "  total %s", text_milliseconds(attempt->total_us, text));
        print_count(out, snapshot->item_count, "item");
        print_count(out, snapshot->total.records, "record");
        if (snapshot->total.objects > 0)
                print_count(out, snapshot->total.objects, "object");
        fprintf(out, "  %s\n", text_bytes(snapshot->size_bytes, text));
        fflush(out);
}

static void print_json(const struct attempt *attempt)
{
        const struct ek_snapshot *snapshot = &attempt->snapshot;
        struct json_object *object = json_event("snapshot");

        json_add_text(object, "program", attempt->process.program);
        json_add_number(object, "pid", (uint64_t)attempt->process.pid);
        json_add_text(object, "file", attempt->options->snapshot);
        json_add_number(object, "version", snapshot->header->schema->version);
        json_add_text(object, "update_point", snapshot->header->update_point);
        json_add_figure(object, "pause_us", &attempt->pause_us);
        json_add_number(object, "total_us", attempt->total_us);
        json_add_number(object, "items", snapshot->item_count);
        json_add_number(object, "records", snapshot->total.records);
        json_add_number(object, "objects", snapshot->total.objects);
        json_add_number(object, "bytes", snapshot->total.bytes);
        json_add_number(object, "descriptors", snapshot->total.descriptors);
        json_add_number(object, "file_bytes", snapshot->size_bytes);
        json_print(object);
}

static void show_failure(const struct attempt *attempt, struct show *show)
{
        pid_t pid = attempt->process.pid;
        struct upgrade upgrade = {
                .undertaking = UNDERTAKING_SNAPSHOT,
                .pid = pid,
                .seen = attempt->seen,
                .aftermath = process_is_alive(pid) ? AFTERMATH_SERVES_ON : AFTERMATH_ENDED,
        };

        strcpy(upgrade.program, attempt->process.program);
        next_step_for_search(&upgrade, attempt->options, attempt->error);
        show_failed(show, &upgrade, attempt->options->target, attempt->error);
}

int command_snapshot(const struct options *options, struct show *show)
{
        struct ekiden_error error = {0};
        struct attempt attempt = {.options = options, .error = &error, .interrupt = -1};
        int r;

        signal(SIGXFSZ, SIG_IGN); /* a file that grows too large is an error like others */
        r = begin(&attempt);
        if (r < 0)
                show_failure(&attempt, show);
        else if (options->json)
                print_json(&attempt);
        else if (!options->quiet)
                print_text(&attempt, &show->terminal);
        ek_snapshot_close(&attempt.snapshot);
        snapshot_file_discard(&attempt.file);
        process_deinit(&attempt.process);
        ek_close(&attempt.interrupt);
        return ekiden_error_exit_status(r < 0 ? error.code : 0);
}
