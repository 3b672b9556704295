/* SPDX-License-Identifier: MIT */
/* See stage.h. What the tool says is read in told.c. */
#include "stage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "act.h"
#include "told.h"
#include "wire/clock.h"

#define TOOL_MS 15000 /* the longest that it may take */
#define SETTLE_MS 8000
#define ANSWER_MS 2500
#define START_MS 10000
#define ARGUMENTS_MAX 16

void stage_nap(unsigned int milliseconds)
{
        const struct timespec duration = {.tv_sec = milliseconds / 1000,
                                          .tv_nsec = (long)(milliseconds % 1000) * 1000000};

        nanosleep(&duration, NULL);
}

static bool fail(struct stage *stage, const char *what)
{
        snprintf(stage->failure, sizeof(stage->failure), "%s: %s", what, strerror(errno));
        return false;
}

static bool make_plan(struct stage *stage)
{
        char path[96];
        int fd;

        snprintf(path, sizeof(path), "%s/plan", stage->directory);
        fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0 || ftruncate(fd, sizeof(*stage->plan)) < 0)
                return fail(stage, "cannot make the plan");
        stage->plan = mmap(NULL, sizeof(*stage->plan), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        close(fd);
        if (stage->plan == MAP_FAILED)
                return fail(stage, "cannot map the plan");
        setenv(PLAN_VARIABLE, path, 1);
        snprintf(path, sizeof(path), "%s/out", stage->directory);
        if (mkdir(path, 0700) < 0)
                return fail(stage, "cannot make the directory");
        snprintf(path, sizeof(path), "%s/run", stage->directory);
        setenv("EKIDEN_RUNTIME_DIR", path, 1);
        return mkdir(path, 0700) == 0 || fail(stage, "cannot make the directory");
}

pid_t stage_start(const char *const arguments[], int output, int errors)
{
        posix_spawn_file_actions_t actions;
        pid_t pid;
        int r;

        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, output, 1);
        posix_spawn_file_actions_adddup2(&actions, errors, 2);
        posix_spawn_file_actions_addclosefrom_np(&actions, 3);
        r = posix_spawn(&pid, arguments[0], &actions, NULL, (char *const *)(uintptr_t)arguments,
                        environ);
        posix_spawn_file_actions_destroy(&actions);
        errno = r;
        return r == 0 ? pid : -1;
}

static struct sockaddr_un address_of(const struct stage *stage, enum member member)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};

        snprintf(address.sun_path, sizeof(address.sun_path), "%s/listener%s", stage->directory,
                 member == MEMBER_CHILD ? "-child" : "");
        return address;
}

/* What the subject finds in its environment. */
static void tell_subject(const struct stage *stage, unsigned int deadline_ms)
{
        char number[16];

        snprintf(number, sizeof(number), "%u", deadline_ms);
        setenv("SUBJECT_DEADLINE_MS", number, 1);
        setenv("SUBJECT_LISTENER", address_of(stage, MEMBER_MAIN).sun_path, 1);
        unsetenv("SUBJECT_CHILD");
        if (stage->wanted == MEMBERS)
                setenv("SUBJECT_CHILD", address_of(stage, MEMBER_CHILD).sun_path, 1);
        unsetenv(PLAN_TOOL_VARIABLE);
}

/* Adds the children of a process, and theirs. */
static void add_children(pid_t pid, pid_t *found, size_t *count, size_t room)
{
        char path[64];
        FILE *file;
        int child;

        snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
        file = fopen(path, "re");
        if (!file)
                return;
        while (*count < room && fscanf(file, "%d", &child) == 1) {
                found[(*count)++] = child;
                add_children(child, found, count, room);
        }
        fclose(file);
}

static size_t find_all(pid_t found[32])
{
        size_t count = 0;

        while (waitpid(-1, NULL, WNOHANG) > 0)
                ;
        add_children(getpid(), found, &count, 32);
        return count;
}

size_t stage_processes(pid_t *ret_one)
{
        pid_t found[32];
        size_t count = find_all(found);

        *ret_one = count > 0 ? found[0] : 0;
        return count;
}

static void remove_directory(const struct stage *stage, const char *name)
{
        char path[96];
        DIR *directory;

        snprintf(path, sizeof(path), "%s/%s", stage->directory, name);
        directory = opendir(path);
        for (struct dirent *entry; directory && (entry = readdir(directory));)
                if (entry->d_type != DT_DIR)
                        unlinkat(dirfd(directory), entry->d_name, 0);
        if (directory)
                closedir(directory);
        rmdir(path);
}

void stage_close(struct stage *stage)
{
        static const char *const names[] = {"plan", "output",   "errors",
                                            "said", "listener", "listener-child"};
        pid_t found[32];
        size_t count;
        char path[96];

        for (int i = 0; i < 1000 && (count = find_all(found)) > 0; i++) {
                while (count > 0)
                        kill(found[--count], SIGKILL);
                stage_nap(2);
        }
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                snprintf(path, sizeof(path), "%s/%s", stage->directory, names[i]);
                unlink(path);
        }
        remove_directory(stage, "run");
        remove_directory(stage, "out");
        rmdir(stage->directory);
        if (stage->plan && stage->plan != MAP_FAILED)
                munmap(stage->plan, sizeof(*stage->plan));
}

