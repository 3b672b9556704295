/* SPDX-License-Identifier: MIT */
/*
 * The program that people copy first does not end without a word: whichever item cannot be taken
 * over, it says so and ends with the error's exit status.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "processes.h"

#define REFUSED_STATUS 12 /* of EKIDEN_EREFUSED */

static char directory[] = "/tmp/ekiden-sample-XXXXXX";
static pid_t keeper = -1;
static int keeper_pipe = -1;

static void begin(void)
{
        cr_assert(mkdtemp(directory));
        cr_assert_eq(setenv("EKIDEN_RUNTIME_DIR", directory, 1), 0);
        keeper = process_keeper(&keeper_pipe);
        cr_assert_gt(keeper, 0);
}

static void end(void)
{
        char command[64];

        close(keeper_pipe);
        waitpid(keeper, NULL, 0);
        snprintf(command, sizeof(command), "rm -r %s", directory);
        cr_expect_eq(system(command), 0);
}

static void expect_sentence(const char *binary, const char *item)
{
        const char *const arguments[] = {binary, "0", NULL};
        int output = open("/dev/null", O_WRONLY | O_CLOEXEC);
        int errors = memfd_create("errors", MFD_CLOEXEC);
        char said[256] = "";
        int status;
        pid_t pid;

        cr_assert(output >= 0 && errors >= 0);
        cr_assert_eq(setenv("REFUSED_ITEM", item, 1), 0);
        pid = process_start(arguments, keeper, output, errors);
        cr_assert_gt(pid, 0, "%s cannot be started", binary);
        cr_assert_eq(waitpid(pid, &status, 0), pid);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == REFUSED_STATUS,
                  "%s, without \"%s\", ended with wait status %#x", binary, item,
                  (unsigned int)status);
        cr_assert_geq(pread(errors, said, sizeof(said) - 1, 0), 0);
        cr_expect_str_eq(said, "counter: its state cannot be taken over: the program refused\n",
                         "%s, without \"%s\", said \"%s\"", binary, item, said);
        close(output);
        close(errors);
}

Test(refused, every_release_says_that_an_item_cannot_be_taken_over, .init = begin, .fini = end,
     .timeout = 60)
{
        static const char *const binaries[] = {REFUSED_V1, REFUSED_V2, REFUSED_V3};
        static const char *const items[] = {"clients", "session"};

        for (unsigned int i = 0; i < 3; i++)
                for (unsigned int j = 0; j < 2; j++)
                        expect_sentence(binaries[i], items[j]);
}
