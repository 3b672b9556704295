/* SPDX-License-Identifier: MIT */
/* See thread_strangers.h. */
#include "entry/thread_strangers.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "entry/append.h"
#include "entry/threads.h"
#include "handover/predecessor.h"
#include "utf8.h"
#include "wire/look.h"

#define NAMED_MAX 8 /* in a sentence; the others are counted */

static bool is_registered(pid_t tid)
{
        bool is = tid == ek_threads.main.tid;

        pthread_mutex_lock(&ek_threads.lock);
        for (const struct ek_thread *thread = ek_threads.list; thread && !is; thread = thread->next)
                is = thread->tid == tid;
        pthread_mutex_unlock(&ek_threads.lock);
        return is;
}

static void read_name(struct ek_stranger *stranger)
{
        char path[64], name[EKIDEN_NAME_MAX + 1] = "";
        ssize_t length;
        int fd;

        snprintf(path, sizeof(path), "/proc/self/task/%d/comm", (int)stranger->tid);
        fd = ek_look_at(path);
        length = fd < 0 ? 0 : read(fd, name, sizeof(name) - 1);
        if (fd >= 0)
                close(fd);
        name[length > 0 ? length : 0] = '\0';
        name[strcspn(name, "\n")] = '\0';
        ek_utf8_copy_line(stranger->name, sizeof(stranger->name), name[0] ? name : "?");
}

/* One more; NULL: memory ran out, and the list is freed. */
static struct ek_stranger *add(struct ek_stranger *list, size_t count, pid_t tid)
{
        struct ek_stranger *grown = realloc(list, (count + 1) * sizeof(*grown));

        if (!grown) {
                free(list);
                return NULL;
        }
        grown[count] = (struct ek_stranger){.tid = tid};
        read_name(&grown[count]);
        return grown;
}

struct ek_stranger *ek_strangers(size_t *ret_count)
{
        DIR *directory = ek_may_look() ? opendir("/proc/self/task") : NULL;
        struct ek_stranger *list = NULL;
        struct dirent *entry;
        size_t count = 0;

        while (directory && count < EKIDEN_THREADS_MAX && (entry = readdir(directory))) {
                pid_t tid = (pid_t)atoi(entry->d_name);

                if (tid <= 0 || is_registered(tid))
                        continue;
                list = add(list, count, tid);
                if (!list) {
                        count = 0;
                        break;
                }
                count++;
        }
        if (directory)
                closedir(directory);
        *ret_count = count;
        return list;
}

static void warn_of_strangers(struct ek_warnings *warnings)
{
        size_t count;
        struct ek_stranger *strangers = ek_strangers(&count);
        char *sentence = count > 0 ? ek_warning_add(warnings) : NULL;
        const size_t size = EK_WARNING_SIZE;

        if (sentence) {
                snprintf(sentence, size,
                         "%zu thread%s of this process %s not registered, and %s "
                         "not stopped:",
                         count, count == 1 ? "" : "s", count == 1 ? "is" : "are",
                         count == 1 ? "is" : "are");
                for (size_t i = 0; i < count && i < NAMED_MAX; i++)
                        ek_append(sentence, size, "%s \"%s\" (%d)", i > 0 ? "," : "",
                                  strangers[i].name, (int)strangers[i].tid);
                if (count > NAMED_MAX)
                        ek_append(sentence, size, " and %zu more", count - NAMED_MAX);
                ek_append(sentence, size,
                          "; each that touches state must call ekiden_thread_begin()");
        }
        free(strangers);
}

/* Those that may come by themselves, but that nothing brings. */
static void warn_of_the_deaf(struct ek_warnings *warnings)
{
        pthread_mutex_lock(&ek_threads.lock);
        for (const struct ek_thread *thread = ek_threads.list; thread; thread = thread->next) {
                char *sentence;

                if (!thread->is_deaf || thread->wake || thread->event >= 0)
                        continue;
                sentence = ek_warning_add(warnings);
                if (sentence)
                        snprintf(sentence, EK_WARNING_SIZE,
                                 "thread \"%s\" cannot be woken: the update signal is blocked in "
                                 "it, or there is none; give ekiden_thread_begin() a function, or "
                                 "let it wait for its ekiden_poll_descriptor()",
                                 thread->name);
        }
        pthread_mutex_unlock(&ek_threads.lock);
}

void ek_threads_warn(struct ek_warnings *warnings)
{
        if (!ek_predecessor_report()->is_elsewhere)
                warn_of_strangers(warnings);
        warn_of_the_deaf(warnings);
}
