/* SPDX-License-Identifier: MIT */
/*
 * State in the manager's descriptor store: a snapshot in a memfd, and beside it each descriptor
 * under a name with its number, since the manager keeps no order. The snapshot comes last: where it
 * is, all is.
 */
#include "store.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <ekiden/snapshot.h>
#include <ekiden/systemd.h>
#include <systemd/sd-daemon.h>

#define SNAPSHOT "ekiden-snapshot"
#define PREFIX "ekiden-descriptor-"
#define STORED_US 5000000 /* for the manager to have taken all */
#define STORED_MAX 65536 /* numbers beyond are not ours */

static size_t stored; /* what of ours is in the store: descriptors beside a snapshot, and one */

/* The descriptor itself tells more of the connection's end than its name: FDPOLL=0 keeps those,
   too, whose peer has closed, for the program to find out. */
static int push(int descriptor, const char *name)
{
        char text[128];
        int r;

        snprintf(text, sizeof(text), "FDSTORE=1\nFDPOLL=0\nFDNAME=%s", name);
        r = sd_pid_notify_with_fds(0, 0, text, &descriptor, 1);
        if (r < 0)
                errno = -r;
        return r > 0 ? 0 : r < 0 ? EKIDEN_ESYSTEM : EKIDEN_ESTATE;
}

/* One call of ekiden_systemd_store(). */
struct storing {
        bool has_begun;
        bool is_whole; /* the snapshot has been sent */
};

/* The manager keeps what comes under a name that it has beside the other. So what is there from
   before goes first, or the next start would find parts of both. */
static void begin(struct storing *storing)
{
        if (!storing->has_begun)
                ek_systemd_forget_stored();
        storing->has_begun = true;
}

static int keep(void *data, int descriptor, uint64_t number)
{
        char name[sizeof(PREFIX) + 24];

        if (number >= STORED_MAX)
                return EKIDEN_ELIMIT;
        begin(data);
        snprintf(name, sizeof(name), PREFIX "%llu", (unsigned long long)number);
        stored = (size_t)number + 2;
        return push(descriptor, name);
}

static int keep_snapshot(struct storing *storing, int file)
{
        int r;

        begin(storing);
        if (stored == 0)
                stored = 1;
        r = push(file, SNAPSHOT);
        if (r < 0)
                return r;
        storing->is_whole = true;
        do
                r = sd_notify_barrier(0, STORED_US);
        while (r == -EINTR);
        return r < 0 ? EKIDEN_ESYSTEM : 0;
}

int ekiden_systemd_store(struct ekiden_error *error)
{
        struct storing storing = {0};
        int file, r;

        if (!getenv("NOTIFY_SOCKET"))
                return ekiden_error_set(error, EKIDEN_ESTATE,
                                        "there is no service manager to store the state: "
                                        "NOTIFY_SOCKET is not set");
        file = memfd_create(SNAPSHOT, MFD_CLOEXEC);
        if (file < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "no memory file can be made for the state");
        r = ekiden_save_snapshot(file, keep, &storing, error);
        if (r == 0) {
                r = keep_snapshot(&storing, file);
                if (r < 0)
                        ekiden_error_set(error, r,
                                         "the service manager did not take the state; is "
                                         "FileDescriptorStoreMax= set in the unit?");
        }
        if (storing.has_begun && !storing.is_whole)
                ek_systemd_forget_stored(); /* nobody would ever ask for what is there */
        close(file);
        return r;
}

/* The number in a name, or -1. */
static long number_of(const char *name)
{
        char *end;
        long number;

        if (strncmp(name, PREFIX, sizeof(PREFIX) - 1) != 0 || name[sizeof(PREFIX) - 1] < '0' ||
            name[sizeof(PREFIX) - 1] > '9')
                return -1;
        number = strtol(name + sizeof(PREFIX) - 1, &end, 10);
        return *end || number >= STORED_MAX ? -1 : number;
}

/* One more than the largest number. */
static size_t count_numbers(char *const *names, int count)
{
        long largest = -1;

        for (int i = 0; i < count; i++)
                if (number_of(names[i]) > largest)
                        largest = number_of(names[i]);
        return (size_t)(largest + 1);
}

static int take(char *const *names, int count)
{
        size_t kept = count_numbers(names, count);
        int *descriptors = malloc((kept + 1) * sizeof(*descriptors));
        int file = -1, r = 0;

        if (!descriptors)
                return EKIDEN_ENOMEM;
        for (size_t i = 0; i < kept; i++)
                descriptors[i] = -1;
        for (int i = 0; i < count; i++) {
                long number = number_of(names[i]);

                if (number >= 0)
                        descriptors[number] = SD_LISTEN_FDS_START + i;
                else if (strcmp(names[i], SNAPSHOT) == 0)
                        file = SD_LISTEN_FDS_START + i;
        }
        if (file >= 0)
                r = ekiden_set_snapshot_file(file, descriptors, kept);
        for (size_t i = 0; i < kept && file < 0; i++)
                if (descriptors[i] >= 0)
                        close(descriptors[i]); /* nobody can say what they are */
        if (r == 0 && (file >= 0 || kept > 0))
                stored = kept + 1;
        free(descriptors);
        return r;
}

int ek_systemd_take_stored(void)
{
        char **names = NULL;
        int count = sd_listen_fds_with_names(0, &names);
        int r = count < 0 ? EKIDEN_ESYSTEM : 0;

        if (count > 0 && names)
                r = take(names, count);
        for (int i = 0; i < count && names; i++)
                free(names[i]);
        free(names);
        return r;
}

void ek_systemd_forget_stored(void)
{
        if (stored == 0)
                return;
        sd_notify(0, "FDSTOREREMOVE=1\nFDNAME=" SNAPSHOT);
        for (size_t i = 0; i + 1 < stored; i++)
                sd_notifyf(0, "FDSTOREREMOVE=1\nFDNAME=" PREFIX "%zu", i);
        stored = 0;
}
