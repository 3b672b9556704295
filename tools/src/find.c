/* SPDX-License-Identifier: MIT */
/* See find.h. */
#include "find.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directories.h"
#include "entry/control_find.h"
#include "entry/sweep.h"
#include "process_state.h"
#include "succession.h"
#include "text.h"
#include "wire/cleanup.h"

struct search {
        const char *target; /* NULL: all */
        pid_t pid; /* what the target names, if it is a PID; otherwise 0 */
        struct process_list found;
        struct ekiden_error distrust; /* the first one that was passed over */
};

int process_blocked(const struct process *process, struct ekiden_error *error)
{
        return ekiden_error_set(error, EKIDEN_ETIMEOUT,
                                "requests are waiting already that %s has not looked at: it is %s",
                                process->program, process_condition(process->pid));
}

void process_deinit(struct process *process)
{
        process->link = ek_link_free(process->link);
}

void process_list_deinit(struct process_list *list)
{
        for (size_t i = 0; i < list->count; i++)
                process_deinit(&list->processes[i]);
        free(list->processes);
        *list = (struct process_list){0};
}

/* Nobody listens: the file goes if it is ours and its process is not about to listen. */
static void remove_stale(int directory, const char *name, pid_t pid)
{
        if (!process_is_alive(pid))
                ek_sweep_away(directory, name);
}

/* Consumes the descriptor. */
static int add(struct search *search, const char *program, pid_t pid, int fd,
               struct ekiden_error *error)
{
        struct process_list *list = &search->found;
        struct process *grown;
        struct ek_link *link = NULL;
        int r = 0;

        if (fd >= 0)
                r = ek_link_new(fd, &link);
        if (r < 0)
                return ekiden_error_set(error, r, "%s", ekiden_error_text(r));
        grown = reallocarray(list->processes, list->count + 1, sizeof(*grown));
        if (!grown) {
                ek_link_free(link);
                return ekiden_error_set(error, EKIDEN_ENOMEM, "%s",
                                        ekiden_error_text(EKIDEN_ENOMEM));
        }
        list->processes = grown;
        grown[list->count] = (struct process){.pid = pid, .link = link};
        strcpy(grown[list->count++].program, program);
        return 0;
}

static bool matches(const struct search *search, const char *program, pid_t pid)
{
        if (!search->target)
                return true;
        return search->pid > 0 ? search->pid == pid : strcmp(search->target, program) == 0;
}

/* Whoever has a directory may put anything there, under any process's name: what cannot be
   connected to counts where the process is his, and the operator has asked for it. */
static bool is_worth_a_word(const struct search *search, uid_t owner, pid_t pid)
{
        return search->target && process_is_alive(pid) &&
               (owner == geteuid() || ek_control_is_process_of(pid, owner));
}

static int look_at(struct search *search, const char *path, int directory, uid_t owner,
                   const char *name, struct ekiden_error *error)
{
        char program[EKIDEN_NAME_MAX + 1];
        char socket_path[EK_CONTROL_PATH_MAX];
        ek_auto_close int fd = -1;
        pid_t pid;
        int r;

        /* A successor's, which nobody but it removes. */
        if (name[0] == '.' && ek_control_name_parse(name + 1, program, &pid))
                remove_stale(directory, name, pid);
        if (!ek_control_name_parse(name, program, &pid) || !matches(search, program, pid))
                return 0;
        if (ek_control_path(path, program, pid, false, socket_path, NULL) < 0)
                return 0;
        r = ek_control_connect(socket_path, &fd);
        if (r == -ECONNREFUSED)
                remove_stale(directory, name, pid);
        else if (r == -EACCES || r == -EPERM ||
                 (r == 0 && !ek_control_is_believable(fd, owner, pid)))
                ek_control_not_believed(socket_path, pid, &search->distrust);
        else if (r == -EMFILE || r == -ENFILE || r == -ENOMEM)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, -r, "cannot connect to %s",
                                              socket_path);
        else if (r == 0)
                return add(search, program, pid, ek_steal_fd(&fd), error);
        else if (r != -ENOENT && is_worth_a_word(search, owner, pid))
                ekiden_error_set_errno(&search->found.trouble, EKIDEN_ESYSTEM, -r,
                                       "cannot connect to %s", socket_path);
        return 0;
}

static int look_into(struct search *search, const char *path, struct ekiden_error *error)
{
        uid_t owner;
        int fd = ek_control_directory_open(path, &owner, &search->distrust);
        struct dirent *entry;
        DIR *directory;
        int r = 0;

        if (fd < 0)
                return 0; /* why, matters only when nothing is found */
        directory = fdopendir(fd);
        if (!directory) {
                r = ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno, "cannot read %s", path);
                close(fd);
                return r;
        }
        while (r == 0 && (errno = 0, entry = readdir(directory)))
                r = look_at(search, path, dirfd(directory), owner, entry->d_name, error);
        if (r == 0 && errno != 0)
                r = ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno, "cannot read %s", path);
        closedir(directory);
        return r;
}

