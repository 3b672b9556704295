/* SPDX-License-Identifier: MIT */
/*
 * Every call of the library and of the operator's tool that can fail, or that others see: each is
 * wrapped in the build that the matrix upgrades. What else they call is in unfailing.txt, with the
 * reason; a test (calls.py) compares both lists with what their objects refer to.
 *
 * X(name, what it can suffer, error, another error), with 0 for no error.
 */
#pragma once

#include <errno.h>
#include <glob.h>

enum faults_suffering {
        SUFFERS_FAILURE = 1 << 0, /* with its errors */
        SUFFERS_EINTR = 1 << 1,
        SUFFERS_SHORT = 1 << 2, /* it moves one byte */
        /* Others see it, or wait for it: it may hang there, be killed, be stopped. What only
           computes or allocates is as killed as the next such call is. */
        SUFFERS_END = 1 << 3,
};

#define CALL_ (SUFFERS_FAILURE | SUFFERS_END)
#define SLOW_ (CALL_ | SUFFERS_EINTR)
#define MOVES_ (SLOW_ | SUFFERS_SHORT)

#define FAULTS_CALLS(X)                                                         \
        X(_exit, SUFFERS_END, 0, 0)                                             \
        X(accept4, SLOW_, EMFILE, ECONNABORTED)                                 \
        X(asprintf, SUFFERS_FAILURE, ENOMEM, 0)                                 \
        X(atexit, SUFFERS_FAILURE, ENOMEM, 0)                                   \
        X(bind, CALL_, EADDRINUSE, EACCES)                                      \
        X(calloc, SUFFERS_FAILURE, ENOMEM, 0)                                   \
        X(chdir, CALL_, EACCES, 0)                                              \
        X(chmod, CALL_, EPERM, 0)                                               \
        X(close, CALL_ | SUFFERS_EINTR, EIO, 0)                                 \
        X(close_range, CALL_, ENOSYS, 0)                                        \
        X(closedir, CALL_, EBADF, 0)                                            \
        X(connect, SLOW_, ECONNREFUSED, EAGAIN)                                 \
        X(dup2, SLOW_, EBUSY, 0)                                                \
        X(dup3, SLOW_, EBUSY, 0)                                                \
        X(epoll_create1, CALL_, EMFILE, ENOMEM)                                 \
        X(epoll_ctl, CALL_, ENOMEM, ENOSPC)                                     \
        X(eventfd, CALL_, EMFILE, ENOMEM)                                       \
        X(eventfd_read, CALL_, EAGAIN, 0)                                       \
        X(eventfd_write, CALL_, EAGAIN, 0)                                      \
        X(execve, CALL_, ENOENT, ENOMEM)                                        \
        X(faccessat, CALL_, EACCES, 0)                                          \
        X(fchmod, CALL_, EPERM, 0)                                              \
        X(fclose, SUFFERS_FAILURE, ENOSPC, 0)                                   \
        X(fcntl64, CALL_, EMFILE, 0)                                            \
        X(fdopendir, SUFFERS_FAILURE, ENOMEM, 0)                                \
        X(ferror, SUFFERS_FAILURE, EIO, 0)                                      \
        X(fflush, CALL_, ENOSPC, EPIPE)                                         \
        X(fork, CALL_, EAGAIN, ENOMEM)                                          \
        X(fstat64, CALL_, ENOMEM, 0)                                            \
        X(fstatat64, CALL_, EACCES, 0)                                          \
        X(fsync, CALL_, EIO, 0)                                                 \
        X(ftruncate64, CALL_, ENOSPC, 0)                                        \
        X(getcwd, CALL_, ENOENT, 0)                                             \
        X(getpeername, CALL_, ENOBUFS, 0)                                       \
        X(getrandom, SLOW_, ENOSYS, 0)                                          \
        X(getsockname, CALL_, ENOBUFS, 0)                                       \
        X(getsockopt, CALL_, ENOBUFS, 0)                                        \
        X(glob64, CALL_, GLOB_NOSPACE, GLOB_ABORTED)                            \
        X(ioctl, CALL_, ENOTTY, 0)                                              \
        X(json_object_array_add, SUFFERS_FAILURE, ENOMEM, 0)                    \
        X(json_object_new_array, SUFFERS_FAILURE, ENOMEM, 0)                    \
        X(json_object_new_boolean, SUFFERS_FAILURE, ENOMEM, 0)                  \
        X(json_object_new_object, SUFFERS_FAILURE, ENOMEM, 0)                   \
        X(json_object_new_string, SUFFERS_FAILURE, ENOMEM, 0)                   \
        X(json_object_new_uint64, SUFFERS_FAILURE, ENOMEM, 0)                   \
        X(json_object_object_add, SUFFERS_FAILURE, ENOMEM, 0)                   \
        X(json_object_to_json_string_ext, SUFFERS_FAILURE, ENOMEM, 0)           \
        X(kill, CALL_, EPERM, ESRCH)                                            \
        X(linkat, CALL_, EEXIST, EPERM)                                         \
        X(listen, CALL_, EADDRINUSE, 0)                                         \
        X(lseek64, CALL_, ESPIPE, 0)                                            \
        X(lstat64, CALL_, EACCES, 0)                                            \
        X(madvise, CALL_, EINVAL, 0)                                            \
        X(malloc, SUFFERS_FAILURE, ENOMEM, 0)                                   \
        X(memfd_create, CALL_, EMFILE, EINVAL)                                  \
        X(mkdir, CALL_, EACCES, ENOSPC)                                         \
        X(mmap64, CALL_, ENOMEM, 0)                                             \
        X(mprotect, CALL_, ENOMEM, 0)                                           \
        X(on_exit, SUFFERS_FAILURE, ENOMEM, 0)                                  \
        X(open64, SLOW_, EMFILE, EACCES)                                        \
        X(open_memstream, SUFFERS_FAILURE, ENOMEM, 0)                           \
        X(opendir, SUFFERS_FAILURE, EMFILE, ENOMEM)                             \
        X(openat64, SLOW_, EMFILE, EACCES)                                      \
        X(pidfd_open, CALL_, EMFILE, ENOSYS)                                    \
        X(pidfd_send_signal, CALL_, EPERM, 0)                                   \
        X(poll, SLOW_, ENOMEM, 0)                                               \
        X(posix_spawn, CALL_, EAGAIN, ENOENT)                                   \
        X(posix_spawn_file_actions_addchdir_np, SUFFERS_FAILURE, ENOMEM, 0)     \
        X(posix_spawn_file_actions_addclosefrom_np, SUFFERS_FAILURE, ENOMEM, 0) \
        X(posix_spawn_file_actions_adddup2, SUFFERS_FAILURE, ENOMEM, 0)         \
        X(posix_spawn_file_actions_addopen, SUFFERS_FAILURE, ENOMEM, 0)         \
        X(posix_spawn_file_actions_init, SUFFERS_FAILURE, ENOMEM, 0)            \
        X(posix_spawnattr_init, SUFFERS_FAILURE, ENOMEM, 0)                     \
        X(prctl, CALL_, EPERM, 0)                                               \
        X(pread64, MOVES_, EIO, 0)                                              \
        X(protobuf_c_message_unpack, SUFFERS_FAILURE, ENOMEM, 0)                \
        X(pthread_atfork, SUFFERS_FAILURE, ENOMEM, 0)                           \
        X(pthread_key_create, SUFFERS_FAILURE, EAGAIN, 0)                       \
        X(pthread_setspecific, SUFFERS_FAILURE, ENOMEM, 0)                      \
        X(pthread_sigqueue, CALL_, EAGAIN, 0)                                   \
        X(pwrite64, MOVES_, ENOSPC, 0)                                          \
        X(read, MOVES_, EIO, 0)                                                 \
        X(readdir64, CALL_, EIO, 0)                                             \
        X(readlink, CALL_, EACCES, 0)                                           \
        X(readlinkat, CALL_, EACCES, 0)                                         \
        X(realloc, SUFFERS_FAILURE, ENOMEM, 0)                                  \
        X(reallocarray, SUFFERS_FAILURE, ENOMEM, 0)                             \
        X(realpath, CALL_, ENOENT, ENOMEM)                                      \
        X(recv, MOVES_, ECONNRESET, 0)                                          \
        X(recvmsg, MOVES_, ECONNRESET, ENOMEM)                                  \
        X(rename, CALL_, EACCES, ENOSPC)                                        \
        X(renameat, CALL_, EACCES, ENOSPC)                                      \
        X(sendmsg, MOVES_, ECONNRESET, ENOBUFS)                                 \
        X(setitimer, CALL_, EINVAL, 0)                                          \
        X(setpgid, CALL_, EACCES, 0)                                            \
        X(setrlimit64, CALL_, EPERM, 0)                                         \
        X(setsockopt, CALL_, EPERM, 0)                                          \
        X(shutdown, CALL_, ENOTCONN, 0)                                         \
        X(signalfd, CALL_, EMFILE, 0)                                           \
        X(socket, CALL_, EMFILE, EACCES)                                        \
        X(socketpair, CALL_, EMFILE, ENOMEM)                                    \
        X(stat64, CALL_, EACCES, 0)                                             \
        X(strdup, SUFFERS_FAILURE, ENOMEM, 0)                                   \
        X(strndup, SUFFERS_FAILURE, ENOMEM, 0)                                  \
        X(syscall, CALL_, EMFILE, 0)                                            \
        X(timer_create, CALL_, EAGAIN, 0)                                       \
        X(timerfd_create, CALL_, EMFILE, 0)                                     \
        X(unlink, CALL_, EACCES, 0)                                             \
        X(unlinkat, CALL_, EACCES, 0)                                           \
        X(uv_loop_close, SUFFERS_END, 0, 0)                                     \
        X(uv_loop_fork, CALL_, EMFILE, 0)                                       \
        X(uv_loop_init, CALL_, EMFILE, ENOMEM)                                  \
        X(uv_poll_init, CALL_, EEXIST, 0)                                       \
        X(uv_poll_start, CALL_, EBADF, 0)                                       \
        X(uv_run, SUFFERS_END, 0, 0)                                            \
        X(waitid, SUFFERS_END | SUFFERS_EINTR, 0, 0)                            \
        X(waitpid, SUFFERS_END | SUFFERS_EINTR, 0, 0)                           \
        X(write, MOVES_, ENOSPC, EIO)                                           \
        X(writev, MOVES_, ENOSPC, EIO)

enum faults_call {
#define FAULTS_CALL_VALUE_(name, suffers, error, other) CALL_##name,
        FAULTS_CALLS(FAULTS_CALL_VALUE_)
#undef FAULTS_CALL_VALUE_
                CALLS,
};
