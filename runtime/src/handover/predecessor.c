/* SPDX-License-Identifier: MIT */
/* See predecessor.h. What the two say first is in introduce.c, serving the successor's pulls in
   serve.c, the end in commit.c, call_off.c, and for a rehearsal dismiss.c. */
#include "handover/predecessor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "handover/binary.h"
#include "handover/counts.h"
#include "handover/pair.h"
#include "handover/pause.h"
#include "handover/predecessor_private.h"
#include "wire/cleanup.h"
#include "wire/clock.h"
#include "wire/own.h"

#define WARMED 1 /* what a step may come to */
#define PROBED 2

struct ek_predecessor ek_predecessor = {.child = {.pidfd = -1, .daemon = -1},
                                        .keeping = {.binary = -1, .kept = -1}};

enum ekiden_phase ek_predecessor_phase(void)
{
        return ek_predecessor.phase;
}

int ek_predecessor_socket(void)
{
        return ek_predecessor.link ? ek_link_socket(ek_predecessor.link) : -1;
}

bool ek_predecessor_has_given(const struct ek_tagged *tagged)
{
        return tagged->pulled_in == ek_predecessor.serial;
}

const struct ek_upgrade_report *ek_predecessor_report(void)
{
        return &ek_predecessor.report;
}

void ek_predecessor_after_fork(void)
{
        struct ek_predecessor *p = &ek_predecessor;

        ek_link_after_fork(p->link);
        p->link = ek_link_free(p->link);
        ek_given_forget(&p->given);
        ek_ahead_forget(p);
        ek_predecessor_forget();
        ek_own_close(&p->child.pidfd);
        ek_own_close(&p->child.daemon);
        ek_keeping_end(p);
        *p = (struct ek_predecessor){.child = {.pidfd = -1, .daemon = -1},
                                     .keeping = {.binary = -1, .kept = -1}};
}

void ek_predecessor_forget(void)
{
        struct ek_predecessor *p = &ek_predecessor;

        ek_early_forget(p);
        p->report.ready = NULL;
        if (p->ready)
                ekiden__ready__free_unpacked(p->ready, NULL);
        p->ready = NULL;
}

uint64_t ek_predecessor_deadline(void)
{
        const struct ek_predecessor *p = &ek_predecessor;

        if (p->phase == EKIDEN_PHASE_NONE)
                return UINT64_MAX;
        if (p->request.until_ns > 0 && p->request.until_ns < p->phase_until_ns)
                return p->request.until_ns;
        return p->phase_until_ns;
}

void ek_predecessor_enter(enum ekiden_phase phase)
{
        struct ek_predecessor *p = &ek_predecessor;

        p->phase = phase;
        p->phase_until_ns = ek_now_ns() + p->setup->deadlines->ms[phase] * EK_NS_PER_MS;
        if (p->request.observer.phase)
                p->request.observer.phase(p->request.observer.data, phase);
}

void ek_predecessor_renew(void)
{
        struct ek_predecessor *p = &ek_predecessor;

        p->phase_until_ns = ek_now_ns() + p->setup->deadlines->ms[p->phase] * EK_NS_PER_MS;
}

bool ek_predecessor_is_kept(const struct ek_predecessor *p)
{
        return p->keeping.kept >= 0 || p->report.is_for_kept_pid;
}

void ek_predecessor_unwatch(void)
{
        const struct ek_predecessor *p = &ek_predecessor;

        if (p->link && p->request.observer.unwatch)
                p->request.observer.unwatch(p->request.observer.data, ek_link_socket(p->link));
}

void ek_predecessor_cancel(const struct ekiden_error *reason)
{
        struct ek_predecessor *p = &ek_predecessor;

        if (p->phase != EKIDEN_PHASE_NONE && p->phase < EKIDEN_PHASE_COMMIT &&
            !p->keeping.is_returning)
                p->cancelled = *reason;
}

bool ek_predecessor_is_returning(void)
{
        return ek_predecessor.keeping.is_returning;
}

static int on_linger(void *data, uint64_t waited_ms)
{
        const struct ek_observer *observer = &ek_predecessor.request.observer;

        (void)data;
        if (observer->linger)
                observer->linger(observer->data, waited_ms);
        return ek_predecessor.cancelled.code;
}

