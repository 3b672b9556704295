/* SPDX-License-Identifier: MIT */
/*
 * Where a process of vsftpd's begins, as the first of its program, as a fork, or as the successor
 * of either. There are two kinds, and what a successor is to become, the first item says: the
 * listener goes through main() as always and meets its state in vsf_standalone_main(); a session
 * goes on right here.
 */
#include "upgrade.h"

#include <unistd.h>

#include <ekiden/ekiden.h>

#include "hops.h"
#include "release.h"
#include "upgrade_process.h"

enum kind { LISTENER, SESSION };

static uint32_t kind = LISTENER;
static struct vsf_session *the_session;

void vsf_give_up(int code)
{
        _exit(ekiden_error_exit_status(code));
}

void vsf_upgrade_begin(int argc, const char *argv[], struct vsf_session *session)
{
        int began;

        the_session = session;
        vsf_add_hops();
        vsf_keep_pid();
        began = ekiden_start(argc, (char *const *)argv, &VSFTPD_SCHEMA, NULL);
        if (began < 0 || (began = ekiden_tag_uint32("kind", &kind)) < 0)
                vsf_give_up(began);
        if (began == EKIDEN_RESUMED && kind == SESSION) {
                began = vsf_tag_session(session);
                if (began < 0)
                        vsf_give_up(began);
                vsf_resume_session(argc, argv);
        }
}

/* A session that cannot be upgraded serves all the same. */
void vsf_upgrade_child(const char *role)
{
        kind = SESSION;
        if (vsf_after_fork(role) == 0 && ekiden_tag_uint32("kind", &kind) >= 0)
                vsf_tag_session(the_session);
}

void vsf_begin_session(void)
{
        if (kind == SESSION)
                return;
        /* inetd has started this process for one client. */
        kind = SESSION;
        vsf_tag_session(the_session);
}
