# SPDX-License-Identifier: MIT
"""check and diff: what a new version of a schema asks for, before it is released."""
import json
import re
import unittest

from support import Case

OLD = '''message Session {
  option (ekiden.item) = { name: "sessions" stream: true key: "id" };
  optional uint32 id = 1;
  optional string user = 2;
  optional int32 port = 3;
  optional Peer peer = 4;
}
message Peer { optional string address = 1; }
'''


class Compare(Case):
    def old(self, body=OLD, **keywords):
        return self.schema('old.proto', body, **keywords)

    def new(self, old, new, more=''):
        self.assertIn(old, OLD)
        return self.schema('new.proto', OLD.replace(old, new), version=2, more=more)

    def check(self, *arguments):
        return self.schemas('check', *arguments, 'old.proto', 'new.proto')

    def diff(self, *arguments):
        return self.schemas('diff', *arguments)


class Check(Compare):
    def setUp(self):
        super().setUp()
        self.old()

    def test_no_difference_is_status_0(self):
        self.new('', '')
        self.expect(self.check(), 0, err='', out=(
            'shop: version 2 can follow version 1: 0 compatible, 0 need a function, 0 broken\n'))

    def test_what_the_hop_does_is_compatible_and_status_0(self):
        self.new('optional uint32 id', 'optional uint64 id')
        result = self.check()
        self.expect(result, 0, err='')
        self.assertRegex(result.out, r'(?m)^new\.proto:7:\d+: compatible: field Session\.id: ')
        self.assertIn('1 compatible, 0 need a function, 0 broken\n', result.out)

    def test_what_needs_a_function_is_status_1(self):
        self.new('string user', 'uint32 user')
        result = self.check()
        self.expect(result, 1, err='')
        self.assertRegex(result.out,
                         r'(?m)^new\.proto:8:\d+: needs a function: field Session\.user: ')
        self.assertIn('0 compatible, 1 needs a function, 0 broken\n', result.out)

    def test_what_is_broken_is_status_2_whatever_else_there_is(self):
        self.new('optional string user = 2;\n  optional int32 port', 'optional string port')
        result = self.check()
        self.expect(result, 2, err='')
        self.assertRegex(result.out, r'(?m)^new\.proto:5:1: broken: .*reserved 2;')
        self.assertIn('needs a function', result.out)
        self.assertIn('version 2 cannot follow version 1', result.out)

    def test_each_thing_has_one_line(self):
        self.new('optional string user = 2;', '')
        lines = [line for line in self.check().out.splitlines() if 'user' in line]
        self.assertEqual(len(lines), 1, lines)

    def test_a_reserved_field_may_go(self):
        self.new('optional string user = 2;', 'reserved 2;')
        self.expect(self.check(), 0)

    def test_a_field_that_may_have_been_renamed_is_not_told_to_be_dropped_besides(self):
        self.new('optional string user = 2;', 'optional string login = 2;')
        result = self.check()
        self.expect(result, 2)
        self.assertIn('if it was renamed', result.out)
        self.assertNotIn('it is dropped', result.out)
        self.assertIn('0 compatible, 0 need a function, 1 broken\n', result.out)

    def test_of_a_dropped_field_beside_new_ones_it_is_said_that_its_value_is_lost(self):
        advice = ('it is dropped: its value is lost; if it goes on in {}, say changed: true in option '
                  '(ekiden.message)\n')
        more = ' '.join(f'optional int32 n{i} = {i};' for i in range(10, 14))
        for fields, told in (('optional string login = 9;', '"login"'),
                             ('optional int32 n10 = 10;', '"n10"'),
                             (more, '"n10" or "n11" or "n12" or another one')):
            with self.subTest(told=told):
                self.new('optional string user = 2;', 'reserved 2; ' + fields)
                self.assertIn(advice.format(told), self.check().out)
        self.new('optional string user = 2;', 'reserved 2;')
        self.assertIn('it is dropped\n', self.check().out)
        self.new('  optional string user = 2;', '  option (ekiden.message).changed = true; reserved 2; '
                 'optional string login = 9;')
        self.assertIn('it is dropped\n', self.check().out)

    def test_a_rename_that_is_told_is_compatible(self):
        self.new('optional string user = 2', 'optional string login = 2 [(ekiden.field).was = "user"]')
        self.expect(self.check(), 0)

    def test_thousands_of_fields_are_compared_in_a_moment(self):
        body = 'message Wide { option (ekiden.item) = { name: "wide" }; %s }\n' % ' '.join(
            f'optional int32 field_{number} = {number};' for number in range(1, 5001))
        self.old(body)
        self.schema('new.proto', body.replace('int32', 'int64'), version=2)
        self.assertIn('5000 compatible, 0 need a function, 0 broken\n', self.check().out)

    def test_values_that_are_lost_are_named(self):
        body = ('message Job { option (ekiden.item) = { name: "jobs" }; '
                'enum State { NEW = 0; HELD = 1; DONE = 2; } optional State state = 1; }\n')
        self.old(body)
        self.schema('new.proto', body.replace(' HELD = 1; DONE = 2;', ''), version=2)
        result = self.check()
        self.expect(result, 1)
        self.assertIn('field Job.state: values "HELD", "DONE" of enum Job.State have no '
                      'counterpart here\n', result.out)

    def test_a_descriptor_that_is_dropped_is_said_to_be_closed(self):
        body = ('message Job { option (ekiden.item) = { name: "jobs" }; optional int32 log = 1 '
                '[(ekiden.field).descriptor = true]; optional int32 n = 2; }\n')
        dropped = re.sub('optional int32 log.*?;', 'reserved 1;', body)
        self.old(body)
        self.schema('new.proto', dropped, version=2)
        self.assertIn('it is dropped: let go, and what is open is closed\n', self.check().out)
        self.old(dropped)
        self.schema('new.proto', body, version=2)
        self.assertRegex(self.schemas('diff', 'new.proto', 'old.proto').out,
                         r'(?m)^field Job\.log .* let go, and what is open is closed$')

    def test_what_one_comparison_calls_broken_it_calls_nothing_else(self):
        self.new('optional string user = 2;', 'optional string login = 2;')
        found = json.loads(self.check('--json').out)
        subjects = [difference['subject'] for difference in found['differences']]
        self.assertEqual(len(subjects), len(set(subjects)), subjects)
        self.assertNotIn('its default', self.check().out)

    def test_an_item_must_be_said_to_be_dropped(self):
        self.old(OLD + 'message Job { option (ekiden.item) = { name: "jobs" }; '
                       'optional int32 n = 1; }\n')
        self.new('', '')
        result = self.check()
        self.expect(result, 2)
        self.assertIn('dropped: "jobs"', result.out)
        self.new('', '', more=' dropped: "jobs"')
        self.expect(self.check(), 0)

    def test_json_has_what_the_lines_have(self):
        self.new('string user', 'uint32 user')
        result = self.check('--json')
        self.expect(result, 1, err='')
        found = json.loads(result.out)
        self.assertEqual([found[key] for key in ('program', 'from', 'to', 'result')],
                         ['shop', 1, 2, 'needs a function'])
        difference, = found['differences']
        self.assertEqual([difference[key] for key in ('file', 'line', 'severity', 'subject')],
                         ['new.proto', 8, 'needs a function', 'field Session.user'])
        self.assertIn(difference['sentence'], self.check().out)
        self.assertIn('user', difference['from'])

    def test_the_wrong_order_is_a_fault(self):
        self.new('', '')
        self.expect(self.schemas('check', 'new.proto', 'old.proto'), 3, out='', err=(
            'old.proto:4:1: error: this is version 1, but new.proto is version 2 already: give '
            'the older one first\n'))

    def test_two_programs_are_no_pair(self):
        self.schema('new.proto', OLD, program='bank', version=2)
        result = self.check()
        self.expect(result, 3, out='')
        self.assertIn('new.proto:4:1: error: this is program "bank", but old.proto is program '
                      '"shop"', result.err)

    def test_one_file_twice_is_no_pair(self):
        self.expect(self.schemas('check', 'old.proto', 'old.proto'), 3, out='', err=(
            'old.proto:4:1: error: this is the same file twice: give a file for each version\n'))

    def test_one_version_twice_is_a_fault(self):
        self.schema('new.proto', OLD)
        self.expect(self.check(), 3, out='')

    def test_faults_of_a_schema_are_told_as_the_generator_does(self):
        self.new('key: "id"', 'key: "nothing"')
        result = self.check()
        self.expect(result, 3, out='')
        self.assertRegex(result.err, r'^new\.proto:6:\d+: error: message Session has no field '
                                     r'"nothing" to be the key')

    def test_what_protoc_refuses_is_status_3(self):
        self.write('new.proto', 'syntax = "proto2";\nmessage {\n')
        result = self.check()
        self.expect(result, 3, out='')
        self.assertIn('new.proto:2:9:', result.err)

    def test_files_are_called_what_the_user_calls_them(self):
        self.schema('state/new.proto', OLD.replace('string user', 'uint32 user'), version=2)
        result = self.schemas('check', self.path('old.proto'), 'state/../state/new.proto')
        self.expect(result, 1)
        self.assertRegex(result.out, r'^state/\.\./state/new\.proto:8:')

    def test_imports_are_found_beside_the_schema(self):
        for version in (1, 2):
            self.schema(f'state/v{version}.proto', 'import "shared.proto";\nmessage Job { option '
                        '(ekiden.item) = { name: "jobs" }; optional shared.Size size = 1; }\n',
                        version=version)
        self.write('state/shared.proto', 'syntax = "proto2"; package shared; message Size { '
                                         'optional int32 w = 1; }')
        self.expect(self.schemas('check', 'state/v1.proto', 'state/v2.proto'), 0)


