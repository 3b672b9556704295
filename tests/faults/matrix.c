/* SPDX-License-Identifier: MIT */
/*
 * The matrix: upgrades of a small service by the real tool, each with one fault, at every call and
 * every frame of each of the three that take part. Prints what failed, a table, and how many
 * passed.
 *
 * usage: matrix [-j N] [--sample N] [--only PREFIX] [--prompt] [--case NAME]… [--list] [--verbose]
 *
 * --prompt leaves out what is waited out: a sanitizer makes processes too slow for short deadlines.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ekiden/error.h>

#include "play.h"
#include "wire/clock.h"

#define CENSUSES 5 /* of each scenario: how often a call is made depends on timing, too */
#define PROGRESS_NS (5000 * EK_NS_PER_MS)
#define NAMED_MAX 64

struct matrix {
        struct fault_case *cases;
        size_t count;
        struct clean clean[SCENARIOS];
        /* Shared with the workers: */
        struct board {
                size_t next;
                struct outcome outcomes[];
        } * board;
};

static void *share(size_t size)
{
        void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

        if (memory == MAP_FAILED) {
                perror("matrix: mmap");
                exit(1);
        }
        return memory;
}

static _Noreturn void work(const struct matrix *matrix)
{
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        for (;;) {
                size_t i = __atomic_fetch_add(&matrix->board->next, 1, __ATOMIC_RELAXED);
                struct outcome *outcome = &matrix->board->outcomes[i];

                if (i >= matrix->count)
                        _exit(0);
                play(&matrix->cases[i], matrix->clean, outcome);
        }
}

static void print_progress(const struct matrix *matrix, uint64_t started_ns)
{
        size_t over = 0, failed = 0;

        for (size_t i = 0; i < matrix->count; i++) {
                over += matrix->board->outcomes[i].verdict != VERDICT_PENDING;
                failed += matrix->board->outcomes[i].verdict == VERDICT_FAILED;
        }
        printf("%4.0f s: %zu of %zu cases, %zu failed\n", (double)(ek_now_ns() - started_ns) / 1e9,
               over, matrix->count, failed);
        fflush(stdout);
}

static void run(const struct matrix *matrix, unsigned int workers)
{
        uint64_t started_ns = ek_now_ns();
        uint64_t told_ns = started_ns;
        unsigned int running = 0;

        fflush(stdout);
        for (; running < workers; running++)
                if (fork() == 0)
                        work(matrix);
        while (running > 0) {
                if (waitpid(-1, NULL, WNOHANG) > 0)
                        running--;
                else
                        stage_nap(20);
                if (ek_now_ns() > told_ns + PROGRESS_NS) {
                        told_ns = ek_now_ns();
                        print_progress(matrix, started_ns);
                }
        }
        print_progress(matrix, started_ns);
}

/* In a process of its own, whose descendants end with it. */
static bool take_census(struct matrix *matrix, uint32_t counts[SCENARIOS][ROLES][PLACES])
{
        struct {
                uint32_t counts[SCENARIOS][ROLES][PLACES];
                struct clean clean[SCENARIOS];
                bool is_well;
        } *found = share(sizeof(*found));
        char why[600] = "";

        if (fork() == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                prctl(PR_SET_CHILD_SUBREAPER, 1);
                found->is_well = true;
                for (int i = 0; i < CENSUSES * SCENARIOS && found->is_well; i++)
                        found->is_well = play_census((enum scenario)(i % SCENARIOS),
                                                     found->counts[i % SCENARIOS],
                                                     &found->clean[i % SCENARIOS], why);
                if (!found->is_well)
                        fprintf(stderr, "matrix: without a fault: %s\n", why);
                _exit(0);
        }
        while (waitpid(-1, NULL, 0) > 0)
                ;
        memcpy(counts, found->counts, sizeof(found->counts));
        memcpy(matrix->clean, found->clean, sizeof(found->clean));
        return found->is_well;
}

/* Those whose name begins so. */
static void keep(struct matrix *matrix, const char *prefix, bool is_prompt)
{
        char name[CASE_NAME_MAX];
        size_t kept = 0;

        for (size_t i = 0; i < matrix->count; i++) {
                case_name(&matrix->cases[i], name);
                if (strncmp(name, prefix, strlen(prefix)) == 0 &&
                    !(is_prompt && case_is_waited_out(&matrix->cases[i])))
                        matrix->cases[kept++] = matrix->cases[i];
        }
        matrix->count = kept;
}

/* So many of them, evenly. */
static void sample(struct matrix *matrix, size_t wanted)
{
        if (wanted == 0 || wanted >= matrix->count)
                return;
        for (size_t i = 0; i < wanted; i++)
                matrix->cases[i] = matrix->cases[i * matrix->count / wanted];
        matrix->count = wanted;
}

