/* Preloaded: counts system calls on files below one folder, and fails the n-th of a kind, or kills the process in it.

   The process itself arms it, after a fork, by fault_arm(). Counts go on after the fault. By
   fault_record() it also writes down what changed in the folder, with the content of what was synced. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE, FSYNC, RENAME, OPEN, MKDIR, UNLINK, TRUNCATE, LINK, NUM_KINDS };
enum { ANY = NUM_KINDS, KILL = -1 };

static char root[4096];
static char within[256];
static long counts[NUM_KINDS + 1];
static int fault_kind = -1, fault_errno;
static long fault_number;
static char fault_place[4096];
static pid_t owner;
static __thread int torn;
static char records[4096];
static pthread_mutex_t recording = PTHREAD_MUTEX_INITIALIZER;
static long num_snapshots;
static int fault_idle;
static __thread int flags_of_open = O_CREAT;

void fault_arm(const char *folder, int kind, long number, int error) {
    memset(counts, 0, sizeof counts);
    fault_place[0] = 0;
    fault_kind = kind;
    fault_number = number;
    fault_errno = error;
    owner = getpid();
    snprintf(root, sizeof root, "%s", folder);
}

/* Only calls on paths that hold `text` count. */
void fault_narrow(const char *text) { snprintf(within, sizeof within, "%s", text); }
void fault_record(const char *folder) { snprintf(records, sizeof records, "%s", folder); }
long fault_count(int kind) { return counts[kind]; }
const char *fault_path(void) { return fault_place; }
/* Whether the call would have failed by itself: a folder that was there, a file to change that was not. */
int fault_was_idle(void) { return fault_idle; }

