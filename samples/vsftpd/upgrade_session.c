/* SPDX-License-Identifier: MIT */
/*
 * A session: vsftpd's struct of that name, bound to the schema, and what its process has besides.
 * Most of what main() sets up for a session is to be had from the connection, or comes with the
 * state; the rest is made again here.
 */
#include "upgrade.h"

#include <stdlib.h>
#include <string.h>

#include <ekiden/ekiden.h>

#include "defs.h"
#include "postlogin.h"
#include "prelogin.h"
#include "release.h"
#include "session.h"
#include "strlist.h"
#include "sysdeputil.h"
#include "sysutil.h"
#include "tunables.h"
#include "twoprocess.h"
#include "upgrade_sandbox.h"
#include "upgrade_session.h"

static struct vsf_session *session;

/* What arrives has just its bytes; vsftpd's strings have a NUL behind them. */
static void end_with_nul(struct mystr *text)
{
        struct mystr ended = INIT_MYSTR;
        char *bytes = text->PRIVATE_HANDS_OFF_p_buf;
        unsigned int size = text->PRIVATE_HANDS_OFF_len;

        if (bytes)
                private_str_alloc_memchunk(&ended, size > 0 ? bytes : "", size);
        free(bytes);
        *text = ended;
}

static void end_texts_with_nul(void)
{
        struct mystr *const texts[] = {
                &session->user_str,     &session->anon_pass_str,    &session->rnfr_filename_str,
                &session->http_get_arg, &session->banned_email_str, &session->email_passwords_str,
                &session->userlist_str, &session->banner_str,       &session->remote_ip_str,
                &session->log_str,      &session->ftp_cmd_str,      &session->ftp_arg_str,
                &session->home_str,
        };

        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                end_with_nul(texts[i]);
}

static int export_visited(VSFTPD_RECORD(Visited) * record, struct ekiden_cursor *cursor, void *data)
{
        const struct mystr *directory;

        (void)data;
        if (!session->p_visited_dir_list ||
            cursor->record >= str_list_get_length(session->p_visited_dir_list))
                return 0;
        directory = str_list_get_pstr(session->p_visited_dir_list, (unsigned int)cursor->record);
        record->has_directory = 1;
        record->directory.data = (uint8_t *)(uintptr_t)str_getbuf(directory);
        record->directory.len = str_getlen(directory);
        return 1;
}

static int import_visited(const VSFTPD_RECORD(Visited) * record, struct ekiden_cursor *cursor,
                          void *data)
{
        struct mystr directory = INIT_MYSTR;

        (void)data;
        if (record->directory.len == 0 || record->directory.len > VSFTP_PATH_MAX)
                return ekiden_cursor_refuse(cursor, "the directory has no name, or too long a one");
        if (!session->p_visited_dir_list) {
                session->p_visited_dir_list = calloc(1, sizeof(*session->p_visited_dir_list));
                if (!session->p_visited_dir_list)
                        return EKIDEN_ENOMEM;
        }
        private_str_alloc_memchunk(&directory, (const char *)record->directory.data,
                                   (unsigned int)record->directory.len);
        str_list_add(session->p_visited_dir_list, &directory, NULL);
        str_free(&directory);
        return 0;
}

static int tag_visited(void)
{
        static const struct VSFTPD(visited_functions) functions = {
                .export_record = export_visited,
                .import_record = import_visited,
        };

        return VSFTPD(tag_visited)(&functions, NULL);
}

int vsf_tag_session(struct vsf_session *of)
{
        int began, result;

        session = of;
        if ((began = VSFTPD(tag_session)(of)) < 0)
                return began;
        if (began == EKIDEN_RESUMED)
                end_texts_with_nul();
        if ((result = vsf_tag_settings()) < 0 || (result = tag_visited()) < 0 ||
            (result = vsf_tag_process(of)) < 0)
                return result;
        return began;
}

static void set_up_title(int argc, const char *argv[])
{
        struct mystr prefix = INIT_MYSTR;

        if (!tunable_setproctitle_enable)
                return;
        if (!vsf_has_title())
                vsf_sysutil_setproctitle_init(argc, argv);
        str_copy(&prefix, &session->remote_ip_str);
        if (!str_isempty(&session->user_str)) {
                str_append_char(&prefix, '/');
                str_append_str(&prefix, &session->user_str);
        }
        vsf_sysutil_set_proctitle_prefix(&prefix);
        str_free(&prefix);
}

/*
 * At once: none of these may end a process that has just become its own successor. The listener and
 * the privileged parent install what they do about them when they get there; a session ignores
 * them, as it does since it was forked from those.
 */
void vsf_calm_signals(void)
{
        vsf_sysutil_install_null_sighandler(kVSFSysUtilSigPIPE);
        vsf_sysutil_install_null_sighandler(kVSFSysUtilSigCHLD);
        vsf_sysutil_install_null_sighandler(kVSFSysUtilSigHUP);
}

void vsf_resume_session(int argc, const char *argv[])
{
        vsf_sysutil_getpeername(vsf_control_descriptor(), &session->p_remote_addr);
        vsf_sysutil_getsockname(vsf_control_descriptor(), &session->p_local_addr);
        if (session->child_fd != -1)
                vsf_sysutil_install_null_sighandler(kVSFSysUtilSigTERM);
        set_up_title(argc, argv);
        if (strcmp(ekiden_role(), "parent") == 0)
                vsf_two_process_start(session);
        vsf_lock_session(session);
        if (vsf_is_logged_in())
                process_post_login(session);
        init_connection(session);
        abort(); /* none of them returns */
}
