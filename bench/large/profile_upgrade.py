# SPDX-License-Identifier: MIT
"""Where the time of a pause goes, on both sides: perf samples all processors while one upgrade runs."""
import json
import re
import shutil

from upgrades import IN_THE_PAUSE, filled
from workplace import Failed, Skipped, bounded

PER_SECOND = 1999
SHOWN = 12  # functions of each side
SECONDS = 120


def functions(place, data, pid):
    """The functions of a process that took most, each with its per cent of the process's time."""
    said = place.run(['perf', 'report', '-i', data, '--stdio', '--no-children', '-q', '--percentage',
                      'relative', '--sort', 'symbol', '--pid', str(pid)], SECONDS)
    found = re.findall(r'^\s*([\d.]+)%\s+\[(\S)\]\s+(\S+)', said, re.M)
    return [{'per_cent': float(share), 'kernel': where == 'k', 'function': name}
            for share, where, name in found[:SHOWN]]


def measure(place, options):
    if not shutil.which('perf'):
        raise Skipped('perf is not installed (linux-perf)')
    with bounded(options.step_seconds, 'profile'):
        store, _ = filled(place, options.keys, options.value_bytes)
        data = place.path('perf.data')
        said = place.run(['perf', 'record', '-q', '-a', '-e', 'cpu-clock', '-F', str(PER_SECOND), '-o', data,
                          '--', place.program('tools/ekiden-upgrade'), '--json', str(store.pid),
                          place.program(IN_THE_PAUSE)], SECONDS, expected=range(256))
        lines = [line for line in said.splitlines() if line.startswith('{')]
        last = json.loads(lines[-1]) if lines else {}
        if last.get('event') != 'committed':
            raise Failed(f'the upgrade failed:\n{said}')
        return {'keys': options.keys, 'pause_us': last['pause_us'],
                'predecessor': functions(place, data, store.pid),
                'successor': functions(place, data, last['successor_pid'])}
