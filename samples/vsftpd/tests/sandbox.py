# SPDX-License-Identifier: MIT
"""Sessions and parents in sandboxes are taken over by forks of the listener, which are in the same when they serve."""
import os
import re
import socket
import subprocess
from functools import partial

from server import FIRST_USER, LOCAL, SECONDS, ServerTest, is_traced, main, wait_until

CONTENT = bytes(range(256)) * 4
CHROOT = {'chroot_local_user': 'YES', 'allow_writeable_chroot': 'YES'}
# Rights, limits and filters of the kernel's.
CONFINED = ('Uid', 'Gid', 'Groups', 'CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp',
            'Seccomp_filters')
NAMESPACES = ('ipc', 'net', 'pid')


def read(pid, name):
    with open(f'/proc/{pid}/{name}', encoding='ascii', errors='replace') as file:
        return file.read()


def is_idle(pid):
    """Whether it has the title of a session that waits for a command."""
    return re.match(r'vsftpd: 127\.0\.0\.1/\w+: IDLE\0', read(pid, 'cmdline'))


def confinement(pid):
    """All that a process is confined to."""
    status = dict(re.findall(r'^(\w+):[ \t]*(.*?)[ \t]*$', read(pid, 'status'), re.MULTILINE))
    limits = [line.rstrip() for line in read(pid, 'limits').splitlines()]
    places = [os.stat(f'/proc/{pid}/{name}')[:3] for name in ('root', 'cwd')]
    return {name: status[name] for name in CONFINED}, limits, places


def namespaces(pid):
    return [os.readlink(f'/proc/{pid}/ns/{name}') for name in NAMESPACES]


