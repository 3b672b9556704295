# SPDX-License-Identifier: MIT
"""A family of processes that runs, is asked and is upgraded."""
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
V1 = os.environ['FAMILY_V1']
V2 = os.environ['FAMILY_V2']
SECONDS = 60


class Talk:
    """A connection to one process, which its successor takes over."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(SECONDS)
        self.socket.connect(path)

    def ask(self, question):
        self.socket.sendall((question + '\n').encode())
        answer = self.socket.recv(4096)
        if not answer:
            raise EOFError(f'no answer to {question}')
        return answer.decode().strip()

    def who(self):
        """What the process knows of itself."""
        number, role, pid, parent, version, count = self.ask('ask').split()
        return {'number': int(number), 'role': role, 'pid': int(pid), 'parent': int(parent),
                'version': int(version), 'count': int(count)}


class Family(unittest.TestCase):
    maxDiff = None
    USER = None  # whose the directories are, if another's

    def start(self, *arguments, binary=V1, under=()):
        """Under another command, if need be, which is `process` then."""
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.sockets = os.path.join(directory.name, 'sockets')
        os.mkdir(self.sockets)
        if self.USER is not None:
            for path in self.directory, self.sockets:
                os.chown(path, self.USER, -1)
        self.runtime = os.path.join(directory.name, 'run')
        # A sanitizer's own handlers would end the process.
        sanitizer = os.environ.get('ASAN_OPTIONS', '') + ':handle_segv=0:handle_abort=0'
        self.environment = {**os.environ, 'EKIDEN_RUNTIME_DIR': self.runtime,
                            'ASAN_OPTIONS': sanitizer.lstrip(':')}
        self.process = subprocess.Popen([*under, binary, self.sockets + '/s', *arguments],
                                        env=self.environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL)
        self.addCleanup(self.end)
        self.wait_for(lambda: self.is_listening(0), 'it does not start')

    def is_listening(self, number):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(f'{self.sockets}/s.{number}') == 0

    def wait_for(self, condition, sentence):
        until = time.monotonic() + SECONDS
        while not condition():
            self.assertLess(time.monotonic(), until, sentence)
            time.sleep(0.01)

    def talk(self, number):
        self.wait_for(lambda: self.is_listening(number), f'{number} does not listen')
        talk = Talk(f'{self.sockets}/s.{number}')
        self.addCleanup(talk.socket.close)
        return talk

    def members(self):
        """The PIDs of all that run with this family's sockets, by /proc."""
        pids = []
        for entry in pathlib.Path('/proc').iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    arguments = (entry / 'cmdline').read_bytes().split(b'\0')
                    if (self.sockets + '/s').encode() in arguments:
                        pids.append(int(entry.name))
        return pids

    def end(self):
        for pid in self.members():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.wait_for(lambda: not self.members(), 'a process is left')

    def tool(self, *arguments):
        """The exit status, and all events."""
        done = subprocess.run([TOOL, '--json', *map(str, arguments)], env=self.environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=SECONDS,
                              check=False)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    def upgrade(self, target, binary=V2, *more):
        status, events = self.tool(target, binary, *more)
        self.assertEqual((status, events[-1]['event']), (0, 'committed'), events[-1])
        return events[-1]

    def refused(self, target, binary=V2, *more):
        status, events = self.tool(target, binary, *more)
        self.assertNotEqual(status, 0)
        self.assertEqual(events[-1]['event'], 'failed', events[-1])
        return events[-1]