/* From COMMIT on neither the operator nor his time limit can call it off. */
struct ek_wait ek_predecessor_wait(enum ekiden_phase phase)
{
        const struct ek_predecessor *p = &ek_predecessor;
        bool is_late = phase >= EKIDEN_PHASE_COMMIT;
        uint64_t until_ns = p->request.until_ns;

        if (p->pause_until_ns > 0 && (until_ns == 0 || p->pause_until_ns < until_ns))
                until_ns = p->pause_until_ns;
        return (struct ek_wait){
                .idle_ms = p->setup->deadlines->ms[phase],
                .until_ns = is_late ? 0 : until_ns,
                .operator_ = is_late ? NULL : p->request.operator_,
                .linger = on_linger,
        };
}

struct ek_wait ek_predecessor_wait_whole(enum ekiden_phase phase)
{
        struct ek_wait wait = ek_predecessor_wait(phase);
        uint64_t until_ns = ek_now_ns() + wait.idle_ms * EK_NS_PER_MS;

        if (wait.until_ns == 0 || until_ns < wait.until_ns)
                wait.until_ns = until_ns;
        return wait;
}

static int open_binary(const struct ek_upgrade_request *request, int *ret_binary,
                       struct ekiden_error *error)
{
        if (!request->is_own_binary)
                return ek_binary_open(request->binary, ret_binary, error);
        *ret_binary = open("/proc/self/exe", O_PATH | O_CLOEXEC);
        return *ret_binary < 0 ? ekiden_error_set_errno(error, EKIDEN_EBINARY, errno,
                                                        "cannot open this process's own binary")
                               : 0;
}

int ek_predecessor_open_link(struct ek_predecessor *p, int socket, struct ek_link **ret_link,
                             struct ekiden_error *error)
{
        int r = ek_link_new(socket, ret_link);

        if (r == 0)
                r = ek_link_identify(*ret_link);
        if (r == 0)
                r = ek_link_prepare(*ret_link, p->request.operator_);
        return r < 0 ? ek_link_failed(r, error) : 0;
}

/* `arguments`: as ek_spawn() takes them. */
static int spawn(struct ek_predecessor *p, int binary, const char *path, char *const arguments[],
                 struct ekiden_error *error)
{
        ek_auto_close int theirs = -1;
        int sockets[2];
        int r = ek_token_draw(&p->token, error);

        if (r == 0)
                r = ek_pair_make(sockets, error);
        if (r < 0)
                return r;
        theirs = sockets[1];
        r = ek_predecessor_open_link(p, sockets[0], &p->link, error);
        if (r == 0)
                r = ek_predecessor_offer(p, false, error);
        if (r < 0)
                return r;
        r = ek_spawn(p->setup->origin, binary, path, arguments, theirs, &p->token,
                     p->keeping.is_probing, &p->child, error);
        p->report.successor = r < 0 ? 0 : p->child.public_pid;
        return r;
}

static int start_successor(struct ek_predecessor *p, struct ekiden_error *error)
{
        ek_auto_close int binary = -1;
        int r = open_binary(&p->request, &binary, error);

        if (r == 0 && (p->request.keeps_pid || p->report.is_for_kept_pid))
                r = ek_keeping_begin(p, binary, error);
        return r < 0 ? r : spawn(p, binary, p->request.binary, p->request.arguments, error);
}

/* In a rehearsal the probe is not followed by the split, but by a process of its own. */
static int rehearse_behind_probe(struct ek_predecessor *p, struct ekiden_error *error)
{
        const struct ek_observer *observer = &p->request.observer;
        int r;

        p->begun_ns = ek_now_ns();
        ek_keeper_end_probe(p);
        ek_predecessor_renew();
        r = spawn(p, p->keeping.binary, p->keeping.arguments[0], p->keeping.arguments + 1, error);
        ek_keeping_end(p);
        if (r == 0 && observer->watch)
                observer->watch(observer->data, ek_link_socket(p->link));
        return r;
}

/* What a socket must be that somebody else has made: a listener, say, or a file, would make no
   sense of OFFER. */
static bool is_of_a_pair(int socket)
{
        int domain = 0, type = 0;
        socklen_t size = sizeof(int);
        struct sockaddr_storage peer;
        socklen_t peer_size = sizeof(peer);

        return getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
               getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && domain == AF_UNIX &&
               type == SOCK_STREAM &&
               getpeername(socket, (struct sockaddr *)&peer, &peer_size) == 0;
}

