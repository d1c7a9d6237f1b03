// Shared memory between processes: sealed segments, words with a memory order, futexes, a bare thread.
// Functions that can fail return 0 or an errno value; nothing here allocates memory that the caller must free.
#ifndef CRAY_SHM_H
#define CRAY_SHM_H

#include <stddef.h>
#include <stdint.h>

// MARK: Words in shared memory
//
// Loads are sequentially consistent unless named relaxed or acquire: "I freed space, does anybody wait?" against
// "I wait, is there space?" needs one order that both sides agree on. On x86 such a load is a plain move.

static inline uint64_t cray_shm_load_u64(const void *_Nonnull word) {
  return __atomic_load_n((const uint64_t *)word, __ATOMIC_SEQ_CST);
}
static inline uint64_t cray_shm_load_relaxed_u64(const void *_Nonnull word) {
  return __atomic_load_n((const uint64_t *)word, __ATOMIC_RELAXED);
}
static inline void cray_shm_store_u64(void *_Nonnull word, uint64_t value) {
  __atomic_store_n((uint64_t *)word, value, __ATOMIC_SEQ_CST);
}
static inline void cray_shm_store_release_u64(void *_Nonnull word, uint64_t value) {
  __atomic_store_n((uint64_t *)word, value, __ATOMIC_RELEASE);
}
static inline void cray_shm_store_relaxed_u64(void *_Nonnull word, uint64_t value) {
  __atomic_store_n((uint64_t *)word, value, __ATOMIC_RELAXED);
}
static inline int cray_shm_exchange_if_u64(void *_Nonnull word, uint64_t expected, uint64_t desired) {
  return __atomic_compare_exchange_n((uint64_t *)word, &expected, desired, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static inline uint32_t cray_shm_load_u32(const void *_Nonnull word) {
  return __atomic_load_n((const uint32_t *)word, __ATOMIC_SEQ_CST);
}
static inline uint32_t cray_shm_load_relaxed_u32(const void *_Nonnull word) {
  return __atomic_load_n((const uint32_t *)word, __ATOMIC_RELAXED);
}
static inline void cray_shm_store_u32(void *_Nonnull word, uint32_t value) {
  __atomic_store_n((uint32_t *)word, value, __ATOMIC_SEQ_CST);
}
static inline void cray_shm_store_release_u32(void *_Nonnull word, uint32_t value) {
  __atomic_store_n((uint32_t *)word, value, __ATOMIC_RELEASE);
}
static inline int cray_shm_exchange_if_u32(void *_Nonnull word, uint32_t expected, uint32_t desired) {
  return __atomic_compare_exchange_n((uint32_t *)word, &expected, desired, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
static inline uint32_t cray_shm_exchange_u32(void *_Nonnull word, uint32_t desired) {
  return __atomic_exchange_n((uint32_t *)word, desired, __ATOMIC_SEQ_CST);
}
static inline uint32_t cray_shm_add_u32(void *_Nonnull word, uint32_t delta) {
  return __atomic_fetch_add((uint32_t *)word, delta, __ATOMIC_SEQ_CST);
}

static inline uint8_t cray_shm_load_u8(const void *_Nonnull word) {
  return __atomic_load_n((const uint8_t *)word, __ATOMIC_ACQUIRE);
}
static inline void cray_shm_store_u8(void *_Nonnull word, uint8_t value) {
  __atomic_store_n((uint8_t *)word, value, __ATOMIC_RELEASE);
}

/// Tells the core that this is a spin loop.
static inline void cray_shm_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

// MARK: Futex

/// Sleeps while `*word == expected`, at most `timeout_ns` (negative: no limit). `shared` is 1 for words that processes share.
/// Returns 0 when woken, EAGAIN when the word differs, ETIMEDOUT, or EINTR.
int cray_shm_futex_wait(void *_Nonnull word, uint32_t expected, int64_t timeout_ns, int shared);
/// Wakes up to `count` sleepers.
void cray_shm_futex_wake(void *_Nonnull word, int count, int shared);

// MARK: Segments

/// Creates an anonymous, sparse, close-on-exec segment that nobody can shrink, grow or unseal.
/// The caller closes `*descriptor`.
int cray_shm_create(size_t size, int *_Nonnull descriptor);
/// Duplicates a descriptor, close-on-exec, away from the low numbers that spawned children overwrite.
int cray_shm_duplicate(int descriptor, int *_Nonnull duplicate);
/// Size of a segment, refused with EPERM when a peer could still shrink it (that would turn reads into SIGBUS).
int cray_shm_sealed_size(int descriptor, size_t *_Nonnull size);
/// Maps `size` bytes shared and writable at an address that is a multiple of `alignment`. Undone by `cray_shm_unmap`.
int cray_shm_map(int descriptor, size_t size, size_t alignment, void *_Nullable *_Nonnull address);
void cray_shm_unmap(void *_Nonnull address, size_t size);
void cray_shm_close(int descriptor);
/// Gives the range memory without changing its bytes; a shortage is an error and never a signal.
int cray_shm_populate(int descriptor, void *_Nonnull address, size_t size, size_t offset);
/// Like populate for one huge page, backed by a huge page when the kernel can.
int cray_shm_warm(int descriptor, void *_Nonnull address, size_t size, size_t offset);
/// Returns the memory of a range to the system; it reads as zeros afterwards.
int cray_shm_punch(int descriptor, size_t offset, size_t size);

// MARK: Clock, cores, threads

uint64_t cray_shm_monotonic_ns(void);
/// Cores this process may run on.
int cray_shm_core_count(void);
/// Bytes of physical memory.
uint64_t cray_shm_physical_memory(void);

typedef struct {
  uint64_t handle;
} cray_shm_thread;

/// Starts a thread with all signals blocked; `niceness` > 0 lowers its priority. Ended by `cray_shm_thread_join`.
int cray_shm_thread_start(cray_shm_thread *_Nonnull thread, const char *_Nonnull name, int niceness,
                          void (*_Nonnull body)(void *_Nullable), void *_Nullable context);
void cray_shm_thread_join(cray_shm_thread thread);

#endif
