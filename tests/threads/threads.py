# SPDX-License-Identifier: MIT
"""Programs of many threads in whole upgrades: all stand for the pause, each is told of, and all go on
where it is called off."""
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time
import unittest

TOOL = os.environ['EKIDEN_UPGRADE']
CREW = os.environ['CREW']
PUPPET = os.environ['PUPPET']
LOCKS = os.environ.get('LOCKS')
SECONDS = 60
OK, REFUSED, PEER, TIMEOUT, CANCELLED = 0, 12, 13, 14, 18
ALL = ['poller:p', 'reader:r', 'waiter:w', 'idler:i', 'watcher:e', 'deaf:d']


class Crew(unittest.TestCase):
    """One that runs, and is upgraded."""
    maxDiff = None

    def start(self, *members, **environment):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        page = os.path.join(directory.name, 'page')
        pathlib.Path(page).write_bytes(bytes(4096))
        runtime = os.path.join(directory.name, 'runtime')
        os.mkdir(runtime, 0o700)
        self.environment = {**os.environ, 'EKIDEN_RUNTIME_DIR': runtime, 'CREW_PAGE': page,
                            **environment}
        self.members = list(members)
        self.process = subprocess.Popen([CREW, *members], env=self.environment,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.pid = self.process.pid
        self.addCleanup(self.end)
        self.port = int(self.process.stdout.readline())
        self.process.stdout.close()

    def end(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()

    def tell(self, line):
        with socket.create_connection(('127.0.0.1', self.port), timeout=SECONDS) as peer:
            peer.sendall(line.encode() + b'\n')
            return json.loads(b''.join(iter(lambda: peer.recv(65536), b'')))

    def wait_for(self, condition, sentence):
        until = time.monotonic() + SECONDS
        while not condition():
            self.assertLess(time.monotonic(), until, sentence)
            time.sleep(0.01)

    def ask(self, *options, binary=CREW, arguments=()):
        return subprocess.Popen([TOOL, '--json', *options, 'probe', binary,
                                 *(['--', *arguments] if arguments else [])],
                                env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def hear(self, tool):
        """The exit status, and all events."""
        output, errors = tool.communicate(timeout=SECONDS)
        events = [json.loads(line) for line in output.splitlines()]
        self.assertTrue(events, errors)
        if events[-1]['event'] == 'committed':
            self.pid = events[-1]['successor_pid']
        return tool.returncode, events

    def upgrade(self, *options, **more):
        status, events = self.hear(self.ask(*options, **more))
        return status, events[-1]

    def expect_upgrade(self, *options, **more):
        status, event = self.upgrade(*options, **more)
        self.assertEqual((status, event['event']), (OK, 'committed'), event)
        return event

    def expect_failure(self, status, phase, *options, **more):
        got, event = self.upgrade(*options, **more)
        self.assertEqual((got, event['event'], event['phase']), (status, 'failed', phase), event)
        self.assertTrue(event['serves_on'])
        return event['sentence']

    def passes(self):
        return {name: member['passes'] for name, member in self.tell('ask')['members'].items()}

    def expect_all_go_on(self, names, before):
        """Those that do not only wait for an upgrade serve again and again."""
        def go_on():
            now = self.passes()
            return all(now[name] > before[name] for name in names)
        self.wait_for(go_on, f'not all go on: {before} became {self.passes()}')


class Stop(Crew):
    """All threads stand for the pause."""

    def test_threads_in_all_kinds_of_waits_come_and_cross_leg_by_leg(self):
        self.start(*ALL)
        for leg in range(3):
            self.wait_for(lambda: all(self.passes().values()), 'not all have begun')
            before = self.passes()
            pid = self.pid
            event = self.expect_upgrade()
            self.assertNotEqual(self.pid, pid)
            self.expect_all_go_on('pid', before)
            after = self.tell('ask')
            for name, member in after['members'].items():
                self.assertGreaterEqual(member['passes'], before[name])
                where = member['stood']
                if name != 'i':
                    self.assertEqual((where, member['resumed']), (f'{name}_loop', 1), name)
                else:
                    self.assertIn(where, ('idle asleep', 'i_loop'))
            self.assertEqual(after['violations'], 0)
            self.assertEqual(event['update_point'], 'crew_loop')


if __name__ == '__main__':
    unittest.main(verbosity=2)
