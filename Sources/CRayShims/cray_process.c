#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "cray_process.h"

#include <errno.h>
#include <fcntl.h>
#ifdef __linux__
#include <sched.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

uint64_t cray_monotonic_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void cray_exit_now(int code) { _exit(code); }

void cray_exit(int code) { exit(code); }

void cray_line_buffer_output(void) { setvbuf(stdout, NULL, _IOLBF, 0); }

void cray_complain(const char *text) {
  fflush(stdout);
  ssize_t ignored = write(2, text, strlen(text));
  (void)ignored;
}

int cray_allowed_cpu_count(void) {
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
#endif
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? (int)count : 1;
}

int cray_pipe(int out[2]) {
#ifdef __linux__
  return pipe2(out, O_CLOEXEC) == 0 ? 0 : errno;
#else
  if (pipe(out) != 0) return errno;
  for (int i = 0; i < 2; i++) fcntl(out[i], F_SETFD, FD_CLOEXEC);
  return 0;
#endif
}