static void print_table(const struct matrix *matrix)
{
        printf("\n%-15s %-8s", "", "");
        for (int phase = 0; phase <= EKIDEN_PHASE_SERVE; phase++)
                printf(" %8s", phase > 0 ? ekiden_phase_name((enum ekiden_phase)phase) : "before");
        printf("\n");
        for (int role = 0; role < ROLES; role++)
                for (int fault = FAULT_FAIL; fault < FAULTS; fault++) {
                        size_t struck[EKIDEN_PHASE_SERVE + 1] = {0};

                        for (size_t i = 0; i < matrix->count; i++)
                                if ((int)matrix->cases[i].role == role &&
                                    (int)matrix->cases[i].fault == fault &&
                                    matrix->board->outcomes[i].verdict != VERDICT_UNREACHED)
                                        struck[matrix->board->outcomes[i].phase]++;
                        printf("%-15s %-8s", role_names[role], fault_names[fault]);
                        for (int phase = 0; phase <= EKIDEN_PHASE_SERVE; phase++)
                                printf(" %8zu", struck[phase]);
                        printf("\n");
                }
}

/* No case has such a name, or the injector is not linked: then all would pass. */
static bool strikes_enough(const struct matrix *matrix, size_t unreached)
{
        return matrix->count > 0 && unreached <= matrix->count / 2;
}

static int sum_up(const struct matrix *matrix, bool is_verbose)
{
        size_t passed = 0, unreached = 0;
        char name[CASE_NAME_MAX];

        for (size_t i = 0; i < matrix->count; i++) {
                const struct outcome *outcome = &matrix->board->outcomes[i];

                unreached += outcome->verdict == VERDICT_UNREACHED;
                passed +=
                        outcome->verdict == VERDICT_PASSED || outcome->verdict == VERDICT_UNREACHED;
                case_name(&matrix->cases[i], name);
                if (is_verbose)
                        printf("%s: %s\n", name, outcome->told);
                if (outcome->verdict == VERDICT_FAILED)
                        printf("FAILED %s: %s\n", name, outcome->why);
                else if (outcome->verdict == VERDICT_PENDING)
                        printf("FAILED %s: it was not played to its end\n", name);
        }
        print_table(matrix);
        printf("\nIn %zu of them the fault struck; the others' call was not made so often.\n"
               "%zu cases, %zu passed\n",
               matrix->count - unreached, matrix->count, passed);
        if (strikes_enough(matrix, unreached))
                return passed == matrix->count ? 0 : 1;
        printf("that is too few that struck to show anything\n");
        return 1;
}

static int usage(void)
{
        fprintf(stderr, "usage: matrix [-j N] [--sample N] [--only PREFIX] [--prompt] "
                        "[--case NAME]… [--list] [--verbose]\n");
        return 64;
}

int main(int argc, char **argv)
{
        static const struct option options[] = {
                {"sample", required_argument, NULL, 's'},
                {"only", required_argument, NULL, 'o'},
                {"case", required_argument, NULL, 'c'},
                {"list", no_argument, NULL, 'l'},
                {"verbose", no_argument, NULL, 'v'},
                {"prompt", no_argument, NULL, 'p'},
                {0},
        };
        static uint32_t counts[SCENARIOS][ROLES][PLACES];
        struct fault_case named[NAMED_MAX];
        size_t named_count = 0, wanted = 0;
        unsigned int workers = 24;
        const char *prefix = "";
        bool only_list = false, is_verbose = false, is_prompt = false;
        struct matrix matrix;

        for (int option; (option = getopt_long(argc, argv, "j:", options, NULL)) != -1;) {
                if (option == 'j')
                        workers = (unsigned int)strtoul(optarg, NULL, 10);
                else if (option == 's')
                        wanted = strtoul(optarg, NULL, 10);
                else if (option == 'o')
                        prefix = optarg;
                else if (option == 'p')
                        is_prompt = true;
                else if (option == 'v')
                        is_verbose = true;
                else if (option == 'l')
                        only_list = true;
                else if (option != 'c' || named_count == NAMED_MAX ||
                         !case_parse(optarg, &named[named_count++]))
                        return usage();
        }
        if (workers == 0 || optind < argc)
                return usage();
        /* What lies in malloc()'s caches would count as in use. */
        setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1);
        if (!take_census(&matrix, counts))
                return 1;
        matrix.count = case_list(counts, &matrix.cases);
        if (named_count > 0) {
                memcpy(matrix.cases, named, named_count * sizeof(*named));
                matrix.count = named_count;
        }
        keep(&matrix, prefix, is_prompt);
        sample(&matrix, wanted);
        for (size_t i = 0; only_list && i < matrix.count; i++) {
                char name[CASE_NAME_MAX];

                case_name(&matrix.cases[i], name);
                printf("%s\n", name);
        }
        if (only_list)
                return 0;
        matrix.board = share(sizeof(*matrix.board) + matrix.count * sizeof(struct outcome));
        run(&matrix, workers);
        return sum_up(&matrix, is_verbose);
}
