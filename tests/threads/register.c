/* SPDX-License-Identifier: MIT */
/* The register of threads and their stopping, without an upgrade around it. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ekiden/thread.h>

#include "entry/attention.h"
#include "entry/process.h"
#include "entry/thread_report.h"
#include "entry/thread_stop.h"
#include "entry/threads.h"
#include "entry/wake.h"
#include "handover/stands.h"
#include "wire/own.h"

static sem_t here, on;

/* As ekiden_start() does. */
static void begin(void)
{
        ek_process.pid = getpid();
        ek_process.is_started = true;
        cr_assert_eq(ek_wake_setup(SIGUSR2, NULL), 0);
        ek_threads_begin();
        sem_init(&here, 0, 0);
        sem_init(&on, 0, 0);
}

static void await(sem_t *semaphore)
{
        while (sem_wait(semaphore) < 0)
                ;
}

static pthread_t start(void *(*run)(void *data), void *data)
{
        pthread_t thread;

        cr_assert_eq(pthread_create(&thread, NULL, run, data), 0);
        return thread;
}

/* Registers, and ends when it is told to. */
static void *stay(void *name)
{
        int r = ekiden_thread_begin(name, NULL, NULL, NULL);

        sem_post(&here);
        await(&on);
        return (void *)(intptr_t)r;
}

static int begin_as(const char *name)
{
        int r = ekiden_thread_begin(name, NULL, NULL, NULL);

        ekiden_thread_end();
        return r;
}

static void *check_names(void *data)
{
        char longest[EKIDEN_NAME_MAX + 2];

        (void)data;
        memset(longest, 'n', sizeof(longest));
        longest[sizeof(longest) - 1] = '\0';
        cr_expect_eq(begin_as(longest), EKIDEN_EINVAL);
        longest[EKIDEN_NAME_MAX] = '\0';
        cr_expect_eq(begin_as(longest), 0);
        cr_expect_eq(begin_as(NULL), EKIDEN_EINVAL);
        cr_expect_eq(begin_as(""), EKIDEN_EINVAL);
        cr_expect_eq(begin_as("a\nb"), EKIDEN_EINVAL);
        cr_expect_eq(begin_as("\xff"), EKIDEN_EINVAL);
        cr_expect_eq(begin_as("main"), EKIDEN_EEXISTS);
        cr_expect_eq(begin_as("wörk"), 0);
        return NULL;
}

Test(register, takes_names_that_are_names_and_no_other, .timeout = 60)
{
        begin();
        pthread_join(start(check_names, NULL), NULL);
        cr_expect_eq(begin_as("one"), EKIDEN_EEXISTS, "the main thread is registered");
}

Test(register, is_there_after_the_start_alone, .timeout = 60)
{
        cr_expect_eq(ekiden_thread_begin("early", NULL, NULL, NULL), EKIDEN_ESTATE);
        ekiden_thread_end();
        ekiden_thread_idle_begin("nowhere");
        ekiden_thread_idle_end();
}

Test(register, has_a_name_once_and_again_when_its_thread_has_ended, .timeout = 60)
{
        pthread_t first, second;
        void *result;

        begin();
        first = start(stay, (void *)(uintptr_t) "ann");
        await(&here);
        second = start(stay, (void *)(uintptr_t) "ann");
        await(&here);
        cr_expect_eq(ek_threads_count(), 1);
        sem_post(&on);
        sem_post(&on);
        pthread_join(first, &result);
        cr_expect_eq((intptr_t)result, 0);
        pthread_join(second, &result);
        cr_expect_eq((intptr_t)result, EKIDEN_EEXISTS);
        cr_expect_eq(ek_threads_count(), 0, "a thread that exits ends by itself");
        sem_post(&on);
        pthread_join(start(stay, (void *)(uintptr_t) "ann"), &result);
        cr_expect_eq((intptr_t)result, 0);
}

