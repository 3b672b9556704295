# SPDX-License-Identifier: MIT
"""The steps that upgrade samples/kv: all in the pause, sent ahead, values that change hands, many legs."""
import sys
import time

from clients import Clients
from store import KV, Store
from workplace import Failed, Skipped, bounded, touch_free_memory

IN_THE_PAUSE = 'bench/large/bench-kv-in-the-pause'  # asks for nothing ahead of it
WITHOUT_TOUCH = 'bench/large/bench-kv-without-touch'  # reports no change
RECORD = 134  # bytes of a record with a key of 16 and a value of 100
BYTES_PER_KEY = 140  # that kv adds to key and value, generously
AHEAD_SIZES = (64 << 20, 256 << 20, 1 << 30, 4 << 30)
TIMES = 7  # upgrades of each size: a pause of a millisecond is the machine's mood
SETTLE_SECONDS = 3  # between two: the process before has gone, and clients have what they waited for
FEWEST_TIMES = 3  # of a size that a slow machine takes long for
ARENA_SIZES = (64 << 20, 1 << 30, 8 << 30)
LARGE_VALUE = 64 << 10
LARGE_RATE = 2000  # operations a second, of large values
LEGS_BYTES = 256 << 20
LOSS_KEYS_MOST = 1000000


def filled(place, keys, value_bytes, program=KV, *, huge_pages=False):
    store = Store(place, program, huge_pages=huge_pages)
    clients = Clients(place, [store.port])
    clients.fill(keys, value_bytes)
    return store, clients


def several(upgrade, times, seconds):
    """What comes of so many upgrades one behind the other, or of as many as begin in that time: three at least."""
    until = time.monotonic() + seconds
    upgrades = [upgrade()]
    while len(upgrades) < times and (len(upgrades) < FEWEST_TIMES or time.monotonic() < until):
        time.sleep(SETTLE_SECONDS)
        upgrades.append(upgrade())
    return upgrades


