#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts what it takes to make vsftpd upgradable, and prints it beside what others have told of theirs."""
import argparse
import glob
import os
import re
import sys

import insert

HERE = os.path.dirname(os.path.abspath(__file__))

# From the paper (Hayden, Smith, Hicks, Foster: State Transfer for Clear and Efficient Runtime Updates) and from Kitsune's
# sources. What is not known is left out.
OTHERS = (
    ('Ekiden, the paper', '16', '3 of 30', '', '2', ''),
    ('Kitsune', '', '', '162 to 181', '5', '107 to 194'),
)
HEADINGS = ('', 'places', 'files', 'lines in them', 'update points', 'lines of state code')


def code_lines(name, comment=r'/\*.*?\*/'):
    """Lines of a file that are neither blank nor comments."""
    with open(name, encoding='utf-8') as file:
        text = re.sub(comment, '', file.read(), flags=re.DOTALL)
    return sum(1 for line in text.splitlines() if line.strip())


def count(tree):
    """Our row of the table."""
    insertions = insert.read_insertions(os.path.join(HERE, 'insertions.txt'))
    sources = glob.glob(os.path.join(tree, '*.c'))
    points = sum(len(re.findall(r'\bekiden_update_point\(', open(name, encoding='utf-8').read()))
                 for name in glob.glob(os.path.join(HERE, '*.c')))
    state_code = sum(code_lines(name) for pattern in ('*.c', '*.h', 'transformers/*.c')
                     for name in glob.glob(os.path.join(HERE, pattern)))
    return ('here', str(len(insertions)), f'{len({i.file for i in insertions})} of {len(sources)}',
            str(sum(1 for i in insertions for line in i.lines if line.strip())), str(points), str(state_code))


def table(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ['| ' + ' | '.join(cell.ljust(width) for cell, width in zip(row, widths)) + ' |' for row in rows]
    lines.insert(1, '| ' + ' | '.join('-' * max(width, 3) for width in widths) + ' |')
    return '\n'.join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('tree', help='vsftpd\'s sources, as fetch.py laid them out')
    print(table([HEADINGS, *OTHERS, count(parser.parse_args().tree)]))
    return 0


if __name__ == '__main__':
    sys.exit(main())
