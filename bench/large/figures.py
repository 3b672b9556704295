# SPDX-License-Identifier: MIT
"""What the results say, as tables: what was measured, and whether it keeps what is promised."""
from collections import namedtuple
from itertools import zip_longest

from chart import bytes_text, time_text

Table = namedtuple('Table', 'title columns lines')

# What is promised of large state; the issue that asked for it set the bounds.
RESTART_FACTOR = 8
INSERT_RATIO = 1.3
PROTOBUF_FACTOR = 3
MEMORY_MORE = 64 << 20
AHEAD_PAUSE_US = 10e3
AHEAD_FLAT = 2
LEG_GROWTH = 4 << 20


def megabytes(size):
    return f'{size / (1 << 20):,.1f} MiB'


def wrong_keys(check):
    """Keys that are not as they were acknowledged, in whatever way."""
    return check['lost'] + check['wrong'] + check['returned'] + abs(check['counted'] - check['present'])


def _load_line(name, way, pause_us, total_us, seen, check):
    latency = seen['latency_us']
    return (name, way, time_text(pause_us), time_text(total_us), time_text(latency['percentile_99_9']),
            time_text(latency['largest']), f'{1e6 * seen["operations"] / seen["elapsed_us"]:,.0f}',
            f'{seen["failed"]:,}', f'{seen["reconnections"]:,}', f'{wrong_keys(check):,}')


def _upgrade_line(name, way, step):
    return _load_line(name, way, step['upgrade']['pause_us'], step['upgrade']['total_us'],
                      step['clients'], step['check'])


def _load_lines(results):
    if redis := results.get('redis'):
        name = f'{redis["keys"]:,} keys'
        for kind, way in (('restart', 'Redis: SHUTDOWN SAVE, restart'),
                          ('failover', 'Redis: new replica, FAILOVER')):
            step = redis[kind]
            yield _load_line(name, way, step['clients']['gap_us'], step['total_us'], step['clients'],
                             step['check'])
    if step := results.get('pause'):
        yield _upgrade_line(f'{step["keys"]:,} keys', 'kv: in the pause', step)
        yield _upgrade_line(f'{step["keys"]:,} keys', 'kv: sent ahead', step['ahead'])
    for size in results.get('ahead', {}).get('sizes', []):
        for kind, way in (('pause', 'kv: in the pause'), ('ahead', 'kv: sent ahead')):
            if kind in size:
                yield _upgrade_line(bytes_text(size['bytes']), way, size[kind])
    if step := results.get('throughput'):
        yield _upgrade_line(f'{step["keys"]:,} keys', 'kv: sent ahead, all the load it can bear', step)
    for size in results.get('arena', {}).get('sizes', []):
        yield _upgrade_line(bytes_text(size['bytes']), 'kv: large values, in an arena', size)


def load_table(results):
    return Table('Upgrades under load, and what clients saw of them',
                 ('state', 'way', 'pause', 'in all', '99.9 % wait', 'longest wait', 'answers/s', 'failed',
                  'reconnections', 'wrong keys'), list(_load_lines(results)))


def _transfer_lines(results):
    for case in results.get('transfer', {}).get('cases', []):
        yield (case['name'], time_text(case['us']))


def transfer_table(results):
    records = results.get('transfer', {}).get('records', 0)
    return Table(f'{records:,} records into a fresh table', ('way', 'time'),
                 list(_transfer_lines(results)))


def _steady_lines(results):
    step = results.get('steady', {})
    for test, figures in step.get('throughput', {}).items():
        yield (f'{test.upper()}, commands a second', f'{figures["with"]:,.0f}',
               f'{figures["without"]:,.0f}', f'{figures["ratio"]:.3f}')
    for test, figures in step.get('instructions', {}).items():
        yield (f'{test.upper()}, instructions of one', f'{figures["with"]:,.1f}',
               f'{figures["without"]:,.1f}', f'{figures["with"] / figures["without"]:.3f}')


def steady_table(results):
    return Table('kv while nobody upgrades it', ('', 'with Ekiden', 'without', 'ratio'),
                 list(_steady_lines(results)))


def _throughput_lines(results):
    step = results.get('throughput')
    if step:
        for name in ('before', 'during', 'after'):
            if step[name]:
                yield (name, f'{step[name]:,.0f}', f'{step[name] / step["before"]:.2f}')


def throughput_table(results):
    step = results.get('throughput', {})
    return Table(f'All that {step.get("keys", 0):,} keys can be asked for, while they are sent ahead',
                 ('the upgrade', 'answers/s', 'of those before'), list(_throughput_lines(results)))


def _profile_lines(results):
    step = results.get('profile', {})
    for old, new in zip_longest(step.get('predecessor', []), step.get('successor', [])):
        yield tuple(text for side in (old, new) for text in (
            ('', '') if side is None else (f'{side["per_cent"]:.1f} %', side['function'])))


def profile_table(results):
    return Table('Where the time of a pause goes', ('', 'predecessor', '', 'successor'),
                 list(_profile_lines(results)))


def _pause_promises(results):
    step = results['pause']
    seen, memory = step['clients'], step['upgrade']['memory']
    if redis := results.get('redis'):
        factor = redis['restart']['clients']['gap_us'] / seen['gap_us']
        yield (f'Redis restarts in at least {RESTART_FACTOR} times the time', f'{factor:.1f}',
               factor >= RESTART_FACTOR)
        gap, other = step['ahead']['clients']['gap_us'], redis['failover']['clients']['gap_us']
        yield ('sent ahead, clients wait less than for Redis to fail over',
               f'{time_text(gap)}, {time_text(other)}', gap < other)
    for side in ('predecessor', 'successor'):
        more = memory[side + '_peak'] - memory[side]
        yield (f'the {side} takes under {megabytes(MEMORY_MORE)} beside its state', megabytes(more),
               more < MEMORY_MORE)


