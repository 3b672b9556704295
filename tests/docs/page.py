# SPDX-License-Identifier: MIT
"""Reads a page of the documentation: its blocks of code, tables, links and code spans.

A block of code says in its first line what it is for:

    ```c tally_v1.c                 a file; blocks of one name are its parts, in order
    ```diff tally_v1.c tally_v2.c   how the second file is made of the first
    ```c from samples/a/b.c         lines that the named file of the tree has, in this order
    ```sh run                       commands that a test runs
    ```console run                  commands, each with what it prints
"""
import os
import re

SOURCE = os.environ.get('EKIDEN_SOURCE') or os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Block:
    def __init__(self, words, lines, number):
        self.language = words[0] if words else ''
        self.words = words[1:]
        self.lines = lines
        self.number = number  # of its first line in the page

    @property
    def text(self):
        return '\n'.join(self.lines) + '\n'


class Page:
    def __init__(self, name):
        self.name = name
        self.folder = os.path.dirname(name)
        self.lines = read(name).split('\n')
        self.blocks = []
        self.prose = []  # the lines outside blocks; '' in their place
        self._split()

    def _split(self):
        inside = None
        for number, line in enumerate(self.lines, 1):
            if inside is None and line.startswith('```'):
                inside = Block(line[3:].split(), [], number + 1)
                self.blocks.append(inside)
                self.prose.append('')
            elif inside is not None:
                if line == '```':
                    inside = None
                else:
                    inside.lines.append(line)
                self.prose.append('')
            else:
                self.prose.append(line)
        if inside is not None:
            raise ValueError(f'{self.name}: the block at line {inside.number} has no end')

    @property
    def text(self):
        return '\n'.join(self.prose)

    def of(self, language, *words):
        """The blocks of a language whose first line begins with these words."""
        return [block for block in self.blocks
                if block.language == language and block.words[:len(words)] == list(words)]

    def links(self):
        """Pairs of text and target, of all inline links."""
        return re.findall(r'\[((?:[^\[\]]|`[^`]*`)*)\]\(([^()\s]+)\)', self.text)

    def spans(self):
        """What stands in `code`."""
        return re.findall(r'`([^`]+)`', self.text)

    def anchors(self):
        """The fragments that its headings can be linked to by."""
        return {anchor(line.lstrip('#')) for line in self.prose if re.match(r'#+ ', line)}

    def _extent(self, heading):
        """From the line below a heading to the next heading of its rank."""
        start = next((i for i, line in enumerate(self.prose)
                      if re.fullmatch(r'#+ ' + re.escape(heading), line)), None)
        if start is None:
            raise ValueError(f'{self.name} has no heading "{heading}"')
        rank = len(self.prose[start]) - len(self.prose[start].lstrip('#'))
        end = next((i for i in range(start + 1, len(self.prose))
                    if re.match(r'#{1,%d} ' % rank, self.prose[i])), len(self.prose))
        return start + 1, end

    def section(self, heading):
        """The lines of prose below a heading."""
        start, end = self._extent(heading)
        return self.prose[start:end]

    def blocks_below(self, heading):
        start, end = self._extent(heading)
        return [block for block in self.blocks if start < block.number <= end]

    def table(self, heading):
        """The rows of the first table below a heading, without its head."""
        rows = []
        for line in self.section(heading):
            if line.startswith('|'):
                rows.append([cell.strip().replace('\\|', '|')
                             for cell in re.split(r'(?<!\\)\|', line)[1:-1]])
            elif rows:
                break
        return rows[2:]

    def write(self, made):
        """Writes the page with other lines in some of its blocks: those by the numbers of the old ones."""
        lines, number = [], 0
        while number < len(self.lines):
            lines.append(self.lines[number])
            number += 1
            block = next((block for block in self.blocks if block.number == number + 1), None)
            if block and number + 1 in made:
                lines += made[number + 1]
                number += len(block.lines)
        with open(path(self.name), 'w', encoding='utf-8') as file:
            file.write('\n'.join(lines))


def anchor(heading):
    """The fragment of a heading, as the usual renderers make it."""
    plain = re.sub(r'\[([^\]]*)\]\([^)]*\)', r'\1', heading).strip().lower()
    return re.sub(r'[^\w\- ]', '', plain).replace(' ', '-')


def path(name):
    return os.path.join(SOURCE, name)


def read(name):
    with open(path(name), encoding='utf-8') as file:
        return file.read()


def pages():
    """The names of all pages in the tree that are ours to keep right."""
    found = ['README.md']
    for folder in ('docs', 'samples'):
        for where, _, names in os.walk(path(folder)):
            found += [os.path.relpath(os.path.join(where, name), SOURCE)
                      for name in names if name.endswith('.md')]
    return sorted(found)
