# SPDX-License-Identifier: MIT
"""Finds places in C source by names alone: a function, the statement in it that calls another, its loop.

This is no parser of C. It blanks out what is no code (comments, strings, preprocessor lines), counts braces
and parentheses, and refuses whatever it is not sure of. So a place is described without a line of the
program's text, and holds as long as the program keeps its names."""
import re

# What a place cannot come after: the statement behind it would no longer be the one that they govern.
GOVERNING = ('if', 'while', 'for', 'switch')

NOWHERE = 'nowhere'

NO_CODE = re.compile(
    r'/\*.*?\*/'                              # a comment
    r'|//[^\n]*'
    r'|"(?:\\.|[^"\\\n])*"'                   # a string
    r"|'(?:\\.|[^'\\\n])*'"                   # a character
    r'|^[ \t]*\#(?:\\\n|/\*.*?\*/|[^\n])*',   # a line of the preprocessor, and those that continue it
    re.DOTALL | re.MULTILINE)


class PlaceError(Exception):
    """Why a place was not found: a sentence without its subject, 'occurs twice'."""


def blank(text):
    """The text with all that is no code turned into blanks: offsets stay what they were."""
    return NO_CODE.sub(lambda match: re.sub(r'[^\n]', ' ', match.group()), text)


class Source:
    """The text of a file, and where in it things are."""

    def __init__(self, text):
        self.text = text
        self.code = blank(text)
        self._depths = self._count_depths()

    def _count_depths(self):
        """For each character, how many braces and parentheses are open before it."""
        braces = parentheses = 0
        depths = []
        for character in self.code:
            if character == '}':
                braces -= 1
            elif character == ')':
                parentheses -= 1
            depths.append((braces, parentheses))
            if character == '{':
                braces += 1
            elif character == '(':
                parentheses += 1
        return depths

    def _closing(self, offset):
        """Where what is opened at `offset` is closed."""
        depth = self._depths[offset]
        closing = {'{': '}', '(': ')'}[self.code[offset]]
        for end in range(offset + 1, len(self.code)):
            if self.code[end] == closing and self._depths[end] == depth:
                return end
        raise PlaceError('has a brace or parenthesis that is never closed')

    def in_function(self, name, find):
        """What `find` finds in a function's body; in one of them, where there are several."""
        found, absent = [], None
        for body in self.functions(name):
            try:
                found.append(find(body))
            except PlaceError as error:
                if not str(error).endswith(NOWHERE):
                    raise
                absent = error
        if not found and absent:
            raise absent
        return self._only(found, f'the function {name} is defined')

    def functions(self, name):
        """The offsets of the braces around the body of each function of that name."""
        found = []
        for match in re.finditer(rf'\b{re.escape(name)}\s*\(', self.code):
            if self._depths[match.start()] != (0, 0):
                continue
            end = self._closing(match.end() - 1)
            body = re.match(r'\s*\{', self.code[end + 1:])
            if body:
                start = end + body.end()
                found.append((start, self._closing(start)))
        return found

    @staticmethod
    def _only(found, what):
        if len(found) != 1:
            times = {0: NOWHERE, 2: 'twice'}.get(len(found), f'{len(found)} times')
            raise PlaceError(f'{what} {times}')
        return found[0]

    def statement(self, body, pattern, what):
        """The offsets of the start of the one statement in which `pattern` is, and of what is behind it."""
        found = {self._statement_start(body, match.start())
                 for match in re.finditer(pattern, self.code[:body[1]])
                 if match.start() > body[0]}
        start = self._only(sorted(found), what)
        return start, self._statement_end(start)

    def call(self, body, name, argument):
        """The statement that calls `name`; with `argument`, a name among its arguments, if not None."""
        within = rf'[^;{{}}]*?\b{re.escape(argument)}\b' if argument else ''
        what = f'{name}() is called' + (f' with {argument}' if argument else '')
        return self.statement(body, rf'\b{re.escape(name)}\s*\({within}', what)

    def use(self, body, name):
        """The statement in which `name` is."""
        return self.statement(body, rf'\b{re.escape(name)}\b', f'{name} is used')

    def loop(self, body):
        """The one loop that is in no other block of the function."""
        found = [match.start() for match in re.finditer(r'\b(?:while|for|do)\b', self.code[:body[1]])
                 if match.start() > body[0] and
                 self._depths[match.start()] == (self._depths[body[0]][0] + 1, 0)]
        return self._only(found, 'a loop in no other block is there')

    def _statement_start(self, body, offset):
        """Where the statement begins that `offset` is in; it must be one of a block's."""
        before = offset
        while before > body[0] and not self._separates(body, before):
            if self.code[before] == ')' and self._governs(before):
                raise PlaceError('is a statement that an "if" or a loop governs without braces')
            before -= 1
        start = before + 1 + re.match(r'\s*', self.code[before + 1:]).end()
        if re.match(r'(?:else|do)\b', self.code[start:]):
            raise PlaceError('is a statement that an "else" or a loop governs without braces')
        return start

    def _separates(self, body, offset):
        """Whether a statement may begin behind the character there."""
        if self._depths[offset][1] != 0 or self.code[offset] not in ';{}:':
            return False
        if self.code[offset] != ':':
            return True
        label = re.split(r'[;{}]', self.code[body[0] + 1:offset])[-1]
        return '?' not in label

    def _governs(self, closing):
        """Whether the parenthesis that closes at `closing` is that of an "if" or a loop, outside of others."""
        if self._depths[closing][1] != 0:
            return False
        opening = closing - 1
        while not (self.code[opening] == '(' and self._depths[opening] == self._depths[closing]):
            opening -= 1
        words = re.findall(r'\w+\s*$', self.code[:opening])
        return bool(words) and words[0].strip() in GOVERNING

    def _statement_end(self, start):
        """What is behind a simple statement; None if it is one with a block."""
        for end in range(start, len(self.code)):
            if self.code[end] == '{':
                return None
            if self.code[end] == ';' and self._depths[end][1] == 0:
                return end + 1
        raise PlaceError('is a statement that does not end')
