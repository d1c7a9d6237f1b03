// A window of messages on their way at once, echoed by another process: the limit of calls that are sent in batches.
#include "limits.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct shared {
  atomic_int ready;
  atomic_int go;
  double rates[];  // messages per second of each pair
};

static _Noreturn void serve(int fd, size_t capacity) {
  char *buffer = malloc(capacity);
  if (!buffer) die("malloc");
  for (;;) {
    ssize_t got = read(fd, buffer, capacity);
    if (got <= 0) _exit(0);
    write_all(fd, buffer, (size_t)got);
  }
}

/// Keeps `window` messages on their way for the time asked and returns messages per second.
static double run_client(int fd, size_t capacity, double seconds) {
  char *buffer = calloc(1, capacity);
  if (!buffer) die("calloc");
  int64_t start = now_ns(), deadline = start + (int64_t)(seconds * 1e9), now = start;
  size_t echoed = 0, outstanding = capacity;
  write_all(fd, buffer, capacity);
  while (outstanding > 0) {
    ssize_t got = read(fd, buffer, capacity);
    if (got <= 0) die("read");
    echoed += (size_t)got;
    now = now_ns();
    if (now < deadline) write_all(fd, buffer, (size_t)got);
    else outstanding -= (size_t)got;
  }
  free(buffer);
  return (double)echoed / MESSAGE_SIZE / ((double)(now - start) / 1e9);
}

static _Noreturn void run_pair(struct shared *shared, int index, const struct options *options) {
  size_t capacity = (size_t)options->window * MESSAGE_SIZE;
  int ends[2], size = 4 << 20;
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) die("socketpair");
  // Both directions must take a whole window, or both sides could wait in write for ever.
  for (int i = 0; i < 2; i++) setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  pid_t server = fork();
  if (server < 0) die("fork");
  if (server == 0) {
    close(ends[0]);
    serve(ends[1], capacity);
  }
  close(ends[1]);
  run_client(ends[0], capacity, options->seconds / 10);
  atomic_fetch_add(&shared->ready, 1);
  while (!atomic_load(&shared->go)) sched_yield();
  shared->rates[index] = run_client(ends[0], capacity, options->seconds);
  close(ends[0]);
  waitpid(server, NULL, 0);
  _exit(0);
}

void limit_echo(const struct options *options) {
  size_t size = sizeof(struct shared) + sizeof(double) * (size_t)options->pairs;
  struct shared *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) die("mmap");
  for (int i = 0; i < options->pairs; i++) {
    pid_t child = fork();
    if (child < 0) die("fork");
    if (child == 0) run_pair(shared, i, options);
  }
  while (atomic_load(&shared->ready) < options->pairs) {
    if (waitpid(-1, NULL, WNOHANG) != 0) die("a pair ended early");
    usleep(100);
  }
  atomic_store(&shared->go, 1);
  double total = 0;
  for (int i = 0; i < options->pairs; i++) {
    int status;
    if (wait(&status) < 0 || status != 0) die("a pair failed");
  }
  for (int i = 0; i < options->pairs; i++) total += shared->rates[i];
  printf("{\"limit\": \"echo\", \"unit\": \"messages/s\", \"value\": %.1f, \"window\": %d, \"pairs\": %d, \"mean_ns\": %.2f}\n", total,
         options->window, options->pairs, 1e9 / total);
}
