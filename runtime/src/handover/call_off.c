/* SPDX-License-Identifier: MIT */
/* The end of an upgrade that fails before the commit: the successor is told why, and ended; what it
   was given is forgotten; and the program resumes. */
#include <stdio.h>
#include <string.h>

#include "handover/exiting.h"
#include "handover/pause.h"
#include "handover/predecessor_private.h"
#include "handover/refusal.h"

#define LARGE_BYTES (UINT64_C(64) << 20) /* of memory, or of state */
#define LARGE_LEAVES_MS 50
#define ALREADY_LEAVING_MS 200 /* a successor that closed its socket is on its way out */

/* What a shell and the loader of libraries say by it: what is needed to run it is not there. */
static bool lacks_something(const char *how)
{
        return strcmp(how, "exited with status 127") == 0;
}

/* A successor without its socket can tell nobody why it ends with that status, or does not end. */
static bool may_have_closed_it(const char *how)
{
        char refused[sizeof("exited with status 255")];

        snprintf(refused, sizeof(refused), "exited with status %d",
                 ekiden_error_exit_status(EKIDEN_EPROTOCOL) & 0xff);
        return strcmp(how, EK_CHILD_WAS_RUNNING) == 0 || strcmp(how, refused) == 0;
}

/* By SIGKILL: nothing that a program does to itself by mistake. */
static const char killed[] = "was killed by signal 9 ";

/* A successor that went away: how, and what that may mean. */
static void explain_death(struct ek_predecessor *p, const char *how, struct ekiden_error *error)
{
        const char *advice = strncmp(how, killed, strlen(killed)) == 0
                                     ? "was it for want of memory? see the kernel's log, and the "
                                       "memory limit of its control group"
                                     : "see its own messages";

        if (error->code != EKIDEN_EPEER || p->keeping.kept >= 0)
                return;
        if (p->phase == EKIDEN_PHASE_CHECK && lacks_something(how))
                advice = "its interpreter or a library was not found; see what ldd says of it";
        else if (p->phase == EKIDEN_PHASE_CHECK && p->request.is_by_fork)
                advice = "does it call ekiden_succeed() first, where it was forked, or otherwise "
                         "ekiden_start()?";
        else if (p->phase == EKIDEN_PHASE_CHECK && may_have_closed_it(how))
                advice = "is it built with Ekiden, and does it call ekiden_start() before it "
                         "closes the descriptors that it inherited?";
        else if (p->phase == EKIDEN_PHASE_CHECK)
                advice = "is it built with Ekiden, and does it call ekiden_start() first?";
        snprintf(error->sentence, sizeof(error->sentence),
                 "the new process %s in phase %s, before it served; %s",
                 how[0] ? how : "closed the handover's socket", ekiden_phase_name(p->phase),
                 advice);
}

/* Whether the successor has so much that the kernel takes long to free it. */
static bool has_much(const struct ek_predecessor *p)
{
        return ek_process_resident_bytes(p->child.public_pid) >= LARGE_BYTES ||
               p->report.count.bytes >= LARGE_BYTES || ek_ahead_count(p).bytes >= LARGE_BYTES;
}

/* How long a successor may take to leave by itself. */
static int grace_ms(const struct ek_predecessor *p, int code, bool is_large)
{
        if (code != EKIDEN_EPEER && !p->report.is_elsewhere)
                return 0;
        return is_large ? LARGE_LEAVES_MS : ALREADY_LEAVING_MS;
}

void ek_predecessor_catch_up(struct ek_predecessor *p, const struct ekiden_error *error)
{
        if (p->phase == EKIDEN_PHASE_TRANSFER && error->phase == EKIDEN_PHASE_READY)
                ek_predecessor_enter(EKIDEN_PHASE_READY);
}

int ek_predecessor_call_off(int result, struct ekiden_error *error)
{
        struct ek_predecessor *p = &ek_predecessor;
        struct ek_observer observer = p->request.observer;
        pid_t pid = p->child.public_pid;
        bool is_large = has_much(p);
        char how[96];
        int code;

        ek_predecessor_go_on(p);
        if (p->cancelled.code != 0 && (error->code == 0 || error->code == p->cancelled.code)) {
                enum ekiden_phase phase = error->phase;

                *error = p->cancelled;
                error->phase = phase;
        }
        if (error->code == 0)
                ekiden_error_set(error, result, "%s", ekiden_error_text(result));
        code = error->code;
        ek_predecessor_catch_up(p, error);
        if (error->phase == EKIDEN_PHASE_NONE)
                error->phase = p->phase;
        if (error->from_version == 0) {
                error->from_version = p->setup->schema->version;
                error->to_version = p->report.to_version;
        }
        ek_predecessor_unwatch();
        if (p->link && code != EKIDEN_EPEER)
                ek_refuse(p->link, error);
        p->link = ek_link_free(p->link);
        ek_given_forget(&p->given);
        ek_ahead_forget(p);
        ek_predecessor_forget();
        ek_child_end(&p->child, grace_ms(p, code, is_large), is_large, how, sizeof(how));
        explain_death(p, how, error);
        ek_keeping_end(p);
        ek_pause_note_lost(p);
        p->phase = EKIDEN_PHASE_NONE;
        p->request = (struct ek_upgrade_request){0};
        p->cancelled = (struct ekiden_error){0};
        if (pid > 0 && observer.child_ended)
                observer.child_ended(observer.data, pid);
        return code;
}
