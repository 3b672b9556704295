/* SPDX-License-Identifier: MIT */
/* The keys that a program tells of: each once, none lost, and no more memory than is allowed. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "entry/threads.h"
#include "shelf_v1.ekiden.h"
#include "state/changes.h"

#define KEYS 100000

static const struct ekiden_item *books, *loans;
static struct ek_changes *changes;

static void begin(const struct ekiden_item *item, size_t max_bytes)
{
        ek_threads_begin();
        books = ekiden_schema_item(&shelf_v1, "books");
        loans = ekiden_schema_item(&shelf_v1, "loans");
        cr_assert_eq(ek_changes_begin(item ? item : books, max_bytes, false, &changes), 0);
}

static void end(void)
{
        changes = ek_changes_end(changes);
        cr_assert_eq(ekiden_is_tracking(), false);
}

static void touch(const char *key)
{
        ekiden_touch_text(books, key);
}

/* How many keys are left to be sent, each of which is `expected`, if that is not NULL. */
static uint64_t count_left(const char *expected)
{
        struct ekiden_key key;
        uint64_t count = 0;

        for (; ek_changes_next(changes, &key); count++) {
                if (!expected)
                        continue;
                cr_assert_eq(key.size, strlen(expected));
                cr_assert_eq(memcmp(key.data, expected, key.size + 1), 0, "a NUL is behind it");
        }
        return count;
}

Test(changes, nobody_is_noted_while_nothing_is_sent)
{
        begin(NULL, EK_CHANGES_MAX_DEFAULT);
        end();
        touch("a");
        begin(NULL, EK_CHANGES_MAX_DEFAULT);
        cr_assert_eq(ek_changes_noted(changes), 0);
        ekiden_touch_number(loans, 1); /* another item */
        cr_assert_eq(ek_changes_noted(changes), 0);
        end();
}

Test(changes, a_key_is_noted_once_until_it_is_sent)
{
        begin(NULL, EK_CHANGES_MAX_DEFAULT);
        for (int i = 0; i < 10; i++)
                touch("once");
        cr_assert_eq(ek_changes_noted(changes), 1);
        ek_changes_turn(changes);
        cr_assert_eq(ek_changes_noted(changes), 0);
        touch("once"); /* while it is on its way */
        cr_assert_eq(ek_changes_noted(changes), 1);
        cr_assert_eq(count_left("once"), 1);
        ek_changes_turn(changes);
        cr_assert_eq(count_left("once"), 1);
        ek_changes_turn(changes);
        cr_assert_eq(count_left(NULL), 0);
        end();
}

Test(changes, that_were_turned_to_are_sent_before_others)
{
        begin(NULL, EK_CHANGES_MAX_DEFAULT);
        touch("first");
        ek_changes_turn(changes);
        touch("second");
        ek_changes_turn(changes);
        cr_assert_eq(count_left("first"), 1, "it is lost");
        ek_changes_turn(changes);
        cr_assert_eq(count_left("second"), 1);
        end();
}

Test(changes, any_bytes_are_a_key)
{
        static const struct {
                const char *data;
                size_t size;
        } keys[] = {{"", 0}, {"\0", 1}, {"\0\0", 2}, {"a", 1}, {"a\0", 2}, {"\xff\xfe", 2}};
        const size_t count = sizeof(keys) / sizeof(keys[0]);
        struct ekiden_key key;

        begin(NULL, EK_CHANGES_MAX_DEFAULT);
        for (size_t i = 0; i < count; i++)
                ekiden_touch_bytes(books, keys[i].data, keys[i].size);
        ekiden_touch_bytes(books, NULL, 7);
        ekiden_touch_text(books, NULL);
        cr_assert_eq(ek_changes_noted(changes), count);
        ek_changes_turn(changes);
        for (size_t i = 0; i < count; i++) {
                cr_assert(ek_changes_next(changes, &key));
                cr_assert_eq(key.size, keys[i].size);
                cr_assert_eq(memcmp(key.data, keys[i].data, key.size), 0);
        }
        end();
}

Test(changes, numbers_keep_their_sign)
{
        struct ekiden_key key;

        begin(loans ? loans : ekiden_schema_item(&shelf_v1, "loans"), EK_CHANGES_MAX_DEFAULT);
        ekiden_touch_number(loans, (uint64_t)INT64_C(-3));
        ekiden_touch_number(loans, (uint64_t)INT64_C(-3));
        ek_changes_turn(changes);
        cr_assert(ek_changes_next(changes, &key));
        cr_assert_eq((int64_t)key.number, -3);
        cr_assert_null(key.data);
        cr_assert_not(ek_changes_next(changes, &key));
        end();
}

