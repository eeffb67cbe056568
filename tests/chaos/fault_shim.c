/* Preloaded: counts system calls on files below one folder, and fails the n-th of a kind.

   The process itself arms it, after a fork, by fault_arm(). Counts go on after the fault. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE, FSYNC, RENAME, OPEN, MKDIR, UNLINK, TRUNCATE, LINK, NUM_KINDS };

static char root[4096];
static long counts[NUM_KINDS];
static int fault_kind = -1, fault_errno;
static long fault_number;
static char fault_place[4096];
static int fault_idle;
static __thread int flags_of_open = O_CREAT;

void fault_arm(const char *folder, int kind, long number, int error) {
    memset(counts, 0, sizeof counts);
    fault_place[0] = 0;
    fault_idle = 0;
    fault_kind = kind;
    fault_number = number;
    fault_errno = error;
    snprintf(root, sizeof root, "%s", folder);
}

long fault_count(int kind) { return counts[kind]; }
const char *fault_path(void) { return fault_place; }
/* Whether the call would have failed by itself: a folder that was there, a file to change that was not. */
int fault_was_idle(void) { return fault_idle; }

static void *next(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

/* Whether this call, on an absolute path, is the one to fail. */
static int hits_path(int kind, const char *path) {
    if (!root[0] || strncmp(path, root, strlen(root))) return 0;
    long number = __atomic_fetch_add(&counts[kind], 1, __ATOMIC_SEQ_CST);
    if (kind != fault_kind || number != fault_number) return 0;
    snprintf(fault_place, sizeof fault_place, "%s", path);
    int exists = access(path, F_OK) == 0;
    fault_idle = (kind == MKDIR && exists) || (kind == OPEN && !exists && !(flags_of_open & O_CREAT));
    errno = fault_errno;
    return 1;
}

static int absolute(int folder, const char *path, char *whole, size_t size) {
    char start[4096];
    if (!path) return 0;
    if (path[0] == '/') return snprintf(whole, size, "%s", path) > 0;
    if (folder == AT_FDCWD) {
        if (!getcwd(start, sizeof start)) return 0;
    } else {
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        ssize_t length = readlink(link, start, sizeof start - 1);
        if (length < 0) return 0;
        start[length] = 0;
    }
    return snprintf(whole, size, "%s/%s", start, path) > 0;
}

static int hits_at(int kind, int folder, const char *path) {
    char whole[8300];
    int saved = errno;
    int ok = root[0] && absolute(folder, path, whole, sizeof whole);
    errno = saved;
    return ok && hits_path(kind, whole);
}

static int hits_fd(int kind, int descriptor) {
    char link[64], whole[4096];
    if (!root[0]) return 0;
    int saved = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, whole, sizeof whole - 1);
    errno = saved;
    if (length < 0) return 0;
    whole[length] = 0;
    return hits_path(kind, whole);
}

static int writes(int flags) { return (flags & O_ACCMODE) != O_RDONLY || flags & O_CREAT; }

