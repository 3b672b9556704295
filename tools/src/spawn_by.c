/* SPDX-License-Identifier: MIT */
/* See spawn_by.h. As a rule the process that starts the successor has forked the predecessor as
   well, so its parent is asked first; if it is another, all processes of the program are. */
#include "spawn_by.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>

#include "ask.h"
#include "process_state.h"
#include "request.h"
#include "running_file.h"
#include "text.h"
#include "wire/cleanup.h"
#include "wire/clock.h"
#include "wire/own.h"

#define LAST_WORD_MS 1000 /* for an answer that is on its way */
#define ANSWER_MS 2000 /* for the status; a process that is silent for longer is busy */
#define AGAIN_MS 100 /* until it is looked at again, at first … */
#define AGAIN_MAX_MS 800 /* … and later */
#define PATIENCE_MS 10000 /* for the one that is busy, which may have others to start first */

/* What is looked for. */
struct wanted {
        uint64_t tree;
        char role[EKIDEN_NAME_MAX + 1];
};

/* Why one that was asked may be wanted all the same. */
struct silence {
        pid_t pid; /* 0: all have said what they are, or cannot */
        struct ekiden_error reason;
};

/* For one answer, as far as --timeout goes. */
static uint32_t answer_ms(const struct spawn_by *by)
{
        uint64_t now_ns = ek_now_ns();
        uint64_t left_ms = by->until_ns > now_ns ? (by->until_ns - now_ns) / EK_NS_PER_MS : 0;

        return left_ms < ANSWER_MS ? (uint32_t)left_ms : ANSWER_MS;
}

static const Ekiden__Status *status_of(const struct answer *answer)
{
        return answer->event ? answer->event->status : NULL;
}

static bool is_wanted(const Ekiden__Status *status, const struct wanted *wanted)
{
        return status && status->has_tree && status->tree == wanted->tree && status->role &&
               strcmp(status->role, wanted->role) == 0;
}

/* It was not heard in time, or turned this tool away as one of too many. */
static bool is_busy(const struct answer *answer)
{
        return !status_of(answer) &&
               (answer->error.code == EKIDEN_ETIMEOUT || answer->error.code == EKIDEN_EPEER);
}

/* Asks all that the target names: the PID of the first that is wanted; 0: none is. `ret_silence` is
   of the first that was too busy to say what it is. */
static int look_among(const struct spawn_by *by, const char *target, const struct wanted *wanted,
                      pid_t *ret_pid, struct silence *ret_silence, struct ekiden_error *error)
{
        ek_auto_free struct answer *answers = NULL;
        struct process_list list;
        int r = find_processes(target, &list, error);

        if (r < 0)
                return r;
        answers = calloc(list.count + 1, sizeof(*answers));
        if (!answers)
                r = ekiden_error_set(error, EKIDEN_ENOMEM, "%s", ekiden_error_text(EKIDEN_ENOMEM));
        else
                ask_status(&list, 0, answer_ms(by), answers);
        *ret_pid = 0;
        *ret_silence = (struct silence){0};
        for (size_t i = 0; answers && i < list.count; i++) {
                if (*ret_pid == 0 && is_wanted(status_of(&answers[i]), wanted))
                        *ret_pid = list.processes[i].pid;
                if (ret_silence->pid == 0 && is_busy(&answers[i]))
                        *ret_silence = (struct silence){list.processes[i].pid, answers[i].error};
                answer_deinit(&answers[i]);
        }
        process_list_deinit(&list);
        return r;
}

/* The predecessor itself says which tree it is of, and whom it needs. */
static int ask_predecessor(struct spawn_by *by, struct wanted *wanted, struct ekiden_error *error)
{
        struct process_list list;
        struct answer answer = {0};
        const Ekiden__Status *status;
        char target[16];
        int r;

        snprintf(target, sizeof(target), "%d", (int)by->predecessor);
        r = find_processes(target, &list, error);
        if (r < 0)
                return r;
        if (list.count != 1) {
                r = find_failed(target, &list, error);
                process_list_deinit(&list);
                return r;
        }
        ask_status(&list, 0, answer_ms(by), &answer);
        status = status_of(&answer);
        if (!status) {
                r = answer.error.code;
                *error = answer.error;
        } else if (!status->has_tree || !status->role || !status->spawned_by) {
                r = ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                     "process %d does not say who starts its successor",
                                     (int)by->predecessor);
        } else {
                wanted->tree = status->tree;
                text_clean(status->spawned_by, TEXT_ANY_UTF8, wanted->role, sizeof(wanted->role));
                text_clean(status->role, TEXT_ANY_UTF8, by->role, sizeof(by->role));
        }
        answer_deinit(&answer);
        process_list_deinit(&list);
        return r;
}

