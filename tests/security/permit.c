/* SPDX-License-Identifier: MIT */
/* The program's own word: asked before anything is started, and the operator hears it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "operator.h"

#define DEADLINE_MS 8000

static struct outcome expect_refused(struct service *service, int code, const char *words)
{
        struct answer before = service_ask(service);
        struct outcome outcome = operator_upgrade(service, PROBE_V2, NULL, NULL, 0);

        cr_expect_eq(outcome.code, code, "%s: %s", ekiden_error_name(outcome.code),
                     outcome.sentence);
        cr_expect_eq(outcome.phase, EKIDEN_PHASE_REQUEST);
        cr_expect_not_null(strstr(outcome.sentence, words), "%s", outcome.sentence);
        cr_expect_eq(service_ask(service).pid, before.pid);
        return outcome;
}

Test(permit, that_refuses_is_heard_and_the_next_upgrade_works, .timeout = 60)
{
        struct service service = service_start(PROBE_V1, DEADLINE_MS);
        pid_t before = service.pid;
        struct outcome outcome;
        char words[256];

        service_tell(&service, "permit no");
        snprintf(words, sizeof(words), "not %s, says user %d, process %d, upgrade", PROBE_V2,
                 (int)getuid(), (int)getpid());
        expect_refused(&service, EKIDEN_EREFUSED, words);
        service_tell(&service, "permit mute");
        expect_refused(&service, EKIDEN_EREFUSED, "gave no reason");
        service_tell(&service, "permit busy");
        expect_refused(&service, EKIDEN_EBUSY, "at night");
        service_tell(&service, "permit yes");
        outcome = operator_upgrade(&service, PROBE_V2, NULL, NULL, 0);
        cr_expect(outcome.is_committed, "%s", outcome.sentence);
        wait_until_gone(before);
        service_stop(&service);
}

Test(permit, is_asked_before_the_binary_is_looked_at, .timeout = 60)
{
        struct service service = service_start(PROBE_V1, DEADLINE_MS);
        struct outcome outcome;

        service_tell(&service, "permit no");
        outcome = operator_upgrade(&service, SCRATCH "/no-such-file", NULL, NULL, 0);
        cr_expect_eq(outcome.code, EKIDEN_EREFUSED, "%s", outcome.sentence);
        service_tell(&service, "permit yes");
        outcome = operator_upgrade(&service, SCRATCH "/no-such-file", NULL, NULL, 0);
        cr_expect_eq(outcome.code, EKIDEN_EBINARY, "%s", outcome.sentence);
        service_stop(&service);
}

Test(permit, is_asked_again_right_before_the_pause, .timeout = 60)
{
        struct service service = service_start(PROBE_V1, DEADLINE_MS);
        pid_t before = service.pid;
        struct outcome outcome;
        char words[256];

        service_tell(&service, "permit late");
        outcome = operator_upgrade(&service, PROBE_V2, NULL, NULL, 0);
        snprintf(words, sizeof(words), "%s has come too late for user %d", PROBE_V2, (int)getuid());
        cr_expect_eq(outcome.code, EKIDEN_EREFUSED, "%s", outcome.sentence);
        cr_expect_eq(outcome.phase, EKIDEN_PHASE_PAUSE);
        cr_expect_str_eq(outcome.sentence, words);
        cr_expect_eq(service_ask(&service).pid, before);
        outcome = operator_rehearse(&service, PROBE_V2, NULL, NULL, 0);
        cr_expect_eq(outcome.code, EKIDEN_EREFUSED, "%s", outcome.sentence);
        cr_expect_eq(outcome.phase, EKIDEN_PHASE_PAUSE);
        service_tell(&service, "permit yes");
        outcome = operator_upgrade(&service, PROBE_V2, NULL, NULL, 0);
        cr_expect(outcome.is_committed, "%s", outcome.sentence);
        wait_until_gone(before);
        service_stop(&service);
}

Test(permit, is_told_that_it_is_a_rehearsal, .timeout = 60)
{
        struct service service = service_start(PROBE_V1, DEADLINE_MS);
        char command[512], text[1024];
        size_t length;
        FILE *tool;

        service_tell(&service, "permit no");
        snprintf(command, sizeof(command), "%s --rehearse %d %s 2>&1", TOOL, (int)service.pid,
                 PROBE_V2);
        tool = popen(command, "r");
        cr_assert_not_null(tool);
        length = fread(text, 1, sizeof(text) - 1, tool);
        text[length] = '\0';
        cr_expect_neq(pclose(tool), 0);
        cr_expect_not_null(strstr(text, "rehearsal"), "%s", text);
        service_stop(&service);
}

Test(permit, is_asked_of_a_plain_signal_too_which_is_nobody_s, .timeout = 60)
{
        struct service service = service_start(PROBE_V1, DEADLINE_MS);
        pid_t before = service.pid;

        service_tell(&service,
                     "permit signal"); /* it aborts unless user and process are nobody's */
        cr_assert_eq(kill(service.pid, SIGUSR2), 0);
        for (int i = 0; i < 3; i++)
                cr_expect_eq(service_ask(&service).pid, before);
        cr_expect_eq(service_ask(&service).records, 1000000,
                     "the program was asked, and said so by this number");
        service_stop(&service);
}
