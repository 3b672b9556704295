#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes inputs to begin with for each fuzz target, corpus/TARGET/seed-*: tests/fuzz/seeds.py BUILD

What a sound peer says, in protobuf's text format where it is short; the frozen captures, the samples'
lock files and the golden schemas for the rest. BUILD has the generated code, with its fingerprints."""
import glob
import os
import re
import struct
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CORPUS = os.path.join(ROOT, 'tests', 'fuzz', 'corpus')
BUILD = sys.argv[1]
INCLUDES = ['-I' + ROOT + '/idl', '-I' + ROOT + '/tests/transformers/schema',
            '-I' + ROOT + '/tests/property', '-I' + ROOT + '/tests/codec',
            '-I' + ROOT + '/tests/fuzz',
            '-I' + ROOT + '/tests/ahead/program',
            '-I' + ROOT + '/tests/inspect/schema', '-I' + ROOT + '/tests/wire', '-I' + ROOT + '/tests/codegen/golden', '-I/usr/include']
SMALL = 6000  # bytes of a frozen file that is worth a seed


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def frame_kinds():
    with open(ROOT + '/idl/ekiden/handover.proto', encoding='utf-8') as file:
        block = re.search(r'enum FrameKind \{(.*?)\n\}', file.read(), re.S).group(1)
    return {name: int(number) for name, number in re.findall(r'(\w+) = (\d+);', block)}


KINDS = frame_kinds()
TREE_TAG = bytes([7 << 3 | 2])  # of orchard.v1.Tree in OBJECTS: one more than its place


def frame(kind, payload=b''):
    header = struct.pack('<IHH', len(payload), KINDS[kind], 0)
    return header + struct.pack('<I', crc32c(header + payload)) + payload


def encode(file, message, text):
    return subprocess.run(['protoc', *INCLUDES, '--encode=' + message, file], input=text.encode(),
                          stdout=subprocess.PIPE, check=True).stdout


def say(kind, text, message=None, file='ekiden/handover.proto'):
    return frame(kind, encode(file, 'ekiden.' + (message or kind.capitalize()), text))


def varint(value):
    out = b''
    while value >= 0x80:
        out += bytes([value & 0x7f | 0x80])
        value >>= 7
    return out + bytes([value])


def batch(records):
    return frame('BATCH', b''.join(varint(len(record)) + record for record in records))


def item(name, records, stream=True, descriptors=0, message='', objects=b''):
    out = say('ITEM', f'item: "{name}"' + f' stream: {str(stream).lower()}'
              + (f' message: "{message}"' if message else ''))
    if descriptors:
        flags = ''.join('\\%d' % (i % 2) for i in range(descriptors))
        out += say('DESCRIPTORS', f'close_on_exec: "{flags}"'
                   + (' described: "a file"' * descriptors if message else ''))
    out += batch(records)
    size = sum(map(len, records))
    if objects:
        out += frame('OBJECTS', TREE_TAG + varint(len(objects)) + objects)
        size += len(objects)
    return out + say('END', f'records: {len(records)} bytes: {size} descriptors: {descriptors}'
                     + (' objects: 1' if objects else ''))


def fingerprint(path):
    with open(os.path.join(BUILD, path), encoding='utf-8') as file:
        found = re.search(r'\.fingerprint = \{([^}]*)\}', file.read()[::1].rsplit('ekiden_schema', 1)[1])
    return ''.join('\\x' + byte for byte in re.findall(r'0x(\w\w)', found.group(1)))


def garden(message, text):
    return encode('garden_v1.proto', 'garden.v1.' + message, text)


def orchard(message, text):
    return encode('orchard_v1.proto', 'orchard.v1.' + message, text)


def records():
    gardeners = item('gardeners', [garden('Gardener', f'name: "g{i}" number: {i} badge: {i}')
                                   for i in range(3)], descriptors=2)
    beds = item('beds', [
        garden('Bed', 'id: 1 name: "a" depth: -3 sunny: true acid: 1.5 colour: RED note: "n" '
                      'straw: 4 plants { name: "rose" colour: RED graft { name: "x" } } tap: 1 '
                      'kind: 7 left: 3 gardener: "g1"'),
        garden('Bed', 'id: 2 leaves: "green" tap: 2 right: 9'),
        garden('Bed', '')], descriptors=2)
    shed = item('shed', [garden('Shed', 'best { object: 2 weight: 3 spare { object: 4 } } '
                                        'tools { object: 2 } tools { object: 6 weight: 1 }')], False)
    value = item('motto', [encode('ekiden/handover.proto', 'ekiden.Value', 'text: "dig"')], False)
    total = item('total', [encode('ekiden/handover.proto', 'ekiden.Value', 'natural: 77')], False)
    # The tagged items in their order; what beds look up comes ahead of them.
    yield 'all', gardeners + gardeners + beds + shed + value + total
    yield 'absent', gardeners + say('ABSENT', 'item: "gardeners"') + say('ABSENT', 'item: "beds"') \
        + shed + say('ABSENT', 'item: "motto"') + total
    yield 'refused', say('REFUSAL', 'code: -5 phase: 5 item: "beds" sentence: "it is full"')
    yield 'bad', item('gardeners', [garden('Gardener', 'number: 666 badge: 1')], descriptors=1)


def objects_stream(for_file=False):
    tree = orchard('Tree', 'identity: 2 kind: PEAR left: {identity: 2} name: "t" juice: "j" '
                           'label: "l" place { x: 1 y: 2 } rings: 1.5 readings: [1, 2, 3, 4]')
    items = (
        ('shed', 'Shed', 'trees { identity: 2 } trees { identity: 0 } numbers { tiny: 3 is_set: true }', True),
        ('farmers', 'Farmer', 'identity: 4 id: 9 trees { identity: 2 } friends { identity: 4 }',
         for_file),
        ('orchard', 'Orchard', 'identity: 7 first { identity: 2 } self { identity: 7 } '
                               'mother { kind: APPLE core { x: 3 } }', for_file),
        ('notes', 'Note', 'title: "x" body: "y" places { x: 1 }', False))
    for name, message, text, has_tree in items:
        yield item(name, [orchard(message, text)], stream=name in ('farmers', 'notes'),
                   message='orchard.v1.' + message if for_file else '',
                   objects=tree if has_tree else b'')


def offer(more=''):
    return say('OFFER', 'protocol: 1 program: "orchard" schema { version: 1 fingerprint: "'
               + fingerprint('tests/property/orchard_v1.ekiden.c')
               + '" } umask: 18 leg: 3 pause_ms: 1000 transfer_ms: 1000 commit_ms: 1000 '
                 'lineage { number: 3 version: 1 since: 5 pid: 7 } token: "0123456789abcdef" ' + more)


def successor():
    paused = say('PAUSED', 'update_point: "loop" stopped_ns: 7')
    yield 'all', offer() + paused + b''.join(objects_stream()) + frame('COMMIT')
    yield 'dismissed', offer('rehearse: true verify: true') + paused + b''.join(objects_stream()) + frame('DISMISS')
    # Answers that come ahead of their PULLs; one that is not pulled, and one that is declined.
    foretold = offer(' '.join(f'tagged: "{name}"' for name in ('shed', 'farmers', 'orchard', 'notes')))
    yield 'early', foretold + paused + b''.join(objects_stream()) + frame('COMMIT')
    shed, *others = objects_stream()
    yield 'early-declined', foretold + paused + shed + say('DECLINED', 'item: "farmers"') \
        + b''.join(others) + frame('COMMIT')
    unpulled = item('motto', [encode('ekiden/handover.proto', 'ekiden.Value', 'text: "dig"')], False)
    yield 'early-unpulled', offer('tagged: "shed" tagged: "motto" tagged: "farmers"') + paused + shed \
        + unpulled + b''.join(others) + frame('COMMIT')
    yield 'refused', offer() + say('REFUSAL', 'code: -3 sentence: "no"')
    yield 'absent', offer() + paused + b''.join(
        say('ABSENT', f'item: "{name}"') for name in ('shed', 'farmers', 'orchard', 'notes')) \
        + frame('COMMIT')


def predecessor():
    hello = say('HELLO', 'protocol: 1 program: "garden" version: 2 known { version: 1 fingerprint: "'
                + fingerprint('tests/transformers/schema/garden_v1.ekiden.c') + '" } chain: [1, 2] token: "0123456789abcdef"')
    wanted = {'gardeners': 'garden.v1.Gardener', 'beds': 'garden.v1.Bed', 'motto': 'ekiden.Value',
              'shed': 'orchard.v1.Shed', 'farmers': 'orchard.v1.Farmer', 'notes': 'orchard.v1.Note',
              'orchard': 'orchard.v1.Orchard', 'nothing': 'garden.v1.Bed'}
    pulls = b''
    for name, message in wanted.items():
        pulls += say('PULL', f'item: "{name}" message: "{message}"')
        if name == 'beds':
            pulls += frame('RECEIVED')
    ready = say('READY', 'update_point: "loop" peak_bytes: 5 items { item: "beds" records: 3 }')
    yield 'all', hello + frame('WARM') + pulls + ready + say('TAKEN', 'pid: 1')
    yield 'refused', hello + frame('WARM') + say('REFUSAL', 'code: -9 item: "beds" sentence: "no"')
    rehearsing = frame('HELLO', hello[12:] + b'\x38\x01\x40\x01')  # rehearse, verify
    odd = say('PULL', 'item: "' + r'nothing\033[2J' + 'é' * 60 + '" message: "garden.v1.Bed"')
    yield 'gone', hello + frame('WARM') + odd  # the peer's own words, then, tell in what
    yield 'leaving', rehearsing + frame('WARM') + ready + frame('LEAVING')


def shelf(message, text):
    return encode('shelf_v1.proto', 'shelf.v1.' + message, text)


SHELF_ID = 'version: 1 fingerprint: "'
LEDGER = 'random: 5 changes: 3 legs: 1'


def portion(records, gone, end, number=0, total=None):
    """Of books, with PASS or END; their counts, which END adds up."""
    out = say('ITEM', 'item: "books" stream: true count: 3') if number == 0 else \
        say('ITEM', 'item: "books" stream: true')
    out += batch(records) if records else b''
    out += frame('GONE', b''.join(varint(len(key)) + key for key in gone)) if gone else b''
    counts = (len(records), len(gone), sum(map(len, records + gone)))
    all_of = tuple(a + b for a, b in zip(counts, total or (0, 0, 0)))
    if end:
        out += say('END', f'records: {all_of[0]} gone: {all_of[1]} bytes: {all_of[2]} descriptors: 0')
    else:
        out += say('PASS', f'item: "books" round: {number} records: {counts[0]} gone: {counts[1]} '
                           f'bytes: {counts[2]}')
    return out, all_of


def ahead():
    offered = say('OFFER', 'protocol: 1 program: "shelf" schema { ' + SHELF_ID
                  + fingerprint('tests/ahead/shelf_v1.ekiden.c')
                  + '" } leg: 3 pause_ms: 1000 transfer_ms: 1000 commit_ms: 1000 '
                    'token: "0123456789abcdef" ahead: true')
    paused = say('PAUSED', 'update_point: "loop" stopped_ns: 7')
    ledger = item('ledger', [shelf('Ledger', LEDGER)], stream=False)
    books = [shelf('Book', f'key: "{key}" value: {value} title: "t"')
             for key, value in (('a', 1), ('b', 2), ('c', 3))]
    gone = [shelf('Book', 'key: "a"'), shelf('Book', 'key: "never"')]
    first, total = portion(books, [], False)
    second, total = portion(books[1:2], gone, False, 1, total)
    rest, _ = portion([shelf('Book', 'key: "b" value: 9')], [shelf('Book', 'key: "c"')], True, 2, total)
    yield 'all', offered + first + second + paused + rest + ledger + frame('COMMIT')
    yield 'nothing', offered + portion([], [], False)[0] + paused + portion([], [], True, 1)[0] + ledger + frame('COMMIT')
    yield 'declined', offered + say('DECLINED', 'item: "books" reason: "it cannot be"') + paused \
        + item('books', books) + ledger + frame('COMMIT')
    yield 'absent', offered + say('ABSENT', 'item: "books"') + paused + ledger + frame('COMMIT')
    yield 'refused', offered + first + say('REFUSAL', 'code: -20 item: "books" sentence: "it changes too fast"')
    yield 'bad', offered + portion([shelf('Book', 'key: "d" value: 666')], [], False)[0]


def ahead_sender():
    hello = say('HELLO', 'protocol: 1 program: "shelf" version: 1 known { ' + SHELF_ID
                + fingerprint('tests/ahead/shelf_v1.ekiden.c')
                + '" } chain: [1] token: "0123456789abcdef" ahead: true')
    asked = hello + say('AHEAD', 'item: "books" message: "shelf.v1.Book"')
    passed = say('PASSED', 'item: "books" round: 0 import_ns: 1000')
    pull = say('PULL', 'item: "ledger" message: "shelf.v1.Ledger"')
    ready = say('READY', 'update_point: "loop"')
    yield 'all', asked + passed + frame('WARM') + pull + ready + say('TAKEN', 'pid: 1')
    soon = say('WARM', 'soon { item: "ledger" message: "shelf.v1.Ledger" } soon { item: "maps" message: "m" }')
    yield 'foretold', asked + passed + soon + pull + ready + say('TAKEN', 'pid: 1')
    slow = say('PASSED', 'item: "books" round: 0 import_ns: 18446744073709551615')
    yield 'rounds', asked + slow + frame('WARM') + b''.join(
        say('PASSED', f'item: "books" round: {number} import_ns: 3000000000') for number in range(1, 6))
    yield 'another', hello + say('AHEAD', 'item: "ledger" message: "shelf.v1.Ledger"') + frame('WARM') \
        + say('PULL', 'item: "books" message: "shelf.v1.Book"') + pull + ready + say('TAKEN', 'pid: 1')
    yield 'type', hello + say('AHEAD', 'item: "books" message: "shelf.v1.Ledger"')
    count = say('COUNT', 'item: "books" message: "shelf.v1.Book"')
    yield 'counted', hello + count + frame('WARM') + pull + ready + say('TAKEN', 'pid: 1')
    yield 'counted-twice', asked + passed + count + count
    yield 'refused', asked + say('REFUSAL', 'code: -11 item: "books" sentence: "the key was changed"')


def control():
    def request(text):
        return say('REQUEST', text, file='ekiden/control.proto')
    yield 'status', request('protocol: 1 status { }')
    yield 'watch', request('protocol: 1 status { watch_ms: 1 }')
    yield 'upgrade', request('protocol: 1 upgrade { binary: "/bin/new" arguments: "a" '
                             'arguments: "b" replace_arguments: true timeout_ms: 9 }') * 2
    yield 'busy', request('protocol: 1 upgrade { binary: "/b/odd" rehearse: true verify: true }')
    yield 'others', request('protocol: 1 wait { }') + request('protocol: 1 cancel { }')
    yield 'snapshot', request('protocol: 1 snapshot { }')


def plugin():
    def request(names, parameter=''):
        sets = subprocess.run(['protoc', *INCLUDES, '--descriptor_set_out=/dev/stdout', *names],
                              stdout=subprocess.PIPE, check=True).stdout
        # A FileDescriptorSet's `file` is field 1; a request's `proto_file` field 15.
        out, at = b'', 0
        for name in names:
            out += b'\x0a' + varint(len(name)) + name.encode()
        if parameter:
            out += b'\x12' + varint(len(parameter)) + parameter.encode()
        while at < len(sets):
            length, n, shift = 0, at + 1, 0
            while True:
                length |= (sets[n] & 0x7f) << shift
                shift, n = shift + 7, n + 1
                if not sets[n - 1] & 0x80:
                    break
            out += b'\x7a' + varint(length) + sets[n:n + length]
            at = n + length
        return out
    for path in sorted(glob.glob(ROOT + '/tests/codegen/golden/*.proto')):
        name = os.path.basename(path)
        yield name, request([name])
    for words in ('hop', 'downgrade', 'scaffold', 'scaffold,downgrade'):
        yield words, request(['garden_v1.proto', 'garden_v2.proto'], words)


def snapshot():
    def file(program, schema, items, descriptors=0, objects=0, records=1):
        begin = say('SNAPSHOT', f'format: 1 program: "{program}" schema {{ version: 1 fingerprint: "'
                    + fingerprint(schema) + '" } schemas: "" taken: 5 update_point: "loop" '
                    'lineage { number: 3 version: 1 since: 5 }')
        size = sum(int(re.search(r'^2: (\d+)$', subprocess.run(
            ['protoc', '--decode_raw'], input=one[last_frame(one) + 12:], stdout=subprocess.PIPE,
            check=True).stdout.decode(), re.M).group(1)) for one in items)
        return begin + b''.join(items) + say(
            'SNAPSHOT_END', f'items: {len(items)} records: {records} objects: {objects} '
                            f'bytes: {size} descriptors: {descriptors}', 'SnapshotEnd')

    def last_frame(stream):
        at = 0
        while at + 12 + struct.unpack_from('<I', stream, at)[0] < len(stream):
            at += 12 + struct.unpack_from('<I', stream, at)[0]
        return at

    yield 'orchard', file('orchard', 'tests/property/orchard_v1.ekiden.c',
                          list(objects_stream(True)), objects=3, records=4)
    beds = [garden('Bed', f'id: {i} gardener: "g" tap: {i}') for i in range(1, 3)]
    yield 'garden', file('garden', 'tests/transformers/schema/garden_v1.ekiden.c', [
        item('gardeners', [garden('Gardener', 'name: "g" number: 5')], message='garden.v1.Gardener'),
        item('beds', beds, descriptors=2, message='garden.v1.Bed'),
        item('motto', [encode('ekiden/handover.proto', 'ekiden.Value', 'text: "dig"')], False,
             message='ekiden.Value')], descriptors=2, records=4)


def inspect():
    for name in ('chat_v3', 'registry_v4'):
        with open(ROOT + f'/tests/snapshots/{name}.ekiden', 'rb') as file:
            yield name, file.read()[8:]  # behind the magic


def dynamic():
    def pair(proto, message, text):
        sets = subprocess.run(['protoc', *INCLUDES, '--descriptor_set_out=/dev/stdout', proto],
                              stdout=subprocess.PIPE, check=True).stdout
        record = encode(proto, message, text)
        return b'\x0a' + varint(len(sets)) + sets + b'\x12' + varint(len(record)) + record
    yield 'defaults', pair('defaults.proto', 'defaults.Defaults',
                           'm: 1 i: SMALL l { key: "k" value { m: 2 } }')
    yield 'parts', pair('parts.proto', 'parts.Address',
                        'street: "s" floors: [-1, 2] kind: TENT deep { inner: SOME }')
    yield 'every', pair(
        'every_type.proto', 'every.Every',
        'single_int32: -1 single_uint64: 18446744073709551615 single_sint32: -5 single_fixed64: 7 '
        'single_float: 1.5 single_double: -inf single_bool: true single_colour: GREEN '
        'single_string: "a\\303\\244" single_bytes: "\\001\\377" single_every { strings: "x" } '
        'int32s: [1, 2] doubles: nan colours: [RED, GREEN] packed_int32s: [3, 4] '
        'packed_bools: [true, false] choices { one_string: "s" } choices { one_every { } }')


def codec():
    items = ('choice', 'default', 'newer', 'optional', 'packed', 'repeated', 'required', 'tree')

    def kind(name, text):
        return bytes([items.index(name)]) + encode(
            'kinds_v1.proto', 'kinds.v1.' + name.capitalize(), text)
    leaf = '{ number: 300 bytes: "\\001\\377" }'
    numbers = 'int32: -1 uint32: 5 int64: -9 uint64: 18446744073709551615 fixed32: 7 sfixed32: -7 ' \
              'fixed64: 8 sfixed64: -8 sint32: -3 sint64: -4 float: -0 double: 1e9 bool: true ' \
              'colour: BLUE '
    text = 'string: "a\\303\\244" bytes: "\\000\\377" '
    several = 'int32: [1, -1] sint64: [-5, 300] fixed32: 7 double: [1, 2] bool: [true, false] ' \
              'colour: [RED, BLUE] '
    yield 'optional', kind('optional', numbers + text + f'leaf {leaf} two: 2 three: "3" four: "4" five: 5')
    yield 'required', kind('required', 'int32: 1 sint64: -1 fixed64: 9 float: 1 bool: false colour: RED '
                                       f'{text} leaf {leaf} with_default: 1 text_with_default: "x"')
    yield 'default', kind('default', 'int32: 5 uint64: 1 sint32: -7 fixed32: 7 float: -0 double: 1 bool: false '
                                     f'colour: RED {text} empty: "e"')
    yield 'repeated', kind('repeated', several + text * 2 + f'leaf {leaf} leaf {{ }} nothing {{ }} nothing {{ }} '
                                       f'map {{ key: "k" value {leaf} }} map {{ }} far: [1, 1000000]')
    yield 'packed', kind('packed', several + 'uint32: [1, 300] uint64: 5 int64: -5 sint32: [-1, 1] '
                                             'sfixed64: [1, 2] float: [1, 2, 3] far: [5, 500]')
    yield 'choice', kind('choice', f'leaf {leaf} between: 4 uint64: 5')
    yield 'choice-text', kind('choice', 'with_default: "pear" other { }')
    yield 'tree', kind('tree', 'name: "t" children { children { ring { back { name: "b" } number: 1 } } '
                               f'leaf {leaf} }} children {{ }} holder {{ middle {{ leaf {leaf} bytes: "m" }} }} '
                               'descriptor: 3')
    inner = 'int32: 1 uint64: 2 sint32: -3 fixed32: 4 sfixed64: -5 float: 6 double: 7 bool: true shade: DARK ' \
            + text + 'packed: [1, -300] bools: [true, false] shades: [DARK, LIGHT] floats: [1, 2] ' \
            'one_by_one: [1, 2] strings: ["a", ""] map { key: 1 value: "v" } text: "t" '
    yield 'newer', kind('newer', f'implied {{ {inner} inner {{ number: 5 }} }} several {{ again {{ }} }} '
                                 'several { } nothing { } old: "o"')


def lock_file():
    for path in glob.glob(ROOT + '/samples/*/state/ekiden.lock'):
        with open(path, 'rb') as file:
            yield path.split('/')[-3], file.read()


def frame_reader():
    for path in glob.glob(ROOT + '/tests/captures/*.frames'):
        with open(path, 'rb') as file:
            yield os.path.basename(path), file.read()[:SMALL] + b'\x10'
    yield 'all', next(records())[1] + b'\x03'


def objects():
    yield 'all', b''.join(objects_stream())


def main():
    for target in (records, objects, successor, ahead, ahead_sender, snapshot, inspect, dynamic, predecessor, control, plugin, codec,
                   lock_file,
                   frame_reader):
        folder = os.path.join(CORPUS, target.__name__)
        os.makedirs(folder, exist_ok=True)
        for name, content in target():
            with open(os.path.join(folder, 'seed-' + name), 'wb') as file:
                file.write(content)


if __name__ == '__main__':
    main()
