# SPDX-License-Identifier: MIT
"""samples/kv is upgraded under load, in all the ways that are measured, and loses nothing; and that would be seen.

    large.py BUILD_DIR LARGE.PY
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

SECONDS = 280
STEPS = ('pause', 'ahead', 'arena', 'legs', 'loss')
SMALL = ('--keys', '200000', '--sizes', '2M,8M', '--times', '2', '--legs', '3', '--seconds', '1.5',
         '--rate', '5000', '--redis-rate', '2000', '--step-seconds', '100')


def runs(results):
    """Each upgrade under load: what it was, the clients, the check."""
    yield 'all in the pause', results['pause']
    yield 'the same ahead', results['pause']['ahead']
    for size in results['ahead']['sizes']:
        yield f'{size["bytes"]} in the pause', size['pause']
        yield f'{size["bytes"]} ahead', size['ahead']
    for size in results['arena']['sizes']:
        yield f'{size["bytes"]} of large values', size


class Large(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'results.json')
            done = subprocess.run([sys.executable, '-B', LARGE, BUILD, *STEPS, *SMALL, '--json', path],
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=SECONDS)
            cls.said = done.stdout + done.stderr
            with open(path, encoding='utf-8') as file:
                cls.results = json.load(file)

    def test_each_step_was_made(self):
        self.assertLessEqual(set(STEPS), set(self.results), self.said)

    def test_no_operation_fails_and_nobody_reconnects(self):
        for name, run in runs(self.results):
            with self.subTest(run=name):
                seen = run['clients']
                self.assertGreater(seen['operations'], 1000)
                self.assertEqual((seen['failed'], seen['reconnections'], seen['wrong']), (0, 0, 0))

    def test_each_acknowledged_write_is_there_and_nothing_else(self):
        for name, run in runs(self.results):
            with self.subTest(run=name):
                check = run['check']
                self.assertEqual((check['lost'], check['wrong'], check['returned']), (0, 0, 0))
                self.assertEqual(check['counted'], check['present'])

    def test_what_is_sent_ahead_is_no_more_in_the_pause(self):
        for size in self.results['ahead']['sizes']:
            items = {item['name']: item for item in size['ahead']['upgrade']['ahead']}
            self.assertGreaterEqual(items['entries']['records'], size['keys'])
            self.assertLess(items['entries']['rest'], size['keys'])
            items = {item['name']: item for item in size['pause']['upgrade']['ahead']}
            self.assertIsNone(items['entries']['records'])

    def test_a_loss_is_noticed_where_no_change_is_reported(self):
        check = self.results['loss']['check']
        self.assertGreater(check['lost'] + check['wrong'] + check['returned'], 0)


class Failed(unittest.TestCase):
    def test_a_step_that_fails_leaves_no_older_figures_and_is_a_promise_missed(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'results.json')
            with open(path, 'w', encoding='utf-8') as file:
                json.dump({'legs': {'legs': [{'leg': 1, 'memory': 0, 'shared': 0}]}}, file)
            done = subprocess.run([sys.executable, '-B', LARGE, BUILD, 'legs', '--legs', '100000',
                                   '--step-seconds', '1', '--json', path], stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=SECONDS)
            with open(path, encoding='utf-8') as file:
                results = json.load(file)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertNotIn('legs', results)
        self.assertEqual(results['failed'], {'legs': 'legs: not over within 1 s'})
        self.assertRegex(done.stdout, r'legs is measured to its end +legs: not over within 1 s +MISSED')


if __name__ == '__main__':
    LARGE = sys.argv.pop(2)
    BUILD = sys.argv.pop(1)
    unittest.main()
