# SPDX-License-Identifier: MIT
"""The listener is upgraded while its children serve: it stays the same process, and knows them all."""
import ftplib
import io
import os
import signal
import socket
import subprocess
import threading
import time

from server import ANONYMOUS, IPV6, LOCAL, OTHER, SANDBOXES, SECONDS, ServerTest, USERS, is_traced, main, wait_until

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

    def test_an_alarm_that_is_due_in_the_pause_does_not_end_it(self):
        server = self.serve(ANONYMOUS)
        before = server.processes()
        # The end of the probe makes vsftpd set an alarm of one second.
        with subprocess.Popen(['strace', '--quiet=all', '--output=/dev/null', '--trace=vfork',
                               '--inject=vfork:delay_exit=1.2s', f'--attach={server.pid}'],
                              stdin=subprocess.DEVNULL) as tracer:
            wait_until(lambda: is_traced(server.pid), 'strace attaches')
            server.upgrade()
            tracer.terminate()
        self.assertEqual((server.runs(server.pid), server.processes()), ('debian', before))
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

class Others(ServerTest):
    """What is not upgraded is left in peace, and its client notices nothing."""

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
            with self.assertRaisesRegex(AssertionError, 'ENOTFOUND|encrypted'):
                server.upgrade(pid, 'debian')
        self.assertEqual(client.nlst(), ['pub'])
        with self.assertRaisesRegex(AssertionError, 'ssl_enable'):
            server.upgrade(release='upstream')
        self.assertEqual(client.nlst(), ['pub'])


class Parent(ServerTest):
    """The privileged parent, before the login and after it."""

    def at_the_login(self, server):
        client = server.connect()
        self.addCleanup(client.close)
        client.sendcmd('USER ann')
        return client

    def test_a_client_at_the_login_is_logged_in_by_the_new_version(self):
        server = self.serve(LOCAL)
        client = self.at_the_login(server)
        event, = server.upgrade_as('debian', server.parent_of(client))
        self.assertEqual(event['successor_pid'], server.parent_of(client))
        self.assertEqual(client.sendcmd('PASS secret'), '230 Login successful.')
        self.assertEqual(server.runs(server.session_of(client)), 'debian')
        self.assertTrue(client.pwd().endswith('/root'))

    def test_a_client_who_gets_the_password_wrong_may_try_again_with_the_new_version(self):
        server = self.serve(LOCAL)
        client = self.at_the_login(server)
        server.upgrade_as('debian', server.parent_of(client))
        with self.assertRaises(ftplib.error_perm):
            client.sendcmd('PASS wrong')
        client.sendcmd('USER ann')
        server.upgrade_as('upstream', server.parent_of(client))
        self.assertEqual(client.sendcmd('PASS secret'), '230 Login successful.')

    def test_it_ends_without_a_word_when_its_client_goes(self):
        server = self.serve(LOCAL)
        client = self.at_the_login(server)
        server.upgrade_as('debian', server.parent_of(client))
        client.sock.sendall(b'QUIT\r\n')
        self.assertEqual(client.sock.makefile().read(), '221 Goodbye.\n')
        server.wait_for_processes(1)

    def test_after_the_login_it_goes_on_to_open_ports_for_its_session(self):
        server = self.serve(LOCAL)
        client = self.client(server, 'ann', 'secret')
        for release in ('debian', 'upstream'):
            self.assertEqual(client.nlst(), ['pub'])
            server.upgrade_as(release, server.parent_of(client))
            self.assertEqual(server.runs(server.parent_of(client)), release)
        for passive in (True, False):
            client.set_pasv(passive)
            self.assertEqual(client.nlst(), ['pub'])

    def test_a_port_that_the_client_was_told_crosses_with_it(self):
        server = self.serve(LOCAL)
        client = self.client(server, 'ann', 'secret')
        host, port = ftplib.parse227(client.sendcmd('PASV'))
        server.upgrade_as('debian', server.parent_of(client))
        with socket.create_connection((host, port), timeout=SECONDS) as data:
            client.sendcmd('NLST')
            self.assertEqual(data.makefile().read(), 'pub\n')
        client.voidresp()

    def test_it_and_its_session_end_without_a_word_whichever_of_them_was_upgraded(self):
        for who in (['session_of'], ['parent_of'], ['session_of', 'parent_of'], ['parent_of', 'session_of']):
            with self.subTest(who):
                server = self.serve({**LOCAL, 'max_clients': '1'})
                client = self.client(server, 'ann', 'secret')
                server.upgrade()
                for name in who:
                    server.upgrade(getattr(server, name)(client), 'debian')
                self.assert_refused(server, '421 There are too many connected users')
                client.sock.sendall(b'QUIT\r\n')
                self.assertEqual(client.sock.makefile().read(), '221 Goodbye.\n')
                server.wait_for_processes(1)
                self.client(server, 'ann', 'secret')

    def test_after_a_successor_that_refuses_it_and_its_session_go_on_and_their_client_sees_nothing(self):
        users = os.path.join(self.folder, 'users')
        os.makedirs(users, exist_ok=True)
        with open(os.path.join(users, 'ann'), 'w', encoding='ascii') as file:
            file.write('upload_file={*.txt}\n')
        server = self.serve({**LOCAL, 'user_config_dir': users}, 'debian')
        client = self.client(server, 'ann', 'secret')
        server.upgrade()
        for _ in range(3):
            for pid in (server.parent_of(client), server.session_of(client)):
                with self.assertRaisesRegex(AssertionError, 'upload_file'):
                    server.upgrade(pid, 'upstream')
                self.assertEqual(client.nlst(), ['pub'])
        client.quit()
        server.wait_for_processes(1)

    def test_one_that_has_a_session_of_pams_open_refuses(self):
        server = self.serve({**LOCAL, 'session_support': 'YES'})
        client = self.client(server, 'ann', 'secret')
        with self.assertRaisesRegex(AssertionError, 'PAM'):
            server.upgrade_as('debian', server.parent_of(client))
        server.upgrade_as('debian', server.session_of(client))
        self.assertEqual(client.nlst(), ['pub'])


if __name__ == '__main__':
    main()
