/* SPDX-License-Identifier: MIT */
/* See find_predecessor.h. */
#include "entry/find_predecessor.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ekiden/control.pb-c.h"
#include "entry/append.h"
#include "entry/control_find.h"
#include "entry/control_protocol.h"
#include "entry/predecessor_role.h"
#include "entry/process.h"
#include "handover/deadlines.h"
#include "handover/pair.h"
#include "state/transfer.h"
#include "wire/cleanup.h"
#include "wire/clock.h"

#define UPDATE_POINT_MS 30000 /* until an update point of the predecessor has seen the request */
#define SEND_MS 5000
#define EVENT_MAX (UINT32_C(1) << 20) /* bytes; those before phase CHECK are short */
#define ROLES_MS 5000 /* for all processes to say in which role they are */
#define NAMED_MAX 16 /* processes that are named where there are several */

/* Until the handover is over. */
static struct ek_link *asked;

struct search {
        const char *program;
        char directory[EK_CONTROL_PATH_MAX];
        uid_t owner;
        pid_t pid; /* the one that is meant, or found; 0: none yet */
        int socket; /* connected with it; -1: its queue is full */
        bool is_by_role; /* who is found says in which role it is */
        pid_t silent; /* one that does not say so; 0: there is none */
        uint64_t until_ns; /* they are waited for */
        size_t count; /* that were found */
        char pids[NAMED_MAX * 12];
};

void ek_predecessor_variable_drop(void)
{
        unsetenv(EK_PREDECESSOR_VARIABLE);
}

void ek_predecessor_let_go(void)
{
        asked = ek_link_free(asked);
}

/* The PID that the variable names: 0: it names the program. */
static int read_variable(const char *value, const char *program, pid_t *ret_pid,
                         struct ekiden_error *error)
{
        char *end;
        long pid;

        *ret_pid = 0;
        if (strcmp(value, program) == 0)
                return 0;
        errno = 0;
        pid = strtol(value, &end, 10);
        if (value[0] < '0' || value[0] > '9' || *end || errno != 0 || pid < 1 || pid > INT32_MAX)
                return ekiden_error_set(error, EKIDEN_EINVAL,
                                        EK_PREDECESSOR_VARIABLE " is \"%.63s\", and should be the "
                                                                "name of this program, %s, or "
                                                                "the PID of a process of it",
                                        value, program);
        *ret_pid = (pid_t)pid;
        return 0;
}

static void note(struct search *search, pid_t pid, int socket)
{
        if (search->count++ == 0) {
                search->pid = pid;
                search->socket = socket;
        } else {
                ek_close(&socket);
        }
        if (search->count <= NAMED_MAX)
                ek_append(search->pids, sizeof(search->pids), "%s%d", search->count > 1 ? ", " : "",
                          (int)pid);
}

/* 1: connected; 0: nobody listens, as at many a name: of a process that was killed, say. */
static int connect_with(const struct search *search, pid_t pid, int *ret_socket,
                        struct ekiden_error *error)
{
        char path[EK_CONTROL_PATH_MAX];
        ek_auto_close int socket = -1;
        int r = ek_control_path(search->directory, search->program, pid, false, path, error);

        if (r < 0)
                return r;
        r = ek_control_connect(path, &socket);
        if (r == -ECONNREFUSED || r == -ENOENT)
                return 0;
        if (r == -EACCES || r == -EPERM ||
            (r == 0 && !ek_control_is_believable(socket, search->owner, pid)))
                return ek_control_not_believed(path, pid, error);
        if (r < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, -r, "cannot connect to %s",
                                              path);
        *ret_socket = ek_steal_fd(&socket);
        return 1;
}

/* Whether a process is in the role that is named, on a connection of its own, which is consumed. */
static bool is_in_role(struct search *search, pid_t pid, int socket)
{
        int r = socket < 0 ? EKIDEN_ETIMEOUT : ek_predecessor_role_ask(socket, search->until_ns);

        if (r < 0)
                search->silent = pid;
        return r > 0;
}

static int look_at(struct search *search, pid_t pid, struct ekiden_error *error)
{
        int socket = -1;
        int r = connect_with(search, pid, &socket, error);

        if (r > 0 && search->is_by_role)
                r = is_in_role(search, pid, socket) ? connect_with(search, pid, &socket, error) : 0;
        if (r > 0)
                note(search, pid, socket);
        return r < 0 ? r : 0;
}

static int look_at_all(struct search *search, int directory, struct ekiden_error *error)
{
        ek_auto_close int fd = directory;
        DIR *open_directory = fdopendir(fd);
        struct dirent *entry;
        int r = 0;

        if (!open_directory)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno, "cannot read %s",
                                              search->directory);
        (void)ek_steal_fd(&fd);
        while (r == 0 && (errno = 0, entry = readdir(open_directory))) {
                char program[EKIDEN_NAME_MAX + 1];
                pid_t pid;

                if (ek_control_name_parse(entry->d_name, program, &pid) &&
                    strcmp(program, search->program) == 0)
                        r = look_at(search, pid, error);
        }
        /* Who may be in what cannot be read is somebody beside whom nobody may begin afresh. */
        if (r == 0 && errno != 0)
                r = ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno, "cannot read %s",
                                           search->directory);
        closedir(open_directory);
        return r;
}