Test(register, holds_as_many_as_it_says, .timeout = 120)
{
        static pthread_t threads[EKIDEN_THREADS_MAX + 1];
        static char names[EKIDEN_THREADS_MAX + 1][16];
        pthread_attr_t small;
        void *result;

        begin();
        pthread_attr_init(&small);
        pthread_attr_setstacksize(&small, (size_t)64 << 10);
        for (int i = 0; i <= EKIDEN_THREADS_MAX; i++) {
                snprintf(names[i], sizeof(names[i]), "t%d", i);
                cr_assert_eq(pthread_create(&threads[i], &small, stay, names[i]), 0);
                await(&here);
        }
        cr_expect_eq(ek_threads_count(), EKIDEN_THREADS_MAX);
        for (int i = 0; i <= EKIDEN_THREADS_MAX; i++)
                sem_post(&on);
        for (int i = 0; i <= EKIDEN_THREADS_MAX; i++) {
                pthread_join(threads[i], &result);
                cr_expect_eq((intptr_t)result, i < EKIDEN_THREADS_MAX ? 0 : EKIDEN_ELIMIT);
        }
}

/* Passes update points until it is told to end. */
static int ends;
static uint64_t passes;

static void *pass(void *name)
{
        ekiden_thread_begin(name, NULL, NULL, NULL);
        while (!__atomic_load_n(&ends, __ATOMIC_RELAXED)) {
                ekiden_update_point("loop");
                __atomic_fetch_add(&passes, 1, __ATOMIC_RELAXED);
        }
        return NULL;
}

Test(stop, holds_threads_until_they_may_go_on, .timeout = 60)
{
        pthread_t threads[8];
        char names[8][16];

        begin();
        for (int i = 0; i < 8; i++) {
                snprintf(names[i], sizeof(names[i]), "t%d", i);
                threads[i] = start(pass, names[i]);
        }
        for (int round = 0; round < 200; round++) {
                struct ekiden_error error = {0};
                struct ek_stands stands;
                uint64_t before;

                cr_assert_eq(ek_threads_stop(NULL, &stands, &error), 0, "%s", error.sentence);
                before = __atomic_load_n(&passes, __ATOMIC_RELAXED);
                for (size_t i = 0; i < stands.count; i++) /* "": it stands where it begins */
                        cr_expect(strcmp(stands.list[i].update_point, "loop") == 0 ||
                                  stands.list[i].update_point[0] == '\0');
                if (round % 50 == 0)
                        usleep(2000);
                cr_expect_eq(__atomic_load_n(&passes, __ATOMIC_RELAXED), before);
                ek_stands_free(&stands);
                ek_threads_resume();
                while (__atomic_load_n(&passes, __ATOMIC_RELAXED) == before && round % 20 == 0)
                        ;
        }
        __atomic_store_n(&ends, 1, __ATOMIC_RELAXED);
        for (int i = 0; i < 8; i++)
                pthread_join(threads[i], NULL);
        cr_expect_eq(ek_attention() & EK_ATTENTION_STOP, 0);
}

/* Idle, until it is told to go on. */
static void *idle(void *data)
{
        (void)data;
        ekiden_thread_begin("idle", NULL, NULL, NULL);
        ekiden_thread_idle_begin("cellar");
        sem_post(&here);
        await(&on);
        ekiden_thread_idle_end();
        __atomic_fetch_add(&passes, 1, __ATOMIC_RELAXED);
        return NULL;
}

Test(stop, counts_the_idle_and_keeps_them_from_going_on, .timeout = 60)
{
        struct ekiden_error error = {0};
        struct ek_stands stands;
        pthread_t thread;

        begin();
        thread = start(idle, NULL);
        await(&here);
        cr_assert_eq(ek_threads_stop(NULL, &stands, &error), 0, "%s", error.sentence);
        cr_assert_eq(stands.count, 1);
        cr_expect_str_eq(stands.list[0].update_point, "cellar");
        cr_expect(stands.list[0].is_idle);
        ek_stands_free(&stands);
        sem_post(&on);
        usleep(50000);
        cr_expect_eq(__atomic_load_n(&passes, __ATOMIC_RELAXED), 0, "it went on");
        ek_threads_resume();
        pthread_join(thread, NULL);
        cr_expect_eq(passes, 1);
}

/* Which thread a handler ran in; 0: none. */
static volatile sig_atomic_t handled_in;

static void note_thread(int number)
{
        (void)number;
        handled_in = gettid();
}

/* As the kernel has it. */
static bool blocks(pid_t tid, int number)
{
        char path[64], line[128];
        unsigned long long blocked = 0;
        FILE *file;

        snprintf(path, sizeof(path), "/proc/self/task/%d/status", (int)tid);
        file = fopen(path, "re");
        cr_assert(file);
        while (fgets(line, sizeof(line), file) && sscanf(line, "SigBlk: %llx", &blocked) != 1)
                ;
        fclose(file);
        return (blocked >> (number - 1) & 1) != 0;
}

