/* SPDX-License-Identifier: MIT */
/*
 * See tree_attempt.h. Both ends of the channel are this program, so structs cross as they are; but
 * for the accounts of items, which follow them.
 */
#include "tree_attempt.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire/cleanup.h"

/* What the attempt takes for its way to be shown. */
struct reporting_show {
        struct show show;
        int channel;
};

/* A reader that is gone has ended, and so does this process then. */
static void write_all(int fd, const void *data, size_t size_bytes)
{
        const char *next = data;

        while (size_bytes > 0) {
                ssize_t n = TEMP_FAILURE_RETRY(write(fd, next, size_bytes));

                if (n <= 0)
                        _exit(0);
                next += n;
                size_bytes -= (size_t)n;
        }
}

static bool read_all(int fd, void *data, size_t size_bytes)
{
        char *next = data;

        while (size_bytes > 0) {
                /* A signal may end it before all is there. */
                ssize_t n = TEMP_FAILURE_RETRY(recv(fd, next, size_bytes, MSG_WAITALL));

                if (n <= 0)
                        return false;
                next += n;
                size_bytes -= (size_t)n;
        }
        return true;
}

static void send_report(struct show *show, enum report_kind kind, const struct upgrade *upgrade,
                        const char *sentence, const struct ekiden_error *error)
{
        const struct reporting_show *reporting = (const struct reporting_show *)show;
        struct report report;

        memset(&report, 0, sizeof(report));
        report.kind = kind;
        report.upgrade = *upgrade;
        if (error)
                report.error = *error;
        strncpy(report.sentence, sentence, sizeof(report.sentence) - 1);
        if (kind != REPORT_END)
                report.upgrade.account_count = 0;
        write_all(reporting->channel, &report, sizeof(report));
        write_all(reporting->channel, upgrade->accounts,
                  report.upgrade.account_count * sizeof(*upgrade->accounts));
}

static void report_seen(struct show *show, const struct upgrade *upgrade)
{
        send_report(show, REPORT_SEEN, upgrade, "", NULL);
}

static void report_phase(struct show *show, const struct upgrade *upgrade)
{
        send_report(show, REPORT_PHASE, upgrade, "", NULL);
}

static void report_ahead(struct show *show, const struct upgrade *upgrade)
{
        send_report(show, REPORT_AHEAD, upgrade, "", NULL);
}

static void report_progress(struct show *show, const struct upgrade *upgrade)
{
        send_report(show, REPORT_PROGRESS, upgrade, "", NULL);
}

static void report_notice(struct show *show, const struct upgrade *upgrade, const char *sentence)
{
        send_report(show, REPORT_NOTICE, upgrade, sentence, NULL);
}

static const struct show_functions show_as_reports = {
        .seen = report_seen,
        .phase = report_phase,
        .ahead = report_ahead,
        .progress = report_progress,
        .notice = report_notice,
};

static _Noreturn void attempt(const struct options *options, pid_t pid, int channel)
{
        struct reporting_show reporting = {.show = {.functions = &show_as_reports},
                                           .channel = channel};
        struct options one = *options;
        struct ekiden_error error = {0};
        struct upgrade upgrade;
        char target[16];

        one.tree = true; /* also where that was found out, and not asked for */
        snprintf(target, sizeof(target), "%d", (int)pid);
        upgrade_attempt(&one, target, &reporting.show, &upgrade, &error);
        send_report(&reporting.show, REPORT_END, &upgrade, "", &error);
        _exit(0);
}

/* A group of its own: the terminal's Ctrl-C goes to the tool, which passes it on once. */
static void detach(pid_t tool)
{
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != tool)
                _exit(0);
}

int tree_attempt_begin(const struct options *options, pid_t pid, struct tree_attempt *ret_attempt,
                       struct ekiden_error *error)
{
        pid_t tool = getpid(), process;
        int ends[2];

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno,
                                              "cannot make a socket pair");
        fflush(stdout); /* what is still to be written is the tool's alone */
        process = fork();
        if (process == 0) {
                close(ends[0]); /* or it would never see that its reader is gone */
                detach(tool);
                attempt(options, pid, ends[1]);
        }
        close(ends[1]);
        if (process < 0) {
                close(ends[0]);
                return ekiden_error_set_errno(error, EKIDEN_ESYSTEM, errno, "cannot fork");
        }
        *ret_attempt = (struct tree_attempt){.process = process, .channel = ends[0]};
        return 0;
}

static bool read_report(int channel, struct report *report)
{
        size_t size;

        report->upgrade.accounts = NULL;
        if (!read_all(channel, report, sizeof(*report)))
                return false;
        size = report->upgrade.account_count * sizeof(*report->upgrade.accounts);
        report->upgrade.accounts = NULL;
        if (size == 0)
                return true;
        report->upgrade.accounts = malloc(size);
        if (report->upgrade.accounts && read_all(channel, report->upgrade.accounts, size))
                return true;
        upgrade_deinit(&report->upgrade);
        return false;
}

void tree_attempt_read(struct tree_attempt *attempt, struct report *ret_report)
{
        if (!read_report(attempt->channel, ret_report)) {
                *ret_report = (struct report){.kind = REPORT_END};
                ret_report->upgrade.aftermath = AFTERMATH_UNKNOWN;
                ekiden_error_set(&ret_report->error, EKIDEN_ESYSTEM,
                                 "the tool's own process that followed it has ended");
        }
        if (ret_report->kind != REPORT_END)
                return;
        ek_close(&attempt->channel);
        TEMP_FAILURE_RETRY(waitpid(attempt->process, NULL, 0));
        attempt->process = 0;
}

void tree_attempt_interrupt(const struct tree_attempt *attempt, int signal_number)
{
        if (attempt->process > 0)
                kill(attempt->process, signal_number);
}