/* Somebody else starts it, when he hears of phase CHECK; HELLO tells who it is. */
static int meet_successor(struct ek_predecessor *p, struct ek_elsewhere *elsewhere,
                          struct ekiden_error *error)
{
        int r;

        if (!is_of_a_pair(elsewhere->socket))
                return ekiden_error_set(error, EKIDEN_EINVAL,
                                        "what came with the request is no end of a pair of UNIX "
                                        "stream sockets");
        p->token = elsewhere->token;
        r = ek_predecessor_open_link(p, ek_steal_fd(&elsewhere->socket), &p->link, error);
        return r < 0 ? r : ek_predecessor_offer(p, false, error);
}

int ek_predecessor_begin(const struct ek_predecessor_setup *setup,
                         const struct ek_upgrade_request *request, struct ekiden_error *error)
{
        struct ek_predecessor *p = &ek_predecessor;
        struct ekiden_error local = {0};
        bool is_kept = request->keeps_pid && !request->elsewhere && !request->snapshot;
        int r;

        if (!error)
                error = &local;
        if (p->keeping.is_returning)
                return ekiden_error_set(error, EKIDEN_EBUSY,
                                        "another upgrade has failed, and the old version is being "
                                        "started again: nobody serves meanwhile; --wait waits for "
                                        "its end");
        if (p->phase != EKIDEN_PHASE_NONE)
                return ekiden_error_set(error, EKIDEN_EBUSY,
                                        "another %s is under way, in phase %s; --wait waits for "
                                        "its end, --cancel calls it off",
                                        p->request.is_rehearsal ? "rehearsal" : "upgrade",
                                        ekiden_phase_name(p->phase));
        if (request->snapshot && !request->is_rehearsal)
                return ekiden_error_set(error, EKIDEN_EINVAL,
                                        "a snapshot is handed over in a rehearsal only");
        ek_predecessor_forget();
        p->setup = setup;
        p->request = *request;
        p->request.keeps_pid = is_kept && !request->is_rehearsal;
        p->report = (struct ek_upgrade_report){.is_rehearsal = request->is_rehearsal,
                                               .is_verified = request->is_verified,
                                               .keeps_pid = p->request.keeps_pid,
                                               .is_for_kept_pid = is_kept && request->is_rehearsal,
                                               .is_elsewhere = request->elsewhere != NULL};
        p->item[0] = '\0';
        p->cancelled = (struct ekiden_error){0};
        p->serial++;
        p->pause_until_ns = 0;
        p->begun_ns = ek_now_ns();
        p->stopped_ns = 0;
        p->rooms.count = 0;
        ek_ahead_begin(p);
        ek_predecessor_enter(EKIDEN_PHASE_CHECK);
        r = request->elsewhere ? meet_successor(p, request->elsewhere, error)
                               : start_successor(p, error);
        p->request.binary = NULL; /* the caller's */
        p->request.arguments = NULL;
        p->request.elsewhere = NULL;
        return r < 0 ? ek_predecessor_call_off(r, error) : 0;
}

/* In a phase before the pause, as the end of a sentence. */
static const char *what_it_waits_for(const struct ek_predecessor *p)
{
        if (p->phase == EKIDEN_PHASE_CHECK)
                return "before the new process reported";
        return p->ahead.count > 0 ? "while state was sent ahead of the pause"
                                  : "before the new process asked for its state";
}

static int expired(struct ek_predecessor *p, struct ekiden_error *error)
{
        unsigned int ms = p->setup->deadlines->ms[p->phase];

        if (p->request.operator_ && ek_link_is_closed(p->request.operator_))
                return ekiden_error_set(error, EKIDEN_ECANCELLED, "the operator called the %s off",
                                        p->request.is_rehearsal ? "rehearsal" : "upgrade");
        if (ek_now_ns() < ek_predecessor_deadline())
                return 0;
        if (p->request.until_ns > 0 && p->request.until_ns < p->phase_until_ns)
                return ekiden_error_set(error, EKIDEN_ETIMEOUT,
                                        "the operator's time limit passed in phase %s, %s",
                                        ekiden_phase_name(p->phase), what_it_waits_for(p));
        if (p->phase == EKIDEN_PHASE_CHECK)
                return ekiden_error_set(error, EKIDEN_ETIMEOUT,
                                        "the new process did not report within %u ms; is it built "
                                        "with Ekiden, and does it call ekiden_start() first?",
                                        ms);
        if (p->ahead.count > 0)
                return ekiden_error_set(error, EKIDEN_ETIMEOUT,
                                        "the new process took nothing of what was sent ahead, and "
                                        "asked for nothing more, for %u ms",
                                        ms);
        return ekiden_error_set(error, EKIDEN_ETIMEOUT,
                                "the new process did not ask for its state within %u ms; if its "
                                "start-up needs longer, raise the deadline with "
                                "ekiden_set_deadline(EKIDEN_PHASE_WARM, …)",
                                ms);
}

