#include "limits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

void die(const char *what) {
  fprintf(stderr, "limits: %s: %s\n", what, strerror(errno));
  exit(1);
}

void read_all(int fd, void *buffer, size_t count) {
  for (size_t done = 0; done < count;) {
    ssize_t got = read(fd, (char *)buffer + done, count - done);
    if (got == 0) errno = EPIPE;
    if (got <= 0 && errno != EINTR) die("read");
    if (got > 0) done += (size_t)got;
  }
}

void write_all(int fd, const void *buffer, size_t count) {
  for (size_t done = 0; done < count;) {
    ssize_t put = write(fd, (const char *)buffer + done, count - done);
    if (put < 0 && errno != EINTR) die("write");
    if (put > 0) done += (size_t)put;
  }
}

static int ascending(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

double median(double *samples, size_t count) {
  qsort(samples, count, sizeof *samples, ascending);
  return count ? samples[count / 2] : 0;
}

static _Noreturn void usage(void) {
  fputs("usage: limits pingpong [--seconds S]\n"
        "       limits echo     [--seconds S] [--window N] [--pairs N]\n"
        "       limits copy     [--seconds S] --bytes N [--threads N] [--source warm|zero|fresh]\n"
        "       limits start    [--runs N] -- PROGRAM [ARGUMENTS]\n"
        "       limits hello\n"
        "Each prints one line of JSON.\n",
        stderr);
  exit(2);
}

static double number(const char *text) {
  char *end;
  double value = text ? strtod(text, &end) : -1;
  if (!text || *end || !(value > 0)) usage();
  return value;
}

static struct options parse(int count, char **arguments) {
  struct options options = {.seconds = 2, .bytes = 1 << 20, .threads = 1, .source = "warm", .window = 1000, .pairs = 1, .runs = 10};
  for (int i = 0; i < count; i += 2) {
    const char *name = arguments[i], *value = i + 1 < count ? arguments[i + 1] : NULL;
    if (!strcmp(name, "--")) {
      options.command = arguments + i + 1;
      break;
    }
    if (!strcmp(name, "--seconds")) options.seconds = number(value);
    else if (!strcmp(name, "--bytes")) options.bytes = (size_t)number(value);
    else if (!strcmp(name, "--threads")) options.threads = (int)number(value);
    else if (!strcmp(name, "--window")) options.window = (int)number(value);
    else if (!strcmp(name, "--pairs")) options.pairs = (int)number(value);
    else if (!strcmp(name, "--runs")) options.runs = (int)number(value);
    else if (!strcmp(name, "--source") && value) options.source = value;
    else usage();
  }
  return options;
}

int main(int count, char **arguments) {
  if (count < 2) usage();
  struct options options = parse(count - 2, arguments + 2);
  const char *limit = arguments[1];
  if (!strcmp(limit, "pingpong")) limit_pingpong(&options);
  else if (!strcmp(limit, "echo")) limit_echo(&options);
  else if (!strcmp(limit, "copy")) limit_copy(&options);
  else if (!strcmp(limit, "start") && options.command && *options.command) limit_start(&options);
  else if (!strcmp(limit, "hello")) puts("hello");
  else usage();
  return 0;
}
