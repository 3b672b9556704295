# SPDX-License-Identifier: MIT
"""samples/kv under upgrade: what its clients see, how long it stands, what memory it takes."""
import contextlib
import json
import threading
import time

from clients import command
from workplace import Failed, await_that, forget_peak_memory, free_port, process_memory, shared_memory

UPGRADE_SECONDS = 300


KV = 'samples/kv/kv-v3'
HUGE_PAGES = 'glibc.malloc.hugetlb=1'  # of malloc(), where the system allows them; see samples/kv/README.md


class Store:
    """One kv, in whatever process it is at the moment."""

    def __init__(self, place, program=KV, *, huge_pages=False):
        self.place = place
        self.port = free_port()
        self.process = place.start([place.program(program), str(self.port)],
                                   env=dict(place.env, GLIBC_TUNABLES=HUGE_PAGES) if huge_pages else None)
        self.pid = self.process.pid
        await_that(lambda: command(self.port, 'PING') == '+PONG', 10, 'kv answers')

    def memory(self, key='VmRSS'):
        return process_memory(self.pid, key)

    def end(self):
        self.place.end(self.process)

    def ask(self, program, *options):
        """Asks for an upgrade, whatever comes of it: the events."""
        arguments = [self.place.program('tools/ekiden-upgrade'), '--json', *options, str(self.pid),
                     self.place.program(program)]
        said = self.place.run(arguments, UPGRADE_SECONDS, expected=range(256))
        return [json.loads(line) for line in said.splitlines()]

    def upgrade(self, program=KV, *options):
        """Upgrades it: the last event, and what memory both processes had."""
        forget_peak_memory(self.pid)
        before = self.memory()
        began_ns = time.monotonic_ns()
        with PeakMemory(self.pid) as peak:
            events = self.ask(program, *options)
        last = events[-1] if events else {}
        if last.get('event') != 'committed':
            raise Failed(f'the upgrade failed: {last.get("sentence", events)}')
        self.pid = last['successor_pid']
        result = {key: last[key] for key in ('from_version', 'to_version', 'pause_us', 'total_us',
                                             'records', 'bytes')}
        result['began_ns'] = began_ns
        result['ahead'] = last.get('ahead')
        result['notices'] = [event['sentence'] for event in events if event['event'] == 'notice']
        result['memory'] = {'predecessor': before, 'predecessor_peak': max(peak.bytes, before),
                            'successor': self.memory(), 'successor_peak': self.memory('VmHWM'),
                            'shared': shared_memory(self.pid)}
        return result


class PeakMemory:
    """The most that a process had resident, asked for now and then until it is gone."""

    def __init__(self, pid):
        self.pid = pid
        self.bytes = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._watch)

    def _watch(self):
        with contextlib.suppress(OSError, Failed):
            while not self.over.wait(0.01):
                self.bytes = max(self.bytes, process_memory(self.pid, 'VmHWM'))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
