# SPDX-License-Identifier: MIT
"""freeze and verify: a released schema never changes."""
import os
import stat
import unittest

from support import Case

ITEM = 'message Job { option (ekiden.item) = { name: "jobs" }; optional int32 size = 1; }\n'
OTHER = ITEM.replace('int32', 'int64')


class Lock(Case):
    def setUp(self):
        super().setUp()
        self.schema('v1.proto', ITEM)
        self.schema('v2.proto', ITEM, version=2)

    def freeze(self, *arguments):
        return self.schemas('freeze', *arguments)

    def verify(self, *arguments):
        return self.schemas('verify', *arguments)

    def lines(self, name='ekiden.lock'):
        return [line for line in self.read(name).splitlines() if not line.startswith('#')]

    def test_a_frozen_schema_is_a_line_by_program_and_version(self):
        self.schema('v10.proto', ITEM, version=10)
        self.schema('alpha.proto', ITEM, program='alpha')
        self.expect(self.freeze('v10.proto', 'v2.proto'), 0)
        self.expect(self.freeze('v1.proto', 'alpha.proto'), 0)
        lines = self.lines()
        self.assertEqual([line.split()[:2] for line in lines],
                         [['alpha', '1'], ['shop', '1'], ['shop', '2'], ['shop', '10']])
        for line in lines:
            self.assertRegex(line, r'^\S+ \d+ [0-9a-f]{64}$')

    def test_what_was_frozen_is_verified(self):
        self.freeze('v1.proto', 'v2.proto')
        self.expect(self.verify('v2.proto', 'v1.proto'), 0, err='')

    def test_freezing_again_changes_nothing(self):
        self.freeze('v1.proto')
        before = os.stat(self.path('ekiden.lock'))
        result = self.freeze('v1.proto')
        self.expect(result, 0, out='v1.proto: version 1 of program "shop" is frozen already\n')
        self.assertEqual(os.stat(self.path('ekiden.lock')).st_ino, before.st_ino)

    def test_comments_and_names_of_files_are_free(self):
        self.freeze('v1.proto')
        self.schema('elsewhere/other.proto', '// A comment.\n' + ITEM)
        self.expect(self.verify('elsewhere/other.proto'), 0)

    def test_an_edited_schema_fails_verify_with_its_place_and_what_to_do(self):
        self.freeze('v1.proto')
        self.schema('v1.proto', OTHER)
        self.expect(self.verify('v1.proto'), 2, out='', err=(
            'v1.proto:4:1: error: version 1 of program "shop" is frozen (ekiden.lock:3), and this '
            'is not what it was: put back what was released, and write what changed as version 2 '
            'in a file of its own\n'))

    def test_a_frozen_version_is_never_recorded_anew(self):
        self.freeze('v1.proto')
        before = self.read('ekiden.lock')
        self.schema('v1.proto', OTHER)
        result = self.freeze('v2.proto', 'v1.proto')
        self.expect(result, 2, out='')
        self.assertIn('v1.proto:4:1: error: version 1', result.err)
        self.assertIn('nothing was frozen', result.err)
        self.assertEqual(self.read('ekiden.lock'), before)

    def test_a_missing_schema_fails_verify_with_its_line(self):
        self.freeze('v1.proto', 'v2.proto')
        result = self.verify('v1.proto')
        self.expect(result, 2, err=(
            'ekiden.lock:4:1: error: version 2 of program "shop" is frozen, and none of the '
            'schemas given is it: name its file too, or put the file back\n'))

    def test_what_is_not_frozen_yet_is_no_failure(self):
        self.freeze('v1.proto')
        result = self.verify('v1.proto', 'v2.proto')
        self.expect(result, 0)
        self.assertIn('v2.proto: version 2 of program "shop" is not frozen yet\n', result.out)

    def test_without_a_lock_file_nothing_is_verified(self):
        result = self.verify('v1.proto')
        self.expect(result, 3, out='')
        self.assertIn('there is no lock file ekiden.lock: make one with `ekiden-schema freeze`',
                      result.err)

    def test_the_lock_file_may_be_another_one(self):
        self.expect(self.freeze('--lock', 'other.lock', 'v1.proto'), 0)
        self.assertEqual(len(self.lines('other.lock')), 1)
        self.assertFalse(os.path.exists(self.path('ekiden.lock')))
        self.expect(self.verify('--lock', 'other.lock', 'v1.proto'), 0)

    def test_a_deleted_line_may_be_frozen_again(self):
        self.freeze('v1.proto')
        self.write('ekiden.lock', '')
        self.schema('v1.proto', OTHER)
        self.expect(self.freeze('v1.proto'), 0)
        self.expect(self.verify('v1.proto'), 0)

    def test_an_invalid_schema_is_not_frozen(self):
        self.schema('v1.proto', ITEM.replace('"jobs"', '"Jobs"'))
        result = self.freeze('v1.proto')
        self.expect(result, 3, out='')
        self.assertIn('v1.proto:5:15: error: "Jobs" is no name for an item', result.err)
        self.assertFalse(os.path.exists(self.path('ekiden.lock')))

    def test_one_version_in_two_files_is_a_fault(self):
        self.schema('copy.proto', OTHER)
        result = self.freeze('v1.proto', 'copy.proto')
        self.expect(result, 3)
        self.assertFalse(os.path.exists(self.path('ekiden.lock')))

    def test_each_bad_line_is_told_with_its_place(self):
        digits = '0' * 64
        bad = {
            'shop': '1:5: error: "" is no version',
            'shop 1': '1:7: error: "" is no fingerprint',
            'shop x ' + digits: '1:6: error: "x" is no version',
            'shop 0 ' + digits: '1:6: error: "0" is no version',
            'shop 4294967296 ' + digits: '1:6: error: "4294967296" is no version',
            'shop 1 ' + digits[1:]: '1:8: error: "0',
            'shop 1 ' + digits[1:] + 'g': '1:8: error: "0',
            'shop 1 ' + digits + ' more': '1:73: error: there is more on the line',
            '<<<<<<< HEAD': '1:1: error: this is no line of a lock file',
            f'shop 1 {digits}\nshop 1 {digits}': '2:1: error: version 1 of program "shop" is '
                                                 'frozen in line 1 already',
            'shop 1 ' + digits + '\0': '1:1: error: this is no lock file, but binary',
        }
        for content, expected in bad.items():
            with self.subTest(content=content):
                self.write('ekiden.lock', content)
                for command in ('freeze', 'verify'):
                    result = self.schemas(command, 'v1.proto')
                    self.expect(result, 3, out='')
                    self.assertIn('ekiden.lock:' + expected, result.err)
                self.assertEqual(self.read('ekiden.lock'), content)

    def test_a_lock_file_from_elsewhere_is_read(self):
        self.freeze('v1.proto')
        self.write('ekiden.lock', self.read('ekiden.lock').replace('\n', '\r\n\r\n'))
        self.expect(self.verify('v1.proto'), 0)

    def test_permissions_and_links_stay(self):
        self.freeze('v1.proto')
        os.rename(self.path('ekiden.lock'), self.path('real.lock'))
        os.chmod(self.path('real.lock'), 0o640)
        os.symlink('real.lock', self.path('ekiden.lock'))
        self.expect(self.freeze('v2.proto'), 0)
        self.assertTrue(os.path.islink(self.path('ekiden.lock')))
        self.assertEqual(len(self.lines('real.lock')), 2)
        self.assertEqual(stat.S_IMODE(os.stat(self.path('real.lock')).st_mode), 0o640)

    def test_nothing_else_is_left_behind(self):
        self.freeze('v1.proto', 'v2.proto')
        self.assertEqual(sorted(os.listdir(self.directory)),
                         ['ekiden.lock', 'v1.proto', 'v2.proto'])

    def test_where_it_cannot_be_written_it_says_so(self):
        result = self.freeze('--lock', 'no/such/place.lock', 'v1.proto')
        self.expect(result, 72, out='')
        self.assertIn('no/such/place.lock cannot be written: No such file', result.err)


if __name__ == '__main__':
    unittest.main()
