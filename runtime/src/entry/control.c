/* SPDX-License-Identifier: MIT */
/* See control.h. */
#include "entry/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "entry/control_protocol.h"
#include "entry/control_socket.h"
#include "entry/event.h"
#include "entry/listeners.h"
#include "entry/process.h"
#include "entry/roles.h"
#include "entry/snapshot.h"
#include "entry/spawner.h"
#include "entry/status.h"
#include "entry/upgrade.h"
#include "entry/wake.h"
#include "entry/watch.h"
#include "wire/arguments.h"
#include "wire/cleanup.h"
#include "wire/clock.h"
#include "wire/own.h"

#define REQUEST_MAX (UINT32_C(1) << 20) /* bytes */

/* The process's own user or root may ask; the socket's mode says the same (unix(7), SO_PEERCRED).
 */
static int check_right(int socket, struct ucred *ret_peer, struct ekiden_error *error)
{
        socklen_t size = sizeof(*ret_peer);

        if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, ret_peer, &size) < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot tell who the operator is");
        if (ret_peer->uid == 0 || ret_peer->uid == geteuid())
                return 0;
        return ekiden_error_set(error, EKIDEN_EPERMISSION,
                                "user %u may not upgrade a process of user %u; become that user, "
                                "or root",
                                (unsigned int)ret_peer->uid, (unsigned int)geteuid());
}

static void turn_down(struct ek_link *link, struct ekiden_error *error)
{
        struct ek_operator stranger = {.link = link, .asked_ns = ek_now_ns()};

        error->phase = EKIDEN_PHASE_REQUEST;
        ek_log(EKIDEN_LOG_WARNING, "a request was refused: %s", error->sentence);
        ek_event_failed(&stranger, error);
        ek_link_free(link);
}

/* Who is not watched could not be heard to leave. */
static int watch(const struct ek_link *link, struct ekiden_error *error)
{
        if (ek_wake_watch(ek_link_socket(link)) == 0)
                return 0;
        return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                      "cannot be woken by an operator's socket");
}

static void admit(int socket)
{
        struct ekiden_error error = {0};
        struct ek_operator *operator_;
        struct ucred peer;
        struct ek_link *link;

        if (ek_link_new(socket, &link) < 0)
                return;
        ek_link_limit(link, REQUEST_MAX);
        if (check_right(ek_link_socket(link), &peer, &error) < 0 || watch(link, &error) < 0) {
                turn_down(link, &error);
                return;
        }
        operator_ = ek_operator_admit(link);
        if (!operator_)
                return;
        operator_->pid = peer.pid;
        operator_->user = peer.uid;
}

static void refuse_request(struct ek_operator *operator_, int code, const char *sentence)
{
        struct ekiden_error error = {.phase = EKIDEN_PHASE_REQUEST};

        ekiden_error_set(&error, code, "%s", sentence);
        ek_event_failed(operator_, &error);
        ek_operator_release(operator_);
}

static void refuse_unknown(struct ek_operator *operator_, int code)
{
        refuse_request(operator_, code,
                       "the request is not one that this process understands; use the "
                       "ekiden-upgrade of its own version, " EKIDEN_VERSION);
}

/* Whether descriptor and token have come both, or neither; and then what they are. */
static bool read_given(const struct ek_operator *operator_, const Ekiden__UpgradeRequest *asked,
                       struct ek_elsewhere *ret_elsewhere)
{
        *ret_elsewhere = (struct ek_elsewhere){.socket = operator_->given};
        if (!asked->has_given)
                return operator_->given < 0;
        if (operator_->given < 0 || asked->given.len != EK_TOKEN_SIZE)
                return false;
        memcpy(ret_elsewhere->token.bytes, asked->given.data, EK_TOKEN_SIZE);
        return true;
}

