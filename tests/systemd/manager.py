#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the service manager is told: usage: manager.py EKIDEN_UPGRADE SERVICE FAILING

A stand-in for systemd: it has a notification socket that believes the main process alone, and a store
of descriptors that it passes to the next start.
"""
import array
import fcntl
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

PATIENCE = 20


class Manager:
    """One service, as systemd would run it."""

    def __init__(self, binary):
        self.binary = binary
        self.directory = tempfile.mkdtemp(prefix='ekiden-systemd-')
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind(self.directory + '/notify')
        self.socket.settimeout(PATIENCE)
        self.store = {}
        self.barriers = 0
        self.main = None
        self.groups = []  # of processes: a successor is in its predecessor's

    def start(self):
        """Starts the service with all that is in the store; returns its standard output."""
        names = list(self.store)
        mine = [self.store[name] for name in names]
        read_end, write_end = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.setpgid(0, 0)
                os.dup2(write_end, 1)
                copies = [os.dup(fd) for fd in mine]
                high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 100) for fd in copies]
                os.closerange(3, 100)
                for i, fd in enumerate(high):
                    os.dup2(fd, 3 + i)
                os.closerange(100, 200)
                environment = dict(os.environ, NOTIFY_SOCKET=self.directory + '/notify',
                                   EKIDEN_RUNTIME_DIR=self.directory)
                if names:
                    environment.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(names)),
                                       LISTEN_FDNAMES=':'.join(names))
                os.execve(self.binary, [self.binary], environment)
            finally:
                os._exit(127)
        os.close(write_end)
        self.main = pid
        self.groups.append(pid)
        return os.fdopen(read_end)

    def hear(self):
        """The next message: who sent it, and its assignments. Barriers are let through."""
        while True:
            data, ancillary, _, _ = self.socket.recvmsg(65536, socket.CMSG_SPACE(12) + socket.CMSG_SPACE(4 * 16))
            descriptors, sender = array.array('i'), 0
            for level, kind, content in ancillary:
                if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                    descriptors.frombytes(content[:len(content) // 4 * 4])
                elif level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
                    sender = int.from_bytes(content[:4], sys.byteorder)
            lines = dict(line.split('=', 1) for line in data.decode().splitlines())
            if 'BARRIER' in lines:
                for fd in descriptors:
                    os.close(fd)
                self.barriers += 1
                continue
            self.take(lines, descriptors, sender)
            return sender, lines

    def take(self, lines, descriptors, sender):
        if 'FDSTORE' in lines:
            assert len(descriptors) == 1
            assert lines['FDNAME'] not in self.store  # systemd would keep both
            self.store[lines['FDNAME']] = descriptors[0]
        if 'FDSTOREREMOVE' in lines and lines['FDNAME'] in self.store:
            os.close(self.store.pop(lines['FDNAME']))
        if 'MAINPID' in lines and sender == self.main:
            self.main = int(lines['MAINPID'])

    def hear_all(self):
        """Hears what comes ahead of the next barrier."""
        before, deadline = self.barriers, time.monotonic() + PATIENCE
        while self.barriers == before and time.monotonic() < deadline:
            try:
                self.socket.settimeout(0.01)
                self.hear()
            except (socket.timeout, BlockingIOError):
                pass
            finally:
                self.socket.settimeout(PATIENCE)

    def expect(self, test, *names):
        """The next message has these assignments and comes from the main process; it is returned."""
        before = self.main
        sender, lines = self.hear()
        test.assertEqual(sender, before, lines)
        for name in names:
            test.assertIn(name, lines)
        return lines

    def ends(self, pid):
        """The exit status of a process that must end."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                return os.waitstatus_to_exitcode(status)
            try:  # whoever waits for the manager must be heard
                self.socket.settimeout(0.01)
                self.hear()
            except (socket.timeout, BlockingIOError):
                pass
            finally:
                self.socket.settimeout(PATIENCE)
        raise TimeoutError

    def close(self):
        for group in self.groups:
            try:
                os.killpg(group, signal.SIGKILL)
                os.waitpid(group, 0)
            except (ProcessLookupError, ChildProcessError):
                pass
        for fd in self.store.values():
            os.close(fd)
        self.socket.close()
        for name in os.listdir(self.directory):
            os.unlink(os.path.join(self.directory, name))
        os.rmdir(self.directory)


