#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "cray_shm.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#ifndef FUTEX_WAIT
#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define FUTEX_PRIVATE_FLAG 128
#endif
#ifndef MFD_CLOEXEC
#define MFD_CLOEXEC 0x0001U
#define MFD_ALLOW_SEALING 0x0002U
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef F_ADD_SEALS
#define F_ADD_SEALS 1033
#define F_GET_SEALS 1034
#define F_SEAL_SEAL 0x0001
#define F_SEAL_SHRINK 0x0002
#define F_SEAL_GROW 0x0004
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef FALLOC_FL_KEEP_SIZE
#define FALLOC_FL_KEEP_SIZE 0x01
#define FALLOC_FL_PUNCH_HOLE 0x02
#endif
#else
#include <stdio.h>
#include <sys/resource.h>
#include <sys/sysctl.h>
#if __has_include(<os/os_sync_wait_on_address.h>)
#include <os/clock.h>
#include <os/os_sync_wait_on_address.h>
#define CRAY_SHM_HAS_OS_SYNC 1
#endif
#endif

// MARK: Futex

int cray_shm_futex_wait(void *word, uint32_t expected, int64_t timeout_ns, int shared) {
#ifdef __linux__
  struct timespec limit = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
  int operation = FUTEX_WAIT | (shared ? 0 : FUTEX_PRIVATE_FLAG);
  long result = syscall(SYS_futex, word, operation, expected, timeout_ns < 0 ? NULL : &limit, NULL, 0);
  return result == 0 ? 0 : errno;
#elif CRAY_SHM_HAS_OS_SYNC
  os_sync_wait_on_address_flags_t flags = shared ? OS_SYNC_WAIT_ON_ADDRESS_SHARED : OS_SYNC_WAIT_ON_ADDRESS_NONE;
  int result = timeout_ns < 0
    ? os_sync_wait_on_address(word, expected, 4, flags)
    : os_sync_wait_on_address_with_timeout(word, expected, 4, flags, OS_CLOCK_MACH_ABSOLUTE_TIME, (uint64_t)timeout_ns);
  return result >= 0 ? 0 : errno;
#else
  (void)shared;
  (void)timeout_ns;
  if (cray_shm_load_u32(word) != expected) return EAGAIN;
  struct timespec nap = {.tv_sec = 0, .tv_nsec = 200000};
  nanosleep(&nap, NULL);
  return EINTR;
#endif
}

void cray_shm_futex_wake(void *word, int count, int shared) {
#ifdef __linux__
  syscall(SYS_futex, word, FUTEX_WAKE | (shared ? 0 : FUTEX_PRIVATE_FLAG), count, NULL, NULL, 0);
#elif CRAY_SHM_HAS_OS_SYNC
  os_sync_wake_by_address_flags_t flags = shared ? OS_SYNC_WAKE_BY_ADDRESS_SHARED : OS_SYNC_WAKE_BY_ADDRESS_NONE;
  if (count == 1) {
    os_sync_wake_by_address_any(word, 4, flags);
  } else {
    os_sync_wake_by_address_all(word, 4, flags);
  }
#else
  (void)word;
  (void)count;
  (void)shared;
#endif
}

// MARK: Segments

int cray_shm_duplicate(int descriptor, int *duplicate) {
  int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 100);
  // A process limited to fewer than 100 descriptors still gets one.
  if (copy < 0 && errno == EINVAL) copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) return errno;
  *duplicate = copy;
  return 0;
}

