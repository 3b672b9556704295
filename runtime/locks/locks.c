/* SPDX-License-Identifier: MIT */
/*
 * libekiden-locks.so: whether a thread comes to an update point with a lock in its hands. It is
 * loaded ahead of a program that is looked into (LD_PRELOAD), and stands before the functions of
 * pthreads that take and let go of locks: each thread keeps a list of what it holds, and where it
 * took it. libekiden asks for it at each update point.
 *
 * What pthread_cond_wait() does to its mutex within the C library is not seen, and need not be: the
 * thread has it again when the call returns.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define HELD_MAX 64 /* by a thread; what it takes beyond is not seen */
#define PUBLIC __attribute__((visibility("default")))

struct held {
        const void *lock;
        const void *place; /* the address that the call returns to */
        const char *kind;
};

static __thread struct {
        struct held list[HELD_MAX];
        size_t count;
} own __attribute__((tls_model("initial-exec")));

static int took(int result, const void *lock, const char *kind, const void *place)
{
        if (result == 0 && own.count < HELD_MAX)
                own.list[own.count++] = (struct held){lock, place, kind};
        return result;
}

/* The last one taken of a lock that was taken more than once. */
static void let_go(const void *lock)
{
        for (size_t i = own.count; i > 0; i--)
                if (own.list[i - 1].lock == lock) {
                        memmove(&own.list[i - 1], &own.list[i],
                                (own.count - i) * sizeof(own.list[0]));
                        own.count--;
                        return;
                }
}

/* What libekiden looks for: how many the calling thread holds, and the last one in words. */
PUBLIC int ekiden_locks_held(char *ret_text, size_t size_bytes);

int ekiden_locks_held(char *ret_text, size_t size_bytes)
{
        const struct held *last;
        const char *file;
        Dl_info info;

        if (own.count == 0)
                return 0;
        last = &own.list[own.count - 1];
        if (dladdr(last->place, &info) == 0 || !info.dli_fname) {
                snprintf(ret_text, size_bytes, "a %s, taken at %p", last->kind, last->place);
                return (int)own.count;
        }
        file = strrchr(info.dli_fname, '/');
        file = file ? file + 1 : info.dli_fname;
        if (info.dli_sname)
                snprintf(ret_text, size_bytes, "a %s, taken in %s+0x%zx (%s)", last->kind,
                         info.dli_sname,
                         (size_t)((uintptr_t)last->place - (uintptr_t)info.dli_saddr), file);
        else
                snprintf(ret_text, size_bytes, "a %s, taken in %s+0x%zx", last->kind, file,
                         (size_t)((uintptr_t)last->place - (uintptr_t)info.dli_fbase));
        return (int)own.count;
}

/* The next function of the same name; looked up once, by whichever thread comes first. */
#define NEXT(name)                                                        \
        ({                                                                \
                static void *next;                                        \
                void *found = __atomic_load_n(&next, __ATOMIC_RELAXED);   \
                                                                          \
                if (!found) {                                             \
                        found = dlsym(RTLD_NEXT, #name);                  \
                        __atomic_store_n(&next, found, __ATOMIC_RELAXED); \
                }                                                         \
                (__typeof__(&name))found;                                 \
        })

#define TAKES(name, kind, type)                                                    \
        PUBLIC int name(type *lock)                                                \
        {                                                                          \
                return took(NEXT(name)(lock), (const void *)(uintptr_t)lock, kind, \
                            __builtin_return_address(0));                          \
        }

#define TAKES_UNTIL(name, kind, type)                                                          \
        PUBLIC int name(type *lock, const struct timespec *until)                              \
        {                                                                                      \
                return took(NEXT(name)(lock, until), lock, kind, __builtin_return_address(0)); \
        }

#define TAKES_UNTIL_BY(name, kind, type)                                           \
        PUBLIC int name(type *lock, clockid_t clock, const struct timespec *until) \
        {                                                                          \
                return took(NEXT(name)(lock, clock, until), lock, kind,            \
                            __builtin_return_address(0));                          \
        }

#define LETS_GO(name, type)                            \
        PUBLIC int name(type *lock)                    \
        {                                              \
                let_go((const void *)(uintptr_t)lock); \
                return NEXT(name)(lock);               \
        }

TAKES(pthread_mutex_lock, "mutex", pthread_mutex_t)
TAKES(pthread_mutex_trylock, "mutex", pthread_mutex_t)
TAKES_UNTIL(pthread_mutex_timedlock, "mutex", pthread_mutex_t)
TAKES_UNTIL_BY(pthread_mutex_clocklock, "mutex", pthread_mutex_t)
LETS_GO(pthread_mutex_unlock, pthread_mutex_t)

TAKES(pthread_rwlock_rdlock, "read lock", pthread_rwlock_t)
TAKES(pthread_rwlock_tryrdlock, "read lock", pthread_rwlock_t)
TAKES_UNTIL(pthread_rwlock_timedrdlock, "read lock", pthread_rwlock_t)
TAKES_UNTIL_BY(pthread_rwlock_clockrdlock, "read lock", pthread_rwlock_t)
TAKES(pthread_rwlock_wrlock, "write lock", pthread_rwlock_t)
TAKES(pthread_rwlock_trywrlock, "write lock", pthread_rwlock_t)
TAKES_UNTIL(pthread_rwlock_timedwrlock, "write lock", pthread_rwlock_t)
TAKES_UNTIL_BY(pthread_rwlock_clockwrlock, "write lock", pthread_rwlock_t)
LETS_GO(pthread_rwlock_unlock, pthread_rwlock_t)

TAKES(pthread_spin_lock, "spin lock", pthread_spinlock_t)
TAKES(pthread_spin_trylock, "spin lock", pthread_spinlock_t)
LETS_GO(pthread_spin_unlock, pthread_spinlock_t)
