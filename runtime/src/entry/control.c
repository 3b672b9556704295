/* SPDX-License-Identifier: MIT */
/* See control.h. */
#include "entry/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "entry/control_socket.h"
#include "entry/event.h"
#include "entry/process.h"
#include "entry/snapshot.h"
#include "entry/upgrade.h"
#include "entry/wake.h"
#include "wire/cleanup.h"
#include "wire/clock.h"

#define PROTOCOL 1
#define REQUEST_MAX (UINT32_C(1) << 20) /* bytes */
#define OPERATORS_MAX 16 /* connections at once; the oldest that asked for nothing makes room */

static struct {
        struct ek_operator *operators[OPERATORS_MAX];
        size_t count;
} control;

static void operator_free(size_t i)
{
        struct ek_operator *operator_ = control.operators[i];

        ek_upgrade_forget(operator_);
        ek_wake_unwatch(ek_link_socket(operator_->link));
        ek_link_free(operator_->link);
        free(operator_);
        control.count--;
        memmove(&control.operators[i], &control.operators[i + 1],
                (control.count - i) * sizeof(control.operators[0]));
}

static void release(const struct ek_operator *operator_)
{
        for (size_t i = 0; i < control.count; i++)
                if (control.operators[i] == operator_) {
                        operator_free(i);
                        return;
                }
}

/* The process's own user or root may ask; the socket's mode says the same (unix(7), SO_PEERCRED).
 */
static int check_right(int socket, struct ekiden_error *error)
{
        struct ucred peer;
        socklen_t size = sizeof(peer);

        if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot tell who the operator is");
        if (peer.uid == 0 || peer.uid == geteuid())
                return 0;
        return ekiden_error_set(error, EKIDEN_EPERMISSION,
                                "user %u may not upgrade a process of user %u; become that user, "
                                "or root",
                                (unsigned int)peer.uid, (unsigned int)geteuid());
}

static void make_room(void)
{
        if (control.count < OPERATORS_MAX)
                return;
        for (size_t i = 0; i < control.count; i++)
                if (control.operators[i] != ek_upgrade_operator()) {
                        operator_free(i);
                        return;
                }
}

static void admit(int socket)
{
        struct ek_operator *operator_ = calloc(1, sizeof(*operator_));
        struct ekiden_error error = {0};
        struct ek_link *link;

        if (!operator_) {
                close(socket);
                return;
        }
        if (ek_link_new(socket, &link) < 0) {
                free(operator_);
                return;
        }
        ek_link_limit(link, REQUEST_MAX);
        operator_->link = link;
        if (check_right(ek_link_socket(link), &error) < 0) {
                operator_->asked_ns = ek_now_ns();
                error.phase = EKIDEN_PHASE_REQUEST;
                ek_log(EKIDEN_LOG_WARNING, "a request was refused: %s", error.sentence);
                ek_event_failed(operator_, &error);
                ek_link_free(link);
                free(operator_);
                return;
        }
        make_room();
        control.operators[control.count++] = operator_;
        ek_wake_watch(ek_link_socket(link));
}

static void refuse_request(struct ek_operator *operator_, int code, const char *sentence)
{
        struct ekiden_error error = {.phase = EKIDEN_PHASE_REQUEST};

        ekiden_error_set(&error, code, "%s", sentence);
        ek_event_failed(operator_, &error);
        release(operator_);
}

static void refuse_unknown(struct ek_operator *operator_, int code)
{
        refuse_request(operator_, code,
                       "the request is not one that this process understands; use the "
                       "ekiden-upgrade of its own version, " EKIDEN_VERSION);
}