/* Sent to the process while all stand: there is nobody to take it until they go on. */
static void expect_handled_behind_the_stop(pid_t tid)
{
        cr_expect(!blocks(tid, SIGSEGV), "what it does wrong itself its own handler hears of");
        kill(getpid(), SIGTERM);
        usleep(50000);
        cr_expect_eq(handled_in, 0);
        ek_threads_resume();
        while (handled_in == 0)
                usleep(1000);
        cr_expect_eq(handled_in, tid, "its mask is what it was");
}

static void leave_signals_to_others(void)
{
        struct sigaction action = {.sa_handler = note_thread};
        sigset_t term;

        sigaction(SIGTERM, &action, NULL);
        sigemptyset(&term);
        sigaddset(&term, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &term, NULL);
}

Test(stop, keeps_handlers_out_of_threads_that_stand, .timeout = 60)
{
        struct ekiden_error error = {0};
        pthread_t thread;

        begin();
        thread = start(pass, (void *)(uintptr_t) "one");
        leave_signals_to_others();
        while (ek_threads_count() == 0)
                usleep(1000);
        cr_assert_eq(ek_threads_stop(NULL, NULL, &error), 0, "%s", error.sentence);
        expect_handled_behind_the_stop(ek_threads.list->tid);
        __atomic_store_n(&ends, 1, __ATOMIC_RELAXED);
        pthread_join(thread, NULL);
}

Test(stop, keeps_handlers_out_of_one_that_would_be_idle_no_longer, .timeout = 60)
{
        struct ekiden_error error = {0};
        pthread_t thread;
        pid_t tid;

        begin();
        thread = start(idle, NULL);
        leave_signals_to_others();
        await(&here);
        cr_assert_eq(ek_threads_stop(NULL, NULL, &error), 0, "%s", error.sentence);
        tid = ek_threads.list->tid;
        sem_post(&on);
        while (!blocks(tid, SIGTERM)) /* or the test is over in time */
                usleep(1000);
        expect_handled_behind_the_stop(tid);
        pthread_join(thread, NULL);
}

Test(stop, holds_one_that_registers_meanwhile, .timeout = 60)
{
        struct ekiden_error error = {0};
        pthread_t thread;

        begin();
        cr_assert_eq(ek_threads_stop(NULL, NULL, &error), 0, "%s", error.sentence);
        thread = start(stay, (void *)(uintptr_t) "late");
        usleep(50000);
        cr_expect_lt(sem_trywait(&here), 0, "it went on");
        ek_threads_resume();
        await(&here);
        sem_post(&on);
        pthread_join(thread, NULL);
}

/* Passes update points until it is cancelled, between them. */
static void *pass_cancellably(void *name)
{
        ekiden_thread_begin(name, NULL, NULL, NULL);
        sem_post(&here);
        for (;;) {
                ekiden_update_point("loop");
                pthread_testcancel();
        }
        return NULL;
}

Test(stop, outlives_threads_that_are_cancelled_in_it, .timeout = 60)
{
        struct ekiden_error error = {0};
        pthread_t thread;
        void *result;

        begin();
        thread = start(pass_cancellably, (void *)(uintptr_t) "cancelled");
        await(&here);
        cr_assert_eq(ek_threads_stop(NULL, NULL, &error), 0, "%s", error.sentence);
        pthread_cancel(thread);
        usleep(20000);
        cr_expect_eq(ek_threads_count(), 1, "it stands");
        ek_threads_resume();
        pthread_join(thread, &result);
        cr_expect_eq(result, PTHREAD_CANCELED);
        cr_expect_eq(ek_threads_count(), 0);
        cr_expect_eq(ek_threads_stop(NULL, NULL, &error), 0, "%s", error.sentence);
}

