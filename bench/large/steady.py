# SPDX-License-Identifier: MIT
"""What Ekiden costs while nobody upgrades: kv with it and without, in turn, under redis-benchmark."""
import csv
import io
import re
import signal
import statistics

from clients import command
from workplace import Failed, await_that, bounded, free_port

PROGRAMS = {'with': 'samples/kv/kv-v3', 'without': 'bench/large/bench-kv-without-ekiden'}
TESTS = ('set', 'get')
PAIRS = 9
REQUESTS = 400000
COUNTED = 20000  # commands; as many again are counted, and what is done once falls out
SECONDS = 60  # for one run


class Server:
    """One of the two, perhaps under something that counts."""

    def __init__(self, place, kind, *, under=()):
        self.place = place
        self.port = free_port()
        self.process = place.start([*under, place.program(PROGRAMS[kind]), str(self.port)])
        await_that(lambda: command(self.port, 'PING') == '+PONG', SECONDS, 'kv answers')

    def ask(self, test, requests, *options):
        """Commands a second."""
        said = self.place.run(['redis-benchmark', '-p', str(self.port), '-t', test, '-n', str(requests),
                               '-P', '16', '-d', '100', '--csv', *options], SECONDS)
        row = next(csv.DictReader(io.StringIO(said)))
        return float(row['rps'])

    def end(self):
        """Returns what it said."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=SECONDS)
        self.place.end(self.process)
        with open(self.process.log, encoding='utf-8', errors='replace') as file:
            return file.read()


def throughput(place):
    """In turn, now the one first and now the other: ratios pair by pair, and the median of them."""
    servers = {kind: Server(place, kind) for kind in PROGRAMS}
    figures = {}
    for test in TESTS:
        pairs = []
        for number in range(PAIRS + 1):
            order = sorted(servers, reverse=number % 2)
            pairs.append({kind: servers[kind].ask(test, REQUESTS, '-c', '50', '-r', '100000')
                          for kind in order})
        del pairs[0]  # memory is touched for the first time there
        figures[test] = {kind: statistics.median(pair[kind] for pair in pairs) for kind in servers}
        figures[test]['ratio'] = statistics.median(pair['with'] / pair['without'] for pair in pairs)
    for server in servers.values():
        server.end()
    return figures


def count(place, kind, test, requests):
    """Instructions of a server that runs so many commands, from its start to its end."""
    server = Server(place, kind, under=('valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null'))
    server.ask(test, requests, '-c', '1')
    said = server.end()
    found = re.search(r'Collected : (\d+)', said)
    if not found:
        raise Failed(f'callgrind counted nothing:\n{said}')
    return int(found.group(1))


def instructions(place):
    """Of one command."""
    return {test: {kind: (count(place, kind, test, 2 * COUNTED) - count(place, kind, test, COUNTED)) / COUNTED
                   for kind in PROGRAMS}
            for test in TESTS}


def measure(place, options):
    with bounded(options.step_seconds, 'steady'):
        for kind in PROGRAMS:
            place.program(PROGRAMS[kind])
        return {'throughput': throughput(place), 'instructions': instructions(place)}
