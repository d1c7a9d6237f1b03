// Time and the end of a process.
#ifndef CRAY_PROCESS_H
#define CRAY_PROCESS_H
#include <stdint.h>
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
#endif