/* What is known by its PID alone may have ended, and the PID be another's by now. So it is opened
   first, and kept where its end of the socket is open even then. */
void ek_predecessor_note_speaker(struct ek_predecessor *p)
{
        ek_child_speaks(&p->child, ek_link_sender(p->link));
        if (p->report.is_elsewhere)
                p->report.successor = p->child.public_pid;
        if (ek_link_is_closed(p->link))
                ek_own_close(&p->child.daemon);
}

static bool is_child_speaking(const struct ek_predecessor *p)
{
        pid_t sender = ek_link_sender(p->link);

        return sender <= 0 || sender == p->child.pid;
}

/* A frame in CHECK or WARM: WARMED when the successor is warm, PROBED when the probe has said
   HELLO, 0 to go on. */
static int take_frame(struct ek_predecessor *p, const struct ek_frame *frame,
                      struct ekiden_error *error)
{
        int r;

        if (p->phase == EKIDEN_PHASE_CHECK && frame->kind == EKIDEN__FRAME_KIND__HELLO) {
                r = ek_predecessor_check_hello(p, frame, error);
                /* Of what somebody else starts, HELLO alone tells that it was meant. */
                if (r == 0 || p->child.pid > 0)
                        ek_predecessor_note_speaker(p);
                if (r == 0 && (p->keeping.is_probing || p->report.is_for_kept_pid) &&
                    !is_child_speaking(p))
                        r = ek_keeper_refuse_daemon(error);
                if (r == 0 && p->keeping.is_probing)
                        return PROBED;
                if (r == 0)
                        ek_predecessor_enter(EKIDEN_PHASE_WARM);
                return r;
        }
        if (p->phase == EKIDEN_PHASE_WARM && frame->kind == EKIDEN__FRAME_KIND__WARM) {
                ek_pause_note_unrehearsed(p);
                r = ek_early_take(p, frame, error);
                return r < 0 ? r : ek_ahead_warm(p, error);
        }
        if (p->phase == EKIDEN_PHASE_WARM &&
            (frame->kind == EKIDEN__FRAME_KIND__AHEAD || frame->kind == EKIDEN__FRAME_KIND__PASSED))
                return ek_ahead_take(p, frame, error);
        if (p->phase == EKIDEN_PHASE_WARM && frame->kind == EKIDEN__FRAME_KIND__COUNT)
                return ek_counts_take(p, frame, error);
        return ek_link_failed(EKIDEN_EPROTOCOL, error);
}

int ek_predecessor_step(const char *update_point, struct ekiden_error *error)
{
        struct ek_predecessor *p = &ek_predecessor;
        struct ekiden_error local = {0};
        int r = 0;

        if (!error)
                error = &local;
        if (p->phase == EKIDEN_PHASE_NONE)
                return 0;
        if (p->cancelled.code != 0)
                return ek_predecessor_call_off(p->cancelled.code, error);
        while (r == 0) {
                struct ek_frame frame;

                r = ek_receive(p->link, NULL, &frame, error);
                if (r == EKIDEN_ETIMEOUT && error->code == 0) {
                        r = expired(p, error);
                        if (r == 0)
                                r = ek_ahead_run(p, error);
                        if (r == 0)
                                return 0;
                } else if (r == 0) {
                        r = take_frame(p, &frame, error);
                }
                if (r == PROBED && p->report.is_for_kept_pid)
                        r = rehearse_behind_probe(p, error);
        }
        if (r == PROBED) {
                r = ek_keeper_hand_over(p, update_point, error);
                return r > 0 ? r : ek_predecessor_call_off(r, error);
        }
        if (r == WARMED) {
                snprintf(p->report.update_point, sizeof(p->report.update_point), "%s",
                         update_point);
                r = ek_predecessor_hand_over(ek_now_ns(), error);
                if (r == EK_STEP_REHEARSED)
                        ek_predecessor_end_rehearsal();
                if (r > 0)
                        return r;
        }
        return ek_predecessor_call_off(r, error);
}
