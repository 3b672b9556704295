/* SPDX-License-Identifier: MIT */
/*
 * A program with large texts: version 1 has them from malloc(), 2 in an arena; and to become 3, or
 * 2 again, a transformer writes those of odd numbers anew, and drops each fifth. Whoever connects
 * to the socket says one line and is answered with one.
 *
 * usage: shelf SOCKET [FAULT]: what a successor does before it serves: scribble, close
 *
 * In the environment: SHELF_LEAVES: it clears up before it leaves, as if the texts were still its
 * own.
 *
 *     put NUMBER SIZE SEED    a book is made, or another text is put into it
 *     hush NUMBER SIZE SEED   as put, and the library is not told of it
 *     move NUMBER             its text is copied elsewhere, and the library is not told of it
 *     drop NUMBER             a book is thrown away
 *     check                   "PID VERSION BOOKS BYTES OFFENDERS": each text is compared
 *     room                    "BLOCKS USED DATA TABLE": how full the arena is
 *     fork                    a child keeps the arena until the program ends, and tries to change
 * it
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ekiden/arena.h>
#include <ekiden/ekiden.h>

#include "shelf.h"

#if VERSION == 1
#include "shelf_v1.native.h"
#include "shelf_v2_to_v1.hop.h"
#define SCHEMA shelf_v1
#define FUNCTIONS shelf_v1_books_functions
#define TAG_BOOKS shelf_v1_tag_books
#define TOUCH(number) (void)(number)
#elif VERSION == 2
#include "shelf_v1_to_v2.hop.h"
#include "shelf_v2.native.h"
#include "shelf_v3_to_v2.hop.h"
#define SCHEMA shelf_v2
#define FUNCTIONS shelf_v2_books_functions
#define TAG_BOOKS shelf_v2_tag_books
#define TOUCH(number) shelf_v2_touch_books(number)
#else
#include "shelf_v2_to_v3.hop.h"
#include "shelf_v3.native.h"
#define SCHEMA shelf_v3
#define FUNCTIONS shelf_v3_books_functions
#define TAG_BOOKS shelf_v3_tag_books
#define TOUCH(number) shelf_v3_touch_books(number)
#endif

#define BOOKS_MAX 20000

static struct {
        struct book *books[BOOKS_MAX]; /* by their numbers */
        struct ekiden_arena *texts, *same; /* tagged twice */
        int listener;
} shelf = {.listener = -1};

static uint8_t letter(uint32_t seed, size_t i)
{
        return (uint8_t)(seed * 31 + i * 7 + i / 251);
}

static void write_text(struct book *book)
{
        for (size_t i = 0; i < book->length; i++)
                ((uint8_t *)book->text)[i] = letter(book->seed, i);
}

static int is_intact(const struct book *book)
{
        for (size_t i = 0; i < book->length; i++)
                if (((const uint8_t *)book->text)[i] != letter(book->seed, i))
                        return 0;
        return book->length == 0 || VERSION == 1 ||
               ekiden_arena_size(shelf.texts, book->text) >= book->length;
}

static void *get(size_t size)
{
        return VERSION == 1 ? malloc(size) : ekiden_arena_alloc(shelf.texts, size);
}

static void give(void *text)
{
        if (VERSION == 1)
                free(text);
        else if (ekiden_arena_free(shelf.texts, text) < 0)
                abort();
}

static uint64_t count_books(void *data)
{
        uint64_t count = 0;

        (void)data;
        for (size_t i = 0; i < BOOKS_MAX; i++)
                count += shelf.books[i] != NULL;
        return count;
}

static struct book *next_book(struct book *previous, struct ekiden_cursor *cursor, void *data)
{
        (void)cursor;
        (void)data;
        for (size_t i = previous ? previous->number + 1 : 0; i < BOOKS_MAX; i++)
                if (shelf.books[i])
                        return shelf.books[i];
        return NULL;
}

static int insert_book(struct book *book, struct ekiden_cursor *cursor, void *data)
{
        struct book **place = &shelf.books[book->number % BOOKS_MAX];

        (void)cursor;
        (void)data;
        if (*place)
                give((*place)->text); /* it has come ahead, and has changed */
        free(*place);
        *place = book;
        return 0;
}

#if VERSION > 1
static bool remove_book(struct book *book, void *data)
{
        (void)data;
        if (shelf.books[book->number % BOOKS_MAX] != book)
                return false;
        shelf.books[book->number % BOOKS_MAX] = NULL;
        return true;
}

static struct book *find_book(uint32_t number, void *data)
{
        (void)data;
        return shelf.books[number % BOOKS_MAX];
}

