/* SPDX-License-Identifier: MIT */
/* See own.h. There are few of them, so a list does; threads of a test share it. */
#include "wire/own.h"

#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>

#include "wire/cleanup.h"

struct own {
        int fd;
        dev_t device;
        ino_t inode;
};

static struct {
        pthread_mutex_t lock;
        struct own *list;
        size_t count, capacity;
} owned = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool make_room(void)
{
        size_t larger = owned.capacity > 0 ? owned.capacity * 2 : 64;
        struct own *grown;

        if (owned.count < owned.capacity)
                return true;
        grown = realloc(owned.list, larger * sizeof(*grown));
        if (!grown)
                return false;
        owned.list = grown;
        owned.capacity = larger;
        return true;
}

static void remove_number(int fd)
{
        for (size_t i = 0; i < owned.count; i++)
                if (owned.list[i].fd == fd)
                        owned.list[i--] = owned.list[--owned.count];
}

int ek_own(int fd)
{
        struct stat status;

        if (fd < 0 || fstat(fd, &status) < 0)
                return fd;
        pthread_mutex_lock(&owned.lock);
        remove_number(fd); /* the program closed what was there before */
        if (make_room())
                owned.list[owned.count++] = (struct own){fd, status.st_dev, status.st_ino};
        pthread_mutex_unlock(&owned.lock);
        return fd;
}

void ek_own_forget(int fd)
{
        pthread_mutex_lock(&owned.lock);
        remove_number(fd);
        pthread_mutex_unlock(&owned.lock);
}

/* Where the kernel does not say (a security module forbids it, say), it is believed to. */
static bool leads_where_it_led(const struct own *own)
{
        struct stat status;

        if (fstat(own->fd, &status) < 0)
                return errno != EBADF;
        return own->device == status.st_dev && own->inode == status.st_ino;
}

/* With the lock; at most one has the number. NULL: none. */
static const struct own *find(int fd)
{
        for (size_t i = 0; i < owned.count; i++)
                if (owned.list[i].fd == fd)
                        return &owned.list[i];
        return NULL;
}

void ek_own_close(int *fd)
{
        const struct own *own;
        bool is_the_programs;

        pthread_mutex_lock(&owned.lock);
        own = find(*fd);
        is_the_programs = own && !leads_where_it_led(own);
        remove_number(*fd);
        pthread_mutex_unlock(&owned.lock);
        if (is_the_programs)
                *fd = -1;
        ek_close(fd);
}

bool ek_is_own(int fd)
{
        const struct own *own;
        bool is_own;

        pthread_mutex_lock(&owned.lock);
        own = find(fd);
        is_own = own && leads_where_it_led(own);
        pthread_mutex_unlock(&owned.lock);
        return is_own;
}

void ek_own_before_fork(void)
{
        pthread_mutex_lock(&owned.lock);
}

void ek_own_after_fork(void)
{
        pthread_mutex_unlock(&owned.lock);
}
