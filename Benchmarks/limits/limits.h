// What the machine can do: the smallest C programs of the same shape as the benchmark cases.
#ifndef LIMITS_H
#define LIMITS_H

#include <stddef.h>
#include <stdint.h>

/// Bytes of one message in each direction: about what a call with a small argument and its reply take.
#define MESSAGE_SIZE 104

struct options {
  double seconds;      // length of one measurement
  size_t bytes;        // copy: bytes per copy
  int threads;         // copy: threads that share one copy
  const char *source;  // copy: warm, zero or fresh
  int window;          // echo: messages on their way at once
  int pairs;           // echo: clients, each with a server of its own
  int runs;            // start: how many processes, one after the other
  char **command;      // start: program and arguments
};

int64_t now_ns(void);
_Noreturn void die(const char *what);
void read_all(int fd, void *buffer, size_t count);
void write_all(int fd, const void *buffer, size_t count);
/// Sorts `samples` and returns the middle one.
double median(double *samples, size_t count);

void limit_pingpong(const struct options *options);
void limit_echo(const struct options *options);
void limit_copy(const struct options *options);
void limit_start(const struct options *options);

#endif