static uint64_t scan_books(uint64_t position, struct book **books, size_t room, size_t *ret_count,
                           void *data)
{
        size_t count = 0;

        (void)data;
        for (; position < BOOKS_MAX && count < room; position++)
                if (shelf.books[position])
                        books[count++] = shelf.books[position];
        *ret_count = count;
        return position < BOOKS_MAX ? position : 0;
}
#endif

static bool put(uint32_t number, size_t size, uint32_t seed)
{
        struct book **place = &shelf.books[number % BOOKS_MAX];

        if (!*place)
                *place = calloc(1, sizeof(**place));
        else
                give((*place)->text);
        if (!*place)
                return false;
        **place = (struct book){number % BOOKS_MAX, seed, NULL, 0};
        if (size == 0)
                return true;
        (*place)->text = get(size);
        (*place)->length = (*place)->text ? size : 0;
        write_text(*place);
        return (*place)->text;
}

static void move(uint32_t number)
{
        struct book *book = shelf.books[number % BOOKS_MAX];
        void *copy = book && book->length > 0 ? get(book->length) : NULL;

        if (!copy)
                return;
        memcpy(copy, book->text, book->length);
        give(book->text);
        book->text = copy;
}

static void drop(uint32_t number)
{
        struct book **place = &shelf.books[number % BOOKS_MAX];

        TOUCH(number % BOOKS_MAX);
        if (*place)
                give((*place)->text);
        free(*place);
        *place = NULL;
}

static void check(char answer[256])
{
        unsigned long long books = 0, bytes = 0, offenders = 0;

        for (size_t i = 0; i < BOOKS_MAX; i++) {
                if (!shelf.books[i])
                        continue;
                books++;
                bytes += shelf.books[i]->length;
                offenders += !is_intact(shelf.books[i]);
        }
        snprintf(answer, 256, "%d %d %llu %llu %llu\n", (int)getpid(), VERSION, books, bytes,
                 offenders);
}

static void room(char answer[256])
{
        struct ekiden_arena_statistics statistics;

        ekiden_arena_statistics(shelf.texts, &statistics);
        snprintf(answer, 256, "%llu %llu %llu %llu\n", (unsigned long long)statistics.blocks,
                 (unsigned long long)statistics.used_bytes,
                 (unsigned long long)statistics.data_bytes,
                 (unsigned long long)statistics.table_bytes);
}

static void keep_forked(char answer[256])
{
        int told[2], status = 1;
        char word = 0;
        pid_t child;

        if (pipe(told) < 0)
                abort();
        child = fork();
        if (child == 0) {
                struct book *book = next_book(NULL, NULL, NULL);

                word = ekiden_arena_alloc(shelf.texts, 100) == NULL && is_intact(book);
                if (write(told[1], &word, 1) != 1)
                        _exit(1);
                while (getppid() != 1)
                        usleep(10000);
                _exit(0);
        }
        status = read(told[0], &word, 1) == 1 && word == 1 ? 0 : 1;
        close(told[0]);
        close(told[1]);
        snprintf(answer, 256, "%d\n", status);
}

static void serve_one(void)
{
        char line[256] = "", verb[5], answer[256] = "ok\n";
        unsigned int number, seed;
        unsigned long long size;
        ssize_t size_read;
        int visitor = accept(shelf.listener, NULL, NULL);

        if (visitor < 0)
                return;
        while ((size_read = read(visitor, line, sizeof(line) - 1)) < 0 && errno == EINTR)
                ; /* somebody asks for an upgrade */
        if (size_read <= 0)
                line[0] = '\0';
        if (sscanf(line, "%4[a-z] %u %llu %u", verb, &number, &size, &seed) == 4) {
                if (strcmp(verb, "put") == 0)
                        TOUCH(number % BOOKS_MAX);
                if (!put(number, size, seed))
                        strcpy(answer, "no room\n");
        }
        if (sscanf(line, "drop %u", &number) == 1)
                drop(number);
        else if (sscanf(line, "move %u", &number) == 1)
                move(number);
        else if (strncmp(line, "check", 5) == 0)
                check(answer);
        else if (strncmp(line, "room", 4) == 0)
                room(answer);
        else if (strncmp(line, "fork", 4) == 0)
                keep_forked(answer);
        if (write(visitor, answer, strlen(answer)) < 0)
                perror("shelf");
        close(visitor);
}

static int listen_at(const char *path)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
        if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
            listen(listener, 64) < 0)
                abort();
        return listener;
}

