// Sockets, polling, wake-ups and child processes: thin wrappers around system calls that Swift cannot express.
//
// Every function retries EINTR. Functions that return `int` or `int64_t` give a value >= 0 on success and -errno on failure.
#ifndef CRAY_NET_H
#define CRAY_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

// MARK: - Time and the current thread

/// Nanoseconds of the monotonic clock.
static inline uint64_t cray_now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

extern _Thread_local void *_Nullable cray_thread_loop_value;

/// The event loop that the calling thread runs, or null. One thread-local load.
static inline void *_Nullable cray_thread_loop(void) { return cray_thread_loop_value; }
static inline void cray_set_thread_loop(void *_Nullable loop) { cray_thread_loop_value = loop; }

void cray_yield(void);

/// Names the calling thread for debuggers and `top -H`; at most 15 bytes are kept.
void cray_set_thread_name(const char *_Nonnull name);

// MARK: - Polling (level triggered)

enum {
  CRAY_READABLE = 1,
  CRAY_WRITABLE = 2,
  CRAY_HANGUP = 4,
};

typedef struct {
  uint64_t token;
  uint32_t events;
} cray_event;

int cray_poller_create(void);
int cray_poller_add(int poller, int fd, uint32_t events, uint64_t token);
int cray_poller_modify(int poller, int fd, uint32_t events, uint64_t token);
int cray_poller_remove(int poller, int fd);
/// Waits at most `timeout_ns` (0: not at all; negative: for ever) and returns how many entries of `events` were filled.
int cray_poller_wait(int poller, cray_event *_Nonnull events, int capacity, int64_t timeout_ns);

/// A descriptor that becomes readable when signalled from any thread.
int cray_wakeup_create(void);
void cray_wakeup_signal(int fd);
void cray_wakeup_drain(int fd);

/// Waits for one descriptor to become readable: 1 when it is, 0 on timeout.
int cray_wait_readable(int fd, int64_t timeout_ns);
/// The same for a descriptor that takes bytes again, or whose peer is gone.
int cray_wait_writable(int fd, int64_t timeout_ns);

// MARK: - Descriptors and stream sockets

int cray_close(int fd);
/// A duplicate that is closed on exec.
int cray_duplicate(int fd);
int cray_set_nonblocking(int fd, bool nonblocking);

/// Two connected Unix stream sockets, non-blocking and closed on exec. `buffer_size` 0 keeps the system's default.
int cray_socketpair(int out[_Nonnull 2], int buffer_size);
/// Asks for socket buffers of this size; the system may grant less, which is not an error.
void cray_set_socket_buffers(int fd, int buffer_size);
/// Ends both directions; the descriptor stays valid and its reader sees the end of the stream.
void cray_shutdown(int fd);

/// Never blocks; 0 is the end of the stream, -EAGAIN means nothing is there.
int64_t cray_receive(int fd, void *_Nonnull buffer, size_t size);
/// Like `cray_receive`, and stores received descriptors (closed on exec). Sets `*truncated` when more came than fit.
int64_t cray_receive_with_descriptors(int fd, void *_Nonnull buffer, size_t size, int *_Nonnull descriptors, int capacity,
                                      int *_Nonnull count, bool *_Nonnull truncated);
/// Never blocks and never raises SIGPIPE.
int64_t cray_send(int fd, const void *_Nonnull buffer, size_t size);
int64_t cray_send_two(int fd, const void *_Nonnull first, size_t first_size, const void *_Nonnull second, size_t second_size);
/// `size` must not be 0: descriptors travel with the first byte.
int64_t cray_send_with_descriptors(int fd, const void *_Nonnull buffer, size_t size, const int *_Nonnull descriptors, int count);

/// The most descriptors one message can carry.
#define CRAY_DESCRIPTORS_PER_MESSAGE_MAX 253

// MARK: - Child processes

/// The most descriptors a child can be given.
#define CRAY_SPAWN_DESCRIPTORS_MAX 64

enum {
  CRAY_SPAWN_NEW_PROCESS_GROUP = 1,
  CRAY_SPAWN_NEW_SESSION = 2,
  /// SIGKILL for the child when the spawning THREAD ends (not the process): spawn from one that lives as long as the process.
  CRAY_SPAWN_DIE_WITH_PARENT_THREAD = 4,
};

typedef struct {
  const char *_Nonnull path;
  char *_Nullable const *_Nonnull argv;
  char *_Nullable const *_Nonnull envp;
  const char *_Nullable directory;
  /// Descriptors 0, 1, 2 of the child; -1 inherits the parent's.
  int standard[3];
  /// Become 3, 4, ... in the child. Every other descriptor is closed there.
  const int *_Nullable descriptors;
  int descriptor_count;
  uint32_t flags;
} cray_spawn_request;

/// Starts a child; reports a failed exec as an error of this call. Signal handlers and mask are reset in the child.
int cray_spawn(const cray_spawn_request *_Nonnull request, pid_t *_Nonnull pid, int *_Nonnull pidfd);

/// The environment of this process, null-terminated.
char *_Nullable *_Nonnull cray_environment(void);

/// Sends a signal to exactly the process behind the pidfd, never to a stranger that inherited its number.
int cray_pidfd_signal(int pidfd, int signal);

typedef struct {
  int code;        // exit code, or signal number
  bool signalled;  // ended by a signal
  bool core_dumped;
} cray_exit_status;

/// Reaps the child: 1 with `*status` when it ended, 0 when it still runs and `block` is false.
int cray_pidfd_wait(int pidfd, bool block, cray_exit_status *_Nonnull status);

#endif