/* Who may be the one and is busy, its parent first, is looked at again, more and more seldom: of a
   large tree many may ask at once. */
static int find_spawner(struct spawn_by *by, const char *program, const struct wanted *wanted,
                        pid_t *ret_pid, struct ekiden_error *error)
{
        uint64_t patience_ns = ek_now_ns() + PATIENCE_MS * EK_NS_PER_MS;
        struct silence silence, others = {0};
        char parent[16];
        int r = 0;

        *ret_pid = 0;
        snprintf(parent, sizeof(parent), "%d", (int)process_parent(by->predecessor));
        for (int again_ms = AGAIN_MS;; again_ms *= again_ms < AGAIN_MAX_MS ? 2 : 1) {
                silence = (struct silence){0};
                if (find_pid(parent) > 1)
                        r = look_among(by, parent, wanted, ret_pid, &silence, error);
                if (r == 0 && *ret_pid == 0)
                        r = look_among(by, program, wanted, ret_pid, &others, error);
                if (silence.pid == 0)
                        silence = others;
                if (r < 0 || *ret_pid > 0 || silence.pid == 0 || ek_now_ns() >= patience_ns ||
                    answer_ms(by) == 0)
                        break;
                poll(NULL, 0, again_ms);
        }
        if (r < 0 || *ret_pid > 0)
                return r;
        snprintf(by->next_step, sizeof(by->next_step),
                 "start the new version from here with ekiden-upgrade --spawn-here %d NEW_BINARY "
                 "-- ARGUMENTS, or look at ekiden-upgrade --list",
                 (int)by->predecessor);
        if (silence.pid > 0)
                return ekiden_error_set(
                        error, silence.reason.code,
                        "process %d, which may be the one to start the successor of process "
                        "%d (role \"%s\"), does not answer: %s",
                        (int)silence.pid, (int)by->predecessor, by->role, silence.reason.sentence);
        return ekiden_error_set(error, EKIDEN_ENOTFOUND,
                                "no process of role \"%s\" answers, that could start the successor "
                                "of process %d (role \"%s\")",
                                wanted->role, (int)by->predecessor, by->role);
}

/* A file of the spawner's that cannot be looked at is taken for the right one. */
static int check_file(struct spawn_by *by, const char *program, pid_t pid,
                      const struct wanted *wanted, const char *binary, struct ekiden_error *error)
{
        struct running_file runs = running_file_of(pid), new = running_file_at(binary);
        int number = errno;
        char path[128];

        running_file_path(pid, path, sizeof(path));
        if (!new.known) {
                snprintf(by->next_step, sizeof(by->next_step),
                         "check the path; process %d, which starts the successor by a fork, runs "
                         "%s",
                         (int)pid, path);
                return ekiden_error_set_errno(error, EKIDEN_EBINARY, number,
                                              "cannot look at the new binary %s", binary);
        }
        if (!runs.known || running_file_is_same(&runs, &new))
                return 0;
        snprintf(by->next_step, sizeof(by->next_step),
                 "ekiden-upgrade --role %s %s NEW_BINARY upgrades that role, and ekiden-upgrade %s "
                 "NEW_BINARY all of them in their order",
                 wanted->role, program, program);
        return ekiden_error_set(error, EKIDEN_EREFUSED,
                                "process %d of role \"%s\", which starts the successor by a fork, "
                                "runs %s, and not the new version; upgrade that role first",
                                (int)pid, wanted->role, path);
}

