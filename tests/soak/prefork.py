# SPDX-License-Identifier: MIT
"""A master and its workers, each upgraded under its PID again and again, up and down, while clients
talk and workers are killed: nothing is lost, nobody is left, and nothing grows.

    prefork.py [ROUNDS]        a round upgrades every process once (default: 40)
"""
import os
import pathlib
import random
import signal
import sys
import threading
import time
import unittest

from prefork_service import SECONDS, V1, V2, Service, children_of

ROUNDS = 40
FIRST_ROUND = 10  # whose footprint is the measure
WORKERS = 3
TALKERS = 4  # at each of the workers that live on
GROWTH_KIB = 1024  # pages that the allocator happens to hold
IS_SANITIZED = 'ASAN_OPTIONS' in os.environ  # what is freed is kept then


def footprint(pid):
    """Resident memory in KiB, and open descriptors."""
    status = pathlib.Path(f'/proc/{pid}/status').read_text().splitlines()
    resident = int(next(line for line in status if line.startswith('VmRSS')).split()[1])
    return resident, len(os.listdir(f'/proc/{pid}/fd'))


class Talker(threading.Thread):
    """Sends lines in halves until it is told to stop, and keeps what was wrong."""

    def __init__(self, client):
        super().__init__()
        self.client, self.is_over, self.complaint = client, False, None
        self.start()

    def run(self):
        count = 0
        try:
            while not self.is_over:
                count += 1
                self.client.send(f'line {count}')
                time.sleep(random.random() / 500)
                self.client.send(f' ends\nline {count} again\n')
                self.client.receive(f'line {count} ends')
                self.client.receive(f'line {count} again')
        except Exception as complaint:  # pylint: disable=broad-except
            self.complaint = complaint


class Soak(Service):
    def footprints(self):
        time.sleep(0.1)
        return [footprint(pid) for pid in (self.master, *self.workers().values())][:WORKERS]

    def kill_the_last(self):
        """Nobody talks to it."""
        before = self.workers()[WORKERS]
        os.kill(before, signal.SIGKILL)
        self.wait_for(lambda: self.workers()[WORKERS] != before, 'nobody takes the place')
        self.wait_for(lambda: (self.runtime / f'prefork.{self.workers()[WORKERS]}').exists(),
                      'who takes the place has no control socket')

    def soak(self, talkers):
        for number in range(1, ROUNDS + 1):
            processes = [self.master, *self.workers().values()]
            random.shuffle(processes)
            for pid in processes:
                self.upgrade(pid, V2 if number % 2 else V1)
            if number % 5 == 0:
                self.kill_the_last()
            if number == FIRST_ROUND:
                first = self.footprints()
            for talker in talkers:
                self.assertIsNone(talker.complaint)
        return first

    def test_nothing_is_lost_and_nothing_grows(self):
        self.start(workers=WORKERS)
        steady = {number: self.workers()[number] for number in range(1, WORKERS)}
        talkers = [Talker(self.connect_to(number)) for number in steady for _ in range(TALKERS)]
        try:
            first = self.soak(talkers)
            last = self.footprints()
        finally:
            for talker in talkers:
                talker.is_over = True
            for talker in talkers:
                talker.join(SECONDS)
        self.assertEqual([talker.complaint for talker in talkers], [None] * len(talkers))
        print(f'{sum(talker.client.lines for talker in talkers)} lines in '
              f'{ROUNDS * (WORKERS + 1)} upgrades; KiB and descriptors, at first and last: '
              f'{first} {last}')
        self.assertEqual({number: self.workers()[number] for number in steady}, steady)
        self.assertEqual(children_of(self.master), sorted(self.workers().values()))
        self.assertEqual(len(self.said('has ended')), ROUNDS // 5)
        for (resident, descriptors), (resident_then, descriptors_then) in zip(last, first):
            self.assertLessEqual(descriptors, descriptors_then)
            if not IS_SANITIZED:
                self.assertLessEqual(resident, resident_then + GROWTH_KIB)


if __name__ == '__main__':
    if len(sys.argv) > 1:
        ROUNDS = max(int(sys.argv.pop(1)), FIRST_ROUND)
    unittest.main(verbosity=2)
