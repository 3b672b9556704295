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

ROUNDS = 20
SANDBOXED = {'anonymous_enable': 'YES', 'local_enable': 'NO'}
SECCOMP = {'seccomp_sandbox': 'YES'}


def tell(what, server, pid_of):
    """Upgrades a process again and again, and prints for how long it stood still, in milliseconds."""
    pauses = {'upstream': [], 'debian': []}
    for _ in range(2 * ROUNDS):
        pid = pid_of()
        release = OTHER[server.runs(pid)]
        if pid != server.pid:
            server.upgrade_as(release)
        pauses[release].append(server.upgrade(pid, release)['pause_us'] / 1000)
    print(f'{what:42}', '   '.join(f'to {release}: median {statistics.median(values):5.2f}, largest {max(values):5.2f}'
                                   for release, values in pauses.items()))


def main():
    folder = enter_namespace()
    for number in (0, 50):
        server = Server('upstream', folder, {**ANONYMOUS, 'max_per_ip': '0', 'max_clients': '0'})
        clients = [server.login() for _ in range(number)]
        tell(f'the listener, with {number} sessions', server, lambda listener=server.pid: listener)
        server.stop()
    for name, settings in (('no sandbox', ANONYMOUS), ('a chroot', SANDBOXED),
                           ('a chroot, with seccomp', {**SANDBOXED, **SECCOMP})):
        server = Server('upstream', folder, settings)
        os.chmod(server.root, 0o555)
        clients = [server.login()]
        tell(f'a session in {name}', server, lambda: server.session_of(clients[0]))
        if settings is not ANONYMOUS:
            tell(f'its parent in {name}', server, lambda: server.parent_of(clients[0]))
        server.stop()
    server = Server('upstream', folder, LOCAL)
    clients = [server.connect()]
    tell('a privileged parent until the login', server, lambda: server.parent_of(clients[0]))
    server.stop()
    return 0


if __name__ == '__main__':
    sys.exit(main())
