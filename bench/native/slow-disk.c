/*
 * Makes calls to the file system slow, for the benchmark row `slow-disk`: loaded with LD_PRELOAD, it waits for
 * SLOW_DISK_US microseconds before each call that names a file below SLOW_DISK_BELOW, or changes the time or mode of an
 * open one. Data is read and written without a delay, as a page cache does.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const char *below;
static size_t below_length;
static struct timespec pause_for;

__attribute__((constructor)) static void begin(void) {
  const char *us = getenv("SLOW_DISK_US");
  long value = us == NULL ? 0 : atol(us);
  below = getenv("SLOW_DISK_BELOW");
  below_length = below == NULL ? 0 : strlen(below);
  pause_for.tv_sec = value / 1000000;
  pause_for.tv_nsec = value % 1000000 * 1000;
}

static void wait_for(const char *path) {
  if (below_length == 0 || path == NULL || strncmp(path, below, below_length) != 0) return;
  clock_nanosleep(CLOCK_MONOTONIC, 0, &pause_for, NULL);
}

static void wait_for_open(int fd) {
  char link[64], path[PATH_MAX];
  ssize_t length;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return;
  path[length] = 0;
  wait_for(path);
}

#define WRAP(type, name, parameters, arguments, slow)                                                                  \
  type name parameters {                                                                                               \
    static type(*real) parameters;                                                                                     \
    if (real == NULL) real = (type(*) parameters)dlsym(RTLD_NEXT, #name);                                              \
    slow;                                                                                                              \
    return real arguments;                                                                                             \
  }

#define WRAP_OPEN(name)                                                                                                \
  int name(const char *path, int flags, ...) {                                                                         \
    static int (*real)(const char *, int, ...);                                                                        \
    va_list rest;                                                                                                      \
    mode_t mode;                                                                                                       \
    if (real == NULL) real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #name);                                 \
    va_start(rest, flags);                                                                                             \
    mode = (mode_t)va_arg(rest, int);                                                                                  \
    va_end(rest);                                                                                                      \
    wait_for(path);                                                                                                    \
    return real(path, flags, mode);                                                                                    \
  }

WRAP_OPEN(open)
WRAP_OPEN(open64)
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode), wait_for(path))
WRAP(int, rmdir, (const char *path), (path), wait_for(path))
WRAP(int, unlink, (const char *path), (path), wait_for(path))
WRAP(int, rename, (const char *from, const char *to), (from, to), wait_for(to))
WRAP(int, symlink, (const char *target, const char *path), (target, path), wait_for(path))
WRAP(int, chmod, (const char *path, mode_t mode), (path, mode), wait_for(path))
WRAP(int, access, (const char *path, int mode), (path, mode), wait_for(path))
WRAP(int, stat, (const char *path, struct stat *found), (path, found), wait_for(path))
WRAP(int, lstat, (const char *path, struct stat *found), (path, found), wait_for(path))
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode), wait_for_open(fd))
WRAP(int, futimens, (int fd, const struct timespec times[2]), (fd, times), wait_for_open(fd))
WRAP(int, utimensat, (int fd, const char *path, const struct timespec times[2], int flags), (fd, path, times, flags),
     wait_for(path))

/* libuv asks for statx in this way. */
long syscall(long number, ...) {
  static long (*real)(long, ...);
  long a[6];
  va_list rest;
  if (real == NULL) real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  va_start(rest, number);
  for (int at = 0; at < 6; at++) a[at] = va_arg(rest, long);
  va_end(rest);
  if (number == SYS_statx) wait_for((const char *)a[1]);
  return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