int spawn_by_find(struct spawn_by *by, const struct process *predecessor, const char *binary,
                  uint64_t until_ns, struct ekiden_error *error)
{
        struct wanted wanted = {0};
        char target[16];
        pid_t pid = 0;
        int r;

        by->predecessor = predecessor->pid;
        by->until_ns = until_ns;
        by->next_step[0] = '\0';
        r = ask_predecessor(by, &wanted, error);
        if (r == 0)
                r = find_spawner(by, predecessor->program, &wanted, &pid, error);
        if (r == 0)
                r = check_file(by, predecessor->program, pid, &wanted, binary, error);
        if (r < 0)
                return r;
        snprintf(target, sizeof(target), "%d", (int)pid);
        process_deinit(&by->spawner);
        r = find_process(target, &by->spawner, error);
        if (r == 0 && !by->spawner.link)
                r = process_blocked(&by->spawner, error);
        by->is_needed = r == 0;
        return r;
}

int spawn_by_ask(struct spawn_by *by, struct handover_pair *pair, struct ekiden_error *error)
{
        return request_spawn(by->spawner.link, by->role, by->predecessor, pair, error);
}

int spawn_by_socket(const struct spawn_by *by)
{
        return by->spawner.link ? ek_link_socket(by->spawner.link) : -1;
}

/* It is the spawner's child, unless it has ended already: its number may be another's then. */
static void take_child(struct spawn_by *by, pid_t pid)
{
        int pidfd = pid > 0 ? pidfd_open(pid, 0) : -1;

        by->child = (struct ek_child){.pidfd = -1, .daemon = -1, .public_pid = pid};
        if (pidfd >= 0 && process_parent(pid) == by->spawner.pid)
                by->child.daemon = ek_own(pidfd);
        else
                ek_close(&pidfd);
}

int spawn_by_step(struct spawn_by *by, struct ekiden_error *error)
{
        Ekiden__Event *event auto_event = NULL;
        int r;

        if (!by->spawner.link)
                return 0;
        r = request_event(by->spawner.link, &event, error);
        if (r == EKIDEN_ETIMEOUT)
                return 0;
        if (r == 0 && event->kind == EKIDEN__EVENT_KIND__SPAWNED)
                take_child(by, event->has_successor_pid ? event->successor_pid : 0);
        else if (r == 0 && event->kind == EKIDEN__EVENT_KIND__FAILED)
                r = request_refusal(event, error);
        else if (r == 0)
                r = ekiden_error_set(error, EKIDEN_EPROTOCOL,
                                     "process %d answered, and not with a successor",
                                     (int)by->spawner.pid);
        process_deinit(&by->spawner);
        if (r < 0)
                by->refusal = *error;
        return r;
}

/* It may have answered already, while the predecessor was listened to. */
static void await_answer(struct spawn_by *by)
{
        struct pollfd source = {.fd = spawn_by_socket(by), .events = POLLIN};
        struct ekiden_error ignored = {0};

        if (source.fd >= 0 && poll(&source, 1, LAST_WORD_MS) == 1)
                (void)spawn_by_step(by, &ignored);
}

void spawn_by_explain(struct spawn_by *by, struct ekiden_error *error)
{
        if (error->code != EKIDEN_EPEER)
                return;
        await_answer(by);
        if (by->refusal.code != 0)
                *error = by->refusal;
}

void spawn_by_end(struct spawn_by *by, int grace_ms)
{
        struct process_list list;
        struct pollfd gone = {.events = POLLIN};
        char target[16], how[96];

        await_answer(by);
        if (by->child.public_pid <= 0)
                return;
        gone.fd = by->child.daemon;
        if (gone.fd >= 0)
                (void)poll(&gone, 1, grace_ms);
        snprintf(target, sizeof(target), "%d", (int)by->child.public_pid);
        ek_child_end(&by->child, 0, false, how, sizeof(how));
        /* In its sandbox it could not remove the name of its control socket: looking at it does. */
        if (find_processes(target, &list, NULL) == 0)
                process_list_deinit(&list);
}

void spawn_by_deinit(struct spawn_by *by)
{
        process_deinit(&by->spawner);
        ek_own_close(&by->child.daemon);
        *by = SPAWN_BY_NONE;
}
