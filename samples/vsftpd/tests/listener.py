# SPDX-License-Identifier: MIT
"""The listener is upgraded while its children serve: it stays the same process, and knows them all."""
import ftplib
import io
import os
import signal
import subprocess
import threading
import time

from server import ANONYMOUS, IPV6, LOCAL, MAY_FORK, OTHER, SANDBOXES, SECONDS, ServerTest, USERS, main

BOTH = {'anonymous_enable': 'YES', 'local_enable': 'YES'}
MEBIBYTE = 1 << 20


class Slow:
    """A file to send or to receive into that takes its time."""

    def __init__(self, size):
        self.left = size
        self.received = 0

    def read(self, size):
        time.sleep(0.002)
        size = min(size, self.left)
        self.left -= size
        return b'x' * size

    def take(self, piece):
        time.sleep(0.002)
        self.received += len(piece)


class Listener(ServerTest):
    def test_it_keeps_its_pid_and_its_children(self):
        server = self.serve(ANONYMOUS)
        client = self.client(server)
        before = server.processes()
        for release in ('debian', 'upstream'):
            event = server.upgrade()
            self.assertEqual((event['predecessor_pid'], event['successor_pid']), (server.pid, server.pid))
            self.assertEqual(server.runs(server.pid), release)
            self.assertEqual(server.processes(), before)
            client.voidcmd('NOOP')

    def test_the_limit_for_an_address_holds_and_is_lowered_when_sessions_end(self):
        server = self.serve({**ANONYMOUS, 'max_per_ip': '3'})
        clients = [self.client(server) for _ in range(3)]
        server.upgrade()
        self.assert_refused(server, '421 There are too many connections from your internet address')
        clients.pop().quit()
        server.wait_for_processes(3)
        clients.append(self.client(server))
        self.assert_refused(server, '421 There are too many connections from your internet address')
        server.upgrade()
        clients.pop().quit()
        clients.pop().quit()
        server.wait_for_processes(2)
        for _ in range(2):
            self.client(server)
        self.assert_refused(server, '421 There are too many connections from your internet address')

    def test_the_limit_for_all_holds_and_is_lowered_when_sessions_end(self):
        server = self.serve({**ANONYMOUS, 'max_clients': '2'}, 'debian')
        clients = [self.client(server) for _ in range(2)]
        server.upgrade()
        self.assert_refused(server, '421 There are too many connected users')
        clients.pop().quit()
        server.wait_for_processes(2)
        self.client(server)
        self.assert_refused(server, '421 There are too many connected users')

    def test_a_session_that_ends_while_the_listener_is_upgraded_is_not_counted_any_more(self):
        server = self.serve({**ANONYMOUS, 'max_clients': '12'})
        for _ in range(5):
            clients = [self.client(server) for _ in range(12)]
            quitting = threading.Thread(target=lambda: [client.quit() for client in clients])
            quitting.start()
            server.upgrade()
            quitting.join(SECONDS)
            server.wait_for_processes(1)
        for _ in range(12):
            self.client(server)
        self.assert_refused(server, '421 There are too many connected users')

    def test_an_upload_and_a_download_go_on(self):
        server = self.serve({**ANONYMOUS, 'anon_max_rate': '0'})
        size = 24 * MEBIBYTE
        with open(os.path.join(server.root, 'pub', 'large'), 'wb') as file:
            file.truncate(size)
        up, down = self.client(server), self.client(server)
        source, sink = Slow(size), Slow(0)
        transfers = [
            threading.Thread(target=up.storbinary, args=('STOR pub/sent', source, 65536)),
            threading.Thread(target=down.retrbinary, args=('RETR pub/large', sink.take, 65536)),
        ]
        for transfer in transfers:
            transfer.start()
        upgrades = 0
        while any(transfer.is_alive() for transfer in transfers):
            server.upgrade()
            upgrades += 1
        self.assertGreater(upgrades, 2)
        self.assertEqual(sink.received, size)
        self.assertEqual(os.path.getsize(os.path.join(server.root, 'pub', 'sent')), size)
        self.assertEqual((up.voidcmd('NOOP')[:3], down.voidcmd('NOOP')[:3]), ('200', '200'))

    def test_everybody_who_comes_meanwhile_is_served(self):
        server = self.serve(ANONYMOUS)
        stop, errors, served = threading.Event(), [], []

        def come_and_go():
            while not stop.is_set():
                try:
                    client = server.login()
                    served.append(client.pwd())
                    client.quit()
                except Exception as error:  # pylint: disable=broad-except
                    errors.append(error)
                    return

        clients = [threading.Thread(target=come_and_go) for _ in range(4)]
        for client in clients:
            client.start()
        for _ in range(30):
            server.upgrade()
        stop.set()
        for client in clients:
            client.join(SECONDS)
        self.assertEqual(errors, [])
        self.assertGreater(len(served), 30)

    def test_local_users_who_are_logged_in_go_on(self):
        server = self.serve(LOCAL)
        clients = [self.client(server, name, password) for name, password in USERS.items()]
        os.chmod(server.root, 0o777)
        for client, name in zip(clients, USERS):
            client.mkd('new-' + name)
            client.cwd('new-' + name)
            client.sendcmd('SITE UMASK 027')
        server.upgrade()
        for client, name in zip(clients, USERS):
            self.assertTrue(client.pwd().endswith(f'/new-{name}'))
            self.assertIn('027', client.sendcmd('SITE UMASK'))
            client.storbinary('STOR file', io.BytesIO(b'abc'))
            self.assertEqual(client.nlst(), ['file'])
            client.delete('file')
            client.cwd('..')
            client.rmd('new-' + name)

    def test_who_logs_in_after_it_is_served_by_the_new_version(self):
        server = self.serve(LOCAL)
        server.upgrade()
        client = self.client(server, 'ann', 'secret')
        self.assertEqual(server.runs(server.session_of(client)), server.release)

    def test_an_anonymous_client_in_its_chroot_goes_on(self):
        server = self.serve(BOTH)
        client = self.client(server)
        client.cwd('pub')
        server.upgrade()
        self.assertEqual(client.pwd(), '/pub')
        self.assertEqual(client.nlst(), [])

    def test_the_configuration_is_read_again_on_sighup(self):
        server = self.serve({**ANONYMOUS, 'max_clients': '1'})
        self.client(server)
        server.configure({**ANONYMOUS, 'max_clients': '2'})
        server.upgrade()
        self.assert_refused(server, '421 There are too many connected users')
        os.kill(server.pid, signal.SIGHUP)
        time.sleep(0.2)
        self.client(server)

    def test_a_configuration_that_is_wrong_by_now_is_not_read(self):
        server = self.serve({**ANONYMOUS, 'max_clients': '1'})
        server.configure({**ANONYMOUS, 'nonsense': 'YES'})
        server.upgrade()
        client = self.client(server)
        self.assert_refused(server, '421 There are too many connected users')
        client.voidcmd('NOOP')

    def test_after_a_refusal_in_the_pause_it_serves_on_with_its_pid_and_children(self):
        server = self.serve({**ANONYMOUS, 'upload_file': '{*.txt}', 'max_per_ip': '1'}, 'debian')
        client = self.client(server)
        before = server.processes()
        for _ in range(3):
            with self.assertRaisesRegex(AssertionError, 'upload_file'):
                server.upgrade()
            self.assertEqual((server.runs(server.pid), server.processes()), ('debian', before))
        self.assert_refused(server, '421 There are too many connections from your internet address')
        client.quit()
        server.wait_for_processes(1)
        self.client(server)

    def test_after_a_new_version_that_ended_itself_it_serves_on_with_its_pid_and_children(self):
        server = self.serve(ANONYMOUS)
        client = self.client(server)
        before = server.processes()
        with self.assertRaisesRegex(AssertionError, 'was not upgraded'):
            server.upgrade(release='broken')
        self.assertEqual((server.runs(server.pid), server.processes()), ('upstream', before))
        client.voidcmd('NOOP')
        self.client(server)

    def test_with_ipv6_it_knows_its_clients_as_well(self):
        server = self.serve({**ANONYMOUS, **IPV6, 'max_per_ip': '2'})
        clients = [self.client(server) for _ in range(2)]
        for _ in range(2):
            server.upgrade()
            self.assert_refused(server, '421 There are too many connections from your internet address')
        clients.pop().quit()
        server.wait_for_processes(2)
        self.client(server)

    def test_in_the_background_it_stays_there(self):
        server = self.serve({**ANONYMOUS, 'background': 'YES'})
        client = self.client(server)
        for release in ('debian', 'upstream'):
            before = server.processes()
            server.upgrade()
            self.assertEqual((server.runs(server.pid), server.processes()), (release, before))
            client.voidcmd('NOOP')

