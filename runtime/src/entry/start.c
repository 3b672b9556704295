/* SPDX-License-Identifier: MIT */
/* ekiden_start(): a process becomes upgradable, or finds that it is a successor. */
#include <ekiden/start.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ekiden/update_point.h>

#include "entry/attention.h"
#include "entry/control_socket.h"
#include "entry/find_predecessor.h"
#include "entry/leg.h"
#include "entry/locks.h"
#include "entry/observer.h"
#include "entry/predecessor_role.h"
#include "entry/process.h"
#include "entry/restore.h"
#include "entry/roles.h"
#include "entry/thread_stop.h"
#include "entry/wake.h"
#include "handover/public_pid.h"
#include "handover/restore.h"
#include "handover/spawn.h"
#include "handover/successor.h"
#include "handover/way_back.h"
#include "wire/clock.h"

static int explain_stranger(bool has_token, struct ekiden_error *error)
{
        return ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                "the environment has " EK_HANDOVER_VARIABLE ", but no predecessor "
                                "started this process; unset it%s",
                                has_token ? "; or this program closed the descriptors that it "
                                            "inherited, before ekiden_start()"
                                          : "");
}

/* Whether this process is a successor. The variable is removed, so that no grandchild sees it, and
   wiped, so that it is not in /proc/PID/environ either. */
static int take_handover_socket(int *ret_socket, struct ek_token *ret_token,
                                struct ekiden_error *error)
{
        char *value = getenv(EK_HANDOVER_VARIABLE);
        bool is_ours = value && ek_token_read(value, ret_token);
        struct stat status;

        *ret_socket = -1;
        if (!value)
                return 0;
        explicit_bzero(value, strlen(value));
        unsetenv(EK_HANDOVER_VARIABLE);
        if (!is_ours || fstat(EK_HANDOVER_SOCKET, &status) < 0 || !S_ISSOCK(status.st_mode))
                return explain_stranger(is_ours, error);
        close(EK_HANDOVER_BINARY);
        fcntl(EK_HANDOVER_SOCKET, F_SETFD, FD_CLOEXEC);
        *ret_socket = EK_HANDOVER_SOCKET;
        if (getauxval(AT_SECURE))
                return ekiden_error_set(error, EKIDEN_EPERMISSION,
                                        "a binary that gains rights by its mode or by file "
                                        "capabilities cannot be a successor; grant them to the "
                                        "process that starts the first version instead");
        return 0;
}

/* Whether this process is a successor: that of who started it, or of whom it finds. */
static int find_out(const struct ekiden_schema *schema, int *ret_socket, struct ek_token *ret_token,
                    struct ekiden_error *error)
{
        int r = take_handover_socket(ret_socket, ret_token, error);

        if (r < 0)
                return r;
        if (*ret_socket < 0)
                return ek_predecessor_find(schema->program, ret_socket, ret_token, error);
        ek_predecessor_variable_drop();
        return ek_way_back_open(ek_process.signal_number, error);
}

/* A process executed by descriptor is called by its number; give it its own name back. */
static void set_name(const char *path)
{
        const char *slash = strrchr(path, '/');

        prctl(PR_SET_NAME, slash ? slash + 1 : path);
}

/* A role that this binary does not know would find no branch in it. */
static int enter_role(bool is_successor, struct ekiden_error *error)
{
        const char *role = ek_successor_role();
        int r = is_successor ? ek_predecessor_role_check(role, error) : 0;

        if (r < 0)
                return r;
        ek_tree_begin(ek_successor_tree());
        if (!is_successor || !role[0])
                return 0;
        if (!ek_role_is_allowed(role))
                return ekiden_error_set(error, EKIDEN_EREFUSED,
                                        "the new binary has no role \"%s\", in which the process "
                                        "is that is to be upgraded; declare it with "
                                        "ekiden_set_roles()",
                                        role);
        ek_role_enter(role);
        return 0;
}

/* The origin comes after OFFER, which brings the umask that the first leg was started with. */
static int set_up(int socket, const struct ek_token *token, int argc, char *const argv[],
                  struct ekiden_error *error)
{
        int r = socket >= 0
                        ? ek_successor_start(socket, token, ek_process.schema, &ek_process.registry,
                                             ek_process.signal_number, error)
                        : ek_snapshot_start(error);

