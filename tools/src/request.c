/* SPDX-License-Identifier: MIT */
/* See request.h. */
#include "request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ekiden/handover.pb-c.h"
#include "entry/control_protocol.h"
#include "text.h"
#include "wire/arguments.h"
#include "wire/cleanup.h"

#define SEND_TIMEOUT_MS 5000 /* only a request beyond the socket's buffer ever waits */

static const struct ek_wait patience = {.idle_ms = SEND_TIMEOUT_MS};

static int judge_sending(int r, struct ekiden_error *error)
{
        if (r == EKIDEN_ETIMEOUT)
                return ekiden_error_set(error, r,
                                        "the request is longer than the process has room for "
                                        "while it looks at nothing");
        /* One that refuses the operator answers and closes at once: the answer is there to read. */
        if (r == EKIDEN_EPEER)
                return 0;
        if (r < 0)
                return ekiden_error_set(error, r, "the request could not be sent: %s",
                                        ekiden_error_text(r));
        return 0;
}

static int send_request(struct ek_link *link, const Ekiden__Request *request,
                        struct ekiden_error *error)
{
        int r = ek_link_send_message(link, EKIDEN__FRAME_KIND__REQUEST, &request->base, &patience);

        return judge_sending(r, error);
}

/* Ahead of the request. */
static int send_end(struct ek_link *link, int *end, struct ekiden_error *error)
{
        int r = ek_link_send_descriptors(link, end, 1, &patience);

        ek_close(end);
        return judge_sending(r, error);
}

int request_upgrade(struct ek_link *link, const struct options *options, const char *binary,
                    struct handover_pair *pair, struct ekiden_error *error)
{
        Ekiden__UpgradeRequest upgrade = EKIDEN__UPGRADE_REQUEST__INIT;
        Ekiden__Request request = EKIDEN__REQUEST__INIT;
        ek_auto_free ProtobufCBinaryData *arguments =
                ek_arguments_fill(options->arguments, options->argument_count);
        int r = arguments ? 0
                          : ekiden_error_set(error, EKIDEN_ENOMEM, "%s",
                                             ekiden_error_text(EKIDEN_ENOMEM));

        if (r == 0 && pair)
                r = send_end(link, &pair->predecessors, error);
        if (r < 0)
                return r;
        upgrade.binary = (char *)(uintptr_t)binary;
        upgrade.has_replace_arguments = options->replace_arguments;
        upgrade.replace_arguments = options->replace_arguments;
        upgrade.arguments = arguments;
        upgrade.n_arguments = options->argument_count;
        upgrade.has_timeout_ms = options->timeout_ms > 0;
        upgrade.timeout_ms = options->timeout_ms;
        upgrade.has_wait = options->wait;
        upgrade.wait = options->wait;
        upgrade.has_rehearse = upgrade.rehearse = options->rehearse;
        upgrade.has_verify = upgrade.verify = options->verify;
        upgrade.has_max_pause_us = options->max_pause_us > 0;
        upgrade.max_pause_us = options->max_pause_us;
        upgrade.has_keep_pid = upgrade.keep_pid = options->keep_pid;
        request.protocol = options->rehearse || options->verify ? EK_CONTROL_PROTOCOL_TRIAL
                                                                : EK_CONTROL_PROTOCOL;
        if (options->max_pause_us > 0)
                request.protocol = EK_CONTROL_PROTOCOL_PAUSE;
        if (options->keep_pid)
                request.protocol = options->rehearse ? EK_CONTROL_PROTOCOL_KEEP_TRIAL
                                                     : EK_CONTROL_PROTOCOL_KEEP;
        if (pair) {
                request.protocol = EK_CONTROL_PROTOCOL_GIVEN;
                upgrade.has_given = 1;
                upgrade.given = ek_token_field(&pair->token);
                upgrade.has_tell_arguments = upgrade.tell_arguments =
                        options->spawn_here && !options->replace_arguments;
        }
        request.upgrade = &upgrade;
        return send_request(link, &request, error);
}

int request_spawn(struct ek_link *link, const char *role, pid_t predecessor,
                  struct handover_pair *pair, struct ekiden_error *error)
{
        Ekiden__SpawnRequest spawn = EKIDEN__SPAWN_REQUEST__INIT;
        Ekiden__Request request = EKIDEN__REQUEST__INIT;
        int r = send_end(link, &pair->successors, error);

        if (r < 0)
                return r;
        spawn.role = (char *)(uintptr_t)role;
        spawn.token = ek_token_field(&pair->token);
        spawn.has_predecessor_pid = 1;
        spawn.predecessor_pid = predecessor;
        request.protocol = EK_CONTROL_PROTOCOL_GIVEN;
        request.spawn = &spawn;
        return send_request(link, &request, error);
}