class Sandboxes(ServerTest):
    """What cannot be upgraded is left in peace, and its client notices nothing."""

    def test_in_all_of_them_sessions_go_on_while_the_listener_is_upgraded(self):
        for release in ('upstream', 'debian'):
            with self.subTest(release):
                server = self.serve({**BOTH, **SANDBOXES, 'max_per_ip': '2'}, release)
                ann, anonymous = self.client(server, 'ann', 'secret'), self.client(server)
                for _ in range(2):
                    server.upgrade()
                    self.assertEqual((ann.pwd(), anonymous.pwd()), ('/', '/'))
                    self.assertEqual(ann.nlst(), ['pub'])
                    self.assertEqual(anonymous.nlst(), ['pub'])
                self.assert_refused(server, '421 There are too many connections from your internet address')
                anonymous.quit()
                server.wait_for_processes(3)
                self.client(server)

    def test_nobody_can_ask_their_sessions(self):
        for name in ('seccomp_sandbox', 'isolate'):
            with self.subTest(name):
                server = self.serve({**LOCAL, name: 'YES'})
                client = self.client(server, 'ann', 'secret')
                with self.assertRaisesRegex(AssertionError, 'ENOTFOUND'):
                    server.upgrade(server.session_of(client), 'debian')
                self.assertEqual(client.nlst(), ['pub'])

    def test_a_session_in_a_chroot_refuses_and_goes_on(self):
        server = self.serve({**LOCAL, 'chroot_local_user': 'YES', 'allow_writeable_chroot': 'YES'},
                            environment=MAY_FORK)
        client = self.client(server, 'ann', 'secret')
        with self.assertRaisesRegex(AssertionError, 'EBINARY'):
            server.upgrade(server.session_of(client), 'debian')
        self.assertEqual(client.nlst(), ['pub'])

    def test_an_encrypted_session_refuses_and_goes_on(self):
        certificate = os.path.join(self.folder, 'certificate')
        if not os.path.exists(certificate):
            subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost',
                            '-keyout', certificate + '.key', '-out', certificate], check=True, timeout=SECONDS,
                           stdin=subprocess.DEVNULL, capture_output=True)
        server = self.serve({**LOCAL, 'ssl_enable': 'YES', 'rsa_cert_file': certificate,
                             'rsa_private_key_file': certificate + '.key', 'require_ssl_reuse': 'NO'}, 'debian')
        client = ftplib.FTP_TLS()
        self.addCleanup(client.close)
        client.connect('127.0.0.1', server.port, timeout=SECONDS)
        client.login('ann', 'secret')
        client.prot_p()
        server.upgrade(release='debian')
        for pid in server.processes()[1:]:
            with self.assertRaisesRegex(AssertionError, 'ENOTFOUND|privileged parent'):
                server.upgrade(pid, 'debian')
        self.assertEqual(client.nlst(), ['pub'])
        with self.assertRaisesRegex(AssertionError, 'ssl_enable'):
            server.upgrade(release='upstream')
        self.assertEqual(client.nlst(), ['pub'])


