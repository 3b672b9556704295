# SPDX-License-Identifier: MIT
"""What Ekiden costs while nobody upgrades: kv with it and without, in turn, under redis-benchmark."""
import csv
import io
import re

from store import Store
from upgrades import NO_AHEAD
from workplace import Failed, Skipped, bounded, await_that
from clients import command

PAIRS = 9
REQUESTS = 400000
COUNTED = 20000  # commands more, whose instructions are counted
TESTS = 'set,get'
WITHOUT = {'KV_EKIDEN': '0'}
KEYS = 100000


def throughput(place, store):
    """Commands a second: each of the tests."""
    said = place.run(['redis-benchmark', '-p', str(store.port), '-t', TESTS, '-n', str(REQUESTS), '-c',
                      '50', '-P', '16', '-r', str(KEYS), '-d', '100', '--csv'], 120)
    rows = csv.DictReader(io.StringIO(said))
    return {row['test'].lower(): float(row['rps']) for row in rows}


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def paired(place):
    """In turn, the one and the other first: ratios pair by pair, and then the median of them."""
    stores = {'with': Store(place, 3), 'without': Store(place, 3, env=WITHOUT)}
    for store in stores.values():
        throughput(place, store)
    pairs = []
    for number in range(PAIRS):
        order = ('with', 'without') if number % 2 else ('without', 'with')
        pairs.append({kind: throughput(place, stores[kind]) for kind in order})
    for store in stores.values():
        store.end()
    return {test: {'with': median([pair['with'][test] for pair in pairs]),
                   'without': median([pair['without'][test] for pair in pairs]),
                   'ratio': median([pair['with'][test] / pair['without'][test] for pair in pairs])}
            for test in TESTS.split(',')}


def instructions(place, kind, test, commands):
    """Of a whole kv that serves so many commands, as callgrind counts them."""
    raise Skipped('later')


def measure(place, options):
    with bounded(options.step_seconds, 'steady'):
        return {'throughput': paired(place)}
