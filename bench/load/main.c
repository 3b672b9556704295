/* SPDX-License-Identifier: MIT */
/*
 * An independent client of whatever speaks RESP: it fills a server with keys, loads it for a while
 * and says what its clients would have seen, and reads back all that was acknowledged.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "measure.h"
#include "value.h"

static const char usage[] =
        "usage: bench-load fill|run|check --server ADDRESS:PORT[,ADDRESS:PORT…] --ledger FILE\n"
        "  all    --connections N (50)  --pipeline N under way on each (16)  --json FILE\n"
        "         --patience SECONDS without any success (60)\n"
        "  fill   --keys N (100000)  --value-bytes N[-N] (100)\n"
        "  run    --seconds N (10)  --rate OPERATIONS-A-SECOND (0: the next follows each answer)\n"
        "         --writes PERCENT (50)  of them --new PERCENT (0)  --deletions PERCENT (0)\n"
        "         SIGINT ends it earlier\n"
        "         --tick MICROSECONDS (250)  --slice MILLISECONDS of the timeline (100)\n";

static const struct option options[] = {
        {"server", required_argument, NULL, 's'},
        {"ledger", required_argument, NULL, 'l'},
        {"connections", required_argument, NULL, 'c'},
        {"pipeline", required_argument, NULL, 'p'},
        {"json", required_argument, NULL, 'j'},
        {"patience", required_argument, NULL, 'P'},
        {"keys", required_argument, NULL, 'k'},
        {"value-bytes", required_argument, NULL, 'v'},
        {"seconds", required_argument, NULL, 'S'},
        {"rate", required_argument, NULL, 'r'},
        {"writes", required_argument, NULL, 'w'},
        {"new", required_argument, NULL, 'n'},
        {"deletions", required_argument, NULL, 'd'},
        {"tick", required_argument, NULL, 't'},
        {"slice", required_argument, NULL, 'T'},
        {"help", no_argument, NULL, 'h'},
        {0},
};

static double number(const char *text, double least, double most)
{
        char *end;
        double value = strtod(text, &end);

        if (end == text || *end || !(value >= least && value <= most))
                fail("%s is no number from %g to %g", text, least, most);
        return value;
}

static void read_addresses(char *text, struct addresses *ret_addresses)
{
        struct addresses addresses = {0};
        char *rest = text, *one;

        while ((one = strsep(&rest, ","))) {
                struct sockaddr_in *address = &addresses.of[addresses.count];
                char *colon = strchr(one, ':');

                if (addresses.count == ADDRESSES_MOST)
                        fail("more than %d addresses", ADDRESSES_MOST);
                if (colon)
                        *colon = '\0';
                address->sin_family = AF_INET;
                if (!colon || inet_pton(AF_INET, one, &address->sin_addr) != 1)
                        fail("%s is no ADDRESS:PORT", one);
                address->sin_port = htons((uint16_t)number(colon + 1, 1, 65535));
                addresses.count++;
        }
        *ret_addresses = addresses;
}

static void read_value_bytes(char *text, struct settings *settings)
{
        char *most = strchr(text, '-');

        if (most)
                *most++ = '\0';
        settings->value_least = (uint32_t)number(text, VALUE_LEAST, VALUE_MOST);
        settings->value_most = settings->value_least;
        if (most)
                settings->value_most = (uint32_t)number(most, settings->value_least, VALUE_MOST);
}

static void read_option(int option, char *text, struct settings *settings)
{
        switch (option) {
        case 's':
                read_addresses(text, &settings->addresses);
                break;
        case 'l':
                settings->ledger = text;
                break;
        case 'c':
                settings->connections = (uint32_t)number(text, 1, 10000);
                break;
        case 'p':
                settings->pipeline = (uint32_t)number(text, 1, 100000);
                break;
        case 'j':
                settings->json = text;
                break;
        case 'P':
                settings->patience_s = (uint32_t)number(text, 1, 3600);
                break;
        case 'k':
                settings->keys = (uint32_t)number(text, 1, LEDGER_KEYS_MOST);
                break;
        case 'v':
                read_value_bytes(text, settings);
                break;
        case 'S':
                settings->seconds = number(text, 0.1, 86400);
                break;
        case 'r':
                settings->rate = number(text, 0, 1e7);
                break;
        case 'w':
                settings->writes = number(text, 0, 100) / 100;
                break;
        case 'n':
                settings->new_keys = number(text, 0, 100) / 100;
                break;
        case 'd':
                settings->deletions = number(text, 0, 100) / 100;
                break;
        case 't':
                settings->tick_us = (uint32_t)number(text, 1, 1000000);
                break;
        case 'T':
                settings->slice_ms = (uint32_t)number(text, 1, 60000);
                break;
        case 'h':
                fputs(usage, stdout);
                exit(EXIT_SUCCESS);
        default:
                fputs(usage, stderr);
                exit(EXIT_FAILURE);
        }
}

int main(int argc, char **argv)
{
        struct settings settings = {
                .connections = 50,
                .pipeline = 16,
                .keys = 100000,
                .value_least = 100,
                .value_most = 100,
                .writes = 0.5,
                .seconds = 10,
                .tick_us = 250,
                .slice_ms = 100,
                .patience_s = 60,
        };
        const char *command;
        int option;

        while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1)
                read_option(option, optarg, &settings);
        command = argv[optind] ? argv[optind] : "";
        if (!settings.ledger || settings.addresses.count == 0 || optind + 1 != argc)
                fail("a command, --server and --ledger are needed; see --help");
        value_begin();
        if (strcmp(command, "fill") == 0)
                load_fill(&settings);
        else if (strcmp(command, "run") == 0)
                return load_run(&settings);
        else if (strcmp(command, "check") == 0)
                return load_check(&settings);
        else
                fail("there is no command \"%s\"; see --help", command);
        return EXIT_SUCCESS;
}
