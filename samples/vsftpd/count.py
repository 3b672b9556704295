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


def count(what, tree, lists, points, state_code):
    """A row of the table, of ours."""
    insertions = [insertion for name in lists for insertion in insert.read_insertions(os.path.join(HERE, name))]
    files = {insertion.file for insertion in insertions}
    lines = sum(1 for insertion in insertions for line in insertion.lines if line.strip())
    sources = glob.glob(os.path.join(tree, '*.c'))
    return what, str(len(insertions)), f'{len(files)} of {len(sources)}', str(lines), points, state_code


def ours(tree):
    state_code = sum(code_lines(name) for pattern in ('*.c', '*.h', 'transformers/*.c')
                     for name in glob.glob(os.path.join(HERE, pattern)))
    return (count('here, listener and session', tree, ['insertions.txt'], '2', ''),
            count('here, and the privileged parent', tree, ['insertions.txt', 'parent.txt'], '3', ''),
            count('here, and sandboxes', tree, ['insertions.txt', 'parent.txt', 'sandbox.txt'], '3', str(state_code)))


def table(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ['| ' + ' | '.join(cell.ljust(width) for cell, width in zip(row, widths)) + ' |' for row in rows]
    lines.insert(1, '| ' + ' | '.join('-' * max(width, 3) for width in widths) + ' |')
    return '\n'.join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('tree', help='vsftpd\'s sources, as fetch.py laid them out')
    print(table([HEADINGS, *OTHERS, *ours(parser.parse_args().tree)]))
    return 0


if __name__ == '__main__':
    sys.exit(main())
