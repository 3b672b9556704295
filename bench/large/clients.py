# SPDX-License-Identifier: MIT
"""What is asked of a server under measurement: by bench-load, and single commands."""
import json
import os
import signal
import socket
import subprocess

from workplace import Failed

FILL_SECONDS = 300
CHECK_SECONDS = 300
PATIENCE_SECONDS = 300  # of the load: gigabytes within the pause are a minute and more on a slow machine


def command(port, *words, seconds=60):
    """One command in RESP2 on a connection of its own: its answer as text, or None where nobody answers."""
    request = b'*%d\r\n' % len(words)
    for word in words:
        request += b'$%d\r\n%s\r\n' % (len(word), word.encode())
    try:
        with socket.create_connection(('127.0.0.1', port), timeout=seconds) as connection:
            connection.sendall(request)
            with connection.makefile('rb') as answers:
                line = answers.readline().decode()
                if line.startswith('$') and line != '$-1\r\n':
                    return answers.read(int(line[1:])).decode(errors='replace')
                return line.rstrip('\r\n') or None
    except OSError:
        return None


class Clients:
    """The load generator with its ledger, in a workplace."""

    def __init__(self, place, ports, *, connections=50):
        self.place = place
        self.program = place.program('bench/load/bench-load')
        self.ledger = place.path('ledger')
        self.connections = connections
        self.go_to(ports)

    def go_to(self, ports):
        self.server = ','.join(f'127.0.0.1:{port}' for port in ports)

    def _arguments(self, name, options):
        arguments = [self.program, name, '--server', self.server, '--ledger', self.ledger,
                     '--json', self.place.path(name + '.json')]
        for key, value in dict({'connections': self.connections}, **options).items():
            arguments += ['--' + key.replace('_', '-'), str(value)]
        return arguments

    def _result(self, name):
        with open(self.place.path(name + '.json'), encoding='utf-8') as file:
            return json.load(file)

    def fill(self, keys, value_bytes):
        self.place.run(self._arguments('fill', {'keys': keys, 'value_bytes': value_bytes}), FILL_SECONDS)

    def check(self, tolerant=False):
        """Every acknowledged write is there, or this fails; unless it is to be told how many are not."""
        self.place.run(self._arguments('check', {}), CHECK_SECONDS, expected=(0, 1) if tolerant else (0,))
        return self._result('check')

    def run(self, tolerant=False, **options):
        """Loads the server while the body of `with` runs. A wrong read fails, unless it is tolerated."""
        return Run(self, options, tolerant)


def keep_to_last_processor(pid):
    """Of those who ask; see keep_off_last_processor()."""
    processors = os.sched_getaffinity(0)
    if len(processors) > 1:
        os.sched_setaffinity(pid, {max(processors)})


def keep_off_last_processor(pid):
    """A server whose pause is shorter than a slice of the scheduler's, with its successors: so that how long it stands
    still is its own affair. It may be put on the processor of those who ask otherwise, while the other one is idle."""
    processors = os.sched_getaffinity(0)
    if len(processors) > 1:
        os.sched_setaffinity(pid, processors - {max(processors)})


class Run:
    """After the `with`, `report` has what the clients saw."""

    def __init__(self, clients, options, tolerant):
        self.clients = clients
        self.expected = (0, 1) if tolerant else (0,)
        self.options = dict({'seconds': 1200, 'patience': PATIENCE_SECONDS}, **options)
        self.report = None
        self.process = None

    def __enter__(self):
        self.process = self.clients.place.start(self.clients._arguments('run', self.options))
        keep_to_last_processor(self.process.pid)
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self._end()
        else:
            self.clients.place.end(self.process)

    def _end(self):
        self.process.send_signal(signal.SIGINT)
        try:
            status = self.process.wait(timeout=120)
        except subprocess.TimeoutExpired:
            raise Failed('the load generator does not end') from None
        finally:
            self.clients.place.end(self.process)
        with open(self.process.log, encoding='utf-8') as file:
            said = file.read()
        if status not in self.expected:
            raise Failed(f'the clients complain:\n{said}')
        self.report = self.clients._result('run')