static int compare(const void *a, const void *b)
{
        const struct process *left = a, *right = b;
        int order = strcmp(left->program, right->program);

        return order != 0 ? order : (left->pid > right->pid) - (left->pid < right->pid);
}

pid_t find_pid(const char *target)
{
        char *end;
        long pid;

        if (!target || target[0] < '0' || target[0] > '9')
                return 0;
        errno = 0;
        pid = strtol(target, &end, 10);
        return *end || errno != 0 || pid > INT32_MAX ? 0 : (pid_t)pid;
}

int find_processes(const char *target, struct process_list *ret_list, struct ekiden_error *error)
{
        struct search search = {.target = target, .pid = find_pid(target)};
        struct directories directories;
        int r = directories_find(&directories, error);

        if (r < 0)
                return r;
        for (size_t i = 0; i < directories.count && r == 0; i++)
                r = look_into(&search, directories.paths[i], error);
        directories_deinit(&directories);
        if (r == 0 && search.found.count == 0 && search.distrust.code == EKIDEN_EPERMISSION) {
                r = search.distrust.code;
                ekiden_error_set(error, r, "%s", search.distrust.sentence);
        }
        if (r < 0) {
                process_list_deinit(&search.found);
                return r;
        }
        if (search.found.count > 1)
                qsort(search.found.processes, search.found.count, sizeof(struct process), compare);
        *ret_list = search.found;
        return 0;
}

static int not_found(const char *target, struct ekiden_error *error)
{
        const char *chosen = secure_getenv("EKIDEN_RUNTIME_DIR");
        pid_t pid = find_pid(target), heir;
        char where[EK_CONTROL_PATH_MAX] = "";

        ek_control_directory(where, NULL);
        if (geteuid() == 0 && !(chosen && chosen[0]))
                strcpy(where, "any user's directory");
        if (pid > 0 && process_is_alive(pid))
                return ekiden_error_set(error, EKIDEN_ENOTFOUND,
                                        "process %d runs, and has no control socket in %s",
                                        (int)pid, where);
        heir = pid > 0 ? succession_after(pid) : 0;
        if (heir > 0)
                return ekiden_error_set(error, EKIDEN_ENOTFOUND,
                                        "there is no process %d any more: it was succeeded, and "
                                        "process %d serves now",
                                        (int)pid, (int)heir);
        if (pid > 0)
                return ekiden_error_set(error, EKIDEN_ENOTFOUND, "there is no process %d",
                                        (int)pid);
        return ekiden_error_set(error, EKIDEN_ENOTFOUND,
                                "no running process of a program \"%.100s\" has a control socket "
                                "in %s",
                                target, where);
}

/* The list is sorted by PID only within a program, so a PID may come again anywhere. */
static bool is_listed_before(const struct process_list *list, size_t index)
{
        for (size_t i = 0; i < index; i++)
                if (list->processes[i].pid == list->processes[index].pid)
                        return true;
        return false;
}

static int ambiguous(const char *target, const struct process_list *list,
                     struct ekiden_error *error)
{
        char pids[256] = "";
        size_t used = 0, count = 0;

        for (size_t i = 0; i < list->count; i++) {
                if (is_listed_before(list, i))
                        continue;
                if (used < sizeof(pids) - 16)
                        used += (size_t)snprintf(pids + used, sizeof(pids) - used, "%s%d",
                                                 count > 0 ? ", " : "",
                                                 (int)list->processes[i].pid);
                count++;
        }
        if (count == 1)
                return ekiden_error_set(error, EKIDEN_EAMBIGUOUS,
                                        "process %s has %zu control sockets that match \"%.63s\"; "
                                        "EKIDEN_RUNTIME_DIR chooses the directory of one",
                                        pids, list->count, target);
        return ekiden_error_set(error, EKIDEN_EAMBIGUOUS, "%zu processes match \"%.63s\": %s",
                                count, target, pids);
}

int find_failed(const char *target, const struct process_list *list, struct ekiden_error *error)
{
        if (list->count > 0)
                return ambiguous(target, list, error);
        if (list->trouble.code != 0)
                return ekiden_error_set(error, list->trouble.code, "%s", list->trouble.sentence);
        return not_found(target, error);
}

int find_process(const char *target, struct process *ret_process, struct ekiden_error *error)
{
        struct process_list list;
        int r = find_processes(target, &list, error);

        if (r < 0)
                return r;
        if (list.count == 1) {
                *ret_process = list.processes[0];
                list.processes[0].link = NULL;
        } else {
                r = find_failed(target, &list, error);
        }
        process_list_deinit(&list);
        return r;
}