Test(stop, that_fails_lets_all_go_on, .timeout = 60)
{
        struct ekiden_error error = {0};
        pthread_t thread;

        begin();
        cr_expect_eq(ekiden_set_stop_deadline(0), EKIDEN_EINVAL);
        cr_expect_eq(ekiden_set_stop_deadline(86400001), EKIDEN_EINVAL);
        cr_assert_eq(ekiden_set_stop_deadline(30), 0);
        thread = start(stay, (void *)(uintptr_t) "stuck");
        await(&here);
        cr_expect_eq(ek_threads_stop(NULL, NULL, &error), EKIDEN_ETIMEOUT);
        cr_expect(strstr(error.sentence, "thread \"stuck\" ("), "%s", error.sentence);
        cr_expect_eq(ek_attention() & EK_ATTENTION_STOP, 0);
        sem_post(&on);
        pthread_join(thread, NULL);
        cr_expect_eq(ek_threads_stop(NULL, NULL, &error), 0, "it has ended");
}

Test(stop, does_not_ask_for_an_upgrade_by_the_signals_that_it_sends, .timeout = 60)
{
        struct ekiden_error error = {0};

        begin();
        ekiden_set_stop_deadline(30);
        start(stay, (void *)(uintptr_t) "stuck");
        await(&here);
        cr_expect_eq(ek_threads_stop(NULL, NULL, &error), EKIDEN_ETIMEOUT);
        cr_expect_not(ek_wake_was_asked());
        kill(getpid(), SIGUSR2);
        cr_expect(ek_wake_was_asked(), "and one that somebody sends does");
}

static bool is_to_attend(void)
{
        return (ek_attention() & EK_ATTENTION_ATTEND) != 0;
}

Test(signal, that_is_passed_on_to_the_main_thread_comes_again_until_it_attends, .timeout = 60)
{
        begin();
        ek_attention_clear(EK_ATTENTION_ATTEND);
        ek_wake_thread(pthread_self());
        cr_expect(is_to_attend());
        cr_expect_not(ek_wake_was_asked(), "nobody has asked for an upgrade");
        for (int i = 0; i < 3; i++) {
                ek_attention_clear(EK_ATTENTION_ATTEND);
                while (!is_to_attend())
                        usleep(100);
        }
        ek_wake_at(UINT64_MAX);
}

Test(signal, for_another_thread_is_nothing_to_attend_to, .timeout = 60)
{
        pthread_t thread;

        begin();
        thread = start(stay, (void *)(uintptr_t) "other");
        await(&here);
        ek_attention_clear(EK_ATTENTION_ATTEND);
        ek_wake_thread(thread);
        sem_post(&on);
        pthread_join(thread, NULL);
        cr_expect_not(is_to_attend());
}

static void *fork_one(void *data)
{
        pid_t child;
        int status;

        (void)data;
        ekiden_thread_begin("parent", NULL, NULL, NULL);
        child = fork();
        if (child == 0) {
                ek_threads_after_fork();
                ek_process.pid = getpid();
                alarm(20);
                _exit(ek_threads_count() != 0 || !ek_thread_is_main() ||
                      ek_threads_stop(NULL, NULL, &(struct ekiden_error){0}) != 0);
        }
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_expect_eq(status, 0);
        return NULL;
}

Test(fork, leaves_nothing_of_the_other_threads, .timeout = 60)
{
        begin();
        start(stay, (void *)(uintptr_t) "other");
        await(&here);
        pthread_join(start(fork_one, NULL), NULL);
        cr_expect_eq(ek_threads_count(), 1);
}

static Ekiden__Paused *paused_with(size_t count, char *name, char *place)
{
        static Ekiden__Paused paused;
        static Ekiden__ThreadStand stands[EKIDEN_THREADS_MAX + 1];
        static Ekiden__ThreadStand *pointers[EKIDEN_THREADS_MAX + 1];

        ekiden__paused__init(&paused);
        for (size_t i = 0; i < count; i++) {
                ekiden__thread_stand__init(&stands[i]);
                stands[i].name = name;
                stands[i].update_point = place;
                pointers[i] = &stands[i];
        }
        paused.threads = pointers;
        paused.n_threads = count;
        return &paused;
}

