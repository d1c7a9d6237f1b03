// Time from the start of a process to the first byte it prints.
#include "limits.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/// Milliseconds until the first byte; waits for the process to end, so that runs do not overlap.
static double start_once(char **command) {
  int ends[2];
  if (pipe(ends)) die("pipe");
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_addclose(&actions, ends[1]);
  pid_t child;
  int64_t start = now_ns();
  errno = posix_spawnp(&child, command[0], &actions, NULL, command, environ);
  if (errno) die(command[0]);
  close(ends[1]);
  char buffer[4096];
  ssize_t got = read(ends[0], buffer, 1);
  double elapsed = (double)(now_ns() - start) / 1e6;
  while (read(ends[0], buffer, sizeof buffer) > 0) {
  }
  close(ends[0]);
  posix_spawn_file_actions_destroy(&actions);
  int status;
  if (waitpid(child, &status, 0) < 0) die("waitpid");
  if (got != 1 || status != 0) {
    fprintf(stderr, "limits: %s ended with status %d and %s\n", command[0], status, got == 1 ? "output" : "no output");
    exit(1);
  }
  return elapsed;
}

void limit_start(const struct options *options) {
  double *samples = calloc((size_t)options->runs, sizeof *samples), sum = 0;
  if (!samples) die("calloc");
  start_once(options->command);  // reads the program from disk
  for (int i = 0; i < options->runs; i++) sum += samples[i] = start_once(options->command);
  double p50 = median(samples, (size_t)options->runs);
  printf("{\"limit\": \"start\", \"unit\": \"ms\", \"value\": %.3f, \"mean_ms\": %.3f, \"runs\": %d}\n", p50, sum / options->runs,
         options->runs);
  free(samples);
}
