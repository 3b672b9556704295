/* SPDX-License-Identifier: MIT */
/*
 * A service with one client, which gets a number for each byte: how many answers there were. On
 * SIGTERM it puts its state into the manager's store and ends; on SIGHUP it goes on.
 */
#include <arpa/inet.h>
#include <err.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ekiden/ekiden.h>
#include <ekiden/systemd.h>

#include "service_v1.ekiden.h"

static volatile sig_atomic_t is_over, is_to_be_stored;

static void on_signal(int number)
{
        is_over |= number == SIGTERM;
        is_to_be_stored = 1;
}

static int listen_anywhere(void)
{
        struct sockaddr_in here = {.sin_family = AF_INET};
        socklen_t size = sizeof(here);
        int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (listener < 0 || bind(listener, (struct sockaddr *)&here, sizeof(here)) < 0 ||
            listen(listener, 16) < 0 || getsockname(listener, (struct sockaddr *)&here, &size) < 0)
                err(1, "cannot listen");
        printf("%u\n", (unsigned int)ntohs(here.sin_port));
        fflush(stdout);
        return listener;
}

/* Until something is to be read, or a signal comes. SIGTERM and SIGHUP are let through here only,
   so that none falls between the look at what they ask for and the wait. */
static bool wait_for(int fd)
{
        struct pollfd source = {.fd = fd, .events = POLLIN};
        sigset_t none;

        sigemptyset(&none);
        return ppoll(&source, 1, NULL, &none) == 1;
}

static void answer(Service__V1__State *state)
{
        char byte, text[32];

        if (recv(state->client, &byte, 1, 0) == 1) {
                state->has_answers = 1;
                snprintf(text, sizeof(text), "%" PRIu64 "\n", ++state->answers);
                (void)!send(state->client, text, strlen(text), MSG_NOSIGNAL);
        } else {
                close(state->client);
                state->client = -1;
        }
}

static void accept_one(Service__V1__State *state)
{
        state->client = accept4(state->listener, NULL, NULL, SOCK_CLOEXEC);
        state->has_client = 1;
}

static void store(void)
{
        struct ekiden_error error;

        is_to_be_stored = 0;
        if (ekiden_systemd_store(&error) < 0)
                errx(1, "%s", error.sentence);
        if (is_over)
                exit(0);
}

int main(int argc, char **argv)
{
        const struct sigaction action = {.sa_handler = on_signal};
        Service__V1__State state = SERVICE__V1__STATE__INIT;
        struct ekiden_error error;
        sigset_t blocked;
        int began;

        sigaction(SIGTERM, &action, NULL);
        sigaction(SIGHUP, &action, NULL);
        state.listener = state.client = -1;
        if (ekiden_systemd_attach() < 0)
                errx(1, "ekiden_systemd_attach");
        if (ekiden_start(argc, argv, &service_v1, &error) < 0)
                errx(1, "%s", error.sentence);
        began = service_v1_tag_state(&state);
        if (began < 0)
                errx(1, "%s", ekiden_error_text(began));
        if (FAILS && began == EKIDEN_RESUMED)
                return 3; /* as a new version that is not as good as it should be */
        if (began == EKIDEN_FRESH)
                state.listener = listen_anywhere();
        state.has_listener = 1;
        sigemptyset(&blocked);
        sigaddset(&blocked, SIGTERM);
        sigaddset(&blocked, SIGHUP);
        sigprocmask(SIG_BLOCK, &blocked, NULL);
        for (;;) {
                ekiden_update_point("serve");
                if (is_to_be_stored)
                        store();
                if (!wait_for(state.client < 0 ? state.listener : state.client))
                        continue;
                if (state.client < 0)
                        accept_one(&state);
                else
                        answer(&state);
        }
}