class Confined:
    """What holds for sessions in all models, with seccomp and without it."""

    SETTINGS = {}
    WHO = ()
    OWNER = 2999

    def start(self, release='upstream', **settings):
        server = self.serve({**self.SETTINGS, **settings}, release)
        os.chmod(server.root, 0o555)
        for name in ('pub', 'pub/file'):
            path = os.path.join(server.root, name)
            if name == 'pub/file':
                with open(path, 'wb') as file:
                    file.write(CONTENT)
            os.chown(path, self.OWNER, self.OWNER)
        return server

    def assert_is_served(self, client, name):
        """By whoever serves it now: a rename that was half done, an offset, passive and active mode."""
        self.assertEqual(client.sendcmd('RNTO ' + name), '250 Rename successful.')
        self.assertTrue(client.pwd().endswith('/pub'))
        self.assertEqual(client.nlst(), [name])
        self.assertEqual(self.retrieve(client, name, 1000), CONTENT[1000:])
        client.set_pasv(False)
        self.assertEqual(self.retrieve(client, name, 0), CONTENT)
        client.set_pasv(True)

    @staticmethod
    def retrieve(client, name, rest):
        received = []
        client.retrbinary('RETR ' + name, received.append, rest=rest)
        return b''.join(received)

    def check_to_and_fro(self, **settings):
        """Upgrades a session, and its parent, three times."""
        server = self.start(**settings)
        client = self.client(server, *self.WHO)
        client.cwd('pub')
        client.voidcmd('TYPE I')
        names = ['file', 'other']
        for release in ('debian', 'upstream', 'debian'):
            client.sendcmd('RNFR ' + names[0])
            names.reverse()
            for process_of in (server.session_of, server.parent_of)[:self.PROCESSES]:
                before = process_of(client)
                confined, apart = confinement(before), namespaces(before)
                server.upgrade_as(release, before)
                after = process_of(client)
                self.assertNotEqual(before, after)
                self.assertEqual((confinement(after), server.runs(after)), (confined, release))
                for old, new, own in zip(apart, namespaces(after), namespaces(server.pid)):
                    self.assertEqual(old == own, new == own)
            self.assert_is_served(client, names[0])
        client.quit()
        server.wait_for_processes(1)

    def test_what_confined_it_does_so_after_the_upgrade_and_its_client_notices_nothing(self):
        self.check_to_and_fro()

    def test_so_does_seccomp(self):
        self.check_to_and_fro(seccomp_sandbox='YES')

    def test_its_title_says_whom_it_serves(self):
        server = self.start(setproctitle_enable='YES')
        client = self.client(server, *self.WHO)
        for release in ('debian', 'upstream', 'debian'):
            pid = server.session_of(client)
            # A moment after its reply it is idle.
            wait_until(partial(is_idle, pid), 'the title')
            server.upgrade_as(release, pid)
            client.voidcmd('NOOP')

    def test_capabilities_that_it_has_left_are_what_it_has_left(self):
        self.check_to_and_fro(seccomp_sandbox='YES', connect_from_port_20='YES', chown_uploads='YES',
                              chown_username='bob')

    def test_with_verification_nothing_is_missing(self):
        server = self.start(seccomp_sandbox='YES')
        client = self.client(server, *self.WHO)
        client.cwd('pub')
        server.upgrade()
        for arguments in (['--rehearse', '--verify'], ['--verify']):
            status, events, errors = server.tool(*arguments, server.session_of(client), server.program())
            self.assertEqual(status, 0, f'{arguments}: {events[-1:]} {errors}')
        self.assertEqual(client.nlst(), ['file'])

    def test_whatever_an_operator_asks_of_one_that_seccomp_watches_it_serves_on(self):
        server = self.start(seccomp_sandbox='YES')
        client = self.client(server, *self.WHO)
        for who in ('session_of', 'parent_of')[:self.PROCESSES]:
            for number, arguments in enumerate((['--status'], ['--status', '--watch', '0.1'], ['--snapshot', None],
                                                ['--rehearse'], ['--timeout', '0.001'], ['--max-pause', '0.1'], [])):
                pid = getattr(server, who)(client)
                if arguments[:1] == ['--snapshot']:
                    arguments = ['--snapshot', os.path.join(server.folder, f'{who}-{number}')]
                is_upgrade = not set(arguments) & {'--status', '--snapshot'}
                status, events, _ = server.tool(*arguments, pid, *[server.program()] * is_upgrade)
                if '--timeout' not in arguments and '--max-pause' not in arguments:
                    self.assertEqual(status, 0, (arguments, events))
                self.assertEqual(client.nlst(), ['pub'])

    def test_limits_hold_while_sessions_are_upgraded_and_end(self):
        server = self.start(max_per_ip='3', max_clients='3')
        clients = [self.client(server, *self.WHO) for _ in range(3)]
        server.upgrade()
        for _ in range(2):
            for client in clients[:2]:
                server.upgrade(server.session_of(client), 'debian')
            self.assert_refused(server, '421 There are too many connect')
        for number in range(3):
            clients.pop(0).quit()
            server.wait_for_processes(1 + self.PROCESSES * 2)
            clients.append(self.client(server, *self.WHO))
            self.assert_refused(server, '421 There are too many connect')
            server.upgrade_as(('upstream', 'debian')[number % 2])

    def test_one_whose_client_goes_while_it_is_upgraded_is_counted_no_more(self):
        server = self.start(max_clients='1')
        server.upgrade()
        for _ in range(10):
            client = self.client(server, *self.WHO)
            upgrade = subprocess.Popen([*server.command(server.session_of(client)), server.program()],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            client.sock.shutdown(socket.SHUT_RDWR)
            upgrade.wait(SECONDS)
            server.wait_for_processes(1)
        self.client(server, *self.WHO)
        self.assert_refused(server, '421 There are too many connected users')


class OneProcess(Confined, ServerTest):
    """Anonymous sessions in the model of one process."""

    SETTINGS = {'anonymous_enable': 'YES', 'local_enable': 'NO', 'one_process_model': 'YES'}
    PROCESSES = 1

    def test_a_client_at_the_login_logs_in_to_its_successor(self):
        server = self.start(seccomp_sandbox='YES')
        client = server.connect()
        self.addCleanup(client.close)
        client.sendcmd('USER anonymous')
        server.upgrade_as('debian', server.session_of(client))
        self.assertEqual(client.sendcmd('PASS me@here'), '230 Login successful.')
        self.assertEqual(client.nlst(), ['pub'])


    def test_a_successor_that_the_tool_starts_is_refused_and_the_session_goes_on(self):
        server = self.start()
        client = self.client(server)
        status, events, _ = server.tool('--spawn-here', server.session_of(client), server.program(), '--',
                                        server.configuration)
        self.assertNotEqual(status, 0, events)
        self.assertEqual(client.nlst(), ['pub'])

    def test_seccomp_goes_on_to_watch_one_that_says_it_does_not(self):
        server = self.start('broken', seccomp_sandbox='YES')
        client = self.client(server)
        confined = confinement(server.session_of(client))
        server.upgrade_as('debian', server.session_of(client))
        self.assertEqual(confinement(server.session_of(client)), confined)
        self.assertEqual(client.nlst(), ['pub'])

    def check_while_leaving(self, and_then):
        """Upgrades a session that takes two seconds to leave, does something meanwhile, and counts."""
        server = self.start(max_clients='1')
        client = self.client(server)
        server.upgrade()
        before = server.session_of(client)
        with subprocess.Popen(['strace', '--quiet=all', '--output=/dev/null', '--trace=exit_group',
                               '--inject=exit_group:delay_enter=2s', f'--attach={before}'],
                              stdin=subprocess.DEVNULL) as tracer:
            wait_until(lambda: is_traced(before), 'strace attaches')
            server.upgrade(before, 'debian')
            and_then(server, client)
            self.assertTrue(os.path.exists(f'/proc/{before}'))
            tracer.wait(SECONDS)
        self.assert_refused(server, '421 There are too many connected users')
        client.quit()
        server.wait_for_processes(1)
        self.client(server)
        self.assert_refused(server, '421 There are too many connected users')

    def test_one_that_is_still_leaving_when_the_listener_is_upgraded_is_counted_once(self):
        self.check_while_leaving(lambda server, client: server.upgrade())

    def test_one_that_is_still_leaving_when_its_successor_is_upgraded_is_counted_once(self):
        self.check_while_leaving(lambda server, client: server.upgrade(server.session_of(client), 'debian'))


class Anonymous(Confined, ServerTest):
    """Anonymous sessions in the model of two processes."""

    SETTINGS = {'anonymous_enable': 'YES', 'local_enable': 'NO'}
    PROCESSES = 2


class Local(Confined, ServerTest):
    """A user's, in a chroot."""

    SETTINGS = {**LOCAL, **CHROOT}
    WHO = ('ann', 'secret')
    OWNER = FIRST_USER
    PROCESSES = 2

    def test_with_its_parent_in_namespaces_it_goes_on_where_those_are_new(self):
        server = self.start(seccomp_sandbox='YES', isolate='YES', isolate_network='YES')
        client = self.client(server, *self.WHO)
        server.upgrade()
        with self.assertRaisesRegex(AssertionError, 'upgrade the session first'):
            server.upgrade(server.parent_of(client), 'debian')
        for process_of, kinds in ((server.session_of, ('ipc', 'net')), (server.parent_of, ('ipc',))):
            server.upgrade(process_of(client), 'debian')
            for kind in kinds:
                own, listeners = (os.readlink(f'/proc/{pid}/ns/{kind}') for pid in (process_of(client), server.pid))
                self.assertNotEqual(own, listeners)
        self.assertEqual(client.nlst(), ['pub'])
        client.quit()
        server.wait_for_processes(1)


if __name__ == '__main__':
    main()
