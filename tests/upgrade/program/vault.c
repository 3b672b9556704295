/* SPDX-License-Identifier: MIT */
/*
 * A program whose new version may take its state over wrongly, in ways that nothing but a
 * verification finds. It serves nobody; that it lives, and as whom, is all there is to see.
 *
 * usage: vault [FAULT]: what a successor does with what it was given
 *        lose, extra, swap, truncate, owner, door, order (which is no fault), check
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#include "vault.h"
#include "vault_v1.native.h"

#define BOOKS 20
#define BOOKS_MAX 32

static struct {
        struct book *books[BOOKS_MAX];
        size_t count;
        int32_t visits;
        Vault__V1__Owner owner;
} vault = {.owner = VAULT__V1__OWNER__INIT};

static struct book *next_book(struct book *previous, struct ekiden_cursor *cursor, void *data)
{
        (void)previous;
        (void)data;
        return cursor->record < vault.count ? vault.books[cursor->record] : NULL;
}

static int insert_book(struct book *book, struct ekiden_cursor *cursor, void *data)
{
        (void)data;
        if (vault.count == BOOKS_MAX)
                return ekiden_cursor_refuse(cursor, "the shelf is full");
        vault.books[vault.count++] = book;
        return 0;
}

static struct book *new_book(uint32_t number, const char *title, struct book *sequel)
{
        struct book *book = malloc(sizeof(*book));

        if (!book)
                abort();
        *book = (struct book){number, strdup(title), sequel};
        return book;
}

static void fill(void)
{
        char title[32];

        for (uint32_t i = 0; i < BOOKS; i++) {
                snprintf(title, sizeof(title), "volume %u", i);
                vault.books[i] = new_book(100 + i, title, NULL);
        }
        for (uint32_t i = 0; i < BOOKS; i++)
                vault.books[i]->sequel = vault.books[(i + 1) % BOOKS];
        vault.count = BOOKS;
        vault.visits = 7;
        vault.owner.name = strdup("the old lady");
        vault.owner.has_door = 1;
        vault.owner.door = memfd_create("door", MFD_CLOEXEC);
}

static void swap(struct book **one, struct book **other)
{
        struct book *kept = *one;

        *one = *other;
        *other = kept;
}

static void spoil(const char *fault)
{
        if (strcmp(fault, "lose") == 0)
                vault.count--;
        else if (strcmp(fault, "extra") == 0)
                vault.books[vault.count++] = new_book(7, "a forgery", NULL);
        else if (strcmp(fault, "swap") == 0)
                swap(&vault.books[3]->sequel, &vault.books[8]->sequel);
        else if (strcmp(fault, "truncate") == 0)
                vault.books[5]->title[strlen(vault.books[5]->title) - 1] = '\0';
        else if (strcmp(fault, "owner") == 0)
                vault.owner.name[0] = 'T';
        else if (strcmp(fault, "door") == 0)
                vault.owner.door = memfd_create("door", MFD_CLOEXEC);
        else if (strcmp(fault, "visits") == 0)
                vault.visits++;
        else if (strcmp(fault, "order") == 0)
                swap(&vault.books[3], &vault.books[8]);
}

int main(int argc, char **argv)
{
        static const struct vault_v1_books_functions books = {
                .next = next_book,
                .insert = insert_book,
        };
        struct ekiden_error error;
        int r = ekiden_start(argc, argv, &vault_v1, &error);

        if (r < 0) {
                fprintf(stderr, "vault: %s\n", error.sentence);
                return 1;
        }
        if (vault_v1_tag_books(&books, NULL) < 0 || vault_v1_tag_owner(&vault.owner) < 0 ||
            ekiden_tag_int32("visits", &vault.visits) < 0)
                return 1;
        if (r == EKIDEN_FRESH)
                fill();
        else if (argc > 1)
                spoil(argv[1]);
        for (;;) {
                ekiden_update_point("vault_loop");
                pause();
        }
}
