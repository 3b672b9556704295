/* SPDX-License-Identifier: MIT */
/* See let_go.h. */
#include "let_go.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "process_state.h"
#include "wire/clock.h"

#define CLOSING_MS 2000 /* for the process to see that this side has called it off */
#define ENDING_MS 1000 /* from the closing of a process's sockets until it has ended */

/* What comes until then is of no use any more. */
static bool is_closed_until(int socket, uint64_t until_ns)
{
        char surplus[4096];

        for (;;) {
                struct pollfd source = {.fd = socket, .events = POLLIN};
                uint64_t now_ns = ek_now_ns();
                ssize_t n;

                if (now_ns >= until_ns)
                        return false;
                if (poll(&source, 1, (int)((until_ns - now_ns) / EK_NS_PER_MS) + 1) < 0 &&
                    errno != EINTR)
                        return false;
                n = recv(socket, surplus, sizeof(surplus), MSG_DONTWAIT);
                if (n == 0 || (n < 0 && errno == ECONNRESET))
                        return true;
                if (n < 0 && errno != EAGAIN && errno != EINTR)
                        return false;
        }
}

bool let_go(const struct ek_link *link, pid_t pid)
{
        int socket = ek_link_socket(link);

        shutdown(socket, SHUT_WR);
        return is_closed_until(socket, ek_now_ns() + CLOSING_MS * EK_NS_PER_MS) &&
               !process_ends_within(pid, ENDING_MS);
}
