// memcpy into memory that is already there: the limit of putting a value into a store.
#include "limits.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct job {
  char *destination;
  char *_Atomic source;
  size_t bytes;
  int threads;
  atomic_int stop;
  pthread_barrier_t begin, end;
};

struct part {
  struct job *job;
  int index;
};

static char *map(size_t bytes) {
  char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die("mmap");
  return memory;
}

static void copy_part(struct job *job, int index) {
  size_t share = job->bytes / (size_t)job->threads, start = share * (size_t)index;
  size_t count = index == job->threads - 1 ? job->bytes - start : share;
  memcpy(job->destination + start, job->source + start, count);
  // Without a reader the compiler may drop the copy.
  __asm__ volatile("" : : "r"(job->destination) : "memory");
}

static void *run_helper(void *argument) {
  struct part *part = argument;
  for (;;) {
    pthread_barrier_wait(&part->job->begin);
    if (atomic_load(&part->job->stop)) return NULL;
    copy_part(part->job, part->index);
    pthread_barrier_wait(&part->job->end);
  }
}

static void copy_once(struct job *job) {
  if (job->threads > 1) pthread_barrier_wait(&job->begin);
  copy_part(job, 0);
  if (job->threads > 1) pthread_barrier_wait(&job->end);
}

/// `warm`: written before. `zero`: never written, so every page is the kernel's one zero page.
/// `fresh`: as `zero`, and mapped anew for each copy, so page faults count.
static double measure(struct job *job, const char *source, double seconds) {
  int fresh = !strcmp(source, "fresh");
  size_t copies = 0;
  int64_t busy = 0, limit = (int64_t)(seconds * 1e9);
  // Small copies are timed in batches: reading the clock takes as long as they do.
  size_t batch = fresh ? 1 : 1 + (1 << 20) / job->bytes;
  copy_once(job);
  while (busy < limit) {
    if (fresh) {
      munmap(job->source, job->bytes);
      job->source = map(job->bytes);
    }
    int64_t start = now_ns();
    for (size_t i = 0; i < batch; i++) copy_once(job);
    busy += now_ns() - start;
    copies += batch;
  }
  return (double)copies / ((double)busy / 1e9);
}

void limit_copy(const struct options *options) {
  const char *source = options->source;
  if (strcmp(source, "warm") && strcmp(source, "zero") && strcmp(source, "fresh")) die("--source warm|zero|fresh");
  struct job job = {.bytes = options->bytes, .threads = options->threads};
  job.destination = map(job.bytes);
  job.source = map(job.bytes);
  memset(job.destination, 1, job.bytes);
  if (!strcmp(source, "warm")) memset(job.source, 2, job.bytes);
  pthread_barrier_init(&job.begin, NULL, (unsigned)job.threads);
  pthread_barrier_init(&job.end, NULL, (unsigned)job.threads);
  pthread_t *helpers = calloc((size_t)job.threads, sizeof *helpers);
  struct part *parts = calloc((size_t)job.threads, sizeof *parts);
  if (!helpers || !parts) die("calloc");
  for (int i = 1; i < job.threads; i++) {
    parts[i] = (struct part){&job, i};
    if (pthread_create(&helpers[i], NULL, run_helper, &parts[i])) die("pthread_create");
  }
  double rate = measure(&job, source, options->seconds);
  atomic_store(&job.stop, 1);
  if (job.threads > 1) pthread_barrier_wait(&job.begin);
  for (int i = 1; i < job.threads; i++) pthread_join(helpers[i], NULL);
  printf("{\"limit\": \"copy\", \"unit\": \"GB/s\", \"value\": %.3f, \"copies_per_s\": %.1f, \"bytes\": %zu, \"threads\": %d, "
         "\"source\": \"%s\"}\n",
         rate * (double)job.bytes / 1e9, rate, job.bytes, job.threads, source);
}
