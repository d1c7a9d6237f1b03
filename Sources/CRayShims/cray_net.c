#if defined(__linux__)

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "cray_net.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define RETRY(call)                       \
  ({                                      \
    __typeof__(call) result_;             \
    do {                                  \
      result_ = (call);                   \
    } while (result_ < 0 && errno == EINTR); \
    result_ < 0 ? -errno : result_;       \
  })

// MARK: - Current thread

_Thread_local void *cray_thread_loop_value = NULL;

void cray_yield(void) { sched_yield(); }

void cray_set_thread_name(const char *name) {
  char buffer[16];
  strncpy(buffer, name, sizeof buffer - 1);
  buffer[sizeof buffer - 1] = 0;
  pthread_setname_np(pthread_self(), buffer);
}

// MARK: - Polling

static uint32_t to_epoll(uint32_t events) {
  return ((events & CRAY_READABLE) ? EPOLLIN | EPOLLRDHUP : 0u) | ((events & CRAY_WRITABLE) ? EPOLLOUT : 0u);
}

static int control(int poller, int operation, int fd, uint32_t events, uint64_t token) {
  struct epoll_event event = {.events = to_epoll(events), .data.u64 = token};
  return RETRY(epoll_ctl(poller, operation, fd, &event));
}

int cray_poller_create(void) { return RETRY(epoll_create1(EPOLL_CLOEXEC)); }
int cray_poller_add(int poller, int fd, uint32_t events, uint64_t token) {
  return control(poller, EPOLL_CTL_ADD, fd, events, token);
}
int cray_poller_modify(int poller, int fd, uint32_t events, uint64_t token) {
  return control(poller, EPOLL_CTL_MOD, fd, events, token);
}
int cray_poller_remove(int poller, int fd) { return control(poller, EPOLL_CTL_DEL, fd, 0, 0); }

static int milliseconds_rounded_up(int64_t ns) {
  if (ns < 0) return -1;
  int64_t ms = ns / 1000000 + (ns % 1000000 != 0);
  return ms > 1000000000 ? 1000000000 : (int)ms;
}

static int wait_events(int poller, struct epoll_event *events, int capacity, int64_t timeout_ns) {
#if defined(SYS_epoll_pwait2)
  // Millisecond timeouts would delay every timer by up to 1 ms; kernels before 5.11 lack the finer call.
  static _Atomic bool lacks_nanoseconds = false;
  if (timeout_ns > 0 && !lacks_nanoseconds) {
    struct timespec timeout = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
    int count = (int)syscall(SYS_epoll_pwait2, poller, events, capacity, &timeout, NULL, (size_t)0);
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
    lacks_nanoseconds = true;
  }
#endif
  return epoll_wait(poller, events, capacity, milliseconds_rounded_up(timeout_ns));
}

int cray_poller_wait(int poller, cray_event *events, int capacity, int64_t timeout_ns) {
  struct epoll_event raw[64];
  if (capacity > 64) capacity = 64;
  int count = wait_events(poller, raw, capacity, timeout_ns);
  // An interrupted wait is a spurious wake-up: callers look at their deadlines anyway.
  if (count < 0) return errno == EINTR ? 0 : -errno;
  for (int i = 0; i < count; i++) {
    uint32_t e = raw[i].events;
    events[i].token = raw[i].data.u64;
    events[i].events = ((e & (EPOLLIN | EPOLLRDHUP)) ? CRAY_READABLE : 0u) | ((e & EPOLLOUT) ? CRAY_WRITABLE : 0u) |
                       ((e & (EPOLLHUP | EPOLLERR)) ? CRAY_HANGUP | CRAY_READABLE : 0u);
  }
  return count;
}