Test(changes, none_of_many_is_lost_and_their_memory_is_given_back)
{
        static bool seen[KEYS];
        struct ekiden_key key;
        size_t size;

        begin(NULL, EK_CHANGES_MAX_DEFAULT);
        for (int twice = 0; twice < 2; twice++)
                for (int i = 0; i < KEYS; i++) {
                        char text[32];

                        snprintf(text, sizeof(text), "key number %d", i);
                        touch(text);
                }
        cr_assert_eq(ek_changes_noted(changes), KEYS);
        size = ek_changes_size(changes);
        cr_assert_lt(size, KEYS * 100);
        ek_changes_turn(changes);
        while (ek_changes_next(changes, &key)) {
                size_t i = strtoul((const char *)key.data + strlen("key number "), NULL, 10);

                cr_assert_lt(i, KEYS);
                cr_assert_not(seen[i]);
                seen[i] = true;
        }
        for (int i = 0; i < KEYS; i++)
                cr_assert(seen[i]);
        cr_assert_eq(ek_changes_size(changes), 0);
        cr_assert_eq(ek_changes_failure(changes), 0);
        end();
}

Test(changes, no_more_memory_is_taken_than_is_allowed)
{
        char *large = calloc(1, EK_CHANGES_MAX_LEAST + 1);

        begin(NULL, EK_CHANGES_MAX_LEAST);
        ekiden_touch_bytes(books, large, EK_CHANGES_MAX_LEAST + 1);
        cr_assert_eq(ek_changes_failure(changes), EKIDEN_ELIMIT);
        end();
        begin(NULL, 4 * EK_CHANGES_MAX_LEAST);
        for (int i = 0; i < KEYS; i++) {
                char text[32];

                snprintf(text, sizeof(text), "%d", i);
                touch(text);
        }
        cr_assert_eq(ek_changes_failure(changes), EKIDEN_ELIMIT);
        cr_assert_leq(ek_changes_size(changes), 5 * EK_CHANGES_MAX_LEAST, "but for one chunk");
        end();
        free(large);
}

Test(changes, the_least_memory_that_may_be_chosen_is_room_for_hundreds)
{
        begin(NULL, EK_CHANGES_MAX_LEAST);
        for (int i = 0; i < 300; i++) {
                char text[32];

                snprintf(text, sizeof(text), "key number %d", i);
                touch(text);
        }
        cr_assert_eq(ek_changes_failure(changes), 0);
        cr_assert_eq(ek_changes_noted(changes), 300);
        end();
}

Test(changes, of_one_item_are_noted_in_one_place)
{
        struct ek_changes *second;

        begin(NULL, EK_CHANGES_MAX_DEFAULT);
        cr_assert_eq(ek_changes_begin(books, EK_CHANGES_MAX_DEFAULT, false, &second),
                     EKIDEN_EEXISTS);
        cr_assert_eq(ek_changes_begin(loans, EK_CHANGES_MAX_DEFAULT, true, &second), 0);
        touch("book");
        cr_assert_eq(ek_changes_noted(changes), 1);
        cr_assert_eq(ek_changes_noted(second), 0);
        ek_changes_end(second);
        cr_assert(ekiden_is_tracking());
        end();
}

static _Thread_local bool frees_slowly;
static int freeing; /* the end of a pipe */
static void *freed; /* meanwhile; nobody gets it again */
static bool is_child;

void __real_free(void *block);
void __wrap_free(void *block);

/* Long enough for the other thread to fork meanwhile, if it can. */
void __wrap_free(void *block)
{
        if (is_child && block && block == freed)
                _exit(1);
        if (!frees_slowly || !block) {
                __real_free(block);
                return;
        }
        frees_slowly = false;
        freed = block;
        cr_assert_eq(write(freeing, "", 1), 1);
        usleep(300000);
}

/* So many that a table grows, and frees what it had. */
static void *touch_many(void *nothing)
{
        char key[32];

        frees_slowly = true;
        for (int i = 0; i < KEYS; i++) {
                snprintf(key, sizeof(key), "key %d", i);
                touch(key);
        }
        return nothing;
}

Test(changes, that_another_thread_notes_are_whole_in_a_forked_child)
{
        int ends[2], status;
        pthread_t thread;
        pid_t child;
        char byte;

        begin(NULL, EK_CHANGES_MAX_DEFAULT);
        cr_assert_eq(pipe(ends), 0);
        freeing = ends[1];
        cr_assert_eq(pthread_create(&thread, NULL, touch_many, NULL), 0);
        cr_assert_eq(read(ends[0], &byte, 1), 1);
        child = fork();
        if (child == 0) {
                is_child = true;
                changes = ek_changes_end(changes);
                _exit(0);
        }
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_assert_eq(status, 0);
        cr_assert_eq(pthread_join(thread, NULL), 0);
        cr_assert_eq(ek_changes_noted(changes), KEYS);
        end();
        __real_free(freed);
        close(ends[0]);
        close(ends[1]);
}

/* It has the program's memory, and no update points: what it noted would never be sent. */
Test(changes, are_not_noted_in_a_forked_child)
{
        int status;
        pid_t child;

        begin(NULL, EK_CHANGES_MAX_DEFAULT);
        touch("before");
        child = fork();
        if (child == 0) {
                touch("in the child");
                _exit(ekiden_is_tracking() || ek_changes_noted(changes) != 1);
        }
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_assert_eq(status, 0);
        touch("behind");
        cr_assert_eq(ek_changes_noted(changes), 2);
        end();
}
