// One message there and one back between two processes that block in read: the limit of a call that waits for its result.
#include "limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void serve(int fd) {
  char message[MESSAGE_SIZE];
  // The client writes whole messages and waits for each, so a short read can only be the end.
  while (read(fd, message, sizeof message) == sizeof message) write_all(fd, message, sizeof message);
  _exit(0);
}

void limit_pingpong(const struct options *options) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) die("socketpair");
  pid_t server = fork();
  if (server < 0) die("fork");
  if (server == 0) {
    close(ends[0]);
    serve(ends[1]);
  }
  close(ends[1]);

  enum { warm_up = 10000, sample_max = 1 << 22 };
  double *samples = malloc(sizeof *samples * sample_max);
  if (!samples) die("malloc");
  char message[MESSAGE_SIZE] = {0};
  for (int i = 0; i < warm_up; i++) {
    write_all(ends[0], message, sizeof message);
    read_all(ends[0], message, sizeof message);
  }
  size_t calls = 0;
  int64_t start = now_ns(), before = start, deadline = start + (int64_t)(options->seconds * 1e9);
  while (before < deadline) {
    write_all(ends[0], message, sizeof message);
    read_all(ends[0], message, sizeof message);
    int64_t after = now_ns();
    if (calls < sample_max) samples[calls] = (double)(after - before);
    calls++;
    before = after;
  }
  double mean = (double)(before - start) / (double)calls;
  double p50 = median(samples, calls < sample_max ? calls : sample_max);
  printf("{\"limit\": \"pingpong\", \"unit\": \"calls/s\", \"value\": %.1f, \"mean_us\": %.3f, \"p50_us\": %.3f}\n", 1e9 / mean,
         mean / 1e3, p50 / 1e3);
  close(ends[0]);
  waitpid(server, NULL, 0);
  free(samples);
}
