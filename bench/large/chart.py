# SPDX-License-Identifier: MIT
"""Charts as SVG, drawn with what Python brings: lines over two axes, and bars.

They have no background, and their colours are readable on light and on dark pages; text follows the reader's
choice of the two where the viewer tells it.
"""
import math
from xml.sax.saxutils import escape, quoteattr

WIDTH, HEIGHT = 760, 430
LEFT, RIGHT, TOP, BOTTOM = 84, 36, 64, 62
COLOURS = ('#3b82c4', '#d9772b', '#3a9a5c', '#a066c8', '#c2484d', '#8a7a2e')
STYLE = '''
  text { font: 13px system-ui, sans-serif; fill: #737373; }
  .title { font-size: 16px; font-weight: 600; }
  .axis { stroke: #808080; stroke-width: 1; }
  .grid { stroke: #808080; stroke-opacity: 0.22; stroke-width: 1; }
  .line { fill: none; stroke-width: 2.2; stroke-linejoin: round; }
  @media (prefers-color-scheme: dark) { text { fill: #b5b5b5; } }
'''


def _element(name, content=None, **attributes):
    words = ''.join(f' {key.rstrip("_").replace("_", "-")}={quoteattr(str(value))}'
                    for key, value in attributes.items())
    return f'<{name}{words}/>' if content is None else f'<{name}{words}>{content}</{name}>'


def _text(x, y, content, anchor='start', **attributes):
    return _element('text', escape(content), x=round(x, 1), y=round(y, 1), text_anchor=anchor, **attributes)


def _page(title, height, parts):
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
            f'height="{height}" role="img" aria-label={quoteattr(title)}>')
    heading = _text(LEFT, 24, title, class_='title')
    return '\n'.join([head, f'<style>{STYLE}</style>', heading, *parts, '</svg>', ''])


def bytes_text(value):
    """A size in the largest unit that gives a whole number."""
    for shift, unit in ((40, 'TiB'), (30, 'GiB'), (20, 'MiB'), (10, 'KiB')):
        if value >= 1 << shift:
            return f'{value / (1 << shift):g} {unit}'
    return f'{value:g} B'


def time_text(microseconds):
    """A duration in the unit that a reader would choose."""
    if microseconds >= 1e6:
        return f'{microseconds / 1e6:.3g} s'
    if microseconds >= 1e3:
        return f'{microseconds / 1e3:.3g} ms'
    return f'{microseconds:.3g} µs'


class Axis:
    """Values to places. `base` is that of its logarithm; 0: it is linear."""

    def __init__(self, label, base=0, text=None, least=None, most=None):
        self.label, self.base = label, base
        self.text = text or (lambda value: f'{value:g}')
        self.least, self.most = least, most

    def fit(self, values):
        """Takes in all values, and ends at a tick where the scale is a logarithm."""
        values = [value for value in values if not self.base or value > 0]
        if not values:
            values = [1]
        least = min(values) if self.least is None else self.least
        most = max(values) if self.most is None else self.most
        if self.base:
            least = self.base ** math.floor(math.log(least, self.base) + 1e-9)
            most = self.base ** math.ceil(math.log(most, self.base) - 1e-9)
        if most <= least:
            most = least * self.base if self.base else least + 1
        self.least, self.most = least, most

    def share(self, value):
        """Where on the axis a value is, 0 to 1."""
        if self.base:
            value = max(value, self.least)
            return math.log(value / self.least) / math.log(self.most / self.least)
        return (value - self.least) / (self.most - self.least)

    def ticks(self):
        if self.base:
            count = round(math.log(self.most / self.least, self.base))
            step = max(1, math.ceil(count / 8))
            return [self.least * self.base ** i for i in range(0, count + 1, step)]
        rough = (self.most - self.least) / 6
        unit = 10 ** math.floor(math.log10(rough))
        step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough)
        first = math.ceil(self.least / step)
        return [i * step for i in range(first, math.floor(self.most / step + 1e-9) + 1)]


class Lines:
    """A chart of series: each a name and points. A line has a gap where a point's y is None."""

    def __init__(self, title, x, y):
        self.title, self.x, self.y = title, x, y
        self.series = []

    def add(self, name, points, marks=True):
        if any(y is not None for _, y in points):
            self.series.append((name, sorted(points), marks))

    def _known(self):
        return [point for _, points, _ in self.series for point in points if point[1] is not None]

    def _place(self, point):
        return (LEFT + self.x.share(point[0]) * (WIDTH - LEFT - RIGHT),
                HEIGHT - BOTTOM - self.y.share(point[1]) * (HEIGHT - TOP - BOTTOM))

    def _frame(self):
        bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
        for value in self.x.ticks():
            at = self._place((value, self.y.least))[0]
            yield _element('line', x1=round(at, 1), x2=round(at, 1), y1=TOP, y2=bottom, class_='grid')
            yield _text(at, bottom + 19, self.x.text(value), 'middle')
        for value in self.y.ticks():
            at = self._place((self.x.least, value))[1]
            yield _element('line', x1=LEFT, x2=right, y1=round(at, 1), y2=round(at, 1), class_='grid')
            yield _text(LEFT - 9, at + 4.5, self.y.text(value), 'end')
        yield _element('path', d=f'M{LEFT} {TOP}V{bottom}H{right}', class_='axis', fill='none')
        yield _text((LEFT + right) / 2, HEIGHT - 14, self.x.label, 'middle')
        yield _text(LEFT, 44, self.y.label)

    def _draw(self, number):
        name, points, marks = self.series[number]
        colour = COLOURS[number % len(COLOURS)]
        path, command = '', 'M'
        for point in points:
            if point[1] is None:
                command = 'M'
                continue
            x, y = self._place(point)
            path += f'{command}{x:.1f} {y:.1f}'
            command = 'L'
            if marks:
                tip = _element('title', escape(f'{name}: {self.x.text(point[0])}, {self.y.text(point[1])}'))
                yield _element('circle', tip, cx=round(x, 1), cy=round(y, 1), r=4, fill=colour)
        yield _element('path', d=path, class_='line', stroke=colour)

    def _legend(self):
        """Below the chart, one name a line."""
        for number, (name, _, _) in enumerate(self.series):
            y = HEIGHT + 8 + 20 * number
            colour = COLOURS[number % len(COLOURS)]
            yield _element('rect', x=LEFT, y=y - 10, width=22, height=5, rx=2, fill=colour)
            yield _text(LEFT + 30, y - 3, name)

    def svg(self):
        self.x.fit([x for x, _ in self._known()])
        self.y.fit([y for _, y in self._known()])
        parts = list(self._frame())
        for number in range(len(self.series)):
            parts.extend(self._draw(number))
        parts.extend(self._legend())
        return _page(self.title, HEIGHT + 20 * len(self.series) + 10, parts)


def bars(title, values, text=time_text):
    """A horizontal bar for each name, with its value beside it."""
    room, row = WIDTH - RIGHT - LEFT - 90, 46
    most = max((value for _, value in values), default=1)
    parts = []
    for number, (name, value) in enumerate(values):
        y = 44 + number * row
        length = max(1, value / most * room)
        parts.append(_text(LEFT, y + 12, name))
        parts.append(_element('rect', x=LEFT, y=y + 18, width=round(length, 1), height=14, rx=2,
                              fill=COLOURS[0]))
        parts.append(_text(LEFT + length + 8, y + 30, text(value)))
    return _page(title, 56 + row * len(values), parts)
