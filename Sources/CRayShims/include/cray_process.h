// Time and the end of a process.
#ifndef CRAY_PROCESS_H
#define CRAY_PROCESS_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static inline uint64_t cray_monotonic_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/// Ends the process without running exit handlers: other threads may be inside user code.
__attribute__((noreturn)) static inline void cray_exit_now(int code) { _exit(code); }

/// Lines leave as they end, also through a pipe: what a worker printed before it crashed is not lost.
static inline void cray_line_buffer_output(void) { setvbuf(stdout, NULL, _IOLBF, 0); }

/// Writes a message to standard error; Swift may not touch the C stream.
static inline void cray_complain(const char *_Nonnull text) {
  fflush(stdout);
  ssize_t ignored = write(2, text, strlen(text));
  (void)ignored;
}

/// Ends the process the ordinary way.
__attribute__((noreturn)) static inline void cray_exit(int code) { exit(code); }

/// Cores this process may run on.
static inline long cray_available_cpus(void) {
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
  return sysconf(_SC_NPROCESSORS_ONLN);
}

static inline uint64_t cray_physical_memory(void) {
  return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
}
#endif
