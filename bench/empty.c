/* SPDX-License-Identifier: MIT */
/* The floor of any upgrade by a new process: a program that does nothing but answer once. */
#include <unistd.h>

int main(void)
{
        char byte;

        return read(STDIN_FILENO, &byte, 1) == 1 && write(STDIN_FILENO, &byte, 1) == 1 ? 0 : 1;
}
