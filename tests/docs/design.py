# SPDX-License-Identifier: MIT
"""docs/design.md: its frames are frames, its kinds are handover.proto's, its folders are there."""
import os
import re
import unittest

from page import Page, path, read


def crc32c(data):
    """CRC-32C (Castagnoli), bit by bit, as RFC 3720 has it."""
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


class Design(unittest.TestCase):
    def setUp(self):
        self.page = Page('docs/design.md')
        kinds = re.search(r'^enum FrameKind \{(.*?)^\}', read('idl/ekiden/handover.proto'), re.M | re.S)
        self.kinds = dict(re.findall(r'^  ([A-Z_]+) = (\d+);', kinds.group(1), re.M))

    def test_its_frames_are_frames(self):
        frames = self.page.of('hex')
        self.assertGreater(len(frames), 1)
        for block in frames:
            frame = bytes.fromhex(''.join(line.split('  #')[0] for line in block.lines))
            self.assertEqual(int.from_bytes(frame[:4], 'little'), len(frame) - 12)
            self.assertEqual(str(int.from_bytes(frame[4:6], 'little')), self.kinds[block.words[0]])
            self.assertEqual(frame[6:8], b'\0\0')
            self.assertEqual(int.from_bytes(frame[8:12], 'little'), crc32c(frame[:8] + frame[12:]),
                             f'{crc32c(frame[:8] + frame[12:]):08x}')

    def test_its_kinds_are_the_protocols(self):
        handover = {name: number for name, number in self.kinds.items() if int(number) < 64}
        self.assertEqual({row[1].strip('`'): row[0] for row in self.page.table('Kinds of frames')},
                         handover)

    def test_its_folders_are_there(self):
        folders = [row[0].strip('`') for row in self.page.table('The house')]
        folders += [row[1].strip('`') for row in self.page.table('Four floors')]
        self.assertGreater(len(folders), 10)
        for folder in folders:
            self.assertTrue(os.path.isdir(path(folder)), folder)

    def test_no_floor_includes_one_above_it(self):
        order = ['wire', 'state', 'handover', 'entry']
        self.assertEqual([os.path.basename(row[1].strip('`/')) for row in self.page.table('Four floors')],
                         order[::-1])
        for height, floor in enumerate(order):
            for where, _, names in os.walk(path('runtime/src/' + floor)):
                for name in names:
                    with open(os.path.join(where, name), encoding='utf-8') as file:
                        for included in re.findall(r'#include "(\w+)/', file.read()):
                            if included in order:
                                self.assertLessEqual(order.index(included), height,
                                                     f'{floor}/{name} includes {included}')


if __name__ == '__main__':
    unittest.main()
