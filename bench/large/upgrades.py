# SPDX-License-Identifier: MIT
"""The steps that upgrade samples/kv: all in the pause, sent ahead, values that change hands, many legs."""
import time

from clients import Clients
from store import Store
from workplace import bounded

RECORD = 134  # bytes of a record with a key of 16 and a value of 100
BYTES_PER_KEY = 140  # that kv adds to key and value, generously
AHEAD_SIZES = (64 << 20, 256 << 20, 1 << 30, 4 << 30)
ARENA_SIZES = (64 << 20, 1 << 30, 8 << 30)
LARGE_VALUE = 64 << 10
NO_AHEAD = {'KV_AHEAD': '0'}
LEGS = 100


def filled(place, version, keys, value_bytes, **keywords):
    store = Store(place, version, **keywords)
    clients = Clients(place, [store.port])
    clients.fill(keys, value_bytes)
    return store, clients


def under_load(store, clients, version, load, seconds, *options):
    """An upgrade after a third of the time, and what the clients saw in all of it."""
    with clients.run(**load) as run:
        time.sleep(seconds / 3)
        upgrade = store.upgrade(version, *options)
        time.sleep(seconds * 2 / 3)
    return {'upgrade': upgrade, 'clients': run.report}


def load_of(options):
    return {'rate': options.rate, 'writes': options.writes, 'new': 20, 'deletions': 2}


def pause(place, options):
    """Five million records, all of them within the pause, while clients wait."""
    size = options.keys * (16 + options.value_bytes + BYTES_PER_KEY)
    place.need_memory(2 * size, 'kv and its successor')
    with bounded(options.step_seconds, 'pause'):
        store, clients = filled(place, 1, options.keys, options.value_bytes, env=NO_AHEAD)
        result = under_load(store, clients, 1, {'rate': options.redis_rate, 'writes': 20, 'new': 20},
                            options.seconds)
        result['check'] = clients.check()
        result['keys'], result['value_bytes'] = options.keys, options.value_bytes
    return result


def one_size(place, options, size):
    """The same state twice under the same load: sent in the pause, and ahead of it."""
    keys = size // (RECORD - 100 + options.value_bytes)
    place.need_memory(2 * keys * (16 + options.value_bytes + BYTES_PER_KEY),
                      f'kv with {size >> 20} MiB, and its successor')
    result = {'bytes': size, 'keys': keys, 'value_bytes': options.value_bytes}
    for kind, env in (('pause', NO_AHEAD), ('ahead', None)):
        store, clients = filled(place, 3, keys, options.value_bytes, env=env)
        result[kind] = under_load(store, clients, 3, load_of(options), options.seconds)
        result[kind]['check'] = clients.check()
        store.end()
    return result


def ahead(place, options):
    with bounded(options.step_seconds * len(options.sizes or AHEAD_SIZES), 'ahead'):
        return {'rate': options.rate, 'writes': options.writes,
                'sizes': [one_size(place, options, size) for size in options.sizes or AHEAD_SIZES]}


def arena_size(place, options, size):
    keys = size // LARGE_VALUE
    place.need_memory(size + (1 << 30), f'kv with {size >> 20} MiB of values')
    store, clients = filled(place, 3, keys, LARGE_VALUE)
    events = store.ask(3, '--rehearse')
    result = {'bytes': size, 'keys': keys, 'rehearsal': events[-1],
              'check_after_rehearsal': clients.check()}
    load = {'rate': min(options.rate, 2000), 'writes': 20, 'new': 5}
    result.update(under_load(store, clients, 3, load, options.seconds))
    result['check'] = clients.check()
    store.end()
    return result


def arena(place, options):
    with bounded(options.step_seconds * len(options.sizes or ARENA_SIZES), 'arena'):
        return {'sizes': [arena_size(place, options, size) for size in options.sizes or ARENA_SIZES]}


def legs(place, options):
    """A hundred upgrades in a row: memory and pause stay what they were."""
    keys = (256 << 20) // LARGE_VALUE
    place.need_memory(1 << 30, 'a hundred legs')
    with bounded(options.step_seconds, 'legs'):
        store, clients = filled(place, 3, keys, LARGE_VALUE)
        points = []
        for leg in range(1, LEGS + 1):
            upgrade = store.upgrade(3)
            points.append({'leg': leg, 'pause_us': upgrade['pause_us'],
                           'memory': upgrade['memory']['successor'],
                           'shared': upgrade['memory']['shared']})
        return {'legs': points, 'check': clients.check()}