/* A successor that is stopped before it serves never goes on by itself: it is the predecessor's to
 * end. */
static bool is_to_be_killed(const struct plan *plan)
{
        return (plan->role == ROLE_SUCCESSOR && !plan->was_taken) ||
               (plan->role == ROLE_RETURNED && !plan->was_returned) ||
               (plan->role == ROLE_CHILD_SUCCESSOR && !plan->was_child_taken);
}

bool stage_attend(struct stage *stage)
{
        const struct plan *plan = stage->plan;
        uint64_t now = ek_now_ns();

        if (!__atomic_load_n(&plan->has_struck, __ATOMIC_ACQUIRE))
                return false;
        if (stage->struck_ns == 0)
                stage->struck_ns = now;
        if (plan->fault == FAULT_HANG)
                return now < stage->struck_ns + (plan->sleep_ms + 20) * EK_NS_PER_MS;
        if (plan->fault != FAULT_STOP || stage->is_continued ||
            (is_to_be_killed(plan) && !stage->is_found))
                return false;
        if (now < stage->struck_ns + stage->stop_ms * EK_NS_PER_MS)
                return true;
        kill(plan->struck_pid, SIGCONT);
        stage->is_continued = true;
        return false;
}

/* What befell the child when it was forked has ended it. */
static bool is_child_killed(const struct plan *plan)
{
        return plan->role == ROLE_FORKED && plan->fault == FAULT_KILL &&
               __atomic_load_n(&plan->has_struck, __ATOMIC_ACQUIRE);
}

/* Each writes a line's end when it listens. */
static bool await_listeners(struct stage *stage, int output)
{
        struct pollfd source = {.fd = output, .events = POLLIN};
        uint64_t until_ns = ek_now_ns() + START_MS * EK_NS_PER_MS;
        size_t listening = 0;
        char byte;

        while (listening < stage->wanted && ek_now_ns() < until_ns) {
                stage_attend(stage);
                if (is_child_killed(stage->plan))
                        stage->wanted = 1;
                if (poll(&source, 1, 10) <= 0)
                        continue;
                if (read(output, &byte, 1) != 1)
                        break;
                listening += byte == '\n';
                stage->is_refused |= byte == PLAN_FORKED_REFUSED;
        }
        return listening >= stage->wanted || fail(stage, "the subject does not start");
}

static bool open_stage(struct stage *stage, unsigned int deadline_ms, bool has_child,
                       const struct fault_case *armed)
{
        static const char *const arguments[] = {SUBJECT_V1, NULL};
        int output[2], errors;
        bool is_started;

        *stage = (struct stage){.directory = "/tmp/ekiden-faults-XXXXXX",
                                .wanted = has_child ? MEMBERS : 1};
        if (!mkdtemp(stage->directory))
                return fail(stage, "cannot make a directory");
        if (!make_plan(stage))
                return false;
        if (armed)
                act_arm(stage, armed);
        tell_subject(stage, deadline_ms);
        errors = open(getenv("SUBJECT_LOG") ? "/dev/stderr" : "/dev/null", O_WRONLY | O_CLOEXEC);
        if (errors < 0 || pipe2(output, O_CLOEXEC) < 0)
                return fail(stage, "cannot make a pipe");
        is_started = stage_start(arguments, output[1], errors) > 0;
        close(output[1]);
        close(errors);
        is_started =
                is_started ? await_listeners(stage, output[0]) : fail(stage, "cannot start it");
        close(output[0]);
        return is_started;
}

bool stage_open(struct stage *stage, unsigned int deadline_ms, bool has_child)
{
        return open_stage(stage, deadline_ms, has_child, NULL);
}

bool stage_open_armed(struct stage *stage, unsigned int deadline_ms,
                      const struct fault_case *fault_case)
{
        return open_stage(stage, deadline_ms, true, fault_case);
}

static bool await_tool(struct stage *stage, pid_t pid, struct told *told)
{
        struct pollfd ended = {.fd = pidfd_open(pid, 0), .events = POLLIN};
        uint64_t until_ns = ek_now_ns() + TOOL_MS * EK_NS_PER_MS;
        int status;

        while (ek_now_ns() < until_ns && poll(&ended, 1, 10) == 0)
                stage_attend(stage);
        close(ended.fd);
        told->is_over = waitpid(pid, &status, WNOHANG) == pid;
        if (!told->is_over)
                kill(pid, SIGKILL);
        else
                told->status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
        return told->is_over;
}

