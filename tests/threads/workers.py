# SPDX-License-Identifier: MIT
"""A server with a pool of threads under load, upgraded again and again, now and then under its PID, and
now and then to a version that does not make it: each client gets each answer once, and the right one;
nothing is left, and nothing grows."""
import contextlib
import os
import pathlib
import random
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

TOOL = os.environ['EKIDEN_UPGRADE']
V1 = os.environ['WORKERS_V1']
V2 = os.environ['WORKERS_V2']
UPGRADES = int(os.environ.get('EKIDEN_SOAK_UPGRADES', '40'))
SEED = int(os.environ.get('EKIDEN_TEST_SEED', '1'))
CLIENTS = 12
FIRST = 10  # the upgrade after which its footprint is the measure
GROWTH_KIB = 1024  # pages that the allocator happens to hold
IS_SANITIZED = any(name in os.environ for name in ('ASAN_OPTIONS', 'TSAN_OPTIONS'))  # what is freed is kept then
SECONDS = 120


def count_primes(last):
    sieve = bytearray([1]) * (last + 1)
    for number in range(2, int(last ** 0.5) + 1):
        if sieve[number]:
            sieve[number * number::number] = bytes(len(range(number * number, last + 1, number)))
    return sum(sieve[2:])


class Client(threading.Thread):
    """Asks, and asks again when it is answered, in pieces of lines."""

    def __init__(self, port, seed):
        super().__init__()
        self.random = random.Random(seed)
        self.peer = socket.create_connection(('127.0.0.1', port), timeout=SECONDS)
        self.lines = self.peer.makefile('r', encoding='ascii')
        self.ends = False
        self.answers = 0
        self.wrong = None

    def say(self, line):
        cut = self.random.randrange(len(line))
        self.peer.sendall(line[:cut].encode())
        time.sleep(self.random.random() / 1000)
        self.peer.sendall(line[cut:].encode())

    def run(self):
        try:
            while not self.ends:
                last = self.random.randrange(1000, 60000)
                self.say(f'primes {last}\n')
                begins = self.lines.readline().split()
                answer = self.lines.readline().split(',')[0].strip()
                expected = f'{begins[0]} {count_primes(last)} primes up to {last}'
                if begins[1:] != ['begins'] or answer != expected:
                    self.wrong = (begins, answer, expected)
                    return
                self.answers += 1
        except (OSError, IndexError) as error:
            self.wrong = error
        finally:
            self.lines.close()
            self.peer.close()


class Soak(unittest.TestCase):

    def start(self, binary):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.environment = {**os.environ, 'EKIDEN_RUNTIME_DIR': directory.name}
        self.process = subprocess.Popen([binary, '0'], env=self.environment, text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)
        self.pid = self.process.pid
        self.addCleanup(self.end)
        self.port = int(self.process.stdout.readline().rsplit(':', 1)[1])
        self.process.stdout.close()

    def end(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()

    def serving(self):
        """The process that answers, by the tool."""
        output = subprocess.run([TOOL, '--status', 'workers'], env=self.environment, text=True,
                                capture_output=True, timeout=SECONDS, check=True).stdout
        return int(output.split('(pid ')[1].split(')')[0])

    def upgrade(self, *options):
        return subprocess.Popen([TOOL, '--quiet', *options, 'workers', V2], env=self.environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def kill_unless_it_serves(self, successor):
        """One that serves is the only one. It gives its control socket its name before."""
        os.kill(successor, signal.SIGSTOP)
        until = time.monotonic() + SECONDS
        while pathlib.Path(f'/proc/{successor}/stat').read_text().rsplit(') ', 1)[1][0] not in 'TZX':
            self.assertLess(time.monotonic(), until, 'it does not stop')
        serves = (self.directory / f'workers.{successor}').exists()
        os.kill(successor, signal.SIGCONT if serves else signal.SIGKILL)

    def disturb(self, choice):
        """A successor or an operator that goes, at some moment."""
        tool = self.upgrade()
        time.sleep(choice.random() / 50)
        children = f'/proc/{self.pid}/task/{self.pid}/children'
        with contextlib.suppress(OSError):
            if choice.random() < 0.5:
                tool.send_signal(signal.SIGINT)
            else:
                for child in pathlib.Path(children).read_text().split():
                    self.kill_unless_it_serves(int(child))
        tool.wait(timeout=SECONDS)
        self.pid = self.serving()

    def remains(self):
        """What is there beside the process that serves: its children, other control sockets."""
        children = pathlib.Path(f'/proc/{self.pid}/task/{self.pid}/children').read_text().split()
        return children + [file.name for file in self.directory.iterdir() if file.name != f'workers.{self.pid}']

    def footprint(self):
        """Resident memory in KiB, threads, descriptors."""
        until = time.monotonic() + SECONDS
        while self.remains():
            self.assertLess(time.monotonic(), until, f'there is still {self.remains()}')
            time.sleep(0.01)
        status = pathlib.Path(f'/proc/{self.pid}/status').read_text().splitlines()
        resident, threads = (int(next(line for line in status if line.startswith(name)).split()[1])
                             for name in ('VmRSS:', 'Threads:'))
        return resident, threads, len(os.listdir(f'/proc/{self.pid}/fd'))

    def upgrade_in_some_way(self, number, choice):
        if number % 4 == 3:
            self.disturb(choice)
            return
        options = ([], ['--rehearse'], ['--keep-pid'])[number % 4]
        before = self.pid
        self.assertEqual(self.upgrade(*options).wait(timeout=SECONDS), 0)
        self.pid = self.serving()
        self.assertEqual(self.pid != before, not options)

    def expect_no_growth(self, first, last):
        """A sanitizer has memory and threads of its own."""
        print(f'KiB, threads and descriptors, at first and last: {first} {last}')
        self.assertEqual(first[1:], last[1:])
        if not IS_SANITIZED:
            self.assertLessEqual(last[0], first[0] + GROWTH_KIB)

    def test_each_answer_comes_once_and_is_right(self):
        choice = random.Random(SEED)
        self.start(V1)
        clients = [Client(self.port, SEED * 1000 + i) for i in range(CLIENTS)]
        for client in clients:
            client.start()
        for number in range(UPGRADES):
            self.upgrade_in_some_way(number, choice)
            if number == FIRST:
                first = self.footprint()
        self.expect_no_growth(first, self.footprint())
        for client in clients:
            client.ends = True
        for client in clients:
            client.join(SECONDS)
            self.assertIsNone(client.wrong)
            self.assertGreater(client.answers, 0)


if __name__ == '__main__':
    unittest.main(verbosity=2)
