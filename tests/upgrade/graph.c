/* SPDX-License-Identifier: MIT */
/*
 * A graph of structs goes through a whole upgrade, between two processes: shared objects and cycles
 * arrive, and a pointer that nothing brings is refused at the first update point.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char said[4096]; /* by both legs */

/* Runs a first leg, and reads what both legs say. */
static void run(const char *mode)
{
        char directory[] = "/tmp/ekiden-graph-XXXXXX";
        size_t used = 0;
        int ends[2];
        ssize_t n;
        pid_t pid;

        cr_assert_not_null(mkdtemp(directory));
        cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
        pid = fork();
        if (pid == 0) {
                setenv("EKIDEN_RUNTIME_DIR", directory, 1);
                dup2(ends[1], STDOUT_FILENO);
                execl(GRAPH, "graph", mode, NULL);
                _exit(127);
        }
        close(ends[1]);
        while ((n = read(ends[0], said + used, sizeof(said) - 1 - used)) > 0)
                used += (size_t)n;
        said[used] = '\0';
        close(ends[0]);
        cr_assert_eq(waitpid(pid, NULL, 0), pid);
        cr_assert_eq(rmdir(directory), 0, "nothing is left in it");
}

Test(graph, shared_objects_and_cycles_arrive_in_the_new_process, .timeout = 60)
{
        run("whole");
        cr_assert_str_eq(said, "whole");
}

Test(graph, connection_that_the_new_process_closes_ends_while_the_old_one_leaves, .timeout = 60)
{
        run("slow");
        cr_assert_str_eq(said, "whole, the connection ended");
}

Test(graph, closed_descriptor_whose_number_the_upgrade_uses_is_refused, .timeout = 60)
{
        char mode[] = "closed0";
        int own = 0;

        for (; mode[6] < '8'; mode[6]++) {
                run(mode);
                cr_expect_not_null(strstr(said, "set a field to -1"), "%s: %s", mode, said);
                cr_expect_not_null(strstr(said, "; serves on"), "%s: %s", mode, said);
                own += strstr(said, "is one of Ekiden's own now") != NULL;
        }
        cr_assert_geq(own, 3, "the socket, the process, the loop");
}

Test(graph, pointer_that_no_item_brings_is_refused_and_the_old_process_serves_on, .timeout = 60)
{
        run("orphan");
        cr_assert_not_null(strstr(said, "\"favourite\" of struct root"), "%s", said);
        cr_assert_not_null(strstr(said, "; serves on"), "%s", said);
        cr_assert_null(strstr(said, "whole"), "%s", said);
}

Test(graph, entry_that_crossed_with_an_item_that_is_not_bound_is_refused_and_not_empty,
     .timeout = 60)
{
        run("unbound");
        cr_assert_not_null(strstr(said, "not bound to a struct"), "%s", said);
        cr_assert_not_null(strstr(said, "; serves on"), "%s", said);
}