class Parent(ServerTest):
    def test_a_client_at_the_login_is_logged_in_by_the_new_version(self):
        server = self.serve(LOCAL)
        client = server.connect()
        self.addCleanup(client.close)
        client.sendcmd('USER ann')
        parent = server.processes()[1]
        event = server.upgrade(parent, OTHER[server.release])
        self.assertEqual(event['successor_pid'], parent)
        self.assertEqual(client.sendcmd('PASS secret'), '230 Login successful.')
        self.assertEqual(server.runs(server.session_of(client)), OTHER[server.release])
        self.assertTrue(client.pwd().endswith('/root'))

    def test_a_client_who_gets_the_password_wrong_may_try_again_with_the_new_version(self):
        server = self.serve(LOCAL)
        client = server.connect()
        self.addCleanup(client.close)
        for password in ('wrong', 'secret'):
            client.sendcmd('USER ann')
            server.upgrade(server.processes()[1], OTHER[server.release])
            if password == 'wrong':
                with self.assertRaises(ftplib.error_perm):
                    client.sendcmd('PASS ' + password)
                server.release = OTHER[server.release]
        self.assertEqual(client.sendcmd('PASS secret'), '230 Login successful.')

    def test_it_does_not_take_the_end_of_a_refused_version_for_that_of_its_child(self):
        server = self.serve({**LOCAL, 'upload_file': '{*.txt}'}, 'debian')
        client = server.connect()
        self.addCleanup(client.close)
        client.sendcmd('USER ann')
        for _ in range(5):
            with self.assertRaisesRegex(AssertionError, 'upload_file'):
                server.upgrade(server.processes()[1], 'upstream')
            with self.assertRaisesRegex(AssertionError, 'was not upgraded'):
                server.upgrade(server.processes()[1], 'none')
        self.assertEqual(client.sendcmd('PASS secret'), '230 Login successful.')

    def test_it_ends_when_its_client_goes(self):
        server = self.serve(LOCAL)
        client = server.connect()
        client.sendcmd('USER ann')
        server.upgrade(server.processes()[1], OTHER[server.release])
        client.close()
        server.wait_for_processes(1)

    def test_after_the_login_it_refuses_and_its_client_goes_on(self):
        server = self.serve(LOCAL)
        client = self.client(server, 'ann', 'secret')
        with self.assertRaisesRegex(AssertionError, 'privileged parent'):
            server.upgrade(server.processes()[1], OTHER[server.release])
        self.assertTrue(client.pwd().endswith('/root'))

    def test_a_session_that_may_not_fork_refuses_and_goes_on(self):
        server = self.serve(LOCAL)
        client = self.client(server, 'ann', 'secret')
        with self.assertRaisesRegex(AssertionError, 'was not upgraded'):
            server.upgrade(server.session_of(client), OTHER[server.release])
        self.assertTrue(client.pwd().endswith('/root'))


if __name__ == '__main__':
    main()
