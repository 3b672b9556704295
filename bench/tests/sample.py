# SPDX-License-Identifier: MIT
"""Results as large.py writes them, made up: everything keeps what is promised."""

RATE = 50000
BEGAN_NS = 1000000000
UPGRADE_S = 4  # from the beginning of the load
CHECK = {'keys': 500000, 'present': 499000, 'counted': 499000, 'lost': 0, 'wrong': 0, 'returned': 0,
         'in_doubt': 0}


def clients(gap_us, failed=0, reconnections=0, seconds=12):
    """What clients see that get no answer for so long; those that fail are told at once."""
    timeline = []
    for number in range(seconds * 10):
        since_us = (number / 10 - UPGRADE_S) * 1e6
        inside = 0 <= since_us < max(gap_us, 1)
        wait = gap_us - since_us if inside else 400.0 + number % 7 * 30
        timeline.append({'ms': number * 100, 'operations': 0 if inside else RATE // 10,
                         'failed': failed if inside else 0, 'percentile_99_9_us': wait,
                         'largest_us': None if inside and failed else wait})
    latency = dict.fromkeys(('median', 'percentile_90', 'percentile_99'), 120.0)
    latency.update(dict.fromkeys(('percentile_99_9', 'percentile_99_99', 'largest'), gap_us))
    return {'began_ns': BEGAN_NS, 'elapsed_us': seconds * 1e6, 'connections': 50, 'rate': RATE,
            'operations': RATE * seconds, 'failed': failed, 'reconnections': reconnections,
            'gap_us': gap_us, 'gap_began_us': UPGRADE_S * 1e6, 'latency_us': latency, 'slice_ms': 100,
            'timeline': timeline}


def upgrade(pause_us, size, more=9 << 20):
    return {'pause_us': pause_us, 'total_us': pause_us + 3e5, 'records': size // 134, 'bytes': size,
            'began_ns': BEGAN_NS + UPGRADE_S * 1000000000,
            'memory': {'predecessor': 2 * size, 'predecessor_peak': 2 * size + more,
                       'successor': 2 * size, 'successor_peak': 2 * size + more}}


def step(pause_us, size):
    return {'upgrade': upgrade(pause_us, size), 'clients': clients(pause_us), 'check': dict(CHECK)}


def results():
    restart = {'total_us': 9.1e6, 'clients': clients(9.1e6, 6000, 1500, 15), 'check': dict(CHECK)}
    failover = {'total_us': 7.5e6, 'clients': clients(9.6e5, 800, 50), 'check': dict(CHECK)}
    measured = {
        'transfer': {'records': 5000000, 'insert_ratio': 1.12, 'protobuf_ratio': 0.32, 'cases': [{'kind': 'insert', 'name': 'inserting them, in one process', 'us': 7.5e5},
                               {'kind': 'ekiden', 'name': 'Ekiden', 'us': 8.4e5},
                               {'kind': 'protobuf-c', 'name': 'plain protobuf-c', 'us': 2.6e6}]},
        'redis': {'version': '7.0.15', 'keys': 5000000, 'value_bytes': 100, 'restart': restart,
                  'failover': failover},
        'pause': dict(step(8.6e5, 670000000), ahead=step(2.1e3, 670000000), keys=5000000, value_bytes=100),
        'throughput': dict(step(5.5e3, 670000000), keys=5000000, before=2.1e5, during=1.9e5, after=2.1e5),
        'ahead': {'rate': RATE, 'writes': 50, 'sizes': [
            {'bytes': size, 'keys': size // 134, 'value_bytes': 100, 'pause': step(pause_us, size),
             'ahead': step(ahead_us, size)}
            for size, pause_us, ahead_us in ((64 << 20, 9e4, 5.2e3), (256 << 20, 3.6e5, 5.4e3),
                                             (1 << 30, 1.5e6, 5.8e3), (4 << 30, 6.2e6, 6.1e3))]},
        'arena': {'sizes': [dict(step(pause_us, size), bytes=size, check_after_rehearsal=dict(CHECK))
                            for size, pause_us in ((64 << 20, 4.1e3), (1 << 30, 4.4e3), (8 << 30, 5e3))]},
        'legs': {'legs': [{'leg': leg, 'pause_us': 3000.0 + leg, 'memory': 300 << 20, 'shared': 256 << 20}
                          for leg in range(1, 101)], 'check': dict(CHECK)},
        'profile': {'keys': 5000000, 'pause_us': 8.6e5,
                    'predecessor': [{'per_cent': 54.1, 'kernel': False, 'function': 'table_scan'}],
                    'successor': [{'per_cent': 26.6, 'kernel': True, 'function': 'clear_page_erms'},
                                  {'per_cent': 12.7, 'kernel': False, 'function': 'table_find'}]},
        'loss': dict(step(5e3, 134000000), check=dict(CHECK, lost=900)),
        'steady': {'throughput': {'set': {'with': 9e5, 'without': 9.05e5, 'ratio': 0.994},
                                  'get': {'with': 1e6, 'without': 1.002e6, 'ratio': 0.998}}},
    }
    return {name: dict(one, machine={'cores': 2, 'kernel': '6.1'}) for name, one in measured.items()}