static void begin_for(struct ek_operator *operator_, const Ekiden__UpgradeRequest *asked)
{
        ek_auto_free char **arguments = NULL;
        struct ek_upgrade_request request = {
                .binary = asked->binary,
                .operator_ = operator_->link,
                .is_rehearsal = asked->has_rehearse && asked->rehearse,
        };

        operator_->asked_for_rehearsal = request.is_rehearsal;
        if (asked->binary[0] != '/') {
                refuse_request(operator_, EKIDEN_EINVAL,
                               "the path of the new binary must begin with a slash");
                return;
        }
        if (asked->replace_arguments) {
                arguments = calloc(asked->n_arguments + 1, sizeof(*arguments));
                if (!arguments) {
                        refuse_request(operator_, EKIDEN_ENOMEM, "memory ran out");
                        return;
                }
                if (asked->n_arguments > 0)
                        memcpy(arguments, asked->arguments,
                               asked->n_arguments * sizeof(*arguments));
                request.arguments = arguments;
        }
        if (asked->has_timeout_ms && asked->timeout_ms > 0)
                request.until_ns = ek_now_ns() + asked->timeout_ms * EK_NS_PER_MS;
        if (ek_upgrade_begin(&request, operator_) < 0)
                release(operator_);
}

static void answer(struct ek_operator *operator_, const Ekiden__Request *request,
                   const char *update_point)
{
        operator_->asked_ns = ek_now_ns();
        if (request->protocol != PROTOCOL ||
            (!request->upgrade && !request->status && !request->snapshot)) {
                refuse_unknown(operator_, EKIDEN_EPROTOCOL);
        } else if (request->snapshot) {
                ek_snapshot_serve(operator_, update_point);
                release(operator_);
        } else if (request->status) {
                ek_event_status(operator_, update_point);
                release(operator_);
        } else {
                ek_event_seen(operator_, update_point);
                begin_for(operator_, request->upgrade);
        }
}

/* Reads what one operator has sent. He may be gone afterwards. */
static void attend_operator(struct ek_operator *operator_, const char *update_point)
{
        struct ek_frame frame;
        ProtobufCMessage *unpacked;
        int r;

        /* Who waits for an upgrade has nothing more to say, and that he left the predecessor sees;
           what he says all the same is read away, or it would wake an event loop for ever. */
        if (operator_ == ek_upgrade_operator()) {
                char surplus[256];

                (void)recv(ek_link_socket(operator_->link), surplus, sizeof(surplus), MSG_DONTWAIT);
                return;
        }
        r = ek_link_receive(operator_->link, NULL, &frame);
        if (r == EKIDEN_ETIMEOUT)
                return;
        if (r == EKIDEN_EPEER) {
                release(operator_);
                return;
        }
        if (r == 0 && frame.kind != EKIDEN__FRAME_KIND__REQUEST)
                r = EKIDEN_EPROTOCOL;
        if (r == 0)
                r = ek_frame_message(&frame, &ekiden__request__descriptor, &unpacked);
        if (r < 0) {
                operator_->asked_ns = ek_now_ns();
                refuse_unknown(operator_, r);
                return;
        }
        answer(operator_, (const Ekiden__Request *)unpacked, update_point);
        protobuf_c_message_free_unpacked(unpacked, NULL);
}

void ek_control_attend(const char *update_point)
{
        struct ek_operator *now[OPERATORS_MAX];
        size_t count;

        for (size_t i = 0; i < OPERATORS_MAX; i++) {
                int socket = ek_control_accept();

                if (socket < 0)
                        break;
                admit(socket);
        }
        count = control.count;
        memcpy(now, control.operators, sizeof(now));
        for (size_t i = 0; i < count; i++)
                attend_operator(now[i], update_point);
}

void ek_control_failed(const struct ekiden_error *error)
{
        const struct ek_operator *operator_ = ek_upgrade_operator();

        ek_upgrade_failed(error);
        if (operator_)
                release(operator_);
}

void ek_control_rehearsed(void)
{
        const struct ek_operator *operator_ = ek_upgrade_operator();

        ek_upgrade_rehearsed();
        if (operator_)
                release(operator_);
}
