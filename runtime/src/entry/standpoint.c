/* SPDX-License-Identifier: MIT */
/* See standpoint.h. */
#include "entry/standpoint.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "handover/public_pid.h"

static struct {
        bool is_noted;
        dev_t device; /* of the root directory */
        ino_t inode;
        uid_t user;
} standpoint;

void ek_standpoint_note(void)
{
        struct stat root;

        standpoint.is_noted = lstat("/", &root) == 0;
        if (!standpoint.is_noted)
                return;
        standpoint.device = root.st_dev;
        standpoint.inode = root.st_ino;
        standpoint.user = geteuid();
}

static bool is_left(void)
{
        struct stat root;

        if (!standpoint.is_noted)
                return false;
        return geteuid() != standpoint.user || lstat("/", &root) < 0 ||
               root.st_dev != standpoint.device || root.st_ino != standpoint.inode;
}

int ek_standpoint_failed(struct ekiden_error *error, int system_errno, const char *what)
{
        if (!is_left())
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, system_errno, "%s", what);
        return ekiden_error_set_errno(error, EKIDEN_ESTATE, system_errno,
                                      "process %d has entered its sandbox without "
                                      "ekiden_before_sandbox(), or ahead of it: %s",
                                      (int)ek_public_pid(), what);
}
