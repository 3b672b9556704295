/* SPDX-License-Identifier: MIT */
/* See given.h. */
#include "wire/given.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <ekiden/error.h>

#include "wire/cleanup.h"
#include "wire/own.h"

static int prepared = -1; /* what numbers will lead to */

static int open_nothing(void)
{
        return open("/dev/null", O_RDWR | O_CLOEXEC);
}

int ek_given_prepare(void)
{
        if (!ek_is_own(prepared)) /* never opened, or closed by the program */
                prepared = ek_own(open_nothing());
        return prepared < 0 ? EKIDEN_ESYSTEM : 0;
}

int ek_given_add(struct ek_given *given, const int *descriptors, size_t count)
{
        size_t larger = given->capacity > 0 ? given->capacity : 64;
        int *grown;

        while (larger < given->count + count)
                larger *= 2;
        if (larger > given->capacity) {
                grown = realloc(given->descriptors, larger * sizeof(*grown));
                if (!grown)
                        return EKIDEN_ENOMEM;
                given->descriptors = grown;
                given->capacity = larger;
        }
        memcpy(given->descriptors + given->count, descriptors, count * sizeof(*descriptors));
        given->count += count;
        return 0;
}

void ek_given_take_back(struct ek_given *given, size_t begin, size_t end)
{
        for (size_t i = begin; i < end; i++)
                given->descriptors[i] = -1;
}

void ek_given_close(const struct ek_given *given)
{
        ek_auto_close int opened = -1;
        struct stat status;
        int nothing = ek_is_own(prepared) ? prepared : -1; /* the program may have closed it */

        if (given->count > 0 && nothing < 0)
                nothing = opened = open_nothing();
        for (size_t i = 0; i < given->count; i++) {
                int fd = given->descriptors[i];

                /* The program may have closed it since: then the number may be ours by now. */
                if (fd < 0 || fd == nothing || ek_is_own(fd))
                        continue;
                if (fstat(fd, &status) < 0 || S_ISREG(status.st_mode))
                        continue;
                if (nothing < 0 || dup3(nothing, fd, O_CLOEXEC) < 0)
                        close(fd);
        }
}

void ek_given_forget(struct ek_given *given)
{
        free(given->descriptors);
        *given = (struct ek_given){.count = 0};
}
