# SPDX-License-Identifier: MIT
"""A hermit that runs, is asked, and is upgraded by somebody else."""
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
RELEASES = [os.environ['HERMIT_1'], os.environ['HERMIT_2']]
SECONDS = 60

# Root alone enters a sandbox, and a sanitizer makes system calls of its own there.
SANDBOX = os.geteuid() == 0 and os.environ.get('HERMIT_SANITIZER', 'none') == 'none'


class Client:
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
        """Release, PID, and how many questions there have been."""
        return tuple(int(word) for word in self.ask('ask').split())


class Hermit(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = os.path.join(directory.name, 's')
        self.folder = os.path.join(directory.name, 'empty')
        os.mkdir(self.folder)
        self.runtime = os.path.join(directory.name, 'run')
        self.environment = {**os.environ, 'EKIDEN_RUNTIME_DIR': self.runtime}
        self.addCleanup(self.end)

    def members(self):
        """The PIDs of all that run with this hermit's socket."""
        pids = []
        for entry in pathlib.Path('/proc').iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    # Of the tool, which may have the same behind --, it is not the first one.
                    if (entry / 'cmdline').read_bytes().split(b'\0')[1:2] == [self.path.encode()]:
                        pids.append(int(entry.name))
        return pids

    def end(self):
        for pid in self.members():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.wait_for(lambda: not self.running(), 'a process is left')

    def running(self):
        """Without those that have ended, and are not waited for."""
        return [pid for pid in self.members() if self.state(pid) not in 'ZX']

    @staticmethod
    def state(pid):
        with contextlib.suppress(OSError):
            return pathlib.Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()[0]
        return 'X'

    def wait_for(self, condition, sentence):
        until = time.monotonic() + SECONDS
        while not condition():
            self.assertLess(time.monotonic(), until, sentence)
            time.sleep(0.005)

    def launch(self, release=0, *arguments, errors=None, **variables):
        """As a supervisor starts it."""
        process = subprocess.Popen([RELEASES[release], self.path, *arguments],
                                   env={**self.environment, **variables}, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=errors)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def start(self, *arguments):
        """The first one: it listens when this returns."""
        process = self.launch(0, *arguments)
        self.wait_for(self.is_listening, 'it does not start')
        return process

    def is_listening(self):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(self.path) == 0

    def client(self):
        client = Client(self.path)
        self.addCleanup(client.socket.close)
        return client

    def run_tool(self, *arguments, **variables):
        return subprocess.run([TOOL, *map(str, arguments)], env={**self.environment, **variables},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              timeout=SECONDS, text=True, check=False)

    def tool(self, *arguments, **variables):
        """The exit status, and all events."""
        done = self.run_tool('--json', *arguments, **variables)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    def upgrade(self, *arguments, **variables):
        status, events = self.tool(*arguments, **variables)
        self.assertEqual((status, events[-1]['event']), (0, 'committed'), events[-1])
        # Such as that the process ended before it could say so.
        self.assertEqual([event for event in events if event['event'] == 'notice'], [])
        return events[-1]

    def refused(self, *arguments, **variables):
        status, events = self.tool(*arguments, **variables)
        self.assertNotEqual(status, 0)
        self.assertEqual(events[-1]['event'], 'failed', events[-1])
        return events[-1]