static void begin_for(struct ek_operator *operator_, const Ekiden__UpgradeRequest *asked)
{
        ek_auto_free char **arguments = NULL;
        struct ek_elsewhere elsewhere;
        struct ek_upgrade_request request = {
                .binary = asked->binary,
                .operator_ = operator_->link,
                .is_rehearsal = asked->has_rehearse && asked->rehearse,
                .is_verified = asked->has_verify && asked->verify,
                .keeps_pid = (asked->has_keep_pid && asked->keep_pid) || ek_role_keeps_pid(),
                .max_pause_ns = asked->has_max_pause_us ? asked->max_pause_us * EK_NS_PER_US : 0,
        };
        int r;

        operator_->asked_for_rehearsal = request.is_rehearsal;
        operator_->asked_for_verification = request.is_verified;
        operator_->wants_arguments = asked->has_tell_arguments && asked->tell_arguments;
        if (!read_given(operator_, asked, &elsewhere)) {
                refuse_unknown(operator_, EKIDEN_EPROTOCOL);
                return;
        }
        if (asked->has_given && asked->has_keep_pid && asked->keep_pid) {
                refuse_request(operator_, EKIDEN_EINVAL,
                               "a successor that somebody else starts cannot run under this "
                               "process's PID; leave out either");
                return;
        }
        request.elsewhere = asked->has_given ? &elsewhere : NULL;
        if (asked->binary[0] != '/') {
                refuse_request(operator_, EKIDEN_EINVAL,
                               "the path of the new binary must begin with a slash");
                return;
        }
        if (asked->replace_arguments) {
                r = ek_arguments_read(asked->arguments, asked->n_arguments, &arguments);
                if (r < 0) {
                        refuse_request(operator_, r,
                                       r == EKIDEN_ENOMEM ? "memory ran out"
                                                          : "an argument has a NUL in it");
                        return;
                }
                request.arguments = arguments;
        }
        /* Nobody else has this end, or the successor would not see it closed. */
        operator_->given = -1;
        request.until_ns = operator_->until_ns;
        operator_->role = EK_ROLE_UPGRADES;
        r = ek_upgrade_begin(&request, operator_);
        ek_own_close(&elsewhere.socket); /* it was not taken */
        if (r < 0)
                ek_operator_release(operator_);
}

/* At once, or in its turn. The request is consumed where it is kept: *request is NULL then. */
static void answer_upgrade(struct ek_operator *operator_, Ekiden__Request **request,
                           const char *update_point)
{
        const Ekiden__UpgradeRequest *asked = (*request)->upgrade;

        if (asked->has_timeout_ms && asked->timeout_ms > 0)
                operator_->until_ns = operator_->asked_ns + asked->timeout_ms * EK_NS_PER_MS;
        ek_event_seen(operator_, update_point);
        if (asked->has_wait && asked->wait && ek_predecessor_phase() != EKIDEN_PHASE_NONE) {
                ek_listeners_queue(operator_, *request);
                *request = NULL;
        } else {
                begin_for(operator_, asked);
        }
}

static void answer_status(struct ek_operator *operator_, const Ekiden__StatusRequest *asked,
                          const char *update_point)
{
        if (!asked->has_watch_ms || asked->watch_ms == 0) {
                ek_status_tell(operator_, update_point);
                ek_operator_release(operator_);
                return;
        }
        operator_->role = EK_ROLE_WATCHES;
        operator_->watch = ek_watch_begin(asked->watch_ms);
        if (!operator_->watch)
                refuse_request(operator_, EKIDEN_ENOMEM, "memory ran out");
}

static void answer(struct ek_operator *operator_, Ekiden__Request **request,
                   const char *update_point)
{
        operator_->asked_ns = ek_now_ns();
        if ((*request)->protocol != EK_CONTROL_PROTOCOL &&
            (*request)->protocol != EK_CONTROL_PROTOCOL_TRIAL &&
            (*request)->protocol != EK_CONTROL_PROTOCOL_PAUSE &&
            (*request)->protocol != EK_CONTROL_PROTOCOL_KEEP &&
            (*request)->protocol != EK_CONTROL_PROTOCOL_GIVEN &&
            (*request)->protocol != EK_CONTROL_PROTOCOL_KEEP_TRIAL) {
                refuse_unknown(operator_, EKIDEN_EPROTOCOL);
        } else if ((*request)->snapshot) {
                ek_snapshot_serve(operator_, update_point);
                ek_operator_release(operator_);
        } else if ((*request)->status) {
                answer_status(operator_, (*request)->status, update_point);
        } else if ((*request)->wait) {
                ek_listeners_wait(operator_, update_point);
        } else if ((*request)->cancel) {
                ek_listeners_cancel(operator_, update_point);
        } else if ((*request)->upgrade) {
                answer_upgrade(operator_, request, update_point);
        } else if ((*request)->spawn) {
                ek_spawner_serve(operator_, (*request)->spawn);
                ek_operator_release(operator_);
        } else {
                refuse_unknown(operator_, EKIDEN_EPROTOCOL);
        }
}

/* Who waits for something has nothing more to say; what he says all the same is read away, or it
   would wake an event loop for ever. That who asked for the upgrade has left, the predecessor sees.
 */
