# SPDX-License-Identifier: MIT
"""The engine alone: a table of records moves, beside inserting them, and beside plain protobuf-c."""
from workplace import Failed, bounded

BYTES_PER_RECORD = 500  # of both processes, generously


def measure(place, options):
    """bench-transfer measures in turn, and takes ratios pair by pair; its rows have tabs between columns."""
    place.need_memory(options.keys * BYTES_PER_RECORD, 'the table and its successor')
    with bounded(options.step_seconds, 'transfer'):
        said = place.run([place.program('bench/bench-transfer'), str(options.repetitions),
                          str(options.keys), place.program('bench/bench-transfer-server')],
                         options.step_seconds)
    rows = [line.split('\t') for line in said.splitlines() if line.count('\t') >= 12]
    named = {row[7] if row[7] != '-' else row[1]: row for row in rows}
    try:
        insert, plain, rest, memory = (named[name] for name in (
            'insert into a fresh table', 'plain protobuf-c', 'the upgrade beside its pause',
            "successor's peak, beside what stays"))
    except KeyError:
        raise Failed(f'bench-transfer says something else:\n{said}') from None
    return {'records': options.keys,
            'cases': [{'kind': 'insert', 'name': 'inserted in one process', 'us': float(insert[8])},
                      {'kind': 'ekiden', 'name': 'Ekiden: the pause of an upgrade',
                       'us': float(insert[4])},
                      {'kind': 'beside', 'name': 'Ekiden: before the pause, while the old process serves',
                       'us': float(rest[4])},
                      {'kind': 'protobuf-c', 'name': 'plain protobuf-c between two processes',
                       'us': float(plain[8])}],
            'insert_ratio': float(insert[9]), 'protobuf_ratio': float(plain[9]),
            'more_memory_bytes': float(memory[4]) * (1 << 20)}
