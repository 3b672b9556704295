#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the results of large.py, and puts their figures into a page.

    plots.py RESULTS.json FOLDER [PAGE.md]

What is drawn is kept beside the plots, so that they can be drawn again.
"""
import json
import math
import os
import sys

from chart import Axis, Lines, bars, bytes_text, time_text
from figures import as_markdown, machines, tables

BEGIN, END = '<!-- figures: ./run bench plots -->', '<!-- end of figures -->'
BEFORE_S, LEAST_AFTER_S, MOST_AFTER_S = 3, 7, 60  # around the moment at which an upgrade was asked for


def pause_against_size(results):
    chart = Lines('How long nobody serves, against the size of the state',
                  Axis('state', 2, bytes_text), Axis('pause', 10, time_text))
    sizes = results.get('ahead', {}).get('sizes', [])
    for kind, name in (('pause', 'kv, all in the pause'), ('ahead', 'kv, sent ahead')):
        chart.add(name, [(size['bytes'], size[kind]['upgrade']['pause_us']) for size in sizes])
    chart.add('kv, values in an arena', [(size['bytes'], size['upgrade']['pause_us'])
                                         for size in results.get('arena', {}).get('sizes', [])])
    redis = results.get('redis')
    if redis:
        size = redis['keys'] * (redis['value_bytes'] + 34)
        chart.add('Redis, SHUTDOWN SAVE and restart', [(size, redis['restart']['clients']['gap_us'])])
        chart.add('Redis, replica and FAILOVER', [(size, redis['failover']['clients']['gap_us'])])
    return chart.svg() if chart.series else None


def drawn_runs(results):
    """Those whose latency is drawn over time: name, what clients saw, when the upgrade was asked for."""
    sizes = results.get('ahead', {}).get('sizes', [])
    if sizes:
        largest = max(sizes, key=lambda size: size['bytes'])
        for kind, way in (('pause', 'all in the pause'), ('ahead', 'sent ahead')):
            seen, upgrade = largest[kind]['clients'], largest[kind]['upgrade']
            yield (f'kv with {bytes_text(largest["bytes"])}, {way}', seen,
                   (upgrade['began_ns'] - seen['began_ns']) / 1e3)
    for kind, way in (('restart', 'restart'), ('failover', 'FAILOVER')):
        if 'redis' in results:
            seen = results['redis'][kind]['clients']
            yield f'Redis, {way}', seen, seen['gap_began_us']


def after_s(results):
    """As long as the longest of the upgrades that are drawn, and a little of what comes behind it."""
    sizes = results.get('ahead', {}).get('sizes', [])
    longest_us = max((size[kind]['upgrade']['total_us'] for size in sizes[-1:] for kind in ('pause', 'ahead')),
                     default=0)
    return min(MOST_AFTER_S, max(LEAST_AFTER_S, math.ceil(longest_us / 1e6) + BEFORE_S))


def around(results, seen, moment_us):
    """The slices of time near the moment, each with its distance from it in seconds."""
    last = after_s(results)
    for slice_ in seen['timeline']:
        second = slice_['ms'] / 1e3 - moment_us / 1e6
        if -BEFORE_S <= second <= last:
            yield second, slice_


def latency_over_time(results):
    chart = Lines('How long whoever asks must wait, around an upgrade',
                  Axis('seconds since the upgrade was asked for', least=-BEFORE_S, most=after_s(results)),
                  Axis('longest wait, each 100 ms', 10, time_text))
    for name, seen, moment_us in drawn_runs(results):
        points = [(second, slice_['largest_us']) for second, slice_ in around(results, seen, moment_us)]
        chart.add(name, points, marks=False)
    return chart.svg() if chart.series else None


def without_an_answer(results):
    values = []
    if 'pause' in results:
        step = results['pause']
        values.append(('kv: sent ahead, clients stay connected', step['ahead']['clients']['gap_us']))
        values.append(('kv: all in the pause, clients stay connected', step['clients']['gap_us']))
    if 'redis' in results:
        redis = results['redis']
        values.append(('Redis: a replica takes over, clients reconnect',
                       redis['failover']['clients']['gap_us']))
        values.append(('Redis: SHUTDOWN SAVE and restart, clients reconnect',
                       redis['restart']['clients']['gap_us']))
    if not values:
        return None
    keys = results.get('pause', results.get('redis'))['keys']
    return bars(f'How long clients of {keys:,} keys get no answer', values)


PLOTS = {'pause-against-size': pause_against_size, 'latency-over-time': latency_over_time,
         'without-an-answer': without_an_answer}


def without_what_is_not_drawn(results):
    """Timelines are long: of each no more stays than a plot shows."""
    kept = {id(seen): [slice_ for _, slice_ in around(results, seen, moment_us)]
            for _, seen, moment_us in drawn_runs(results)}

    def copied(value):
        if isinstance(value, list):
            return [copied(one) for one in value]
        if not isinstance(value, dict):
            return value
        return {key: kept.get(id(value), []) if key == 'timeline' else copied(one)
                for key, one in value.items()}
    return copied(results)


def put_into_page(path, results):
    with open(path, encoding='utf-8') as file:
        page = file.read()
    head, _, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not end:
        raise SystemExit(f'plots: {path} has no place for figures')
    with open(path, 'w', encoding='utf-8') as file:
        parts = [head + BEGIN, machines(results), '', *map(as_markdown, tables(results)), END + tail]
        file.write('\n'.join(parts))


def main():
    if len(sys.argv) not in (3, 4):
        raise SystemExit('usage: plots.py RESULTS.json FOLDER [PAGE.md]')
    with open(sys.argv[1], encoding='utf-8') as file:
        results = json.load(file)
    os.makedirs(sys.argv[2], exist_ok=True)
    for name, draw in PLOTS.items():
        if svg := draw(results):
            with open(os.path.join(sys.argv[2], name + '.svg'), 'w', encoding='utf-8') as file:
                file.write(svg)
            print(f'plots: {name}.svg')
    with open(os.path.join(sys.argv[2], 'large-state.json'), 'w', encoding='utf-8') as file:
        json.dump(without_what_is_not_drawn(results), file, separators=(',', ':'))
        file.write('\n')
    if len(sys.argv) == 4:
        put_into_page(sys.argv[3], results)


if __name__ == '__main__':
    main()