#define OPENS(name)                                                              \
    int name(const char *path, int flags, ...) {                                 \
        va_list rest;                                                            \
        va_start(rest, flags);                                                   \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;  \
        va_end(rest);                                                            \
        flags_of_open = flags;                                                   \
        if (writes(flags) && hits_at(OPEN, AT_FDCWD, path)) return -1;           \
        return ((int (*)(const char *, int, ...))next(#name))(path, flags, mode); \
    }
OPENS(open)
OPENS(open64)

#define OPENS_AT(name)                                                                     \
    int name(int folder, const char *path, int flags, ...) {                               \
        va_list rest;                                                                      \
        va_start(rest, flags);                                                             \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;            \
        va_end(rest);                                                                      \
        flags_of_open = flags;                                                             \
        if (writes(flags) && hits_at(OPEN, folder, path)) return -1;                       \
        return ((int (*)(int, const char *, int, ...))next(#name))(folder, path, flags, mode); \
    }
OPENS_AT(openat)
OPENS_AT(openat64)

#define FOPENS(name)                                                                   \
    FILE *name(const char *path, const char *mode) {                                   \
        flags_of_open = O_CREAT;                                                       \
        if (strpbrk(mode, "wa+") && hits_at(OPEN, AT_FDCWD, path)) return NULL;        \
        return ((FILE * (*)(const char *, const char *)) next(#name))(path, mode);     \
    }
FOPENS(fopen)
FOPENS(fopen64)

/* Streams write inside libc, where nothing can be put in between: so their own calls count. */
#undef fwrite_unlocked
#define FWRITES(name)                                                                            \
    size_t name(const void *data, size_t size, size_t number, FILE *file) {                      \
        if (hits_fd(WRITE, fileno(file))) return 0;                                              \
        return ((size_t(*)(const void *, size_t, size_t, FILE *))next(#name))(data, size, number, file); \
    }
FWRITES(fwrite)
FWRITES(fwrite_unlocked)

int fflush(FILE *file) {
    if (file && hits_fd(WRITE, fileno(file))) return EOF;
    return ((int (*)(FILE *))next("fflush"))(file);
}

#define CALL(result, name, kind, hit, parameters, arguments)      \
    result name parameters {                                      \
        if (hit) return -1;                                       \
        return ((result(*) parameters)next(#name)) arguments;     \
    }
CALL(ssize_t, write, WRITE, hits_fd(WRITE, fd), (int fd, const void *data, size_t size), (fd, data, size))
CALL(ssize_t, writev, WRITE, hits_fd(WRITE, fd), (int fd, const struct iovec *parts, int number), (fd, parts, number))
CALL(ssize_t, pwrite, WRITE, hits_fd(WRITE, fd), (int fd, const void *data, size_t size, off_t at), (fd, data, size, at))
CALL(ssize_t, pwrite64, WRITE, hits_fd(WRITE, fd), (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at))
CALL(int, fsync, FSYNC, hits_fd(FSYNC, fd), (int fd), (fd))
CALL(int, fdatasync, FSYNC, hits_fd(FSYNC, fd), (int fd), (fd))
CALL(int, ftruncate, TRUNCATE, hits_fd(TRUNCATE, fd), (int fd, off_t size), (fd, size))
CALL(int, ftruncate64, TRUNCATE, hits_fd(TRUNCATE, fd), (int fd, off64_t size), (fd, size))
CALL(int, truncate, TRUNCATE, hits_at(TRUNCATE, AT_FDCWD, path), (const char *path, off_t size), (path, size))
CALL(int, truncate64, TRUNCATE, hits_at(TRUNCATE, AT_FDCWD, path), (const char *path, off64_t size), (path, size))
CALL(int, rename, RENAME, hits_at(RENAME, AT_FDCWD, to), (const char *from, const char *to), (from, to))
CALL(int, renameat, RENAME, hits_at(RENAME, there, to), (int here, const char *from, int there, const char *to),
     (here, from, there, to))
CALL(int, mkdir, MKDIR, hits_at(MKDIR, AT_FDCWD, path), (const char *path, mode_t mode), (path, mode))
CALL(int, mkdirat, MKDIR, hits_at(MKDIR, fd, path), (int fd, const char *path, mode_t mode), (fd, path, mode))
CALL(int, unlink, UNLINK, hits_at(UNLINK, AT_FDCWD, path), (const char *path), (path))
CALL(int, unlinkat, UNLINK, hits_at(UNLINK, fd, path), (int fd, const char *path, int flags), (fd, path, flags))
CALL(int, rmdir, UNLINK, hits_at(UNLINK, AT_FDCWD, path), (const char *path), (path))
CALL(int, symlink, LINK, hits_at(LINK, AT_FDCWD, path), (const char *to, const char *path), (to, path))
CALL(int, symlinkat, LINK, hits_at(LINK, fd, path), (const char *to, int fd, const char *path), (to, fd, path))