def _transfer_promises(results):
    step = results['transfer']
    yield (f'a transfer takes at most {INSERT_RATIO} times what inserting takes',
           f'{step["insert_ratio"]:.2f}', step['insert_ratio'] <= INSERT_RATIO)
    factor = 1 / step['protobuf_ratio']
    yield (f'plain protobuf-c takes at least {PROTOBUF_FACTOR} times as long', f'{factor:.2f}',
           factor >= PROTOBUF_FACTOR)


def _ahead_promises(results):
    pauses = [size['ahead']['upgrade']['pause_us'] for size in results['ahead']['sizes']]
    longest = max(pause for size in results['ahead']['sizes']
                  for pause in size['ahead'].get('pauses_us', [size['ahead']['upgrade']['pause_us']]))
    yield (f'sent ahead, each pause is at most {time_text(AHEAD_PAUSE_US)}', time_text(longest),
           longest <= AHEAD_PAUSE_US)
    if len(pauses) > 1:
        factor = max(pauses) / min(pauses)
        yield (f'sent ahead, the longest median pause is at most {AHEAD_FLAT} times the shortest',
               f'{factor:.2f}', factor <= AHEAD_FLAT)


def _arena_promises(results):
    sizes = results['arena']['sizes']
    changed = sum(wrong_keys(size['check_after_rehearsal']) for size in sizes)
    yield ('a rehearsal leaves each large value as it was', f'{changed} changed', changed == 0)
    if len(sizes) > 1:
        pauses = [size['upgrade']['pause_us'] for size in sizes]
        yield ('large values change hands with the pause of the small case',
               f'{time_text(min(pauses))} to {time_text(max(pauses))}', max(pauses) <= 2 * min(pauses))


def _leg_promises(results):
    legs = results['legs']['legs']
    tenth = legs[min(9, len(legs) - 1)]
    for key, name in (('memory', 'memory'), ('shared', 'memory in files')):
        more = legs[-1][key] - tenth[key]
        yield (f'{len(legs)} legs later it takes no more {name} than after {tenth["leg"]}',
               f'{more / (1 << 20):+.1f} of {megabytes(tenth[key])}', more <= LEG_GROWTH)


def _loss_promises(results):
    step = results['loss']
    noticed = wrong_keys(step['check'])
    yield ('with all reports of changes left out, the check finds losses', f'{noticed:,} wrong keys',
           noticed > 0)


def _load_promises(results):
    lines = [line for line in _load_lines(results) if line[1].startswith('kv')]
    failed = sum(int(line[7].replace(',', '')) + int(line[8].replace(',', '')) for line in lines)
    wrong = sum(int(line[9].replace(',', '')) for line in lines)
    if lines:
        yield ('no operation fails, and nobody reconnects', f'{failed}', failed == 0)
        yield ('each acknowledged write is there afterwards, and nothing else', f'{wrong} wrong',
               wrong == 0)


PROMISES = {'transfer': _transfer_promises, 'pause': _pause_promises, 'ahead': _ahead_promises,
            'arena': _arena_promises, 'legs': _leg_promises, 'loss': _loss_promises}


def promise_table(results):
    made = [line for step, promises in PROMISES.items() if step in results
            for line in promises(results)]
    made += _load_promises(results)
    made += [(f'{step} is measured to its end', reason, False)
             for step, reason in results.get('failed', {}).items()]
    return Table('What is promised', ('promise', 'measured', ''),
                 [(promise, measured, 'pass' if holds else 'MISSED') for promise, measured, holds in made])


def tables(results):
    """Those that have something to say."""
    made = (transfer_table(results), load_table(results), throughput_table(results), steady_table(results),
            profile_table(results), promise_table(results))
    return [table for table in made if table.lines]


def _stolen(results):
    """A sentence, or none, of what other guests of the same host took."""
    shares = {name: step['machine']['stolen'] for name, step in results.items()
              if 'stolen' in step.get('machine', {})}
    if not shares or max(shares.values()) < 0.001:
        return ''
    least, most = min(shares, key=shares.get), max(shares, key=shares.get)
    return (f' Of the processors\' time other guests of the same host took {shares[least] * 100:.1f} % ({least}) to '
            f'{shares[most] * 100:.1f} % ({most}).')


def machines(results):
    """Where it was measured: in a line, which names the steps where not all were measured on the same machine."""
    steps = {}
    for name, step in results.items():
        if where := step.get('machine'):
            steps.setdefault(f'{where["cores"]} processors and Linux {where["kernel"]}', []).append(name)
    parts = [where if len(steps) == 1 else f'{where} ({", ".join(names)})' for where, names in steps.items()]
    return f'Measured with {"; with ".join(parts)}.{_stolen(results)}'


def _is_figure(text):
    return not text or text[0].isdigit() or text[0] in '+-'


def as_text(table):
    lines = [table.columns, *table.lines]
    widths = [max(len(line[i]) for line in lines) for i in range(len(table.columns))]
    right = [all(_is_figure(line[i]) for line in table.lines) and i > 0 for i in range(len(widths))]
    shown = ['  '.join(text.rjust(width) if flush else text.ljust(width)
                       for text, width, flush in zip(line, widths, right)).rstrip() for line in lines]
    return '\n'.join([table.title, *('  ' + line for line in shown)]) + '\n'


def as_markdown(table):
    aligned = ['---:' if i > 0 and all(_is_figure(line[i]) for line in table.lines) else '---'
               for i in range(len(table.columns))]
    lines = ['| ' + ' | '.join(line) + ' |' for line in (table.columns, aligned, *table.lines)]
    return '\n'.join([f'**{table.title}**', '', *lines]) + '\n'
