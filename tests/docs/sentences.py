# SPDX-License-Identifier: MIT
"""Finds the sentences that the C sources can say, and tells whether a text is one of them."""
import os
import re

LITERAL = r'"(?:[^"\\]|\\.)*"'
# Literals that stand side by side are one; a macro between them is a literal, too.
TEXT = re.compile(rf'{LITERAL}(?:\s*(?:[A-Z][A-Z0-9_]+\s*(?={LITERAL}))?{LITERAL})*')
CONVERSION = re.compile(r'%(?:%|[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+))?(?:hh|h|ll|l|z|j|t)?[diouxXfgscp])')


def _unescape(literal):
    return re.sub(r'\\(.)', lambda m: {'n': '\n', 't': '\t'}.get(m.group(1), m.group(1)), literal)


def _join(text):
    """The value of adjacent literals; a macro between them can be anything, as %s can."""
    parts = re.findall(rf'{LITERAL}|[A-Z][A-Z0-9_]+', text)
    return ''.join(_unescape(part[1:-1]) if part.startswith('"') else '%s' for part in parts)


def sentences_of(folder, call=r'\b\w+\('):
    """The first text in each call of a function, over all C sources below a folder."""
    found = []
    for where, _, names in os.walk(folder):
        for name in sorted(names):
            if name.endswith('.c'):
                with open(os.path.join(where, name), encoding='utf-8') as file:
                    found += _in_source(file.read(), call)
    return found


def _in_source(source, call):
    source = re.sub(r'/\*.*?\*/', '', source, flags=re.S)
    for start in re.finditer(call, source):
        # Up to the end of the statement; a call that has no text before it has none.
        text = TEXT.search(source, start.end())
        end = re.compile(r';\s*$', re.M).search(source, start.end())
        if text and end and text.start() < end.start():
            yield _join(text.group())


def pattern(sentence):
    """What the sentence, a printf format, can become."""
    parts = CONVERSION.split(sentence)
    return re.compile('.*?'.join(re.escape(part) for part in parts) + r'(: .+)?', re.S)
