#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "cray_process.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#ifdef __linux__
#include <sched.h>
#endif
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#else
#include <pthread.h>
#endif

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

#ifdef __linux__
// The signals for which the language runtime starts its backtracer.
static const int crash_signals[] = {SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP};
enum { crash_signal_count = sizeof crash_signals / sizeof crash_signals[0] };
static struct sigaction crash_reporters[crash_signal_count];
static timer_t crash_timer;
static time_t crash_seconds;

static void report_crash(int number, siginfo_t *info, void *context) {
  struct itimerspec limit = {.it_value = {.tv_sec = crash_seconds}};
  timer_settime(crash_timer, 0, &limit, NULL);
  for (int i = 0; i < crash_signal_count; i++) {
    if (crash_signals[i] == number) crash_reporters[i].sa_sigaction(number, info, context);
  }
  // A fault would come again by itself; a signal that was sent would be forgotten.
  signal(number, SIG_DFL);
  raise(number);
}

void cray_limit_crash_reports(unsigned int seconds) {
  // The runtime blocks what can be blocked.
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
  crash_seconds = seconds;
  if (timer_create(CLOCK_MONOTONIC, &event, &crash_timer) != 0) return;
  for (int i = 0; i < crash_signal_count; i++) {
    struct sigaction *reporter = &crash_reporters[i];
    if (sigaction(crash_signals[i], NULL, reporter) != 0 || !(reporter->sa_flags & SA_SIGINFO)) continue;
    struct sigaction action = *reporter;
    action.sa_sigaction = report_crash;
    sigaction(crash_signals[i], &action, NULL);
  }
}
#else
void cray_limit_crash_reports(unsigned int seconds) { (void)seconds; }
#endif

void cray_library_of_symbol(const char *symbol, char *path, uint32_t capacity) {
  path[0] = 0;
  Dl_info info;
  void *address = dlsym(RTLD_DEFAULT, symbol);
  if (address && dladdr(address, &info) && info.dli_fname) snprintf(path, capacity, "%s", info.dli_fname);
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

int cray_is_main_thread(void) {
#ifdef __linux__
  return syscall(SYS_gettid) == getpid();
#else
  return pthread_main_np();
#endif
}

// What a run loop of the system uses. In programs that contain the runtime the linker finds the functions, in others the loader.
extern int _dispatch_get_main_queue_handle_4CF(void) __attribute__((weak));
extern void _dispatch_main_queue_callback_4CF(void *message) __attribute__((weak));

int cray_main_queue_descriptor(void) {
#ifdef __linux__
  int (*get)(void) = _dispatch_get_main_queue_handle_4CF;
  if (!get) get = (int (*)(void))dlsym(RTLD_DEFAULT, "_dispatch_get_main_queue_handle_4CF");
  return get ? get() : -1;
#else
  return -1;
#endif
}

void cray_take_main_queue_signal(void) {
  // An event counter that does not block.
  uint64_t count;
  ssize_t ignored = read(cray_main_queue_descriptor(), &count, sizeof count);
  (void)ignored;
}

void cray_run_main_queue(void) {
  void (*run)(void *) = _dispatch_main_queue_callback_4CF;
  if (!run) run = (void (*)(void *))dlsym(RTLD_DEFAULT, "_dispatch_main_queue_callback_4CF");
  if (run) run(NULL);
}