#ifdef __linux__
static int cray_shm_anonymous(void) {
  // Called by number: the wrapper is younger than some C libraries.
  int descriptor = (int)syscall(SYS_memfd_create, "swift-ray-store", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
  if (descriptor < 0 && errno == EINVAL) {
    descriptor = (int)syscall(SYS_memfd_create, "swift-ray-store", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  }
  return descriptor;
}
#else
static int cray_shm_anonymous(void) {
  char name[64];
  for (unsigned attempt = 0; attempt < 64; attempt++) {
    snprintf(name, sizeof name, "/ray.%d.%u.%u", (int)getpid(), attempt, (unsigned)cray_shm_monotonic_ns() & 0xffffff);
    int descriptor = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (descriptor >= 0) {
      shm_unlink(name);
      return descriptor;
    }
    if (errno != EEXIST) return -1;
  }
  return -1;
}
#endif

int cray_shm_create(size_t size, int *descriptor) {
  int low = cray_shm_anonymous();
  if (low < 0) return errno;
  int error = ftruncate(low, (off_t)size) == 0 ? 0 : errno;
#ifdef __linux__
  if (error == 0 && fcntl(low, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) error = errno;
#endif
  if (error == 0) error = cray_shm_duplicate(low, descriptor);
  close(low);
  return error;
}

int cray_shm_sealed_size(int descriptor, size_t *size) {
  struct stat status;
  if (fstat(descriptor, &status) != 0) return errno;
#ifdef __linux__
  int seals = fcntl(descriptor, F_GET_SEALS);
  if (seals < 0) return errno;
  if (!(seals & F_SEAL_SHRINK)) return EPERM;
#endif
  *size = (size_t)status.st_size;
  return 0;
}

int cray_shm_map(int descriptor, size_t size, size_t alignment, void **address) {
  // Reserve more than needed, then keep the aligned part.
  size_t reserved = size + alignment;
  char *start = mmap(NULL, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);
  if (start == MAP_FAILED) return errno;
  char *aligned = (char *)(((uintptr_t)start + alignment - 1) & ~(uintptr_t)(alignment - 1));
  if (mmap(aligned, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, descriptor, 0) == MAP_FAILED) {
    int error = errno;
    munmap(start, reserved);
    return error;
  }
  if (aligned > start) munmap(start, (size_t)(aligned - start));
  size_t tail = (size_t)(start + reserved - (aligned + size));
  if (tail > 0) munmap(aligned + size, tail);
#ifdef MADV_DONTDUMP
  // A core file of a crashed worker should hold the worker, not the whole store.
  madvise(aligned, size, MADV_DONTDUMP);
#endif
  *address = aligned;
  return 0;
}

void cray_shm_unmap(void *address, size_t size) { munmap(address, size); }

void cray_shm_close(int descriptor) { close(descriptor); }

#ifdef __linux__
// Kernels before 5.14: reserve first, so that a shortage is an error code, then touch.
static int cray_shm_reserve_and_touch(int descriptor, char *address, size_t size, size_t offset) {
  if (fallocate(descriptor, FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)size) != 0) return errno;
  for (size_t at = 0; at < size; at += 4096) __atomic_fetch_or((uint8_t *)(address + at), 0, __ATOMIC_RELAXED);
  return 0;
}
#endif

int cray_shm_populate(int descriptor, void *address, size_t size, size_t offset) {
#ifdef __linux__
  for (;;) {
    if (madvise(address, size, MADV_POPULATE_WRITE) == 0) return 0;
    if (errno == EINVAL) return cray_shm_reserve_and_touch(descriptor, address, size, offset);
    if (errno != EINTR && errno != EAGAIN) return errno;
  }
#else
  (void)descriptor;
  (void)offset;
  for (size_t at = 0; at < size; at += 4096) __atomic_fetch_or((uint8_t *)address + at, 0, __ATOMIC_RELAXED);
  return 0;
#endif
}

int cray_shm_warm(int descriptor, void *address, size_t size, size_t offset) {
#ifdef __linux__
  // An empty range cannot be collapsed: it needs one page first.
  int error = cray_shm_populate(descriptor, address, 4096, offset);
  if (error != 0) return error;
  if (madvise(address, size, MADV_COLLAPSE) == 0) return 0;
#endif
  return cray_shm_populate(descriptor, address, size, offset);
}

int cray_shm_punch(int descriptor, size_t offset, size_t size) {
#ifdef __linux__
  int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  return fallocate(descriptor, mode, (off_t)offset, (off_t)size) == 0 ? 0 : errno;
#else
  (void)descriptor;
  (void)offset;
  (void)size;
  return ENOTSUP;
#endif
}

// MARK: Clock, cores, threads

uint64_t cray_shm_monotonic_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int cray_shm_core_count(void) {
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? (int)count : 1;
}

uint64_t cray_shm_physical_memory(void) {
#ifdef __linux__
  long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
  return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : 0;
#else
  uint64_t bytes = 0;
  size_t length = sizeof bytes;
  return sysctlbyname("hw.memsize", &bytes, &length, NULL, 0) == 0 ? bytes : 0;
#endif
}

typedef struct {
  void (*body)(void *);
  void *context;
  int niceness;
  char name[16];
} cray_shm_thread_start_record;

static void *cray_shm_thread_main(void *argument) {
  cray_shm_thread_start_record record = *(cray_shm_thread_start_record *)argument;
  free(argument);
#ifdef __linux__
  pthread_setname_np(pthread_self(), record.name);
  // On Linux niceness belongs to a thread when addressed by its thread id.
  if (record.niceness > 0) setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), record.niceness);
#else
  pthread_setname_np(record.name);
#endif
  record.body(record.context);
  return NULL;
}

int cray_shm_thread_start(cray_shm_thread *thread, const char *name, int niceness, void (*body)(void *), void *context) {
  cray_shm_thread_start_record *record = calloc(1, sizeof *record);
  if (!record) return ENOMEM;
  record->body = body;
  record->context = context;
  record->niceness = niceness;
  strncpy(record->name, name, sizeof record->name - 1);
  // Signals belong to the threads that asked for them; faults of this thread still reach the crash reporter.
  sigset_t all, before;
  sigfillset(&all);
  const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT};
  for (size_t at = 0; at < sizeof faults / sizeof *faults; at++) sigdelset(&all, faults[at]);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t handle;
  int error = pthread_create(&handle, NULL, cray_shm_thread_main, record);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (error != 0) {
    free(record);
    return error;
  }
  thread->handle = (uint64_t)(uintptr_t)handle;
  return 0;
}

void cray_shm_thread_join(cray_shm_thread thread) { pthread_join((pthread_t)(uintptr_t)thread.handle, NULL); }
