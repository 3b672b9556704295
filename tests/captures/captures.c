/* SPDX-License-Identifier: MIT */
/*
 * What every released version of every sample sent once, today's code takes over: each capture is
 * replayed to its own version's binary and to every later one, whose clients then go on talking.
 * Captures are frozen: none is ever made anew (README.md).
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replay.h"

struct version {
        const char *sample, *version, *binary;
};

/* A sample's versions in their order; SAMPLES is the build's list of them. */
static const struct version versions[] = {SAMPLES};

#define VERSION_COUNT (sizeof(versions) / sizeof(versions[0]))

static char directory[64];
static struct replay replay;

static void make_directory(void)
{
        strcpy(directory, "/tmp/ekiden-test-XXXXXX");
        cr_assert(mkdtemp(directory));
        setenv("EKIDEN_RUNTIME_DIR", directory, 1);
}

static void remove_directory(void)
{
        char command[128];

        replay_stop(&replay);
        snprintf(command, sizeof(command), "rm -r %s", directory);
        cr_assert_eq(system(command), 0);
}

static void read_capture(const struct version *version, struct capture *ret_capture)
{
        char name[512];

        snprintf(name, sizeof(name), CAPTURES "/%s_%s", version->sample, version->version);
        cr_assert(capture_read(name, ret_capture), "there is no capture %s, or it is damaged",
                  name);
}

static void take_over(const struct version *from, const struct version *to)
{
        struct capture capture;
        char path[512];
        FILE *talk;

        read_capture(from, &capture);
        cr_assert(replay_start(&replay, &capture, to->binary), "%s from %s to %s: %s", from->sample,
                  from->version, to->version, replay.failure);
        snprintf(path, sizeof(path), CAPTURES "/%s.talk", from->sample);
        talk = fopen(path, "re");
        cr_assert(talk, "there is no %s", path);
        talk_skip(talk);
        cr_assert(talk_on(&replay.talk, talk), "%s from %s to %s: %s", from->sample, from->version,
                  to->version, replay.talk.failure);
        fclose(talk);
        replay_stop(&replay);
        capture_free(&capture);
}

Test(captures, of_every_version_are_taken_over_by_it_and_by_all_later_ones, .init = make_directory,
     .fini = remove_directory, .timeout = 120)
{
        size_t count = 0;

        for (size_t from = 0; from < VERSION_COUNT; from++)
                for (size_t to = from;
                     to < VERSION_COUNT && strcmp(versions[to].sample, versions[from].sample) == 0;
                     to++, count++)
                        take_over(&versions[from], &versions[to]);
        cr_assert_gt(count, VERSION_COUNT);
}

Test(captures, are_read_to_their_last_byte)
{
        for (size_t i = 0; i < VERSION_COUNT; i++) {
                struct capture capture;
                struct ek_frame frame;
                size_t offset = 0;

                read_capture(&versions[i], &capture);
                while (capture_next(&capture, &offset, &frame))
                        ;
                cr_assert_eq(offset, capture.size, "%s %s", versions[i].sample,
                             versions[i].version);
                capture_free(&capture);
        }
}

/* So that a bit that flips in the tree is noticed, and the test above can fail. */
Test(captures, that_are_damaged_are_refused, .init = make_directory, .fini = remove_directory)
{
        struct capture capture;

        read_capture(&versions[0], &capture);
        capture.bytes[capture.size / 2] ^= 1;
        cr_assert_not(replay_start(&replay, &capture, versions[0].binary));
        capture_free(&capture);
}
