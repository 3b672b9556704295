#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Large state, measured: samples/kv beside its peers. See README.md beside it.

    large.py BUILD_DIR [STEP…] [OPTION…]
"""
import argparse
import json
import os
import platform
import signal
import sys
import time

import profile_upgrade
import redis
import steady
import transfer
import upgrades
from figures import as_text, machines, tables
from workplace import Failed, Skipped, Workplace

STEPS = {
    'transfer': transfer.measure,
    'redis': redis.measure,
    'pause': upgrades.pause,
    'ahead': upgrades.ahead,
    'throughput': upgrades.throughput,
    'arena': upgrades.arena,
    'legs': upgrades.legs,
    'loss': upgrades.loss,
    'steady': steady.measure,
    'profile': profile_upgrade.measure,
}


def sizes(text):
    """64M,4G and the like, in bytes."""
    units = {'K': 10, 'M': 20, 'G': 30}
    return [int(one[:-1]) << units[one[-1].upper()] if one[-1].upper() in units else int(one)
            for one in text.split(',')]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('build')
    parser.add_argument('steps', nargs='*', metavar='STEP', help=f'{", ".join(STEPS)}; none: all')
    parser.add_argument('--json', help='the results; those of steps that are not measured now stay')
    parser.add_argument('--keys', type=int, default=5000000, help='of transfer, redis and pause')
    parser.add_argument('--repetitions', type=int, default=5, help='of transfer')
    parser.add_argument('--value-bytes', type=int, default=100)
    parser.add_argument('--sizes', type=sizes, help='of ahead and arena: 64M,1G,…')
    parser.add_argument('--rate', type=float, default=50000, help='operations a second')
    parser.add_argument('--writes', type=float, default=50, help='per cent of them')
    parser.add_argument('--redis-rate', type=float, default=5000, help='the same, of redis and pause')
    parser.add_argument('--seconds', type=float, default=20, help='under load, for each upgrade')
    parser.add_argument('--times', type=int, default=upgrades.TIMES,
                        help='upgrades of each size: the one with the median pause is told')
    parser.add_argument('--legs', type=int, default=100, help='of legs')
    parser.add_argument('--step-seconds', type=int, default=1200, help='bound on a step or one size of it')
    options = parser.parse_intermixed_args()
    for step in options.steps:
        if step not in STEPS:
            parser.error(f'there is no step "{step}"; there are {", ".join(STEPS)}')
    return options


def processor_ticks():
    """Of all processors since the machine began: (all, those in which another guest of the same host had it)."""
    with open('/proc/stat', encoding='ascii') as file:
        ticks = [int(text) for text in file.readline().split()[1:9]]  # "user" to "steal" of proc(5)
    return sum(ticks), ticks[7]


def this_machine(ticks_before):
    every, stolen = (now - before for now, before in zip(processor_ticks(), ticks_before))
    return {'cores': len(os.sched_getaffinity(0)), 'kernel': platform.release(), 'stolen': stolen / max(every, 1)}


def read(path):
    if path and os.path.exists(path):
        with open(path, encoding='utf-8') as file:
            return json.load(file)
    return {}


def write(path, results):
    if path:
        with open(path, 'w', encoding='utf-8') as file:
            json.dump(results, file, indent=1)
            file.write('\n')


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started ends, too
    results = read(options.json)
    failed = results.setdefault('failed', {})  # of steps, why: they have no other results
    for step in options.steps or STEPS:
        began, ticks = time.monotonic(), processor_ticks()
        try:
            with Workplace(os.path.abspath(options.build)) as place:
                results[step] = dict(STEPS[step](place, options), machine=this_machine(ticks))
            failed.pop(step, None)
            print(f'bench: {step}: {time.monotonic() - began:.0f} s', file=sys.stderr)
        except Skipped as reason:
            print(f'bench: {step} is left out: {reason}', file=sys.stderr)
        except Failed as reason:
            print(f'bench: {step} failed: {reason}', file=sys.stderr)
            failed[step] = str(reason)
            results.pop(step, None)
        write(options.json, results)
    print(machines(results) + '\n')
    print('\n'.join(as_text(table) for table in tables(results)))
    return 1 if any(step in failed for step in options.steps or STEPS) else 0


if __name__ == '__main__':
    sys.exit(main())
