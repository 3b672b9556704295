# SPDX-License-Identifier: MIT
"""A lodge that runs, whose sessions are asked, and upgraded."""
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
V1 = os.environ['LODGE_V1']
V2 = os.environ['LODGE_V2']
SECONDS = 60
NOBODY = 65534


def say(connection, question):
    connection.sendall((question + '\n').encode())
    answer = connection.recv(256)
    if not answer:
        raise EOFError(f'no answer to {question}')
    return answer.decode().strip()


class Lodge(unittest.TestCase):
    maxDiff = None

    def start(self, *arguments, binary=V1, sandbox=False, logs=False):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.prefix = os.path.join(directory.name, 'l')
        self.runtime = os.path.join(directory.name, 'run')
        self.environment = {**os.environ, 'EKIDEN_RUNTIME_DIR': self.runtime}
        if sandbox:
            os.mkdir(os.path.join(directory.name, 'empty'))
            arguments += ('sandbox=' + os.path.join(directory.name, 'empty'),)
        self.log_path = os.path.join(directory.name, 'log')
        log = open(self.log_path, 'wb') if logs else None
        self.process = subprocess.Popen([binary, self.prefix, *arguments],
                                        env={**self.environment, **({'LODGE_LOG': '1'} if logs else {})},
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=log, start_new_session=True)
        if log:
            log.close()
        self.addCleanup(self.end)
        self.wait_for(lambda: self.is_listening('guests') and self.is_listening('questions'),
                      'it does not start')

    def end(self):
        """All of them are in one session, that no other process is in."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def is_listening(self, what):
        """Without a connection, which would begin a session."""
        sockets = pathlib.Path('/proc/net/unix').read_text()
        return any(line.endswith(f'{self.prefix}.{what}') for line in sockets.splitlines())

    def wait_for(self, condition, sentence):
        until = time.monotonic() + SECONDS
        while not condition():
            self.assertLess(time.monotonic(), until, sentence)
            time.sleep(0.01)

    def connect(self, what):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(SECONDS)
        connection.connect(f'{self.prefix}.{what}')
        self.addCleanup(connection.close)
        return connection

    def guest(self):
        """A connection whose session serves."""
        guest = self.connect('guests')
        self.who(guest)
        return guest

    @staticmethod
    def who(guest):
        pid, parent, version, count, user, place, forks = say(guest, 'ask').split()
        return {'pid': int(pid), 'parent': int(parent), 'version': int(version),
                'count': int(count), 'user': int(user), 'place': place, 'forks': forks}

    def desk(self, question):
        connection = self.connect('questions')
        answer = say(connection, question)
        connection.close()
        return answer

    def desk_pid(self):
        return int(self.desk('ask').split()[0])

    def tool(self, *arguments):
        """The exit status, and all events."""
        done = subprocess.run([TOOL, '--json', *map(str, arguments)], env=self.environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=SECONDS,
                              check=False)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    def upgrade(self, target, binary=V2, *more):
        status, events = self.tool(*more, target, binary)
        self.assertEqual((status, events[-1]['event']), (0, 'committed'), events[-1])
        # Such as that the process ended before it could say so.
        self.assertEqual([event for event in events if event['event'] == 'notice'], [])
        return events[-1]

    def refused(self, guest, *more, binary=V2):
        """Refuses to upgrade a session, which serves on."""
        before = self.who(guest)
        status, events = self.tool(*more, before['pid'], binary)
        self.assertNotEqual(status, 0)
        self.assertEqual(events[-1]['event'], 'failed', events[-1])
        self.assertTrue(events[-1]['serves_on'], events[-1])
        self.assertEqual(self.who(guest), {**before, 'count': before['count'] + 1})
        return events[-1]

    def log(self):
        return pathlib.Path(self.log_path).read_text()

    def members(self):
        """The PIDs of all that are there; who has ended and is not waited for is not."""
        found = []
        for entry in pathlib.Path('/proc').iterdir():
            with contextlib.suppress(OSError):
                fields = (entry / 'stat').read_text().rsplit(')', 1)[1].split()
                if entry.name.isdigit() and int(fields[3]) == self.process.pid and fields[0] != 'Z':
                    found.append(int(entry.name))
        return sorted(found)

    def sockets(self):
        """The PIDs that have a control socket, hidden ones negative."""
        return sorted(int(name.rsplit('.', 1)[1]) * (-1 if name[0] == '.' else 1)
                      for name in os.listdir(self.runtime))
