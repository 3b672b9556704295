# SPDX-License-Identifier: MIT
"""Reads the functions that the public headers declare, and those of a manual's synopsis."""
import os
import re

from page import path, read

HEADERS = ('runtime/include/ekiden', 'transformers/include/ekiden')


def _tidy(text):
    """One way of writing a type: single spaces, the star at the name."""
    text = re.sub(r'\s+', ' ', text).strip()
    return re.sub(r' ?\* ?', ' *', text).replace('* *', '**').replace('( ', '(').strip()


def _arguments(text):
    """Splits a parameter list at its outer commas."""
    parts, depth = [''], 0
    for character in text:
        depth += {'(': 1, ')': -1}.get(character, 0)
        if character == ',' and depth == 0:
            parts.append('')
        else:
            parts[-1] += character
    return [_tidy(part) for part in parts]


def of_headers():
    """name → (header, return type, parameters)"""
    found = {}
    for folder in HEADERS:
        for name in sorted(os.listdir(path(folder))):
            source = re.sub(r'/\*.*?\*/|^#(?:[^\n]*\\\n)*[^\n]*', '', read(f'{folder}/{name}'), flags=re.S | re.M)
            source = re.sub(r'__attribute__\(\(format\([^)]*\)\)\)', '', source)
            if name in ('codec.h', 'native_codec.h'):  # what is inlined into generated code is no function of a program
                source = re.sub(r'^(static inline|EKIDEN_CODEC_INLINE) ', '# ', source, flags=re.M)
            pattern = r'^(?:static inline )?((?:const )?[\w]+(?: \w+)*[ *]+)(ekiden_\w+)\(((?:[^;{}])*)\)\s*[;{]'
            for result, function, parameters in re.findall(pattern, source, re.M):
                found[function] = (f'ekiden/{name}', _tidy(result), _arguments(parameters))
    return found


def of_manual(name):
    """name → (header, return type, parameters), of the SYNOPSIS; a name that it has twice is an error."""
    found, header, result, open_function = {}, None, None, None
    for line in read(name).split('\n'):
        words = re.findall(r'"([^"]*)"|(\S+)', line)
        words = [quoted or plain for quoted, plain in words]
        if not words:
            continue
        if words[0] == '.In':
            header = words[1]
        elif words[0] == '.Ft':
            result = _tidy(' '.join(words[1:]))
        elif words[0] == '.Fo':
            open_function = words[1]
            _add(found, open_function, header, result)
        elif words[0] == '.Fa' and open_function:
            found[open_function][2].append(_tidy(' '.join(words[1:])))
        elif words[0] == '.Fc':
            open_function = None
        elif words[0] == '.Fn' and result:
            _add(found, words[1], header, result)
            found[words[1]][2].extend(_tidy(word) for word in words[2:])
        elif words[0] == '.Sh' and words[1:] == ['DESCRIPTION']:
            break
    return found


def _add(found, function, header, result):
    if function in found:
        raise ValueError(f'{function} is in the synopsis twice')
    found[function] = (header, result, [])
