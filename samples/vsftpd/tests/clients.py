# SPDX-License-Identifier: MIT
"""Clients that people use, from Debian, while the server is upgraded to and fro."""
import os
import shutil
import subprocess
import threading
import unittest

from server import ANONYMOUS, LOCAL, SECONDS, ServerTest, main

SIZE = 8 << 20


def run(*command):
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=4 * SECONDS,
                            check=False)
    if result.returncode != 0:
        raise AssertionError(f'{command} failed: {result.stdout}{result.stderr}')
    return result.stdout


class Clients(ServerTest):
    def start(self, settings):
        server = self.serve(settings)
        self.content = os.urandom(SIZE)
        with open(os.path.join(server.root, 'pub', 'file'), 'wb') as file:
            file.write(self.content)
        return server

    def while_upgrading(self, server, work):
        """Does the work while the listener is upgraded to and fro; twice at least."""
        stop, errors, upgrades = threading.Event(), [], []

        def upgrade():
            while not stop.is_set() or len(upgrades) < 2:
                try:
                    upgrades.append(server.upgrade())
                except Exception as error:  # pylint: disable=broad-except
                    errors.append(error)
                    return

        upgrading = threading.Thread(target=upgrade)
        upgrading.start()
        try:
            work()
        finally:
            stop.set()
            upgrading.join(SECONDS)
        self.assertEqual(errors, [])

    def read(self, *names):
        with open(os.path.join(*names), 'rb') as file:
            return file.read()

    def test_curl_downloads_goes_on_with_a_download_and_uploads(self):
        server = self.start(ANONYMOUS)
        here = os.path.join(server.folder, 'here')
        address = f'ftp://127.0.0.1:{server.port}/pub/'

        def work():
            run('curl', '--silent', '--show-error', '--limit-rate', '16M', '--output', here, address + 'file')
            self.assertEqual(self.read(here), self.content)
            with open(here, 'r+b') as file:
                file.truncate(SIZE // 2)
            run('curl', '--silent', '--show-error', '--continue-at', '-', '--output', here, address + 'file')
            self.assertEqual(self.read(here), self.content)
            run('curl', '--silent', '--show-error', '--limit-rate', '16M', '--upload-file', here, address + 'sent')
            self.assertEqual(self.read(server.root, 'pub', 'sent'), self.content)

        self.while_upgrading(server, work)

    @unittest.skipUnless(shutil.which('lftp'), 'lftp is not installed')
    def test_lftp_mirrors_and_renames_as_a_local_user(self):
        server = self.start(LOCAL)
        os.chmod(server.root, 0o777)
        folder = os.path.join(server.folder, 'many')
        os.mkdir(folder)
        for number in range(40):
            with open(os.path.join(folder, f'f{number}'), 'wb') as file:
                file.write(self.content[:1000 * number])
        script = ('set net:max-retries 1; set xfer:clobber yes; '
                  f'open -u ann,secret -p {server.port} 127.0.0.1; '
                  f'mirror --reverse --parallel=4 {folder} many; mv many moved; '
                  f'mirror --parallel=4 moved {folder}-back; rm -r moved; ls')
        self.while_upgrading(server, lambda: run('lftp', '-c', script))
        for name in os.listdir(folder):
            self.assertEqual(self.read(folder, name), self.read(folder + '-back', name))


if __name__ == '__main__':
    main()
