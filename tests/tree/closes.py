# SPDX-License-Identifier: MIT
"""A new version that closes what it has inherited before ekiden_start(), the handover's socket too."""
import os
import subprocess
import unittest

from family import SECONDS, V2, Family

ADVICE = 'does it call ekiden_start() before it closes the descriptors that it inherited?'
HANDOVER = 'the environment has EKIDEN_HANDOVER, but no predecessor started this process; unset it'
CLOSED = '; or this program closed the descriptors that it inherited, before ekiden_start()'


class Closes(Family):
    def expect_advice(self, fault, *options):
        self.start('fault=' + fault)
        event = self.refused(self.process.pid, V2, *options)
        self.assertEqual((event['error'], event['phase']), ('EKIDEN_EPEER', 'check'))
        self.assertIn(ADVICE, event['sentence'])
        self.assertEqual(self.talk(0).who()['version'], 1)

    def test_the_operator_reads_of_it(self):
        self.expect_advice('before-close-3')

    def test_the_operator_reads_of_it_though_it_has_not_ended(self):
        self.expect_advice('before-close-slowly')

    def test_the_operator_reads_of_it_where_the_pid_is_kept(self):
        self.expect_advice('before-close-3', '--keep-pid')

    def say(self, token):
        done = subprocess.run([V2, '/nowhere/s'], env={**os.environ, 'EKIDEN_HANDOVER': token},
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=SECONDS,
                              check=False, text=True)
        self.assertEqual(done.returncode, 15)
        return done.stderr.strip()

    def test_it_reads_of_it_itself(self):
        self.assertEqual(self.say('1:' + '0123456789abcdef' * 2), f'family: {HANDOVER}{CLOSED}')

    def test_what_is_no_token_is_not_taken_for_that(self):
        self.assertEqual(self.say('nothing'), f'family: {HANDOVER}')


if __name__ == '__main__':
    unittest.main(verbosity=2)
