#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures for how long each of vsftpd's processes stands still when it is upgraded, to and fro. Kitsune, which updates
a process in place, has told 2.24 to 2.81 ms for an idle vsftpd."""
import os
import statistics
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, 'tests'))

from server import ANONYMOUS, LOCAL, OTHER, Server, enter_namespace  # pylint: disable=wrong-import-position

ROUNDS = 40


def pauses(server, pid):
    """The pauses of a process that is upgraded again and again, sorted, in milliseconds."""
    return sorted(server.upgrade(pid, OTHER[server.runs(pid)])['pause_us'] / 1000 for _ in range(ROUNDS))


def tell(what, values):
    print(f'{what:44} median {statistics.median(values):5.2f} ms   largest {values[-1]:5.2f} ms')


def main():
    folder = enter_namespace()
    for number in (0, 50):
        server = Server('upstream', folder, {**ANONYMOUS, 'max_per_ip': '0', 'max_clients': '0'})
        clients = [server.login() for _ in range(number)]
        tell(f'the listener, with {number} sessions', pauses(server, server.pid))
        if clients:
            tell('a session', pauses(server, server.session_of(clients[0])))
        server.stop()
    server = Server('upstream', folder, LOCAL)
    client = server.connect()
    tell('the privileged parent, ahead of the login', pauses(server, server.processes()[1]))
    client.close()
    server.stop()
    return 0


if __name__ == '__main__':
    sys.exit(main())