int cray_wakeup_create(void) { return RETRY(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

void cray_wakeup_signal(int fd) {
  uint64_t one = 1;
  // EAGAIN means the counter is full, hence readable: nothing to do.
  (void)RETRY(write(fd, &one, sizeof one));
}

void cray_wakeup_drain(int fd) {
  uint64_t value;
  (void)RETRY(read(fd, &value, sizeof value));
}

static int wait_for(int fd, short events, int64_t timeout_ns) {
  struct pollfd entry = {.fd = fd, .events = events};
  uint64_t deadline = timeout_ns < 0 ? UINT64_MAX : cray_now_ns() + (uint64_t)timeout_ns;
  for (;;) {
    int64_t left = -1;
    if (timeout_ns >= 0) {
      uint64_t now = cray_now_ns();
      left = now >= deadline ? 0 : (int64_t)(deadline - now);
    }
    int count = poll(&entry, 1, milliseconds_rounded_up(left));
    if (count >= 0) return count;
    if (errno != EINTR) return -errno;
  }
}

int cray_wait_readable(int fd, int64_t timeout_ns) { return wait_for(fd, POLLIN, timeout_ns); }
int cray_wait_writable(int fd, int64_t timeout_ns) { return wait_for(fd, POLLOUT, timeout_ns); }

// MARK: - Descriptors and stream sockets

// EINTR on Linux closes the descriptor all the same: a retry could close a stranger's.
int cray_close(int fd) { return close(fd) < 0 && errno != EINTR ? -errno : 0; }

int cray_duplicate(int fd) { return RETRY(fcntl(fd, F_DUPFD_CLOEXEC, 3)); }

int cray_set_nonblocking(int fd, bool nonblocking) {
  int flags = RETRY(fcntl(fd, F_GETFL));
  if (flags < 0) return flags;
  flags = nonblocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
  return RETRY(fcntl(fd, F_SETFL, flags));
}

void cray_set_socket_buffers(int fd, int size) {
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

int cray_socketpair(int out[2], int buffer_size) {
  int result = RETRY(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, out));
  if (result < 0 || buffer_size == 0) return result;
  cray_set_socket_buffers(out[0], buffer_size);
  cray_set_socket_buffers(out[1], buffer_size);
  return 0;
}

void cray_shutdown(int fd) { (void)shutdown(fd, SHUT_RDWR); }

int64_t cray_receive(int fd, void *buffer, size_t size) { return RETRY(recv(fd, buffer, size, MSG_DONTWAIT)); }

// Holds one control message with the most descriptors that the kernel passes, aligned for its header.
typedef union {
  struct cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int) * CRAY_DESCRIPTORS_PER_MESSAGE_MAX)];
} control_buffer;

static void take_descriptors(struct msghdr *message, int *descriptors, int capacity, int *count, bool *truncated) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    size_t received = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < received; i++) {
      int fd;
      memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof fd);
      if (*count < capacity) {
        descriptors[(*count)++] = fd;
      } else {
        close(fd);
        *truncated = true;
      }
    }
  }
}

int64_t cray_receive_with_descriptors(int fd, void *buffer, size_t size, int *descriptors, int capacity, int *count,
                                      bool *truncated) {
  control_buffer control;
  struct iovec slice = {.iov_base = buffer, .iov_len = size};
  struct msghdr message = {
      .msg_iov = &slice, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  *count = 0;
  *truncated = false;
  int64_t received = RETRY(recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
  if (received < 0) return received;
  take_descriptors(&message, descriptors, capacity, count, truncated);
  if (message.msg_flags & MSG_CTRUNC) *truncated = true;
  return received;
}

int64_t cray_send(int fd, const void *buffer, size_t size) {
  return RETRY(send(fd, buffer, size, MSG_DONTWAIT | MSG_NOSIGNAL));
}

int64_t cray_send_two(int fd, const void *first, size_t first_size, const void *second, size_t second_size) {
  struct iovec slices[2] = {{.iov_base = (void *)first, .iov_len = first_size},
                            {.iov_base = (void *)second, .iov_len = second_size}};
  struct msghdr message = {.msg_iov = slices, .msg_iovlen = 2};
  return RETRY(sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL));
}

int64_t cray_send_with_descriptors(int fd, const void *buffer, size_t size, const int *descriptors, int count) {
  if (count < 1 || count > CRAY_DESCRIPTORS_PER_MESSAGE_MAX || size == 0) return -EINVAL;
  control_buffer control;
  memset(&control, 0, sizeof control);
  struct iovec slice = {.iov_base = (void *)buffer, .iov_len = size};
  size_t byte_count = sizeof(int) * (size_t)count;
  struct msghdr message = {
      .msg_iov = &slice, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = CMSG_SPACE(byte_count)};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(byte_count);
  memcpy(CMSG_DATA(header), descriptors, byte_count);
  return RETRY(sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL));
}

// MARK: - Child processes

