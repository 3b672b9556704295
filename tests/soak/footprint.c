/* SPDX-License-Identifier: MIT */
/* See footprint.h. */
#include "footprint.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

static unsigned int count_entries(const char *path)
{
        DIR *directory = opendir(path);
        unsigned int count = 0;
        const struct dirent *entry;

        while (directory && (entry = readdir(directory)))
                count += entry->d_name[0] != '.';
        if (directory)
                closedir(directory);
        return count;
}

static unsigned int count_children(pid_t pid)
{
        char path[64];
        unsigned int count = 0;
        int child;
        FILE *file;

        snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
        file = fopen(path, "re");
        while (file && fscanf(file, "%d", &child) == 1)
                count++;
        if (file)
                fclose(file);
        return count;
}

bool footprint_of(pid_t pid, struct footprint *ret_footprint)
{
        char path[64], line[256];
        unsigned long kilobytes = 0;
        FILE *file;

        snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
        file = fopen(path, "re");
        if (!file)
                return false;
        *ret_footprint = (struct footprint){0};
        while (fgets(line, sizeof(line), file)) {
                if (sscanf(line, "VmRSS: %lu", &kilobytes) == 1)
                        ret_footprint->resident_bytes = kilobytes * UINT64_C(1024);
                sscanf(line, "Threads: %u", &ret_footprint->threads);
        }
        fclose(file);
        snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
        ret_footprint->descriptors = count_entries(path);
        ret_footprint->children = count_children(pid);
        return ret_footprint->threads > 0;
}
