# SPDX-License-Identifier: MIT
"""Processes in PID namespaces of their own that share /proc and the sockets' directory with who upgrades them."""
import os
import pathlib
import signal
import socket
import subprocess
import unittest

from family import SECONDS, V1, V2, Family

# Process 1 is somebody else, who ends when it is killed.
BESIDE = ['sh', '-c', '"$0" "$@" & exec sleep infinity']


def unshare(options):
    return ['unshare', *options, '--pid', '--fork', '--kill-child']


def can_unshare(options):
    try:
        return subprocess.run([*unshare(options), 'true'], stdin=subprocess.DEVNULL, timeout=SECONDS,
                              stderr=subprocess.DEVNULL, check=False).returncode == 0
    except FileNotFoundError:
        return False


OPTIONS = next((options for options in ([], ['--user', '--map-root-user']) if can_unshare(options)), None)


@unittest.skipIf(OPTIONS is None, 'unshare(1) may make no PID namespace here')
class Namespace(Family):
    def begin(self, *arguments, beside=False):
        """Starts one in a namespace of its own: its PID out here."""
        self.start(*arguments, under=[*unshare(OPTIONS), *(BESIDE if beside else [])])
        return self.pid_of(self.sockets + '/s')

    def pid_of(self, prefix, binary=V1):
        found = []
        for pid in self.members():
            arguments = pathlib.Path(f'/proc/{pid}/cmdline').read_bytes().split(b'\0')
            if arguments[0] == binary.encode() and prefix.encode() in arguments:
                found.append(pid)
        self.assertEqual(len(found), 1, found)
        return found[0]

    def begin_sibling(self):
        prefix = self.sockets + '/t'
        process = subprocess.Popen([*unshare(OPTIONS), V1, prefix, self.sockets + '/s'],
                                   env=self.environment, stdin=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.wait_for(lambda: os.path.exists(prefix + '.0'), 'the sibling does not start')
        return self.pid_of(prefix)

    def sockets_are(self, *pids):
        self.assertEqual(sorted(os.listdir(self.runtime)), sorted(f'family.{pid}' for pid in pids))

    def test_siblings_that_are_process_1_each_are_told_apart(self):
        first = self.begin('keep=main')
        eldest = self.talk(0)
        second = self.begin_sibling()
        self.assertEqual(eldest.who()['pid'], 1)
        self.sockets_are(first, second)
        status, processes = self.tool('--list')
        self.assertEqual((status, sorted(process['pid'] for process in processes)),
                         (0, sorted([first, second])))
        event = self.upgrade(first)
        self.assertEqual((event['predecessor_pid'], event['successor_pid']), (first, first))
        self.assertEqual((eldest.who()['pid'], eldest.who()['version']), (1, 2))
        self.assertEqual(self.tool('--status', second)[1][0]['version'], 1)
        self.sockets_are(first, second)

    def test_a_successor_is_told_of_by_the_pid_that_it_has_out_here(self):
        before = self.begin(beside=True)
        eldest = self.talk(0)
        event = self.upgrade(before)
        after = event['successor_pid']
        self.assertEqual(event['predecessor_pid'], before)
        self.assertEqual(after, self.pid_of(self.sockets + '/s', V2))
        self.assertNotEqual(eldest.who()['pid'], after)
        status = self.tool('--status', after)[1][0]
        self.assertEqual((status['pid'], [leg['pid'] for leg in status['lineage']]),
                         (after, [before, after]))
        self.sockets_are(after)

    def test_a_forked_process_is_found_by_the_pid_that_it_has_out_here(self):
        eldest_pid = self.begin('keep=worker')
        self.talk(0).ask('bear worker')
        child = self.talk(1)
        pid = next(pid for pid in self.members() if pid not in (eldest_pid, self.process.pid))
        self.sockets_are(eldest_pid, pid)
        self.upgrade(pid)
        self.assertEqual(child.who()['version'], 2)
        self.sockets_are(eldest_pid, pid)

    def test_process_1_that_is_forked_by_process_1_is_another(self):
        eldest_pid = self.begin()
        eldest = self.talk(0)
        self.assertEqual(eldest.ask('seclude'), '0')
        eldest.ask('bear worker')
        child = self.talk(1)
        self.assertEqual((eldest.who()['pid'], child.who()['pid']), (1, 1))
        pid = next(pid for pid in self.members() if pid not in (eldest_pid, self.process.pid))
        self.sockets_are(eldest_pid, pid)
        self.assertEqual(self.tool('--status', pid)[1][0]['role'], 'worker')
        child.socket.sendall(b'end\n')
        self.wait_for(lambda: eldest.ask('reap') != '-', 'it does not end')
        self.sockets_are(eldest_pid)

    def test_process_1_that_is_forked_by_process_1_and_says_nothing_is_not_taken_for_it(self):
        eldest_pid = self.begin()
        eldest = self.talk(0)
        self.assertEqual(eldest.ask('seclude'), '0')
        eldest.ask('bear +')
        child = self.talk(1)
        self.assertEqual((eldest.who()['pid'], child.who()['pid']), (1, 1))
        pid = next(pid for pid in self.members() if pid not in (eldest_pid, self.process.pid))
        os.kill(eldest_pid, signal.SIGSTOP)  # so that nobody but the child could answer
        self.addCleanup(os.kill, eldest_pid, signal.SIGCONT)
        with socket.socket(socket.AF_UNIX) as asked:
            asked.connect(f'{self.runtime}/family.{eldest_pid}')
            asked.sendall(b'damaged beyond doubt')
            os.kill(pid, signal.SIGUSR2)
            child.who()
            asked.settimeout(0.2)
            self.assertRaises(TimeoutError, asked.recv, 1)
        child.socket.sendall(b'end\n')
        self.assertEqual(child.socket.recv(1), b'')
        self.sockets_are(eldest_pid)

    def test_a_successor_that_is_killed_leaves_no_socket(self):
        pid = self.begin('fault=kill', beside=True)
        self.refused(pid)
        self.sockets_are(pid)

    def test_a_keeper_that_serves_on_is_told_of_by_the_pid_that_it_has_out_here(self):
        pid = self.begin('keep=main', 'fault=kill', beside=True)
        event = self.refused(pid)
        self.assertEqual(event['predecessor_pid'], pid)
        keeper = event['serving_pid']
        self.assertIn(f'process {pid} is gone, and process {keeper} serves on', event['sentence'])
        self.assertEqual(keeper, self.pid_of(self.sockets + '/s'))
        self.sockets_are(keeper)


if __name__ == '__main__':
    unittest.main(verbosity=2)
