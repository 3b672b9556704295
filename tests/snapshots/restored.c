/* SPDX-License-Identifier: MIT */
/*
 * From a snapshot of every released version of every sample, its own binary and every later one can
 * be started; what clients then see is the state that it was taken of. Snapshots are frozen
 * (README.md).
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "service.h"
#include "talk.h"

struct version {
        const char *sample, *version, *binary;
};

/* A sample's versions in their order; SAMPLES is the build's list of them. */
static const struct version versions[] = {SAMPLES};

#define VERSION_COUNT (sizeof(versions) / sizeof(versions[0]))
#define TIMEOUT_MS 20000

static struct service service = {.keeper_pipe = -1};
static struct talk talk;
static char snapshot[64];

static void begin(void)
{
        int file = mkstemp(strcpy(snapshot, "/tmp/ekiden-test-XXXXXX"));

        cr_assert_geq(file, 0);
        close(file);
        for (int i = 0; i <= TALKERS_MAX; i++)
                talk.clients[i].connection = -1;
}

static void stop(void)
{
        for (int i = 0; i <= TALKERS_MAX; i++)
                client_close(&talk.clients[i]);
        service_stop(&service);
        service = (struct service){.keeper_pipe = -1};
}

static void end(void)
{
        stop();
        unlink(snapshot);
}

/* The tree may be another user's, or writable by a group: no process would start from that. */
static void copy(const char *path)
{
        char bytes[1 << 16];
        int from = open(path, O_RDONLY | O_CLOEXEC);
        int to = open(snapshot, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        ssize_t size = read(from, bytes, sizeof(bytes));

        cr_assert(size > 0 && size < (ssize_t)sizeof(bytes), "there is no %s", path);
        cr_assert_eq(write(to, bytes, (size_t)size), size);
        close(from);
        close(to);
}

static void start_from(const struct version *from, const struct version *to)
{
        char path[512];

        snprintf(path, sizeof(path), SNAPSHOTS "/%s_%s.ekiden", from->sample, from->version);
        copy(path);
        setenv("EKIDEN_SNAPSHOT", snapshot, 1);
        cr_assert(service_start(&service, to->binary, TOOL), "%s from %s to %s: %s", from->sample,
                  from->version, to->version, service.sentence);
        unsetenv("EKIDEN_SNAPSHOT");
        talk.port = service.port;
}

static FILE *open_talk(const struct version *version)
{
        char path[512];
        FILE *file;

        snprintf(path, sizeof(path), SNAPSHOTS "/%s.talk", version->sample);
        file = fopen(path, "re");
        cr_assert(file, "there is no %s", path);
        talk_skip(file);
        return file;
}

static void go_on_talking(FILE *file, const struct version *from, const struct version *to)
{
        cr_assert(talk_on(&talk, file), "%s from %s to %s: %s", from->sample, from->version,
                  to->version, talk.failure);
}

static bool environment_has(pid_t pid, const char *name)
{
        static char text[1 << 20];
        char path[64];
        ssize_t size;
        int file;

        snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
        file = open(path, O_RDONLY | O_CLOEXEC);
        cr_assert_geq(file, 0);
        size = read(file, text, sizeof(text));
        cr_assert_gt(size, 0);
        close(file);
        return memmem(text, (size_t)size, name, strlen(name)) != NULL;
}

static void upgrade_to_itself(const struct version *version)
{
        pid_t before = service.pid;

        cr_assert(environment_has(before, "EKIDEN_SNAPSHOT="), "the test sees no environment");
        cr_assert(service_upgrade(&service, version->binary, "--quiet", -1));
        cr_assert_eq(service_wait(&service, TIMEOUT_MS), SERVICE_UPGRADED, "%s", service.sentence);
        cr_assert_neq(service.pid, before);
        cr_assert_not(environment_has(service.pid, "EKIDEN_SNAPSHOT="));
}

Test(snapshots, of_every_version_start_it_and_all_later_ones_which_can_be_upgraded, .init = begin,
     .fini = end, .timeout = 240)
{
        size_t count = 0;

        for (size_t from = 0; from < VERSION_COUNT; from++)
                for (size_t to = from;
                     to < VERSION_COUNT && strcmp(versions[to].sample, versions[from].sample) == 0;
                     to++, count++) {
                        FILE *file = open_talk(&versions[from]);

                        start_from(&versions[from], &versions[to]);
                        go_on_talking(file, &versions[from], &versions[to]);
                        upgrade_to_itself(&versions[to]);
                        go_on_talking(file, &versions[from], &versions[to]);
                        fclose(file);
                        stop();
                }
        cr_assert_gt(count, VERSION_COUNT);
}
