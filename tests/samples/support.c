/* SPDX-License-Identifier: MIT */
/*
 * The assertions that every test of the samples makes.
 */
#include "support.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "clock.h"

#define LOOKS 20 /* in a row, that make sleep of what may be chance */

struct service service = {.keeper_pipe = -1};
static struct rlimit allowed;

void start(const char *binary)
{
        cr_assert(service_start(&service, binary, EKIDEN_UPGRADE), "%s", service.sentence);
}

void stop(void)
{
        char *errors = service.directory[0] ? service_read(&service, "errors") : NULL;

        if (errors && errors[0])
                fprintf(stderr, "the server said:\n%.4000s", errors);
        free(errors);
        service_stop(&service);
}

void begin_upgrade(const char *binary)
{
        cr_assert(service_upgrade(&service, binary, "--quiet", -1), "%s", service.sentence);
}

void begin_verified_upgrade(const char *binary)
{
        cr_assert(service_upgrade(&service, binary, "--verify", -1), "%s", service.sentence);
}

bool is_upgraded(void)
{
        enum service_progress progress = service_progress(&service);

        cr_assert_neq(progress, SERVICE_FAILED, "%s", service.sentence);
        return progress == SERVICE_UPGRADED;
}

void upgrade(const char *binary)
{
        begin_upgrade(binary);
        cr_assert_eq(service_wait(&service, UPGRADE_TIMEOUT_MS), SERVICE_UPGRADED, "%s",
                     service.sentence);
}

void expect_refusal(const char *binary, int exit_status)
{
        pid_t predecessor = service.pid;

        begin_upgrade(binary);
        cr_assert_eq(service_wait(&service, UPGRADE_TIMEOUT_MS), SERVICE_FAILED,
                     "%s was not refused", binary);
        cr_assert_eq(service.tool_status, exit_status, "the exit status is %d, not %d",
                     service.tool_status, exit_status);
        cr_assert_eq(service.pid, predecessor);
}

static uint64_t patience_ends_at_ns(void)
{
        return clock_ns() + CLIENT_TIMEOUT_MS * UINT64_C(1000000);
}

static void wait_a_little(void)
{
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

void expect_descriptors(int count)
{
        uint64_t end = patience_ends_at_ns();

        while (service_count_descriptors(&service) != count && clock_ns() < end)
                wait_a_little();
        cr_assert_eq(service_count_descriptors(&service), count, "%d descriptors are open, not %d",
                     service_count_descriptors(&service), count);
}

void forbid_descriptors(void)
{
        struct rlimit none;

        cr_assert_eq(prlimit(service.pid, RLIMIT_NOFILE, NULL, &allowed), 0);
        none = (struct rlimit){.rlim_cur = 0, .rlim_max = allowed.rlim_max};
        cr_assert_eq(prlimit(service.pid, RLIMIT_NOFILE, &none, NULL), 0);
}

void allow_descriptors(void)
{
        cr_assert_eq(prlimit(service.pid, RLIMIT_NOFILE, &allowed, NULL), 0, "the server is gone");
}

static bool has_complained(const char *part)
{
        char *errors = service_read(&service, "errors");
        bool has = errors && strstr(errors, part);

        free(errors);
        return has;
}

void await_complaint(const char *part)
{
        uint64_t end = patience_ends_at_ns();

        while (!has_complained(part) && clock_ns() < end)
                wait_a_little();
        cr_assert(has_complained(part), "the server did not say \"%s\"", part);
}

/* Its state as proc(5) has it: 'S' asleep, 'R' running or ready to run; '?' it is gone. */
static char state_of_server(void)
{
        char path[64], state = '?';
        FILE *file;

        snprintf(path, sizeof(path), "/proc/%d/stat", (int)service.pid);
        file = fopen(path, "re");
        if (!file)
                return '?';
        if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
                state = '?';
        fclose(file);
        return state;
}

void await_sleep(void)
{
        uint64_t end = patience_ends_at_ns();
        unsigned int asleep = 0;

        while (asleep < LOOKS && clock_ns() < end) {
                asleep = state_of_server() == 'S' ? asleep + 1 : 0;
                wait_a_little();
        }
        cr_assert_eq(asleep, LOOKS, "the server does not sleep: its state is '%c'",
                     state_of_server());
}

void connect_client(struct client *client)
{
        cr_assert(client_connect(client, service.port), "nobody listens");
}

void say(struct client *client, const char *text)
{
        cr_assert(client_send(client, text), "the connection is gone");
}

void expect(struct client *client, const char *format, ...)
{
        char expected[CLIENT_LINE_SIZE], line[CLIENT_LINE_SIZE];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(expected, sizeof(expected), format, arguments);
        va_end(arguments);
        cr_assert(client_expect(client, expected, line), "\"%s\" came instead of \"%s\"", line,
                  expected);
}

void await(struct client *client, const char *format, ...)
{
        char expected[CLIENT_LINE_SIZE], line[CLIENT_LINE_SIZE];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(expected, sizeof(expected), format, arguments);
        va_end(arguments);
        cr_assert(client_await(client, expected, line), "no line had \"%s\"", expected);
}
