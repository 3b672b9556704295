/* SPDX-License-Identifier: MIT */
/* See control.h. */
#include "entry/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "entry/control_path.h"
#include "entry/event.h"
#include "entry/process.h"
#include "entry/wake.h"
#include "wire/cleanup.h"
#include "wire/clock.h"

#define PROTOCOL 1
#define REQUEST_MAX (UINT32_C(1) << 20) /* bytes */
#define OPERATORS_MAX 16 /* connections at once; the oldest that asked for nothing makes room */

static struct {
        int listener;
        int spare; /* see turn_away() */
        dev_t device; /* of the listener, which the program might close by mistake */
        ino_t inode;
        char path[EK_CONTROL_PATH_MAX];
        struct ek_operator *operators[OPERATORS_MAX];
        size_t count;
        struct ek_operator *upgrading; /* one of them, or NULL */
} control = {.listener = -1, .spare = -1};

static int bind_socket(const char *path, int *ret_socket, struct ekiden_error *error)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        ek_auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        memcpy(address.sun_path, path, strlen(path) + 1);
        unlink(path); /* of a process that had this PID before */
        if (fd < 0 || fchmod(fd, 0600) < 0 ||
            bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 16) < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot open the control socket %s", path);
        *ret_socket = ek_steal_fd(&fd);
        return 0;
}

static void remove_at_exit(void)
{
        ek_control_close();
}

