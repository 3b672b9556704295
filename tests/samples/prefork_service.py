# SPDX-License-Identifier: MIT
"""A prefork that runs, its clients, and who upgrades it."""
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest

TOOL = os.environ['EKIDEN_UPGRADE']
V1 = os.environ['PREFORK_V1']
V2 = os.environ['PREFORK_V2']
SECONDS = 60
ANSWER = re.compile(r'v(\d) worker (\d+): (\d+) of yours, (\d+) of mine: (.*)\n')


class Client:
    """A connection. It notices every line that is lost, doubled or changed."""

    def __init__(self, port):
        self.socket = socket.create_connection(('127.0.0.1', port), timeout=SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile('r', encoding='utf-8', newline='\n')
        self.lines = 0
        self.number = int(self.ask('who')['worker'])

    def send(self, text):
        self.socket.sendall(text.encode())

    def receive(self, text):
        """The next answer, which must be that to the line."""
        line = self.file.readline()
        if not line:
            raise EOFError(f'no answer to {text}')
        version, worker, yours, mine, said = ANSWER.fullmatch(line).groups()
        self.lines += 1
        if (int(yours), said) != (self.lines, text):
            raise AssertionError(f'line {self.lines}, {text}, was answered with {line}')
        return {'version': int(version), 'worker': worker, 'mine': int(mine)}

    def ask(self, text):
        self.send(text + '\n')
        return self.receive(text)

    def is_over(self):
        try:
            return self.socket.recv(1) == b''
        except ConnectionError:
            return True

    def close(self):
        self.file.close()
        self.socket.close()


def children_of(pid):
    """PIDs, of zombies as well; of a process that is gone none."""
    children = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for task in pathlib.Path(f'/proc/{pid}/task').iterdir():
            children += map(int, (task / 'children').read_text().split())
    return sorted(children)


def committed(events):
    return [event for event in events if event['event'] == 'committed']


def state_of(pid):
    return pathlib.Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0]


class Service(unittest.TestCase):
    maxDiff = None

    def start(self, binary=V1, workers=2):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.runtime = self.directory / 'run'
        self.log = self.directory / 'log'
        # A sanitizer's own handlers would end the process.
        sanitizer = os.environ.get('ASAN_OPTIONS', '') + ':handle_segv=0:handle_abort=0'
        self.environment = {**os.environ, 'EKIDEN_RUNTIME_DIR': str(self.runtime),
                            'ASAN_OPTIONS': sanitizer.lstrip(':')}
        with open(self.log, 'wb') as log:
            self.begin([binary, '0', str(workers)], log)
        self.addCleanup(self.end)
        self.wait_for(lambda: self.said('listening on'), 'it does not start')
        self.port = int(self.said('listening on')[0].rpartition(':')[2])
        self.wait_for(lambda: len(self.workers()) == workers, 'it has no workers')
        self.wait_for(lambda: len(os.listdir(self.runtime)) == workers + 1,
                      'a worker has no control socket')

    def begin(self, command, log):
        self.process = subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL,
                                        stdout=log, stderr=subprocess.STDOUT)
        self.master = self.process.pid

    def said(self, words):
        return [line for line in self.log.read_text().splitlines() if words in line]

    def workers(self):
        """PIDs by numbers, as the master has told."""
        found = {}
        for line in self.said(' is process '):
            words = line.split()
            found[int(words[1])] = int(words[4])
        return found

    def wait_for(self, condition, sentence):
        until = time.monotonic() + SECONDS
        while not condition():
            self.assertLess(time.monotonic(), until, sentence)
            time.sleep(0.01)

    def members(self):
        """The PIDs of all that run with this service's directory for sockets, by /proc."""
        pids = []
        wanted = f'EKIDEN_RUNTIME_DIR={self.runtime}'.encode()
        for entry in pathlib.Path('/proc').iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and \
                        wanted in (entry / 'environ').read_bytes().split(b'\0'):
                    pids.append(int(entry.name))
        return sorted(pids)

    def kill_members(self):
        members = self.members()
        for pid in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return members

    def end(self):
        # Again and again: masters and supervisors start others.
        self.wait_for(lambda: not self.kill_members(), 'a process is left')
        self.process.wait(SECONDS)

    def connect(self):
        client = Client(self.port)
        self.addCleanup(client.close)
        return client

    def connect_to(self, number):
        """Nobody else can take this client: the others do not run meanwhile."""
        others = [pid for other, pid in self.workers().items() if other != number]
        for pid in others:
            os.kill(pid, signal.SIGSTOP)
            self.wait_for(lambda pid=pid: state_of(pid) == 'T', 'it does not stop')
        try:
            client = self.connect()
        finally:
            for pid in others:
                os.kill(pid, signal.SIGCONT)
        self.assertEqual(client.number, number)
        return client

    def command(self, *arguments):
        return [TOOL, '--json', *map(str, arguments)]

    def tool(self, *arguments):
        """The exit status, and all events."""
        done = subprocess.run(self.command(*arguments), env=self.environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=SECONDS,
                              check=False)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    def upgrade(self, pid, binary=V2, *more):
        """It must be done, and the PID must be the same."""
        status, events = self.tool(pid, binary, *more)
        self.assertEqual((status, events[-1]['event']), (0, 'committed'), events[-1])
        self.assertEqual(events[-1]['successor_pid'], events[-1]['predecessor_pid'])
        return events[-1]

    def refused(self, pid, binary, *more):
        status, events = self.tool(pid, binary, *more)
        self.assertNotEqual(status, 0)
        self.assertEqual(events[-1]['event'], 'failed', events[-1])
        return events[-1]

    def upgrade_one_by_one(self, binary=V2):
        for pid in (self.master, *self.workers().values()):
            self.upgrade(pid, binary)

    def upgrade_all(self, binary=V2):
        """By one command. All must keep their PIDs."""
        status, events = self.tool('prefork', binary)
        self.assertEqual((status, events[-1]['event']), (0, 'tree'), events[-1])
        self.assertEqual(events[-1]['succeeded'], len(self.workers()) + 1)
        for event in committed(events):
            self.assertEqual(event['successor_pid'], event['predecessor_pid'])
        return events

    def replace(self, number):
        """Kills a worker, and waits for another one in its place. Returns what that is."""
        before = self.workers()[number]
        os.kill(before, signal.SIGKILL)
        self.wait_for(lambda: self.workers()[number] != before, 'nobody takes the place')
        return self.connect_to(number)