class Systemd(unittest.TestCase):
    def setUp(self):
        self.manager = Manager(SERVICE)
        self.addCleanup(self.manager.close)
        with self.manager.start() as output:
            self.port = int(output.readline())
        self.manager.expect(self, 'READY', 'STATUS')
        self.client = socket.create_connection(('127.0.0.1', self.port), timeout=PATIENCE)
        self.addCleanup(self.client.close)

    def ask(self):
        self.client.sendall(b'x')
        return self.client.recv(64)

    def order(self, *arguments):
        """Begins an order of the operator's."""
        environment = dict(os.environ, EKIDEN_RUNTIME_DIR=self.manager.directory)
        return subprocess.Popen([TOOL, '--quiet', *arguments], env=environment,
                                stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def finish(self, tool):
        _, errors = tool.communicate(timeout=PATIENCE)
        return tool.returncode, errors.decode()

    def test_the_main_process_says_who_comes_after_it(self):
        for leg in (2, 3):
            before = self.manager.main
            self.assertEqual(self.ask(), b'%d\n' % (leg - 1))
            tool = self.order('service', SERVICE)
            self.assertEqual(self.manager.expect(self, 'RELOADING', 'MONOTONIC_USEC')['RELOADING'], '1')
            self.manager.expect(self, 'RELOADING')
            lines = self.manager.expect(self, 'MAINPID', 'READY', 'STATUS')
            self.assertNotEqual(int(lines['MAINPID']), before)
            self.assertIn(f'leg {leg}', lines['STATUS'])
            self.assertEqual(self.finish(tool)[0], 0)
            self.assertEqual(self.manager.ends(before) if leg == 2 else 0, 0)
        self.assertEqual(self.ask(), b'3\n')

    def test_where_the_pid_is_kept_the_main_process_alone_says_that_it_serves_again(self):
        for leg in (2, 3):
            self.assertEqual(self.ask(), b'%d\n' % (leg - 1))
            tool = self.order('--keep-pid', 'service', SERVICE)
            self.manager.expect(self, 'RELOADING')
            lines = self.manager.expect(self, 'READY', 'STATUS')
            self.assertNotIn('MAINPID', lines)
            self.assertIn(f'leg {leg}', lines['STATUS'])
            self.assertEqual(self.finish(tool), (0, ''))
        self.assertEqual(self.ask(), b'3\n')
        tool = self.order('service', SERVICE)  # nothing of that is in the way of what comes first
        for _ in range(2):
            self.manager.expect(self, 'RELOADING')
        self.assertIn('leg 4', self.manager.expect(self, 'MAINPID', 'READY')['STATUS'])
        self.assertEqual(self.finish(tool), (0, ''))

    def test_where_the_pid_is_kept_an_old_version_that_is_back_says_that_it_serves(self):
        self.assertEqual(self.ask(), b'1\n')
        tool = self.order('--keep-pid', 'service', FAILING)
        self.manager.expect(self, 'RELOADING')
        self.assertIn('leg 1', self.manager.expect(self, 'READY', 'STATUS')['STATUS'])
        self.assertNotEqual(self.finish(tool)[0], 0)
        self.assertEqual(self.ask(), b'2\n')

    def test_an_upgrade_that_is_called_off_leaves_it_ready(self):
        for answers, binary in enumerate(['/bin/true', '/no/such/binary']):
            tool = self.order('service', binary)
            self.manager.expect(self, 'RELOADING')
            lines = self.manager.expect(self, 'READY', 'STATUS')
            self.assertIn('called off', lines['STATUS'])
            self.assertNotIn('MAINPID', lines)
            self.assertNotEqual(self.finish(tool)[0], 0)
            self.assertEqual(self.ask(), b'%d\n' % (answers + 1))

    def test_a_rehearsal_is_no_reload(self):
        tool = self.order('--rehearse', 'service', SERVICE)
        for _ in range(2):
            self.assertEqual(set(self.manager.expect(self, 'STATUS')), {'STATUS'})
        lines = self.manager.expect(self, 'READY', 'STATUS')
        self.assertIn('rehearsal succeeded', lines['STATUS'])
        self.assertNotIn('MAINPID', lines)
        self.assertEqual(self.finish(tool), (0, ''))

    def test_state_and_connections_wait_in_the_store(self):
        self.assertEqual(self.ask(), b'1\n')
        os.kill(self.manager.main, signal.SIGTERM)
        self.assertEqual(self.manager.ends(self.manager.main), 0)
        self.assertEqual(sorted(self.manager.store),
                         ['ekiden-descriptor-0', 'ekiden-descriptor-1', 'ekiden-snapshot'])
        self.client.sendall(b'x')  # nobody is there to hear it
        self.manager.start().close()
        self.manager.expect(self, 'READY')
        self.assertEqual(self.client.recv(64), b'2\n')
        for _ in range(3):
            self.manager.expect(self, 'FDSTOREREMOVE')
        self.assertEqual(self.manager.store, {})
        self.assertEqual(self.ask(), b'3\n')
        with socket.create_connection(('127.0.0.1', self.port), timeout=PATIENCE):
            pass  # the listener, too

    def test_what_is_stored_again_takes_the_place_of_what_was_stored_before(self):
        for answers in (b'1\n', b'2\n'):
            self.assertEqual(self.ask(), answers)
            os.kill(self.manager.main, signal.SIGHUP)
            self.manager.hear_all()
            self.assertEqual(sorted(self.manager.store),
                             ['ekiden-descriptor-0', 'ekiden-descriptor-1', 'ekiden-snapshot'])
        self.assertEqual(self.ask(), b'3\n')
        os.kill(self.manager.main, signal.SIGKILL)
        self.manager.ends(self.manager.main)
        self.manager.start().close()
        self.manager.expect(self, 'READY')
        self.assertEqual(self.ask(), b'3\n')

    def test_descriptors_that_no_snapshot_tells_of_are_let_go(self):
        os.kill(self.manager.main, signal.SIGKILL)
        self.manager.ends(self.manager.main)
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.manager.store['ekiden-descriptor-0'] = theirs.detach()
        self.manager.start().close()
        self.manager.expect(self, 'READY')
        for _ in range(2):
            self.manager.expect(self, 'FDSTOREREMOVE')
        self.assertEqual(self.manager.store, {})
        ours.settimeout(PATIENCE)
        self.assertEqual(ours.recv(1), b'')

    def test_an_upgrade_follows_a_start_from_the_store(self):
        self.assertEqual(self.ask(), b'1\n')  # the connection is accepted
        os.kill(self.manager.main, signal.SIGTERM)
        self.manager.ends(self.manager.main)
        self.manager.start().close()
        self.manager.expect(self, 'READY')
        for _ in range(3):
            self.manager.expect(self, 'FDSTOREREMOVE')
        tool = self.order('service', SERVICE)
        for _ in range(2):
            self.manager.expect(self, 'RELOADING')
        self.assertIn('leg 3', self.manager.expect(self, 'MAINPID')['STATUS'])
        self.assertEqual(self.finish(tool), (0, ''))


if __name__ == '__main__':
    TOOL, SERVICE, FAILING = sys.argv[1:4]
    unittest.main(argv=sys.argv[:1])