/* In the directory in which this process will have its own socket; it has none yet. */
static int look(struct search *search, struct ekiden_error *error)
{
        int directory, r = ek_control_directory(search->directory, error);

        if (r < 0)
                return r;
        directory = ek_control_directory_open(search->directory, &search->owner, error);
        if (directory == EKIDEN_ENOTFOUND) {
                *error = (struct ekiden_error){0};
                return 0;
        }
        if (directory < 0)
                return directory;
        /* To an operator who is root every user's is of use; but what root succeeds is root's. */
        if (search->owner != geteuid()) {
                close(directory);
                return ekiden_error_set(error, EKIDEN_EPERMISSION,
                                        "%s is a directory of user %u, and this process one of "
                                        "user %u, so what is in it is not believed",
                                        search->directory, (unsigned int)search->owner,
                                        (unsigned int)geteuid());
        }
        if (search->pid == 0)
                return look_at_all(search, directory, error);
        close(directory);
        return look_at(search, search->pid, error);
}

/* 1: there is one; 0: nobody of the program serves. */
static int judge(const struct search *search, pid_t named, struct ekiden_error *error)
{
        if (search->count > 1)
                return ekiden_error_set(error, EKIDEN_EAMBIGUOUS,
                                        "%zu processes of %s serve (%s); " EK_PREDECESSOR_VARIABLE
                                        " may name one of them by its PID, or by a role that "
                                        "it alone is in (%s:ROLE)",
                                        search->count, search->program, search->pids,
                                        search->program);
        if (search->count == 0 && named > 0)
                return ekiden_error_set(error, EKIDEN_ENOTFOUND,
                                        "process %d, which " EK_PREDECESSOR_VARIABLE
                                        " names, has no control socket of %s in %s",
                                        (int)named, search->program, search->directory);
        if (search->count == 0 && search->silent > 0)
                return ekiden_error_set(error, EKIDEN_ETIMEOUT,
                                        "process %d of %s does not say whether it is of role "
                                        "\"%s\": it comes to no update point",
                                        (int)search->silent, search->program,
                                        ek_predecessor_role_wanted());
        if (search->count == 1 && search->socket < 0)
                return ekiden_error_set(error, EKIDEN_ETIMEOUT,
                                        "requests are waiting already that process %d has not "
                                        "looked at",
                                        (int)search->pid);
        return search->count == 1;
}

/* The predecessor's end, and the request behind it. */
static int ask(int end, struct ek_token *token, struct ekiden_error *error)
{
        const struct ek_wait wait = {.idle_ms = SEND_MS};
        Ekiden__UpgradeRequest upgrade = EKIDEN__UPGRADE_REQUEST__INIT;
        Ekiden__Request request = EKIDEN__REQUEST__INIT;
        char binary[4096];
        ssize_t length = readlink("/proc/self/exe", binary, sizeof(binary) - 1);
        int r;

        if (length < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot find this process's executable; is /proc "
                                              "mounted?");
        binary[length] = '\0';
        upgrade.binary = binary;
        upgrade.has_given = 1;
        upgrade.given = ek_token_field(token);
        request.protocol = EK_CONTROL_PROTOCOL_GIVEN;
        request.upgrade = &upgrade;
        r = ek_link_send_descriptors(asked, &end, 1, &wait);
        if (r == 0)
                r = ek_link_send_message(asked, EKIDEN__FRAME_KIND__REQUEST, &request.base, &wait);
        /* Who refuses a request may have closed already: the reason is there to be read. */
        return r < 0 && r != EKIDEN_EPEER ? ek_link_failed(r, error) : 0;
}

/* How long the predecessor's word is waited for; whatever it says, not for ever. */
struct patience {
        uint64_t until_ns;
        bool is_seen; /* an update point has seen the request */
};

/* 1: the predecessor awaits its successor; 0: there is more to come. */
static int take_event(const Ekiden__Event *event, struct patience *patience,
                      struct ekiden_error *error)
{
        static const struct ek_deadlines defaults = EK_DEADLINES_DEFAULT;

        switch ((int)event->kind) {
        case EKIDEN__EVENT_KIND__SEEN:
                if (!patience->is_seen)
                        patience->until_ns =
                                ek_now_ns() + defaults.ms[EKIDEN_PHASE_CHECK] * EK_NS_PER_MS;
                patience->is_seen = true;
                return 0;
        case EKIDEN__EVENT_KIND__PHASE:
                return event->has_phase && event->phase == EKIDEN_PHASE_CHECK;
        case EKIDEN__EVENT_KIND__FAILED:
                if (event->refusal)
                        return ek_refused(event->refusal, error);
                return ek_link_failed(EKIDEN_EPROTOCOL, error);
        default:
                return 0;
        }
}

