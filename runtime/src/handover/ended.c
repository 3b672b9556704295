/* SPDX-License-Identifier: MIT */
/* See ended.h. */
#include "handover/ended.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "handover/exiting.h"

#define STATUS_MAX 255 /* of exit(3) */
#define SIGNAL_MAX (NSIG - 1)

static const char status_word[] = "status ";
static const char signal_word[] = "signal "; /* as long as that */

static bool is_sound(const struct ek_ended *ended)
{
        if (ended->how == EK_ENDED_EXITED)
                return ended->number >= 0 && ended->number <= STATUS_MAX;
        return ended->how == EK_ENDED_KILLED && ended->number > 0 && ended->number <= SIGNAL_MAX;
}

/* Digits by hand: snprintf() may not be called in the handler of a signal. */
void ek_ended_write(const struct ek_ended *ended, char ret_text[EK_ENDED_TEXT_SIZE])
{
        const char *word = ended->how == EK_ENDED_EXITED ? status_word : signal_word;
        size_t length = 0;

        if (is_sound(ended)) {
                for (; word[length] != '\0'; length++)
                        ret_text[length] = word[length];
                for (int unit = 100; unit > 0; unit /= 10)
                        if (ended->number >= unit || unit == 1)
                                ret_text[length++] = (char)('0' + ended->number / unit % 10);
        }
        ret_text[length] = '\0';
}

static struct ek_ended sound_or_unknown(struct ek_ended ended)
{
        return is_sound(&ended) ? ended : (struct ek_ended){0};
}

struct ek_ended ek_ended_read(const char *text)
{
        struct ek_ended ended = {0};
        const char *digits = text + sizeof(status_word) - 1;
        char *end;

        if (strncmp(text, status_word, sizeof(status_word) - 1) == 0)
                ended.how = EK_ENDED_EXITED;
        else if (strncmp(text, signal_word, sizeof(signal_word) - 1) == 0)
                ended.how = EK_ENDED_KILLED;
        if (ended.how == EK_ENDED_UNKNOWN || strlen(text) >= EK_ENDED_TEXT_SIZE ||
            digits[0] < '0' || digits[0] > '9')
                return (struct ek_ended){0};
        ended.number = (int)strtol(digits, &end, 10);
        return *end == '\0' ? sound_or_unknown(ended) : (struct ek_ended){0};
}

void ek_ended_fill(const struct ek_ended *ended, Ekiden__Hello *hello)
{
        hello->has_exit_status = ended->how == EK_ENDED_EXITED;
        hello->exit_status = hello->has_exit_status ? (uint32_t)ended->number : 0;
        hello->has_killed_by = ended->how == EK_ENDED_KILLED;
        hello->killed_by = hello->has_killed_by ? (uint32_t)ended->number : 0;
}

struct ek_ended ek_ended_of_hello(const Ekiden__Hello *hello)
{
        struct ek_ended ended = {0};

        if (hello->has_killed_by && hello->killed_by <= SIGNAL_MAX)
                ended = (struct ek_ended){EK_ENDED_KILLED, (int)hello->killed_by};
        else if (hello->has_exit_status && hello->exit_status <= STATUS_MAX)
                ended = (struct ek_ended){EK_ENDED_EXITED, (int)hello->exit_status};
        return sound_or_unknown(ended);
}

struct ek_ended ek_ended_of_lost(pid_t public_pid, int pidfd)
{
        int status = ek_process_wait_status(public_pid, pidfd);
        struct ek_ended ended = {0};

        if (status == 0)
                return ended;
        if (WIFSIGNALED(status))
                ended = (struct ek_ended){EK_ENDED_KILLED, WTERMSIG(status)};
        else if (WIFEXITED(status))
                ended = (struct ek_ended){EK_ENDED_EXITED, WEXITSTATUS(status)};
        return sound_or_unknown(ended);
}

bool ek_ended_say(const struct ek_ended *ended, char *ret_how, size_t size_bytes)
{
        if (!is_sound(ended))
                return false;
        if (ended->how == EK_ENDED_EXITED)
                snprintf(ret_how, size_bytes, "exited with status %d", ended->number);
        else
                snprintf(ret_how, size_bytes, "was killed by signal %d (%s)", ended->number,
                         strsignal(ended->number));
        return true;
}