Test(stands, that_come_are_not_believed, .timeout = 60)
{
        char longer[200], place[EKIDEN_NAME_MAX + 1];

        memset(longer, 'x', sizeof(longer));
        longer[sizeof(longer) - 1] = '\0';
        cr_expect_eq(ek_stands_receive(paused_with(EKIDEN_THREADS_MAX + 1, longer, longer)),
                     EKIDEN_ELIMIT);
        cr_assert_eq(ek_stands_receive(paused_with(1, longer, longer)), 0);
        cr_expect_eq(strlen(ek_stands_received()->list[0].name), EKIDEN_NAME_MAX);
        cr_assert_eq(ek_stands_receive(paused_with(1, (char[]){"a\nb"}, NULL)), 0);
        cr_expect_str_eq(ek_stands_received()->list[0].name, "a b");
        cr_expect_str_eq(ek_stands_received()->list[0].update_point, "");
        cr_assert_eq(ek_stands_receive(paused_with(EKIDEN_THREADS_MAX, (char[]){"n"}, NULL)), 0);
        cr_expect_eq(ek_stands_received()->count, EKIDEN_THREADS_MAX);
        cr_assert_eq(ek_stands_receive(paused_with(1, (char[]){"ann"}, (char[]){"loop"})), 0);
        cr_expect_not(ek_stands_claim("bob", place));
        cr_expect(ek_stands_claim("ann", place));
        cr_expect_str_eq(place, "loop");
        cr_expect_not(ek_stands_claim("ann", place), "one thread alone is her successor");
}

/* Whether it stood at the loop, as it is told when `on` lets it ask. */
static void *ask_where(void *name)
{
        bool is_there;

        cr_assert_eq(ekiden_thread_begin(name, NULL, NULL, NULL), 0);
        sem_post(&here);
        await(&on);
        is_there = ekiden_resumed_at("loop");
        ekiden_thread_end();
        return (void *)(intptr_t)is_there;
}

static bool is_told(pthread_t thread)
{
        void *result;

        pthread_join(thread, &result);
        return result != NULL;
}

Test(stands, are_for_threads_that_have_begun_when_the_process_serves, .timeout = 60)
{
        pthread_t early, late;

        begin();
        early = start(ask_where, (void *)(uintptr_t) "ann");
        await(&here);
        cr_assert_eq(ek_stands_receive(paused_with(2, (char[]){"ann"}, (char[]){"loop"})), 0);
        ek_threads_settle_stands();
        sem_post(&on);
        cr_expect(is_told(early), "it has begun, and asks late");
        sem_post(&on);
        late = start(ask_where, (void *)(uintptr_t) "ann");
        cr_expect_not(is_told(late), "another one of that name");
}

Test(stands, of_the_predecessor_are_nothing_to_a_forked_child, .timeout = 60)
{
        pid_t child;
        int status;

        begin();
        cr_assert_eq(ek_stands_receive(paused_with(1, (char[]){"ann"}, (char[]){"loop"})), 0);
        child = fork();
        if (child == 0) {
                ek_process.pid = getpid();
                ek_threads_after_fork();
                sem_post(&on);
                _exit(is_told(start(ask_where, (void *)(uintptr_t) "ann")));
        }
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_expect_eq(status, 0);
}

static int is_over;

/* What threads do that takes locks, as fast as they can. */
static void *take_locks(void *data)
{
        char place[EKIDEN_NAME_MAX + 1];
        int fd = dup(STDIN_FILENO);

        (void)data;
        while (!__atomic_load_n(&is_over, __ATOMIC_RELAXED)) {
                ek_own(fd);
                ek_own_forget(fd);
                (void)ek_stands_claim("nobody", place);
                ek_thread_is_strange("loop");
                (void)ek_thread_place(&ek_threads.main, place);
                (void)ek_threads_count();
        }
        close(fd);
        return NULL;
}

/* The same, once; whoever waits for ever is ended by the alarm. */
static _Noreturn void take_each_lock(void)
{
        char place[EKIDEN_NAME_MAX + 1];

        alarm(20);
        ek_own_forget(STDIN_FILENO);
        (void)ek_stands_claim("nobody", place);
        ek_thread_is_strange("loop");
        ek_thread_note(&ek_threads.main, "loop");
        _exit(ek_threads_count() != 0);
}

Test(fork, of_a_process_whose_threads_take_locks_finds_all_free, .timeout = 100)
{
        pthread_t threads[3];

        begin();
        for (size_t i = 0; i < 3; i++)
                threads[i] = start(take_locks, NULL);
        for (int i = 0; i < 500; i++) {
                pid_t child = fork();
                int status;

                if (child == 0)
                        take_each_lock();
                cr_assert_eq(waitpid(child, &status, 0), child);
                cr_assert_eq(status, 0, "fork %d", i);
        }
        __atomic_store_n(&is_over, 1, __ATOMIC_RELAXED);
        for (size_t i = 0; i < 3; i++)
                pthread_join(threads[i], NULL);
}