class Diff(Compare):
    def setUp(self):
        super().setUp()
        self.old()

    def rows(self, result):
        """The cells of each row, which begin in the columns of the heading's."""
        lines = result.out.split('\n\n')[0].splitlines()
        begins = [match.start() for match in re.finditer(r'PROGRAM|VERSION|THE HOP', lines[0])]
        self.assertEqual(len(begins), 4, result)
        rows = []
        for line in lines:
            for begin in begins[1:]:
                self.assertEqual(line[begin - 2:begin], '  ', line)
                self.assertNotEqual(line[begin], ' ', line)
            cells = [line[begin:end].strip() for begin, end in zip(begins, begins[1:] + [None])]
            rows.append(cells)
        return rows

    def test_it_is_a_table_of_all_items_and_fields(self):
        self.new('optional int32 port = 3', 'optional int64 port = 3')
        result = self.diff('old.proto', 'new.proto')
        self.expect(result, 0, err='')
        rows = {row[0]: row[1:] for row in self.rows(result)}
        self.assertEqual(rows['PROGRAM shop'][:2], ['VERSION 1', 'VERSION 2'])
        self.assertEqual(rows['field Session.port'],
                         ['optional int32 port = 3', 'optional int64 port = 3', 'widened'])
        self.assertEqual(rows['field Session.user'],
                         ['optional string user = 2', 'optional string user = 2', 'copied'])
        self.assertIn('item "sessions"', rows)
        self.assertIn('field Peer.address', rows)

    def test_columns_line_up_whatever_is_in_them(self):
        self.new('optional string user = 2', 'optional string user = 2 [default = "Ünïcödé"]')
        rows = {row[0]: row[1:] for row in self.rows(self.diff('old.proto', 'new.proto'))}
        self.assertIn('Ünïcödé', rows['field Session.user'][1])

    def test_the_way_back_is_a_table_as_well(self):
        self.new('optional int32 port = 3', 'optional int64 port = 3')
        result = self.diff('new.proto', 'old.proto')
        self.expect(result, 0, err='')
        rows = {row[0]: row[1:] for row in self.rows(result)}
        self.assertEqual(rows['PROGRAM shop'][:2], ['VERSION 2', 'VERSION 1'])
        self.assertEqual(rows['field Session.port'][:2],
                         ['optional int64 port = 3', 'optional int32 port = 3'])

    def test_what_is_broken_has_one_row_and_is_no_failure(self):
        self.new('optional string user = 2;', '')
        result = self.diff('old.proto', 'new.proto')
        self.expect(result, 0)
        self.assertEqual([row for row in self.rows(result) if row[0] == 'field Session.user'],
                         [['field Session.user', 'optional string user = 2', '-', 'broken']])
        self.assertIn('`ekiden-schema check` says what to do', result.out)

    def test_json_has_what_is_the_same_too(self):
        self.new('', '')
        found = json.loads(self.diff('--json', 'old.proto', 'new.proto').out)
        self.assertEqual(found['result'], 'same')
        self.assertIn('field Peer.address',
                      [difference['subject'] for difference in found['differences']])


if __name__ == '__main__':
    unittest.main()