static void *next(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

static int is_below(const char *path) { return root[0] && !strncmp(path, root, strlen(root)); }

/* Whether this call, on an absolute path, is the one to fail. A write to die in is torn by its caller. */
static int hits_path(int kind, const char *path) {
    if (!is_below(path) || !strstr(path, within)) return 0;
    long number = __atomic_fetch_add(&counts[kind], 1, __ATOMIC_SEQ_CST);
    long of_all = __atomic_fetch_add(&counts[ANY], 1, __ATOMIC_SEQ_CST);
    if (fault_number != (fault_kind == ANY ? of_all : number)) return 0;
    if (fault_kind != ANY && fault_kind != kind) return 0;
    snprintf(fault_place, sizeof fault_place, "%s", path);
    if (fault_errno == KILL) {
        if (getpid() != owner) return 0;
        torn = 1;
        if (kind != WRITE) kill(owner, SIGKILL);
        return 0;
    }
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

static int path_of(int descriptor, char *whole, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, whole, size - 1);
    if (length < 0) return 0;
    whole[length] = 0;
    return 1;
}

static int hits_at(int kind, int folder, const char *path) {
    char whole[8300];
    int saved = errno;
    int ok = root[0] && absolute(folder, path, whole, sizeof whole);
    errno = saved;
    return ok && hits_path(kind, whole);
}

static int hits_fd(int kind, int descriptor) {
    char whole[4096];
    int saved = errno;
    int ok = root[0] && path_of(descriptor, whole, sizeof whole);
    errno = saved;
    return ok && hits_path(kind, whole);
}

/* A copy of a file, by system calls that nothing here looks at; its number, or -1 for a folder. */
static long snapshot(const char *path) {
    char target[4200], buffer[65536];
    struct stat status;
    if (stat(path, &status) || !S_ISREG(status.st_mode)) return -1;
    snprintf(target, sizeof target, "%s/%ld", records, num_snapshots);
    int from = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    int to = syscall(SYS_openat, AT_FDCWD, target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    long length;
    while ((length = syscall(SYS_read, from, buffer, sizeof buffer)) > 0) syscall(SYS_write, to, buffer, length);
    syscall(SYS_close, from);
    syscall(SYS_close, to);
    return num_snapshots++;
}

/* Write down a call that went well: kind, path, and the other path or the number of a snapshot. */
static void note(int kind, const char *path, const char *other) {
    char line[8700], file[4200], number[32];
    if (!records[0] || !is_below(path) || getpid() != owner) return;
    int saved = errno;
    pthread_mutex_lock(&recording);
    if (kind == FSYNC) {
        snprintf(number, sizeof number, "%ld", snapshot(path));
        other = number;
    }
    int length = snprintf(line, sizeof line, "%d\t%s\t%s\n", kind, path, other);
    snprintf(file, sizeof file, "%s/calls", records);
    int to = syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    syscall(SYS_write, to, line, length);
    syscall(SYS_close, to);
    pthread_mutex_unlock(&recording);
    errno = saved;
}

static void note_at(int kind, int folder, const char *path, const char *other) {
    char whole[8300];
    if (records[0] && absolute(folder, path, whole, sizeof whole)) note(kind, whole, other);
}

static void note_fd(int kind, int descriptor) {
    char whole[4096];
    if (records[0] && path_of(descriptor, whole, sizeof whole)) note(kind, whole, "");
}

static void note_rename(int here, const char *from, int there, const char *to) {
    char start[8300];
    if (records[0] && absolute(here, from, start, sizeof start)) note_at(RENAME, there, to, start);
}

static int writes(int flags) { return (flags & O_ACCMODE) != O_RDONLY || flags & O_CREAT; }
static const char *how(int flags) { return flags & O_TRUNC ? "trunc" : flags & O_CREAT ? "creat" : ""; }

#define OPENS(name)                                                                         \
    int name(const char *path, int flags, ...) {                                            \
        va_list rest;                                                                       \
        va_start(rest, flags);                                                              \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;             \
        va_end(rest);                                                                       \
        flags_of_open = flags;                                                              \
        if (writes(flags) && hits_at(OPEN, AT_FDCWD, path)) return -1;                      \
        int opened = ((int (*)(const char *, int, ...))next(#name))(path, flags, mode);     \
        if (opened >= 0 && writes(flags)) note_at(OPEN, AT_FDCWD, path, how(flags));        \
        return opened;                                                                      \
    }
OPENS(open)
OPENS(open64)

#define OPENS_AT(name)                                                                             \
    int name(int folder, const char *path, int flags, ...) {                                       \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;                    \
        va_end(rest);                                                                              \
        flags_of_open = flags;                                                              \
        if (writes(flags) && hits_at(OPEN, folder, path)) return -1;                               \
        int opened = ((int (*)(int, const char *, int, ...))next(#name))(folder, path, flags, mode); \
        if (opened >= 0 && writes(flags)) note_at(OPEN, folder, path, how(flags));                 \
        return opened;                                                                             \
    }
OPENS_AT(openat)
OPENS_AT(openat64)

#define FOPENS(name)                                                                           \
    FILE *name(const char *path, const char *mode) {                                           \
        flags_of_open = O_CREAT;                                                               \
        if (strpbrk(mode, "wa+") && hits_at(OPEN, AT_FDCWD, path)) return NULL;                \
        FILE *opened = ((FILE * (*)(const char *, const char *)) next(#name))(path, mode);     \
        if (opened && strpbrk(mode, "wa+"))                                                    \
            note_at(OPEN, AT_FDCWD, path, strchr(mode, 'w') ? "trunc" : "creat");              \
        return opened;                                                                         \
    }
FOPENS(fopen)
FOPENS(fopen64)

/* Streams write inside libc, where nothing can be put in between: so their own calls count. */
#undef fwrite_unlocked
#define FWRITES(name)                                                                            \
    size_t name(const void *data, size_t size, size_t number, FILE *file) {                      \
        if (hits_fd(WRITE, fileno(file))) return 0;                                              \
        if (torn) kill(owner, SIGKILL);                                                          \
        note_fd(WRITE, fileno(file));                                                            \
        return ((size_t(*)(const void *, size_t, size_t, FILE *))next(#name))(data, size, number, file); \
    }
FWRITES(fwrite)
FWRITES(fwrite_unlocked)

int fflush(FILE *file) {
    if (file && hits_fd(WRITE, fileno(file))) return EOF;
    if (torn) kill(owner, SIGKILL);
    if (file) note_fd(WRITE, fileno(file));
    return ((int (*)(FILE *))next("fflush"))(file);
}

#define CALL(result, name, hit, parameters, arguments, noted)               \
    result name parameters {                                                \
        if (hit) return -1;                                                 \
        result returned = ((result(*) parameters)next(#name)) arguments;    \
        if (returned >= 0) noted;                                           \
        return returned;                                                    \
    }
/* A write to die in gets half of its data onto the disk. */
#define WRITES(name, parameters, halved, arguments)                                \
    ssize_t name parameters {                                                      \
        if (hits_fd(WRITE, fd)) return -1;                                         \
        if (torn) {                                                                \
            ssize_t written = ((ssize_t(*) parameters)next(#name)) halved;         \
            (void)written;                                                         \
            kill(owner, SIGKILL);                                                  \
        }                                                                          \
        ssize_t returned = ((ssize_t(*) parameters)next(#name)) arguments;         \
        if (returned >= 0) note_fd(WRITE, fd);                                     \
        return returned;                                                           \
    }
WRITES(write, (int fd, const void *data, size_t size), (fd, data, size / 2), (fd, data, size))
WRITES(writev, (int fd, const struct iovec *parts, int number), (fd, parts, number / 2), (fd, parts, number))
WRITES(pwrite, (int fd, const void *data, size_t size, off_t at), (fd, data, size / 2, at), (fd, data, size, at))
WRITES(pwrite64, (int fd, const void *data, size_t size, off64_t at), (fd, data, size / 2, at), (fd, data, size, at))
CALL(int, fsync, hits_fd(FSYNC, fd), (int fd), (fd), note_fd(FSYNC, fd))
CALL(int, fdatasync, hits_fd(FSYNC, fd), (int fd), (fd), note_fd(FSYNC, fd))
CALL(int, ftruncate, hits_fd(TRUNCATE, fd), (int fd, off_t size), (fd, size), note_fd(TRUNCATE, fd))
CALL(int, ftruncate64, hits_fd(TRUNCATE, fd), (int fd, off64_t size), (fd, size), note_fd(TRUNCATE, fd))
CALL(int, truncate, hits_at(TRUNCATE, AT_FDCWD, path), (const char *path, off_t size), (path, size),
     note_at(TRUNCATE, AT_FDCWD, path, ""))
CALL(int, truncate64, hits_at(TRUNCATE, AT_FDCWD, path), (const char *path, off64_t size), (path, size),
     note_at(TRUNCATE, AT_FDCWD, path, ""))
CALL(int, rename, hits_at(RENAME, AT_FDCWD, to), (const char *from, const char *to), (from, to),
     note_rename(AT_FDCWD, from, AT_FDCWD, to))
CALL(int, renameat, hits_at(RENAME, there, to), (int here, const char *from, int there, const char *to),
     (here, from, there, to), note_rename(here, from, there, to))
CALL(int, mkdir, hits_at(MKDIR, AT_FDCWD, path), (const char *path, mode_t mode), (path, mode),
     note_at(MKDIR, AT_FDCWD, path, ""))
CALL(int, mkdirat, hits_at(MKDIR, fd, path), (int fd, const char *path, mode_t mode), (fd, path, mode),
     note_at(MKDIR, fd, path, ""))
CALL(int, unlink, hits_at(UNLINK, AT_FDCWD, path), (const char *path), (path), note_at(UNLINK, AT_FDCWD, path, ""))
CALL(int, unlinkat, hits_at(UNLINK, fd, path), (int fd, const char *path, int flags), (fd, path, flags),
     note_at(UNLINK, fd, path, ""))
CALL(int, rmdir, hits_at(UNLINK, AT_FDCWD, path), (const char *path), (path), note_at(UNLINK, AT_FDCWD, path, ""))
CALL(int, symlink, hits_at(LINK, AT_FDCWD, path), (const char *to, const char *path), (to, path),
     note_at(LINK, AT_FDCWD, path, to))
CALL(int, symlinkat, hits_at(LINK, fd, path), (const char *to, int fd, const char *path), (to, fd, path),
     note_at(LINK, fd, path, to))