int request_status(struct ek_link *link, uint32_t watch_ms, struct ekiden_error *error)
{
        Ekiden__StatusRequest status = EKIDEN__STATUS_REQUEST__INIT;
        Ekiden__Request request = EKIDEN__REQUEST__INIT;

        request.protocol = EK_CONTROL_PROTOCOL;
        status.has_watch_ms = watch_ms > 0;
        status.watch_ms = watch_ms;
        request.status = &status;
        return send_request(link, &request, error);
}

int request_wait(struct ek_link *link, struct ekiden_error *error)
{
        Ekiden__WaitRequest wait = EKIDEN__WAIT_REQUEST__INIT;
        Ekiden__Request request = EKIDEN__REQUEST__INIT;

        request.protocol = EK_CONTROL_PROTOCOL;
        request.wait = &wait;
        return send_request(link, &request, error);
}

int request_cancel(struct ek_link *link, struct ekiden_error *error)
{
        Ekiden__CancelRequest cancel = EKIDEN__CANCEL_REQUEST__INIT;
        Ekiden__Request request = EKIDEN__REQUEST__INIT;

        request.protocol = EK_CONTROL_PROTOCOL;
        request.cancel = &cancel;
        return send_request(link, &request, error);
}

int request_snapshot(struct ek_link *link, struct ekiden_error *error)
{
        Ekiden__SnapshotRequest snapshot = EKIDEN__SNAPSHOT_REQUEST__INIT;
        Ekiden__Request request = EKIDEN__REQUEST__INIT;

        request.protocol = EK_CONTROL_PROTOCOL;
        request.snapshot = &snapshot;
        return send_request(link, &request, error);
}

int request_event(struct ek_link *link, Ekiden__Event **ret_event, struct ekiden_error *error)
{
        struct ek_frame frame;
        ProtobufCMessage *message;
        int r = ek_link_receive(link, NULL, &frame);

        if (r == EKIDEN_ETIMEOUT)
                return r;
        if (r == EKIDEN_EPEER)
                return ekiden_error_set(error, r, "the process closed the connection");
        if (r == 0 && ek_link_untaken(link) > 0)
                r = EKIDEN_EPROTOCOL; /* it sent descriptors, which nobody asked for */
        if (r == 0 && frame.kind != EKIDEN__FRAME_KIND__EVENT)
                return ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                        "the process sent a frame of kind %u where an event was "
                                        "expected",
                                        (unsigned int)frame.kind);
        if (r == 0)
                r = ek_frame_message(&frame, &ekiden__event__descriptor, &message);
        if (r < 0)
                return ekiden_error_set(error, r, "what the process sent cannot be read: %s",
                                        ekiden_error_text(r));
        *ret_event = (Ekiden__Event *)message;
        return 0;
}

void request_event_free(Ekiden__Event **event)
{
        if (*event)
                ekiden__event__free_unpacked(*event, NULL);
        *event = NULL;
}

int request_refusal(const Ekiden__Event *event, struct ekiden_error *error)
{
        const Ekiden__Refusal *refusal = event->refusal;
        uint32_t phase;

        if (!refusal || refusal->code >= 0)
                return ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                        "the process says that it failed, and not why");
        if (error->code != 0)
                return error->code;
        phase = refusal->has_phase ? refusal->phase : event->has_phase ? event->phase : 0;
        error->code = refusal->code;
        if (phase <= EKIDEN_PHASE_SERVE)
                error->phase = (enum ekiden_phase)phase;
        error->from_version = refusal->from_version;
        error->to_version = refusal->to_version;
        error->system_errno = refusal->system_errno;
        text_clean(refusal->item ? refusal->item : "", TEXT_ANY_UTF8, error->item,
                   sizeof(error->item));
        text_clean(refusal->field ? refusal->field : "", TEXT_ANY_UTF8, error->field,
                   sizeof(error->field));
        text_clean(refusal->sentence && refusal->sentence[0] ? refusal->sentence
                                                             : ekiden_error_text(error->code),
                   TEXT_ANY_UTF8, error->sentence, sizeof(error->sentence));
        return error->code;
}

static char *join(const char *directory, const char *name)
{
        char *path;

        return asprintf(&path, "%s%s%s", directory, strcmp(directory, "/") == 0 ? "" : "/", name) <
                               0
                       ? NULL
                       : path;
}

/*
 * The directory is resolved, the last component is not: a link named "current" must reach the
 * process as that. What cannot be resolved here is sent all the same, since the process may see
 * another file system.
 */
char *request_binary_path(const char *binary)
{
        const char *slash = strrchr(binary, '/');
        const char *name = slash ? slash + 1 : binary;
        ek_auto_free char *parent = slash == binary ? strdup("/")
                                    : slash         ? strndup(binary, (size_t)(slash - binary))
                                                    : strdup(".");
        ek_auto_free char *resolved = parent ? realpath(parent, NULL) : NULL;
        ek_auto_free char *here = NULL;

        if (resolved && name[0])
                return join(resolved, name);
        if (binary[0] == '/')
                return strdup(binary);
        here = getcwd(NULL, 0);
        return here ? join(here, binary) : NULL;
}
