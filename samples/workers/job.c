/* SPDX-License-Identifier: MIT */
/* See job.h. */
#include "job.h"

#define DIVISIONS 100000 /* of a turn, about */

static bool is_prime(uint64_t number, uint64_t *divisions)
{
        if (number < 4 || number % 2 == 0)
                return number == 2 || number == 3;
        for (uint64_t divisor = 3; divisor * divisor <= number; divisor += 2) {
                (*divisions)++;
                if (number % divisor == 0)
                        return false;
        }
        return true;
}

bool job_take_a_turn(struct job *job)
{
        uint64_t divisions = 0;

        while (job->next <= job->last && divisions < DIVISIONS) {
                job->primes += is_prime(job->next++, &divisions);
                divisions++;
        }
        return job->next <= job->last;
}