def under_load(store, clients, program, load, options, times=1, *, touch=False, apart=False):
    """An upgrade after a third of the time, or several, and what the clients saw in all of it. Of several the one
    with the median pause is told, and the pauses of all. `touch`: see touch_free_memory(); `apart`: Store.upgrade()."""
    with clients.run(**load) as run:
        time.sleep(options.seconds / 3)
        if touch:
            touch_free_memory(store.memory())
        upgrades = several(lambda: store.upgrade(program, apart=apart), times, options.step_seconds / 4)
        time.sleep(options.seconds * 2 / 3)
    by_pause = sorted(upgrades, key=lambda upgrade: upgrade['pause_us'])
    return {'upgrade': by_pause[len(upgrades) // 2], 'pauses_us': [upgrade['pause_us'] for upgrade in upgrades],
            'clients': run.report}


def pause(place, options):
    """All records within the pause, while clients wait; and the same keys sent ahead of it."""
    size = options.keys * (16 + options.value_bytes + BYTES_PER_KEY)
    place.need_memory(2 * size, 'kv and its successor')
    load = {'rate': options.redis_rate, 'writes': 20, 'new': 20}
    with bounded(options.step_seconds, 'pause'):
        pause, ahead = both_ways(place, options, options.keys, load, memory_is_fast=True)
    return dict(pause, ahead=ahead, keys=options.keys, value_bytes=options.value_bytes)


def both_ways(place, options, keys, load, *, memory_is_fast=False):
    """The same state twice under the same load: sent in the pause, and ahead of it. `memory_is_fast`: it is at hand, and
    in huge pages. A successor may take one of those within its pause, so what is sent ahead does better without."""
    for program, times, apart in (IN_THE_PAUSE, 1, False), (KV, options.times, True):
        store, clients = filled(place, keys, options.value_bytes, huge_pages=memory_is_fast)
        result = under_load(store, clients, program, load, options, times, touch=memory_is_fast, apart=apart)
        result['check'] = clients.check()
        store.end()
        yield result


def one_size(place, options, size):
    keys = size // (RECORD - 100 + options.value_bytes)
    place.need_memory(2 * keys * (16 + options.value_bytes + BYTES_PER_KEY),
                      f'kv with {size >> 20} MiB, and its successor')
    load = {'rate': options.rate, 'writes': options.writes, 'new': 20, 'deletions': 2}
    pause, ahead = both_ways(place, options, keys, load)
    return {'bytes': size, 'keys': keys, 'value_bytes': options.value_bytes, 'pause': pause, 'ahead': ahead}


def sizes_of(place, options, sizes, measure):
    """Each size that there is memory for. The smallest must be possible."""
    done = []
    for size in sorted(options.sizes or sizes):
        with bounded(options.step_seconds, f'{size >> 20} MiB'):
            try:
                done.append(measure(place, options, size))
            except Skipped as reason:
                if not done:
                    raise
                print(f'bench: {size >> 20} MiB are left out: {reason}', file=sys.stderr)
    return done


def ahead(place, options):
    return {'rate': options.rate, 'writes': options.writes,
            'sizes': sizes_of(place, options, AHEAD_SIZES, one_size)}


def per_second(seen, began_us, ended_us):
    """Answers a second in the slices that lie between two moments of the load."""
    slices = [slice_['operations'] for slice_ in seen['timeline']
              if began_us <= slice_['ms'] * 1e3 and (slice_['ms'] + seen['slice_ms']) * 1e3 <= ended_us]
    return sum(slices) / len(slices) * 1e3 / seen['slice_ms'] if slices else None


def throughput(place, options):
    """As many requests as kv can answer, before an upgrade, while state is sent ahead, and after it."""
    place.need_memory(2 * options.keys * (16 + options.value_bytes + BYTES_PER_KEY), 'kv and its successor')
    with bounded(options.step_seconds, 'throughput'):
        store, clients = filled(place, options.keys, options.value_bytes)
        load = {'rate': 0, 'writes': 50, 'new': 2}
        result = under_load(store, clients, KV, load, options)
        result['check'] = clients.check()
    seen, upgrade = result['clients'], result['upgrade']
    asked_us = (upgrade['began_ns'] - seen['began_ns']) / 1e3
    ended_us = asked_us + upgrade['total_us']
    return dict(result, keys=options.keys,
                before=per_second(seen, 1e6, asked_us), during=per_second(seen, asked_us, ended_us),
                after=per_second(seen, ended_us + 1e6, seen['elapsed_us']))


def arena_size(place, options, size):
    keys = size // LARGE_VALUE
    place.need_memory(size + (1 << 30), f'kv with {size >> 20} MiB of values')
    store, clients = filled(place, keys, LARGE_VALUE)
    last = store.ask(KV, '--rehearse')[-1]
    if last['event'] != 'rehearsed':
        raise Failed(f'the rehearsal failed: {last.get("sentence")}')
    result = {'bytes': size, 'keys': keys, 'rehearsal': last, 'check_after_rehearsal': clients.check()}
    load = {'rate': min(options.rate, LARGE_RATE), 'writes': 20, 'new': 5}
    result.update(under_load(store, clients, KV, load, options, options.times))
    result['check'] = clients.check()
    store.end()
    return result


def arena(place, options):
    return {'sizes': sizes_of(place, options, ARENA_SIZES, arena_size)}


def legs(place, options):
    """Many upgrades in a row: memory and pause stay what they were."""
    place.need_memory(1 << 30, 'many legs')
    with bounded(options.step_seconds, 'legs'):
        store, clients = filled(place, LEGS_BYTES // LARGE_VALUE, LARGE_VALUE)
        points = []
        for leg in range(1, options.legs + 1):
            upgrade = store.upgrade()
            points.append({'leg': leg, 'pause_us': upgrade['pause_us'],
                           'memory': upgrade['memory']['successor'],
                           'shared': upgrade['memory']['shared']})
        return {'legs': points, 'check': clients.check()}


def loss(place, options):
    """A kv that reports no change while it is sent ahead loses some, and the checker must notice."""
    place.need_memory(1 << 30, 'kv without reports')
    with bounded(options.step_seconds, 'loss'):
        store, clients = filled(place, min(options.keys, LOSS_KEYS_MOST), options.value_bytes, WITHOUT_TOUCH)
        load = {'rate': options.rate, 'writes': options.writes, 'new': 20, 'deletions': 2}
        with clients.run(tolerant=True, **load) as run:
            time.sleep(1)
            upgrade = store.upgrade()
            time.sleep(1)
        return {'upgrade': upgrade, 'clients': run.report, 'check': clients.check(tolerant=True)}