// Runs in the child between vfork and exec: it borrows the parent's memory and stack, so only system calls are allowed.
static int place_descriptors(const cray_spawn_request *request, int *report) {
  // First move every source above all targets, so that no target overwrites a source that is still needed.
  int above = 3 + request->descriptor_count;
  int moved = fcntl(*report, F_DUPFD_CLOEXEC, above);
  if (moved < 0) return errno;
  *report = moved;
  int standard[3];
  for (int i = 0; i < 3; i++) {
    standard[i] = request->standard[i] < 0 ? -1 : fcntl(request->standard[i], F_DUPFD_CLOEXEC, above);
    if (request->standard[i] >= 0 && standard[i] < 0) return errno;
  }
  int high[CRAY_SPAWN_DESCRIPTORS_MAX];
  for (int i = 0; i < request->descriptor_count; i++) {
    high[i] = fcntl(request->descriptors[i], F_DUPFD_CLOEXEC, above);
    if (high[i] < 0) return errno;
  }
  for (int i = 0; i < 3; i++) {
    if (standard[i] >= 0 && dup2(standard[i], i) < 0) return errno;
  }
  for (int i = 0; i < request->descriptor_count; i++) {
    if (dup2(high[i], 3 + i) < 0) return errno;
  }
  // Mark instead of close: the report pipe must live until exec succeeds.
  if (syscall(SYS_close_range, (unsigned)above, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */) < 0) {
    if (errno != ENOSYS && errno != EINVAL) return errno;
    long limit = sysconf(_SC_OPEN_MAX);
    for (int fd = above; fd < limit; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  return 0;
}

static void reset_signals(void) {
  // The raw call, since the library's one refuses the two signals that it keeps for itself. All zeros is the default action
  // with no flags; the kernel's structure is smaller than this on every architecture.
  uint64_t standard[8] = {0};
  for (int signal = 1; signal < NSIG; signal++) syscall(SYS_rt_sigaction, signal, standard, NULL, (size_t)(_NSIG / 8));
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static int prepare_child(const cray_spawn_request *request, pid_t parent, int *report) {
  if ((request->flags & CRAY_SPAWN_NEW_SESSION) && setsid() < 0) return errno;
  if ((request->flags & CRAY_SPAWN_NEW_PROCESS_GROUP) && setpgid(0, 0) < 0) return errno;
  if (request->flags & CRAY_SPAWN_DIE_WITH_PARENT_THREAD) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return errno;
    if (getppid() != parent) _exit(127);  // The parent died before the line above.
  }
  int error = place_descriptors(request, report);
  if (error != 0) return error;
  if (request->directory != NULL && chdir(request->directory) < 0) return errno;
  reset_signals();
  return 0;
}

// Not inlined: its locals must not share a frame with those of the parent, which continues on the same stack.
__attribute__((noinline, noreturn)) static void run_child(const cray_spawn_request *request, pid_t parent, int report) {
  int error = prepare_child(request, parent, &report);
  if (error == 0) {
    execve(request->path, request->argv, request->envp);
    error = errno;
  }
  (void)!write(report, &error, sizeof error);
  _exit(127);
}

static int finish_spawn(pid_t child, int report, int *pidfd) {
  int error = 0;
  // End of file means exec succeeded and closed the other end.
  ssize_t count = RETRY(read(report, &error, sizeof error));
  if (count == (ssize_t)sizeof error) {
    waitpid(child, NULL, 0);
    return -error;
  }
  *pidfd = RETRY((int)syscall(SYS_pidfd_open, child, 0));
  if (*pidfd >= 0) return 0;
  int failure = *pidfd;
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  return failure;
}

int cray_spawn(const cray_spawn_request *request, pid_t *pid, int *pidfd) {
  if (request->descriptor_count < 0 || request->descriptor_count > CRAY_SPAWN_DESCRIPTORS_MAX) return -EINVAL;
  int report[2];
  if (pipe2(report, O_CLOEXEC) < 0) return -errno;
  pid_t parent = getpid();
  // A handler that ran in the child would run on the parent's memory: keep every signal away until exec.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  pid_t child = vfork();
#pragma GCC diagnostic pop
  if (child == 0) run_child(request, parent, report[1]);
  int error = child < 0 ? -errno : 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(report[1]);
  if (error == 0) error = finish_spawn(child, report[0], pidfd);
  close(report[0]);
  *pid = child;
  return error;
}

extern char **environ;
char **cray_environment(void) { return environ; }

int cray_pidfd_signal(int pidfd, int signal) { return RETRY((int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0u)); }

int cray_pidfd_wait(int pidfd, bool block, cray_exit_status *status) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  // 3 is P_PIDFD, which older headers lack.
  int result = RETRY(waitid((idtype_t)3, (id_t)pidfd, &info, WEXITED | (block ? 0 : WNOHANG)));
  if (result < 0) return result;
  if (info.si_pid == 0) return 0;
  status->code = info.si_status;
  status->signalled = info.si_code != CLD_EXITED;
  status->core_dumped = info.si_code == CLD_DUMPED;
  return 1;
}

#endif