int stage_output(const struct stage *stage, const char *name)
{
        char path[96];

        snprintf(path, sizeof(path), "%s/%s", stage->directory, name);
        return open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

bool stage_run_tool(struct stage *stage, const char *const arguments[], struct told *ret_told)
{
        const char *all[ARGUMENTS_MAX] = {TOOL, "--json"};
        int output = stage_output(stage, "output");
        int errors = stage_output(stage, "errors");
        pid_t pid = -1;

        *ret_told = (struct told){0};
        setenv(PLAN_TOOL_VARIABLE, "1", 1);
        for (size_t i = 0; arguments[i] && i + 3 < ARGUMENTS_MAX; i++)
                all[i + 2] = arguments[i];
        if (output >= 0 && errors >= 0)
                pid = stage_start(all, output, errors);
        unsetenv(PLAN_TOOL_VARIABLE);
        if (pid < 0)
                fail(stage, "cannot start the tool");
        else if (await_tool(stage, pid, ret_told))
                told_read(ret_told, output, errors);
        close(output);
        close(errors);
        return pid > 0;
}

int stage_restore(struct stage *stage, const char *name)
{
        static const char *const arguments[] = {SUBJECT_V2, NULL};
        struct told told = {0};
        char path[160];
        pid_t pid;

        snprintf(path, sizeof(path), "%s/out/%s", stage->directory, name);
        setenv("EKIDEN_SNAPSHOT", path, 1);
        pid = stage_start(arguments, STDERR_FILENO, STDERR_FILENO);
        unsetenv("EKIDEN_SNAPSHOT");
        return pid > 0 && await_tool(stage, pid, &told) ? told.status : -1;
}

static int connect_to(const struct stage *stage, enum member member)
{
        const struct timeval patience = {.tv_sec = ANSWER_MS / 1000,
                                         .tv_usec = ANSWER_MS % 1000 * 1000};
        const struct sockaddr_un address = address_of(stage, member);
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        /* Connecting, too: it waits where the backlog is full (unix(7)). */
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
                close(fd);
                fd = -1;
        }
        return fd;
}

static bool ask(const struct stage *stage, enum member member, const char *byte,
                struct answer *ret_answer)
{
        int fd = connect_to(stage, member);
        char line[160] = "";
        ssize_t n = -1;

        if (fd < 0)
                return false;
        if (send(fd, byte, 1, MSG_NOSIGNAL) == 1)
                n = recv(fd, line, sizeof(line) - 1, 0);
        close(fd);
        return n > 0 && sscanf(line, "%d %d %llu %zu %d %llx", &ret_answer->pid,
                               &ret_answer->version, &ret_answer->asked, &ret_answer->heap_bytes,
                               &ret_answer->descriptors, &ret_answer->sum) == 6;
}

bool stage_ask(const struct stage *stage, struct answer *ret_answer)
{
        return ask(stage, MEMBER_MAIN, "?", ret_answer);
}

bool stage_ask_member(const struct stage *stage, enum member member, struct answer *ret_answer)
{
        return ask(stage, member, "?", ret_answer);
}

bool stage_has_listener(const struct stage *stage)
{
        int fd = connect_to(stage, MEMBER_MAIN);

        if (fd >= 0)
                close(fd);
        return fd >= 0;
}

bool stage_calm(const struct stage *stage, struct answer *ret_answer)
{
        return ask(stage, MEMBER_MAIN, "p", ret_answer);
}

bool stage_calm_member(const struct stage *stage, enum member member, struct answer *ret_answer)
{
        return ask(stage, member, "p", ret_answer);
}

size_t stage_settle(struct stage *stage)
{
        uint64_t until_ns = ek_now_ns() + SETTLE_MS * EK_NS_PER_MS;
        pid_t one;

        while (stage_attend(stage) ||
               (stage_processes(&one) > stage->wanted && ek_now_ns() < until_ns))
                stage_nap(5);
        return stage_processes(&one);
}

/* How many files a directory has, and whether it has one of that name. */
static size_t count_files(const struct stage *stage, const char *directory_name, const char *name,
                          bool *ret_has_it)
{
        char path[96];
        size_t count = 0;
        DIR *directory;

        snprintf(path, sizeof(path), "%s/%s", stage->directory, directory_name);
        directory = opendir(path);
        *ret_has_it = false;
        for (struct dirent *entry; directory && (entry = readdir(directory));) {
                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                count++;
                if (strcmp(entry->d_name, name) == 0)
                        *ret_has_it = true;
        }
        if (directory)
                closedir(directory);
        return count;
}

size_t stage_sockets(const struct stage *stage, pid_t pid, bool *ret_has_its)
{
        char name[64];

        snprintf(name, sizeof(name), "subject.%d", (int)pid);
        return count_files(stage, "run", name, ret_has_its);
}

size_t stage_snapshots(const struct stage *stage, const char *name, long *ret_size_bytes)
{
        char path[160];
        struct stat status;
        bool has_it;

        snprintf(path, sizeof(path), "%s/out/%s", stage->directory, name);
        *ret_size_bytes = stat(path, &status) == 0 ? (long)status.st_size : -1;
        return count_files(stage, "out", name, &has_it);
}
