/* SPDX-License-Identifier: MIT */
/* The ekiden_set_… functions: what a program chooses, most of it before ekiden_start(). */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <ekiden/ahead.h>

#include "entry/process.h"
#include "state/changes.h"

/* Real-time signals are queued, and where the queue is full SIGIO comes in their place, which ends
   a process (fcntl(2)). */
#define LAST_STANDARD_SIGNAL 31

#define SLICE_MAX_US 1000000
#define PAUSE_MAX_US 10000000

struct ek_process ek_process = {
        .signal_number = SIGUSR2,
        .deadlines = EK_DEADLINES_DEFAULT,
};

int ekiden_add_hop(const struct ekiden_hop_table *hop)
{
        if (ek_process.is_started)
                return EKIDEN_ESTATE;
        return ek_registry_add(&ek_process.registry, hop);
}

int ekiden_set_signal(int signal_number)
{
        if (ek_process.is_started)
                return EKIDEN_ESTATE;
        if (signal_number < 0 || signal_number > LAST_STANDARD_SIGNAL || signal_number == SIGKILL ||
            signal_number == SIGSTOP)
                return EKIDEN_EINVAL;
        ek_process.signal_number = signal_number;
        return 0;
}

int ekiden_set_binary(const char *path)
{
        char *directory, *absolute;
        size_t size;

        if (ek_process.is_started)
                return EKIDEN_ESTATE;
        if (!path || !path[0])
                return EKIDEN_EINVAL;
        if (path[0] == '/') {
                absolute = strdup(path);
        } else {
                directory = realpath(".", NULL);
                if (!directory)
                        return EKIDEN_ESYSTEM;
                size = strlen(directory) + strlen(path) + 2;
                absolute = malloc(size);
                if (absolute) {
                        strcpy(absolute, directory);
                        strcat(absolute, "/");
                        strcat(absolute, path);
                }
                free(directory);
        }
        if (!absolute)
                return EKIDEN_ENOMEM;
        free(ek_process.origin.binary);
        ek_process.origin.binary = absolute;
        return 0;
}

int ekiden_set_deadline(enum ekiden_phase phase, unsigned int timeout_ms)
{
        if (phase < EKIDEN_PHASE_CHECK || phase > EKIDEN_PHASE_COMMIT || timeout_ms == 0 ||
            timeout_ms > EK_DEADLINE_MAX_MS)
                return EKIDEN_EINVAL;
        ek_process.deadlines.ms[phase] = timeout_ms;
        return 0;
}

int ekiden_set_ahead(unsigned int slice_us, unsigned int pause_us, size_t changes_max_bytes)
{
        if (slice_us > SLICE_MAX_US || pause_us > PAUSE_MAX_US ||
            (changes_max_bytes > 0 && changes_max_bytes < EK_CHANGES_MAX_LEAST))
                return EKIDEN_EINVAL;
        ek_process.ahead = (struct ek_ahead_settings){slice_us, pause_us, changes_max_bytes};
        return 0;
}

void ekiden_set_leave(void (*leave)(void *data, pid_t successor), void *data)
{
        ek_process.leave = leave;
        ek_process.leave_data = data;
}