#if VERSION == 3 || VERSION == 2
/* What is written anew is told by another seed, and is longer or shorter. */
static int change(uint32_t number, uint32_t seed, const ProtobufCBinaryData *old,
                  ProtobufCBinaryData *text, uint32_t *new_seed, struct ekiden_hop *hop)
{
        struct book book = {.seed = seed, .text = old->data, .length = old->len};

        *new_seed = seed;
        *text = *old;
        for (size_t i = 0; i < old->len; i++)
                if (old->data[i] != letter(seed, i))
                        return ekiden_hop_refuse(hop, "the text of book %u is damaged", number);
        if (number % 2 == 0 || old->len == 0)
                return 0;
        book.seed = *new_seed = seed + 1;
        book.length = text->len = old->len / 2 + number % 100;
        book.text = text->data = ekiden_hop_alloc(hop, book.length);
        if (!book.text)
                return EKIDEN_ENOMEM;
        write_text(&book);
        return 0;
}
#endif

#if VERSION == 3
int shelf_v2_to_v3_book(const Shelf__V2__Book *old, Shelf__V3__Book *new_, struct ekiden_hop *hop)
{
        new_->has_number = old->has_number;
        new_->number = old->number;
        new_->has_seed = new_->has_text = 1;
        if (old->number % 5 == 0)
                ekiden_hop_drop(hop);
        return change(old->number, old->seed, &old->text, &new_->text, &new_->seed, hop);
}
#elif VERSION == 2
int shelf_v3_to_v2_book(const Shelf__V3__Book *old, Shelf__V2__Book *new_, struct ekiden_hop *hop)
{
        new_->has_number = old->has_number;
        new_->number = old->number;
        new_->has_seed = new_->has_text = 1;
        return change(old->number, old->seed, &old->text, &new_->text, &new_->seed, hop);
}
#endif

static int add_hops(void)
{
#if VERSION == 1
        return ekiden_add_hop(&shelf_v2_to_v1);
#elif VERSION == 2
        int r = ekiden_add_hop(&shelf_v1_to_v2);

        return r < 0 ? r : ekiden_add_hop(&shelf_v3_to_v2);
#else
        return ekiden_add_hop(&shelf_v2_to_v3);
#endif
}

static void scribble(void)
{
        for (uint32_t i = 0; i < BOOKS_MAX; i++)
                if (shelf.books[i] && i % 3 == 0)
                        drop(i);
                else if (shelf.books[i] && shelf.books[i]->length > 0)
                        memset(shelf.books[i]->text, 'x', shelf.books[i]->length);
        for (uint32_t i = 0; i < 100; i++)
                put(i, 50000 + i, i);
}

/* Of a predecessor that serves no more. */
static void clear_up(void *data, pid_t successor)
{
        (void)data;
        (void)successor;
        scribble();
}

/* Of a successor that does not serve yet. */
static void do_harm(const char *fault)
{
        if (strcmp(fault, "scribble") == 0)
                scribble();
        if (strcmp(fault, "close") == 0 || strcmp(fault, "scribble") == 0)
                _exit(3);
}

int main(int argc, char **argv)
{
        static const struct FUNCTIONS books = {
                .count = count_books,
                .insert = insert_book,
#if VERSION == 1
                .next = next_book,
#else
                .remove = remove_book,
                .scan = scan_books,
                .find = find_book,
#endif
        };
        struct ekiden_error error;
        int r;

        if (add_hops() < 0)
                return 1;
        r = ekiden_start(argc, argv, &SCHEMA, &error);
        if (r < 0) {
                fprintf(stderr, "shelf: %s\n", error.sentence);
                return 1;
        }
        /* What is sent ahead comes first, and its bytes behind it. */
        if (TAG_BOOKS(&books, NULL) < 0)
                return 1;
        if (ekiden_tag_descriptor("listener", &shelf.listener) == EKIDEN_FRESH ||
            ekiden_is_restored())
                shelf.listener = listen_at(argv[1]);
        /* Version 1 takes the arena only to get at what lies there, and so it may have none. */
        if (ekiden_tag_arena("texts", &shelf.texts) < 0 ||
            ekiden_tag_arena("same", &shelf.same) < 0)
                return 1;
        if (!shelf.texts && VERSION > 1)
                shelf.texts = shelf.same = ekiden_arena_new("texts", (uint64_t)16 << 30);
        if (shelf.same && shelf.same != shelf.texts && !ekiden_is_restored())
                return 1;
        shelf.same = shelf.texts;
        if (r != EKIDEN_FRESH && argc > 2)
                do_harm(argv[2]);
        if (getenv("SHELF_LEAVES"))
                ekiden_set_leave(clear_up, NULL);
        for (;;) {
                struct pollfd wakers[] = {{.fd = shelf.listener, .events = POLLIN},
                                          {.fd = ekiden_poll_descriptor(), .events = POLLIN}};

                ekiden_update_point("shelf_loop");
                poll(wakers, 2, 100);
                if (wakers[1].revents)
                        ekiden_wake();
                if (wakers[0].revents & POLLIN)
                        serve_one();
        }
}
