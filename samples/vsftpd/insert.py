#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Puts lines of ours into a copy of a program's sources, and changes nothing else.

A file of insertions has one block for each place: a line that says where, and the lines to put there, each
behind four blanks.

    # a comment
    standalone.c, vsf_standalone_main, before call of vsf_sysutil_accept_timeout
        vsf_upgrade_point("listener");

A place is a file, a function of it and one of
    at start                        ahead of all that is in the function
    before loop                     ahead of its one loop that is in no other block
    before call of NAME             ahead of the statement that calls NAME
    after call of NAME              behind it
    before call of NAME with WORD   the call that has WORD among its arguments
    before use of NAME              ahead of the one statement in which NAME is
or a file and `at end`. It must be there exactly once; of a function that is defined for several machines, in one of
them. No line of the program is written down, so none of it is in our tree, and one file of insertions does for several
versions."""
import argparse
import os
import re
import shutil
import sys

from ctext import PlaceError, Source

BLANKS = '    '  # ahead of each line to insert

PLACES = (
    (re.compile(r'at start$'), lambda source, body, _: body[0] + 1),
    (re.compile(r'before loop$'), lambda source, body, _: source.loop(body)),
    (re.compile(r'(before|after) call of (\w+)(?: with (\w+))?$'),
     lambda source, body, match: beside(match.group(1), source.call(body, *match.group(2, 3)))),
    (re.compile(r'(before) use of (\w+)$'),
     lambda source, body, match: beside(match.group(1), source.use(body, match.group(2)))),
)


class InsertError(Exception):
    """What is wrong with an insertion, and what to do about it."""


class Insertion:
    """A place, and the lines that go there."""

    def __init__(self, where, file, function, place):
        self.where = where  # "insertions.txt:12"
        self.file = file
        self.function = function  # None: the place is the file's end
        self.place = place
        self.lines = []

    def refuse(self, reason):
        place = f'{self.function}(), {self.place}' if self.function else self.place
        raise InsertError(f'{self.where}: in {self.file}, {place}: {reason}; look at that file, and correct '
                          'the place in the file of insertions')

    def offset(self, source):
        """Where in the source the lines go."""
        if self.function is None:
            return len(source.text)
        for pattern, find in PLACES:
            match = pattern.match(self.place)
            if match:
                try:
                    return source.in_function(self.function, lambda body: find(source, body, match))
                except PlaceError as error:
                    self.refuse(str(error))
        return self.refuse('there is no such kind of place')


def beside(side, statement):
    start, end = statement
    if side == 'before':
        return start
    if end is None:
        raise PlaceError('is a statement with a block, and what is behind that is not clear')
    return end


def read_insertions(name):
    """The insertions of a file, in its order."""
    insertions = []
    with open(name, encoding='utf-8') as file:
        for number, line in enumerate(file, 1):
            where = f'{os.path.basename(name)}:{number}'
            if line.startswith(BLANKS):
                if not insertions:
                    raise InsertError(f'{where}: the line goes nowhere; say where in a line before it')
                insertions[-1].lines.append(line[len(BLANKS):].rstrip('\n'))
            elif line.strip() and not line.startswith('#'):
                insertions.append(read_place(where, line.strip()))
    for insertion in insertions:
        if not insertion.lines:
            insertion.refuse('there is nothing to insert')
    return insertions


def read_place(where, text):
    words = [word.strip() for word in text.split(',')]
    if len(words) == 2 and words[1] == 'at end':
        return Insertion(where, words[0], None, words[1])
    if len(words) != 3:
        raise InsertError(f'{where}: "{text}" is no place; write FILE, FUNCTION, PLACE or FILE, at end')
    return Insertion(where, *words)


def insert(text, insertions):
    """The text with the lines of all insertions in it."""
    source = Source(text)
    placed = []
    for insertion in insertions:
        offset = insertion.offset(source)
        line_start = text.rfind('\n', 0, offset) + 1
        is_line = text[line_start:offset].strip() == ''
        placed.append((line_start if is_line else offset, is_line, insertion.lines))
    # From the last to the first, so that the offsets before stay right; of two at one place, too.
    for offset, is_line, lines in sorted(reversed(placed), key=lambda item: item[0], reverse=True):
        before, behind = text[:offset], text[offset:]
        begins = '' if is_line else '\n'
        ends = '' if behind.startswith('\n') and not is_line else '\n'
        text = before + begins + '\n'.join(lines) + ends + behind
    return text


def apply(insertions, tree):
    """Edits the files of a tree; none is written if one insertion finds no place."""
    texts = {}
    for file in dict.fromkeys(insertion.file for insertion in insertions):
        own = [insertion for insertion in insertions if insertion.file == file]
        try:
            with open(os.path.join(tree, file), encoding='utf-8', errors='surrogateescape') as source:
                texts[file] = insert(source.read(), own)
        except FileNotFoundError:
            own[0].refuse('the file is not there')
    for file, text in texts.items():
        with open(os.path.join(tree, file), 'w', encoding='utf-8', errors='surrogateescape') as output:
            output.write(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('insertions', help='the file of insertions')
    parser.add_argument('source', help='folder of the program\'s sources; it is only read')
    parser.add_argument('destination', help='folder that the edited copy goes into; what is there is replaced')
    arguments = parser.parse_args()
    try:
        insertions = read_insertions(arguments.insertions)
        shutil.rmtree(arguments.destination, ignore_errors=True)
        shutil.copytree(arguments.source, arguments.destination)
        apply(insertions, arguments.destination)
    except (InsertError, OSError) as error:
        print(f'insert: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
