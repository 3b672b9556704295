# SPDX-License-Identifier: MIT
"""The load generator notices what a server loses, whatever way it is lost.

    checker.py BENCH-LOAD
"""
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from resp_server import RespServer

KEYS = 500


class Checker(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.server = RespServer()
        self.addCleanup(self.server.close)
        self.load('fill', '--keys', str(KEYS), '--value-bytes', '30-300')

    def load(self, command, *options, expected=0):
        result = os.path.join(self.folder.name, 'result.json')
        done = subprocess.run(
            [LOAD, command, '--server', self.server.address, '--ledger',
             os.path.join(self.folder.name, 'ledger'), '--connections', '5', '--patience', '20',
             '--json', result, *options],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, expected, done.stdout + done.stderr)
        if command == 'fill':
            return None
        with open(result, encoding='utf-8') as file:
            return json.load(file)

    def run_for_a_while(self, **keywords):
        return self.load('run', '--seconds', '0.5', '--rate', '1000', '--writes', '60', '--new', '20',
                         '--deletions', '20', **keywords)

    def test_a_server_that_keeps_all_has_lost_nothing(self):
        report = self.run_for_a_while()
        self.assertEqual(report['failed'], 0)
        self.assertEqual(report['wrong'], 0)
        self.assertGreater(report['writes'], 100)
        self.assertGreater(report['deletions'], 5)
        self.assertGreater(report['reads'], 50)
        self.assertEqual(sum(slice['operations'] for slice in report['timeline']),
                         report['operations'])
        check = self.load('check')
        self.assertGreater(check['keys'], KEYS)
        self.assertEqual(check['present'], len(self.server.values))
        self.assertEqual(check['in_doubt'], 0)

    def test_a_lost_write_is_noticed(self):
        self.run_for_a_while()
        del self.server.values[next(iter(self.server.values))]
        check = self.load('check', expected=1)
        self.assertEqual((check['lost'], check['wrong'], check['returned']), (1, 0, 0))

    def test_one_changed_byte_of_a_value_is_noticed(self):
        key, value = next(iter(self.server.values.items()))
        self.server.values[key] = value[:-1] + bytes([value[-1] ^ 1])
        check = self.load('check', expected=1)
        self.assertEqual((check['lost'], check['wrong'], check['returned']), (0, 1, 0))

    def test_an_older_value_is_noticed(self):
        before = dict(self.server.values)
        self.run_for_a_while()
        key = next(key for key in before
                   if key in self.server.values and self.server.values[key] != before[key])
        self.server.values[key] = before[key]
        self.assertEqual(self.load('check', expected=1)['wrong'], 1)

    def test_a_deleted_key_that_is_there_again_is_noticed(self):
        before = dict(self.server.values)
        self.run_for_a_while()
        key = next(key for key in before if key not in self.server.values)
        self.server.values[key] = before[key]
        self.assertEqual(self.load('check', expected=1)['returned'], 1)

    def test_a_key_that_nobody_wrote_is_noticed(self):
        self.server.values[b'another'] = b'value'
        check = self.load('check', expected=1)
        self.assertEqual(check['counted'], check['present'] + 1)

    def test_a_loss_is_noticed_by_reads_while_it_is_loaded(self):
        self.server.values.clear()
        self.assertGreater(self.run_for_a_while(expected=1)['wrong'], 0)

    def test_lost_connections_are_failures_and_put_writes_in_doubt_but_lose_none(self):
        def drop():
            self.server.asked.wait(20)
            for _ in range(4):
                time.sleep(0.1)
                self.server.drop_connections()
        thread = threading.Thread(target=drop)
        self.server.asked.clear()
        thread.start()
        report = self.load('run', '--seconds', '2', '--writes', '100')
        thread.join()
        self.assertGreaterEqual(report['reconnections'], 5)
        self.assertGreater(report['failed'], 0)
        self.assertEqual(report['failed'], report['lost'])
        self.load('check')

    def test_errors_are_failures_and_the_time_without_success_is_told(self):
        def refuse():
            self.server.asked.wait(20)
            time.sleep(0.2)
            self.server.refusing = True
            time.sleep(0.4)
            self.server.refusing = False
        thread = threading.Thread(target=refuse)
        self.server.asked.clear()
        thread.start()
        report = self.load('run', '--seconds', '2', '--rate', '500', '--writes', '100')
        thread.join()
        self.assertGreater(report['errors'], 0)
        self.assertGreater(report['gap_us'], 300000)
        self.assertEqual(report['operations'] + report['failed'], 1000)
        self.load('check')


if __name__ == '__main__':
    LOAD = sys.argv.pop(1)
    unittest.main()
