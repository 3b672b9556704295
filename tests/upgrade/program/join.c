/* SPDX-License-Identifier: MIT */
/*
 * Two versions of a program between which one item is joined with another, and that other is split:
 * the successor fetches "authors" three times. VERSION is set by meson.build. It says "ready", and
 * once it was upgraded what it has.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ekiden/ekiden.h>

#if VERSION == 1
#include "join_v1.ekiden.h"
typedef Join__V1__Author Author;
typedef Join__V1__Page Page;
#define SCHEMA join_v1
#define AUTHORS_FUNCTIONS join_v1_authors_functions
#define PAGES_FUNCTIONS join_v1_pages_functions
#define TAG_AUTHORS join_v1_tag_authors
#define TAG_PAGES join_v1_tag_pages
#else
#include "join_v1_to_v2.hop.h"
typedef Join__V2__Author Author;
typedef Join__V2__Page Page;
#define SCHEMA join_v2
#define AUTHORS_FUNCTIONS join_v2_authors_functions
#define PAGES_FUNCTIONS join_v2_pages_functions
#define TAG_AUTHORS join_v2_tag_authors
#define TAG_PAGES join_v2_tag_pages

int join_v1_to_v2_page(const Join__V1__Page *old, Join__V2__Page *new_, struct ekiden_hop *hop)
{
        const Join__V1__Author *author = join_v1_to_v2_find_authors(hop, old->author);

        if (!author)
                return ekiden_hop_refuse(hop, "there is no author %u", old->author);
        new_->author_name = author->name;
        return 0;
}
#endif

static char *names[] = {(char[]){"Ann"}, (char[]){"Bob"}};
static char *titles[] = {(char[]){"Tea"}, (char[]){"Rain"}, (char[]){"Sea"}};

static int export_author(Author *author, struct ekiden_cursor *cursor, void *data)
{
        (void)data;
        if (cursor->record == 2)
                return 0;
        author->has_id = author->has_pen = 1;
        author->id = 10 + (uint32_t)cursor->record;
        author->name = names[cursor->record];
        author->pen = STDIN_FILENO;
        return 1;
}

static int import_author(const Author *author, struct ekiden_cursor *cursor, void *data)
{
        (void)cursor;
        (void)data;
        printf("author %u %s%s\n", author->id, author->name,
               fcntl(author->pen, F_GETFD) >= 0 ? " with a pen" : "");
        return 0;
}

static int export_page(Page *page, struct ekiden_cursor *cursor, void *data)
{
        (void)data;
        if (cursor->record == 3)
                return 0;
        page->title = titles[cursor->record];
#if VERSION == 1
        page->has_author = 1;
        page->author = 10 + (uint32_t)cursor->record % 2;
#endif
        return 1;
}

static int import_page(const Page *page, struct ekiden_cursor *cursor, void *data)
{
        (void)cursor;
        (void)data;
#if VERSION == 1
        printf("page %s\n", page->title);
#else
        printf("page %s by %s\n", page->title, page->author_name);
#endif
        return 0;
}

static const struct AUTHORS_FUNCTIONS authors = {
        .export_record = export_author,
        .import_record = import_author,
};
static const struct PAGES_FUNCTIONS pages = {
        .export_record = export_page,
        .import_record = import_page,
};

#if VERSION == 2
static int export_reader(Join__V2__Reader *reader, struct ekiden_cursor *cursor, void *data)
{
        (void)reader;
        (void)cursor;
        (void)data;
        return 0;
}

static int import_reader(const Join__V2__Reader *reader, struct ekiden_cursor *cursor, void *data)
{
        (void)cursor;
        (void)data;
        printf("reader %u %s\n", (unsigned int)reader->id, reader->name);
        return 0;
}

static const struct join_v2_readers_functions readers = {
        .export_record = export_reader,
        .import_record = import_reader,
};
#endif

/* How many descriptors there are of what standard input is: all pens are. */
static int count_pens(void)
{
        struct stat input, other;
        int count = -1; /* standard input itself */

        if (fstat(STDIN_FILENO, &input) < 0)
                abort();
        for (int fd = 0; fd < 1024; fd++)
                count += fstat(fd, &other) == 0 && other.st_dev == input.st_dev &&
                         other.st_ino == input.st_ino;
        return count;
}

int main(int argc, char **argv)
{
        struct ekiden_error error = {0};

        alarm(60);
#if VERSION == 2
        if (ekiden_add_hop(&join_v1_to_v2) < 0)
                return 2;
#endif
        if (ekiden_start(argc, argv, &SCHEMA, &error) < 0) {
                fprintf(stderr, "%s\n", error.sentence);
                return 1;
        }
#if VERSION == 2
        join_v2_tag_readers(&readers, NULL);
#endif
        TAG_PAGES(&pages, NULL);
        TAG_AUTHORS(&authors, NULL);
        printf("%d pens\n", count_pens());
        printf("ready\n");
        fflush(stdout);
        for (;;) {
                ekiden_update_point("loop");
                if (VERSION == 2)
                        return 0;
                usleep(10000);
        }
}