static int receive_event(struct patience *patience, struct ekiden_error *error)
{
        const struct ek_wait wait = {.idle_ms = UPDATE_POINT_MS, .until_ns = patience->until_ns};
        ProtobufCMessage *unpacked;
        struct ek_frame frame;
        int r = ek_link_receive(asked, &wait, &frame);

        if (r == 0 && (frame.kind != EKIDEN__FRAME_KIND__EVENT || ek_link_untaken(asked) > 0))
                r = EKIDEN_EPROTOCOL; /* nobody has asked for descriptors */
        if (r == 0)
                r = ek_frame_message(&frame, &ekiden__event__descriptor, &unpacked);
        if (r < 0)
                return r;
        r = take_event((const Ekiden__Event *)unpacked, patience, error);
        protobuf_c_message_free_unpacked(unpacked, NULL);
        return r;
}

static int await_check(pid_t pid, struct ekiden_error *error)
{
        struct patience patience = {
                .until_ns = ek_now_ns() + UPDATE_POINT_MS * EK_NS_PER_MS,
        };
        int r = 0;

        while (r == 0)
                r = receive_event(&patience, error);
        if (r == EKIDEN_ETIMEOUT)
                return ekiden_error_set(error, r,
                                        "process %d, which this one is to succeed, came to no "
                                        "update point in time, or does not go on there",
                                        (int)pid);
        if (r == EKIDEN_EPEER)
                return ekiden_error_set(error, r,
                                        "process %d, which this one is to succeed, closed the "
                                        "connection without a reason",
                                        (int)pid);
        return r < 0 ? ek_link_failed(r, error) : 0;
}

/* Consumes the connection. */
static int agree(const struct search *search, int *ret_socket, struct ek_token *ret_token,
                 struct ekiden_error *error)
{
        ek_auto_close int ours = -1;
        ek_auto_close int theirs = -1;
        int sockets[2];
        int r = ek_link_new(search->socket, &asked);

        if (r < 0)
                return ek_link_failed(r, error);
        ek_link_limit(asked, EVENT_MAX);
        r = ek_token_draw(ret_token, error);
        if (r < 0)
                return r;
        ret_token->is_given = true;
        r = ek_pair_make(sockets, error);
        if (r < 0)
                return r;
        ours = sockets[0];
        theirs = sockets[1];
        r = ask(theirs, ret_token, error);
        ek_close(&theirs);
        if (r == 0)
                r = await_check(search->pid, error);
        if (r < 0)
                return r;
        *ret_socket = ek_steal_fd(&ours);
        return 0;
}

static int find(char *value, const char *program, int *ret_socket, struct ek_token *ret_token,
                struct ekiden_error *error)
{
        struct search search = {.program = program, .socket = -1};
        pid_t named = 0;
        int r = ek_predecessor_role_split(value, error);

        if (r == 0)
                r = read_variable(value, program, &named, error);
        if (r < 0)
                return r;
        search.pid = named;
        search.is_by_role = named == 0 && ek_predecessor_role_wanted()[0];
        search.until_ns = ek_now_ns() + ROLES_MS * EK_NS_PER_MS;
        r = look(&search, error);
        if (r == 0)
                r = judge(&search, named, error);
        if (r <= 0) {
                ek_close(&search.socket);
                if (r == 0)
                        ek_log(EKIDEN_LOG_INFO,
                               "no process of %s serves in %s that this one could "
                               "succeed: it begins afresh",
                               program, search.directory);
                return r;
        }
        ek_log(EKIDEN_LOG_INFO, "this process is to succeed process %d", (int)search.pid);
        r = agree(&search, ret_socket, ret_token, error);
        if (r < 0)
                ek_predecessor_let_go();
        return r;
}

int ek_predecessor_find(const char *program, int *ret_socket, struct ek_token *ret_token,
                        struct ekiden_error *error)
{
        const char *value = getenv(EK_PREDECESSOR_VARIABLE);
        ek_auto_free char *copy = value && value[0] ? strdup(value) : NULL;
        int r = 0;

        *ret_socket = -1;
        if (value && getauxval(AT_SECURE))
                r = ekiden_error_set(error, EKIDEN_EPERMISSION,
                                     "a binary that gains rights by its mode or by file "
                                     "capabilities takes no predecessor from its environment; "
                                     "unset " EK_PREDECESSOR_VARIABLE);
        else if (value && value[0] && !copy)
                r = ekiden_error_set(error, EKIDEN_ENOMEM, "memory ran out");
        unsetenv(EK_PREDECESSOR_VARIABLE);
        if (r < 0 || !copy)
                return r;
        return find(copy, program, ret_socket, ret_token, error);
}
