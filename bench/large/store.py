# SPDX-License-Identifier: MIT
"""samples/kv under upgrade: what its clients see, how long it stands, what memory it takes."""
import contextlib
import json
import os
import threading
import time

from clients import command, keep_off_last_processor
from workplace import Failed, await_that, children, forget_peak_memory, free_port, process_memory, shared_memory

UPGRADE_SECONDS = 600
POLL_SECONDS = 0.01
NEARLY_ALL = 0.9


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

    def ask(self, program, *options, told=lambda event: None):
        """Asks for an upgrade, whatever comes of it: the events. `told` is called with each when it comes."""
        arguments = [self.place.program('tools/ekiden-upgrade'), '--json', *options, str(self.pid),
                     self.place.program(program)]
        deadline = time.monotonic() + UPGRADE_SECONDS
        events, said, is_over = [], '', False
        process = self.place.start(arguments)
        with open(process.log, encoding='utf-8', errors='replace') as log:
            while not is_over:
                is_over = process.poll() is not None
                *lines, said = (said + log.read()).split('\n')
                for event in map(json.loads, lines):
                    events.append(event)
                    told(event)
                if time.monotonic() > deadline:
                    self.place.end(process)
                    raise Failed(f'{arguments[0]} was not over within {UPGRADE_SECONDS} s')
                time.sleep(POLL_SECONDS)
        self.place.end(process)
        return events

    def _keep_apart(self, event):
        """When most has crossed, or all once: what follows is the pause, or shorter than that pass."""
        if event['event'] != 'ahead':
            return
        if event['round'] > 0 or event['item_records'] >= (event['item_count'] or float('inf')) * NEARLY_ALL:
            with contextlib.suppress(OSError):  # it may have gone since
                for pid in self.pid, *children(self.pid):
                    keep_off_last_processor(pid)

    def upgrade(self, program=KV, *options, apart=False):
        """Upgrades it: the last event, and what memory both processes had. `apart`: where state is sent ahead, the end of
        that and the pause come about on another processor than the clients'."""
        if apart:
            os.sched_setaffinity(self.pid, os.sched_getaffinity(0))
        forget_peak_memory(self.pid)
        before = self.memory()
        began_ns = time.monotonic_ns()
        with PeakMemory(self.pid) as peak:
            events = self.ask(program, *options, told=self._keep_apart if apart else lambda event: None)
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