static void attend_waiting(struct ek_operator *operator_)
{
        char surplus[256];
        ssize_t n = recv(ek_link_socket(operator_->link), surplus, sizeof(surplus), MSG_DONTWAIT);

        if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)) ||
            operator_->role == EK_ROLE_UPGRADES)
                return;
        if (operator_->role == EK_ROLE_QUEUES)
                refuse_request(operator_, EKIDEN_ECANCELLED,
                               "the operator called it off before its turn came");
        else
                ek_operator_release(operator_);
}

static int take_given(struct ek_operator *operator_, const struct ek_frame *frame)
{
        int descriptors[EK_DESCRIPTORS_MAX];
        int count = ek_link_take_descriptors(operator_->link, frame, descriptors);

        if (count == 1) {
                operator_->given = ek_own(descriptors[0]);
                return fcntl(operator_->given, F_SETFD, FD_CLOEXEC) < 0 ? EKIDEN_ESYSTEM : 0;
        }
        for (int i = 0; i < count; i++)
                close(descriptors[i]);
        return count < 0 ? count : EKIDEN_EPROTOCOL;
}

/* The descriptor that a request is about comes ahead of it. */
static int receive(struct ek_operator *operator_, struct ek_frame *ret_frame)
{
        int r = ek_link_receive(operator_->link, NULL, ret_frame);

        if (r == 0 && ret_frame->kind == EKIDEN__FRAME_KIND__DESCRIPTORS && operator_->given < 0) {
                r = take_given(operator_, ret_frame);
                if (r == 0)
                        r = ek_link_receive(operator_->link, NULL, ret_frame);
        }
        return r == 0 && ek_link_untaken(operator_->link) > 0 ? EKIDEN_EPROTOCOL : r;
}

/* Reads what one operator has sent. He may be gone afterwards. */
static void attend_operator(struct ek_operator *operator_, const char *update_point)
{
        Ekiden__Request *request;
        struct ek_frame frame;
        ProtobufCMessage *unpacked;
        int r;

        if (operator_->role != EK_ROLE_NEW) {
                attend_waiting(operator_);
                return;
        }
        r = receive(operator_, &frame);
        if (r == EKIDEN_ETIMEOUT)
                return;
        if (r == EKIDEN_EPEER) {
                ek_operator_release(operator_);
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
        request = (Ekiden__Request *)unpacked;
        answer(operator_, &request, update_point);
        if (request)
                ekiden__request__free_unpacked(request, NULL);
}

static void end_watches(const char *update_point)
{
        struct ek_operator *operators[EK_OPERATORS_MAX];
        size_t count = ek_operators(operators);

        for (size_t i = 0; i < count; i++)
                if (operators[i]->watch && ek_watch_is_over(operators[i]->watch)) {
                        ek_status_tell(operators[i], update_point);
                        ek_operator_release(operators[i]);
                }
}

void ek_control_attend(const char *update_point)
{
        struct ek_operator *operators[EK_OPERATORS_MAX];
        size_t count;

        for (size_t i = 0; i < EK_OPERATORS_MAX; i++) {
                int socket = ek_control_accept();

                if (socket < 0)
                        break;
                admit(socket);
        }
        count = ek_operators(operators);
        for (size_t i = 0; i < count; i++)
                attend_operator(operators[i], update_point);
        ek_listeners_expire();
        end_watches(update_point);
}

uint64_t ek_control_deadline(void)
{
        uint64_t queue_ns = ek_listeners_deadline();
        uint64_t watch_ns = ek_watch_deadline();

        return queue_ns < watch_ns ? queue_ns : watch_ns;
}

void ek_control_next(void)
{
        struct ek_operator *operator_;

        while (ek_predecessor_phase() == EKIDEN_PHASE_NONE &&
               (operator_ = ek_operator_first(EK_ROLE_QUEUES))) {
                Ekiden__Request *request = operator_->queued;

                operator_->queued = NULL;
                begin_for(operator_, request->upgrade);
                ekiden__request__free_unpacked(request, NULL);
        }
}

void ek_control_failed(const struct ekiden_error *error)
{
        struct ek_operator *operator_ = ek_upgrade_operator();

        ek_upgrade_failed(error);
        ek_operator_release(operator_);
}

void ek_control_rehearsed(void)
{
        struct ek_operator *operator_ = ek_upgrade_operator();

        ek_upgrade_rehearsed();
        ek_operator_release(operator_);
}