        if (r >= 0 && ek_successor_is_probe())
                _exit(EXIT_SUCCESS); /* HELLO was all that was wanted */
        ek_way_back_unblock(ek_process.signal_number);
        if (r >= 0)
                r = enter_role(socket >= 0, error);
        if (r >= 0)
                r = ek_origin_save(&ek_process.origin, argc, argv, error);
        if (r == 0)
                r = ek_wake_setup(ek_process.signal_number, error);
        if (r == 0)
                r = ek_control_open(socket >= 0, error);
        return r;
}

static void begin_leg(bool is_successor)
{
        bool is_restored = ek_restore_state() == EK_RESTORE_ACTIVE;
        struct ek_lineage before = {0}; /* none, where a snapshot's is not in order */

        ek_process.is_started = true;
        ek_threads_begin();
        if (is_successor || is_restored)
                ek_threads_hold();
        if (ek_locks_are_checked())
                ek_attention_set(EK_ATTENTION_LOCKS);
        ek_process.setup = (struct ek_predecessor_setup){
                .ahead = &ek_process.ahead,
                .schema = ek_process.schema,
                .origin = &ek_process.origin,
                .deadlines = &ek_process.deadlines,
                .role = ekiden_role(),
                .tree = ek_tree(),
                .leg = is_restored ? ek_restore_leg() : ek_successor_leg(),
        };
        if (is_restored)
                (void)ek_lineage_read(ek_restore_header()->lineage, ek_restore_header()->n_lineage,
                                      ek_restore_leg() - 1, &before, NULL);
        else
                before = *ek_successor_lineage();
        ek_leg_begin(&before, 0, is_restored);
        if (is_successor || is_restored || ek_observed())
                ekiden_wake(); /* its first update point is where it becomes ready */
        ek_log(EKIDEN_LOG_DEBUG, "%s, schema version %u, %s", ek_process.schema->program,
               ek_process.schema->version,
               is_successor  ? "a successor"
               : is_restored ? "from a snapshot"
                             : "fresh");
}

static int start(int argc, char *const argv[], const struct ekiden_schema *schema,
                 struct ekiden_error *error)
{
        struct ek_token token;
        int socket, r;

        if (!schema)
                return ekiden_error_set(error, EKIDEN_EINVAL,
                                        "ekiden_start() needs the schema that protoc-gen-ekiden "
                                        "wrote");
        r = find_out(schema, &socket, &token, error);
        if (r < 0) {
                if (socket >= 0)
                        ek_successor_decline(socket, error);
                return r;
        }
        (void)ek_public_pid_find();
        ek_process_mark();
        ek_process.public_pid = ek_process.served_pid = ek_public_pid();
        ek_process.schema = schema;
        r = ek_snapshot_take_variable(error);
        if (r < 0) {
                if (socket >= 0)
                        ek_successor_decline(socket, error);
                return r;
        }
        if (socket >= 0 && argc > 0)
                set_name(argv[0]);
        r = set_up(socket, &token, argc, argv, error);
        if (r < 0) {
                if (ek_successor_state() == EK_SUCCESSOR_WAITING)
                        ek_successor_fail(r, error);
                ek_restore_end();
                ek_control_close();
                ek_wake_teardown();
                return r;
        }
        begin_leg(socket >= 0);
        return socket >= 0 || ek_restore_state() == EK_RESTORE_ACTIVE ? EKIDEN_RESUMED
                                                                      : EKIDEN_FRESH;
}

int ekiden_start(int argc, char *const argv[], const struct ekiden_schema *schema,
                 struct ekiden_error *error)
{
        struct ekiden_error local = {0};
        int r;

        if (!error)
                error = &local;
        *error = (struct ekiden_error){0};
        if (ek_process.is_started)
                return ekiden_error_set(error, EKIDEN_ESTATE, "ekiden_start() was called before");
        r = start(argc, argv, schema, error);
        if (r < 0)
                ek_way_back_take(); /* where there is one: this process keeps its predecessor's PID
                                     */
        if (r < 0)
                ek_predecessor_let_go();
        if (ek_restore_state() != EK_RESTORE_ACTIVE)
                ek_snapshot_end(); /* it was not needed, or is of no use */
        return r;
}
