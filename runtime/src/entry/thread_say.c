/* SPDX-License-Identifier: MIT */
/*
 * What threads have to say to the log, and the locks that they bring to their update points. The
 * program's log is called by its main thread alone: so it is kept until that attends.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "entry/attention.h"
#include "entry/locks.h"
#include "entry/process.h"
#include "entry/thread_report.h"
#include "handover/public_pid.h"
#include "utf8.h"

#define SAYINGS_MAX 16 /* more at a time are lost */

static struct {
        pthread_mutex_t lock;
        struct {
                enum ekiden_log_level level;
                char line[512];
        } sayings[SAYINGS_MAX];
        size_t count;
        bool has_met_stranger;
} said = {.lock = PTHREAD_MUTEX_INITIALIZER};
static int is_something_said; /* read without the lock */

static void say(enum ekiden_log_level level, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* With the lock of what is said. */
static void say(enum ekiden_log_level level, const char *format, ...)
{
        va_list arguments;

        if (said.count == SAYINGS_MAX)
                return;
        va_start(arguments, format);
        vsnprintf(said.sayings[said.count].line, sizeof(said.sayings[0].line), format, arguments);
        va_end(arguments);
        said.sayings[said.count++].level = level;
        __atomic_store_n(&is_something_said, 1, __ATOMIC_RELEASE);
        ek_attention_set(EK_ATTENTION_ATTEND);
}

void ek_thread_is_strange(const char *update_point)
{
        char place[EKIDEN_NAME_MAX + 1], name[17] = "";

        pthread_mutex_lock(&said.lock);
        if (!said.has_met_stranger) {
                said.has_met_stranger = true;
                (void)prctl(PR_GET_NAME, name);
                ek_utf8_copy_line(name, sizeof(name), name);
                ek_utf8_copy_line(place, sizeof(place), update_point ? update_point : "?");
                say(EKIDEN_LOG_WARNING,
                    "thread \"%s\" (%d) is not registered: its update point \"%s\" does nothing; "
                    "call ekiden_thread_begin() in it",
                    name, (int)ek_public_tid(), place);
        }
        pthread_mutex_unlock(&said.lock);
}

void ek_thread_check_locks(struct ek_thread *thread, const char *update_point)
{
        char held[EK_LOCK_TEXT_MAX] = "", place[EKIDEN_NAME_MAX + 1];
        bool is_news;

        if (!ek_locks_held(held, sizeof(held)))
                held[0] = '\0';
        pthread_mutex_lock(&thread->place_lock);
        is_news = held[0] && strcmp(thread->held, held) != 0;
        strcpy(thread->held, held);
        pthread_mutex_unlock(&thread->place_lock);
        if (!is_news)
                return;
        ek_utf8_copy_line(place, sizeof(place), update_point ? update_point : "?");
        pthread_mutex_lock(&said.lock);
        say(EKIDEN_LOG_ERROR, "thread \"%s\" holds a lock across update point \"%s\": %s",
            thread->name, place, held);
        pthread_mutex_unlock(&said.lock);
}

static int report_lock(struct ek_thread *thread, struct ekiden_error *error)
{
        char held[EK_LOCK_TEXT_MAX], place[EKIDEN_NAME_MAX + 1];

        ek_thread_place(thread, place);
        pthread_mutex_lock(&thread->place_lock);
        strcpy(held, thread->held);
        pthread_mutex_unlock(&thread->place_lock);
        if (!held[0])
                return 0;
        return ekiden_error_set(error, EKIDEN_EREFUSED,
                                "thread \"%s\" holds a lock across update point \"%s\": %s; let go "
                                "of it before",
                                thread->name, place, held);
}

int ek_thread_report_locks(struct ekiden_error *error)
{
        int r = report_lock(&ek_threads.main, error);

        for (struct ek_thread *thread = ek_threads.list; thread && r == 0; thread = thread->next)
                r = report_lock(thread, error);
        return r;
}

void ek_threads_log(void)
{
        if (!__atomic_load_n(&is_something_said, __ATOMIC_ACQUIRE))
                return;
        for (;;) {
                enum ekiden_log_level level;
                char line[sizeof(said.sayings[0].line)];

                pthread_mutex_lock(&said.lock);
                if (said.count == 0) {
                        __atomic_store_n(&is_something_said, 0, __ATOMIC_RELAXED);
                        pthread_mutex_unlock(&said.lock);
                        return;
                }
                level = said.sayings[0].level;
                strcpy(line, said.sayings[0].line);
                said.count--;
                memmove(&said.sayings[0], &said.sayings[1], said.count * sizeof(said.sayings[0]));
                pthread_mutex_unlock(&said.lock);
                ek_log(level, "%s", line);
        }
}

void ek_thread_say_before_fork(void)
{
        pthread_mutex_lock(&said.lock);
}

void ek_thread_say_after_fork(void)
{
        pthread_mutex_unlock(&said.lock);
}