static int remember_listener(struct ekiden_error *error)
{
        struct stat status;

        if (fstat(control.listener, &status) < 0 || ek_wake_watch(control.listener) < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot be woken by the control socket");
        control.device = status.st_dev;
        control.inode = status.st_ino;
        control.spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
        atexit(remove_at_exit);
        return 0;
}

int ek_control_open(bool hidden, struct ekiden_error *error)
{
        char directory[EK_CONTROL_PATH_MAX];
        int r = ek_control_directory(directory, error);

        if (r == 0)
                r = ek_control_directory_make(directory, error);
        if (r == 0)
                r = ek_control_path(directory, ek_process.schema->program, getpid(), hidden,
                                    control.path, error);
        if (r == 0)
                r = bind_socket(control.path, &control.listener, error);
        if (r == 0)
                r = remember_listener(error);
        if (r < 0)
                ek_control_close();
        return r;
}

/* The path of a process's socket beside ours. */
static int sibling(pid_t pid, bool hidden, char ret_path[EK_CONTROL_PATH_MAX],
                   struct ekiden_error *error)
{
        char directory[EK_CONTROL_PATH_MAX];
        char *slash;

        memcpy(directory, control.path, sizeof(directory));
        slash = strrchr(directory, '/');
        if (!slash)
                return EKIDEN_ESTATE;
        *slash = '\0';
        return ek_control_path(directory, ek_process.schema->program, pid, hidden, ret_path, error);
}

int ek_control_publish(struct ekiden_error *error)
{
        char path[EK_CONTROL_PATH_MAX];
        int r = sibling(getpid(), false, path, error);

        if (r < 0)
                return r;
        if (rename(control.path, path) < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot show the control socket as %s", path);
        memcpy(control.path, path, sizeof(control.path));
        return 0;
}

static void unlink_path(void)
{
        if (control.path[0])
                unlink(control.path);
        control.path[0] = '\0';
}

void ek_control_close(void)
{
        if (getpid() != ek_process.pid)
                return;
        unlink_path();
        if (control.listener >= 0)
                ek_wake_unwatch(control.listener);
        ek_close(&control.listener);
        ek_close(&control.spare);
}

static void operator_free(size_t i)
{
        struct ek_operator *operator_ = control.operators[i];

        if (operator_ == control.upgrading)
                control.upgrading = NULL;
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
                if (control.operators[i] != control.upgrading) {
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

static void on_phase(void *data, enum ekiden_phase phase)
{
        (void)data;
        if (control.upgrading)
                ek_event_phase(control.upgrading, phase);
        ek_log(EKIDEN_LOG_DEBUG, "upgrade: phase %s", ekiden_phase_name(phase));
}

static void on_progress(void *data, const struct ek_progress *progress)
{
        (void)data;
        if (control.upgrading)
                ek_event_progress(control.upgrading, progress);
}

static void on_linger(void *data)
{
        (void)data;
        if (control.upgrading)
                ek_event_flush(control.upgrading);
}

/* The operator's socket goes with it: in the pause, signals would only cost. */
static void on_unwatch(void *data, int socket)
{
        (void)data;
        ek_wake_unwatch(socket);
        if (control.upgrading)
                ek_wake_unwatch(ek_link_socket(control.upgrading->link));
}

/* A successor that was killed could not remove its control socket, hidden or just shown. */
static void on_child_ended(void *data, pid_t pid)
{
        char path[EK_CONTROL_PATH_MAX];

        (void)data;
        if (sibling(pid, true, path, NULL) == 0)
                unlink(path);
        if (sibling(pid, false, path, NULL) == 0)
                unlink(path);
}

/* Begins; on failure whoever asked has been told. */
static void begin(struct ek_upgrade_request *request, struct ek_operator *operator_)
{
        struct ekiden_error error = {0};

        request->observer = (struct ek_observer){
                .phase = on_phase,
                .progress = on_progress,
                .linger = on_linger,
                .unwatch = on_unwatch,
                .child_ended = on_child_ended,
        };
        if (ek_predecessor_phase() == EKIDEN_PHASE_NONE)
                control.upgrading = operator_;
        ek_log(EKIDEN_LOG_INFO, "upgrade to %s was asked for", request->binary);
        if (ek_predecessor_begin(&ek_process.setup, request, &error) == 0) {
                ek_wake_watch(ek_predecessor_socket());
                return;
        }
        if (error.phase == EKIDEN_PHASE_NONE)
                error.phase = EKIDEN_PHASE_CHECK;
        ek_log(EKIDEN_LOG_ERROR, "upgrade refused: %s", error.sentence);
        if (operator_) {
                ek_event_failed(operator_, &error);
                release(operator_);
        }
}

void ek_control_upgrade_unasked(void)
{
        struct ek_upgrade_request request = {.binary = ek_process.origin.binary};

        begin(&request, NULL);
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
        };

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
        begin(&request, operator_);
}

static void answer(struct ek_operator *operator_, const Ekiden__Request *request,
                   const char *update_point)
{
        operator_->asked_ns = ek_now_ns();
        if (request->protocol != PROTOCOL || (!request->upgrade && !request->status)) {
                refuse_unknown(operator_, EKIDEN_EPROTOCOL);
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
        if (operator_ == control.upgrading) {
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

/* No descriptor is left for an operator. One in the backlog keeps the listener readable, and so the
   program's event loop awake: he is accepted on the spare descriptor, and closed. */
static int turn_away(void)
{
        int socket;

        if (control.spare < 0)
                return -1;
        ek_close(&control.spare);
        socket = accept4(control.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        ek_close(&socket);
        control.spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
        ek_log(EKIDEN_LOG_WARNING, "an operator was turned away: too many open files");
        return 0;
}

/* A program that closes descriptors which it did not open may have closed the listener, and the
   number may be one of its own by now. */
static bool is_listener_ours(void)
{
        struct stat status;

        if (control.listener < 0)
                return false;
        if (fstat(control.listener, &status) == 0 && status.st_dev == control.device &&
            status.st_ino == control.inode)
                return true;
        control.listener = -1;
        ek_log(EKIDEN_LOG_ERROR, "the program has closed the control socket: it cannot be upgraded "
                                 "any more; close descriptors before ekiden_start()");
        return false;
}

void ek_control_attend(const char *update_point)
{
        struct ek_operator *now[OPERATORS_MAX];
        size_t count;

        if (!is_listener_ours())
                return;
        for (size_t i = 0; i < OPERATORS_MAX; i++) {
                int socket = accept4(control.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

                if (socket < 0 && (errno == EMFILE || errno == ENFILE) && turn_away() == 0)
                        continue;
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
        ek_log(EKIDEN_LOG_ERROR, "upgrade called off in phase %s, this process serves on: %s",
               ekiden_phase_name(error->phase), error->sentence);
        if (control.upgrading) {
                ek_event_failed(control.upgrading, error);
                release(control.upgrading);
        }
}

/* What was tagged here and asked for by nobody is gone now: on purpose, or forgotten. */
static void log_left_behind(void)
{
        size_t count;
        struct ek_tagged *const *tagged = ek_tagged_all(&count);

        for (size_t i = 0; i < count; i++)
                if (!ek_predecessor_has_given(tagged[i]))
                        ek_log(EKIDEN_LOG_WARNING,
                               "item \"%s\" was not taken over: the successor did not ask for it",
                               tagged[i]->name);
}

void ek_control_committed(void)
{
        log_left_behind();
        /* Who finds a process by its name finds the successor alone from here on. */
        unlink_path();
        ek_log(EKIDEN_LOG_INFO, "upgrade done, process %d serves",
               (int)ek_predecessor_report()->successor);
        if (control.upgrading)
                ek_event_committed(control.upgrading);
}
