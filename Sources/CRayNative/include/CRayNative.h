// The C++-language worker of a Ray cluster, seen from Swift: it loads the program's shared library, calls us for every task, and
// hands us one object for everything a task may ask of Ray.
//
// Nothing of Ray is needed to build this, and nothing runs or is loaded unless such a worker loads the library.
#ifndef CRAY_NATIVE_H
#define CRAY_NATIVE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Bytes of somebody else.
typedef struct {
  const void *_Nullable bytes;
  size_t count;
} cray_span;

/// Memory from `malloc` on its way to a new owner.
typedef struct {
  void *_Nullable bytes;
  size_t count;
} cray_block;

// MARK: Implemented in Swift

typedef enum {
  CRAY_RETURNED = 0, ///< the block is the result
  CRAY_THREW = 1, ///< the block is the error's text
  CRAY_EXITS = 2, ///< the actor ends on purpose
} cray_outcome;

typedef struct {
  cray_block block;
  cray_outcome outcome;
} cray_run_result;

/// Runs one call. `actor` is what the actor's creation returned; NULL for functions and creations.
cray_run_result swiftray_native_run(
    cray_span name, const cray_span *_Nonnull arguments, size_t count, const cray_span *_Nullable actor);

/// Calls `add` for every name that calls may use.
void swiftray_native_names(
    void *_Nonnull context, void (*_Nonnull add)(void *_Nonnull context, bool is_method, cray_span name));

// MARK: What a task may ask of Ray

typedef enum {
  CRAY_OK = 0,
  CRAY_TIMEOUT = 1,
  CRAY_TASK_FAILED = 2,
  CRAY_ACTOR_FAILED = 3,
  CRAY_WORKER_FAILED = 4,
  CRAY_OBJECT_LOST = 5,
  CRAY_FAILED = 6,
  CRAY_NO_RUNTIME = 7,
} cray_status_code;

/// How a request went; `text` says what went wrong and belongs to the caller.
typedef struct {
  cray_status_code code;
  cray_block text;
} cray_status;

/// A value in Ray's memory; the owner keeps it there.
typedef struct {
  void *_Nullable owner;
  cray_span bytes;
} cray_value;

/// One argument: bytes, or the identifier of an object when `is_reference`.
typedef struct {
  cray_span bytes;
  bool is_reference;
} cray_argument;

typedef struct {
  cray_span name;
  double amount;
} cray_resource;

typedef struct {
  cray_span name;
  cray_span ray_namespace;
  const cray_resource *_Nullable resources;
  size_t resource_count;
  cray_span runtime_environment;
  cray_span python_module; ///< of a Python function that is called, whose arguments are values; empty for this program's own
  cray_span class_name; ///< of an actor that is created: what others who find it by its name are told
  int32_t max_restarts;
  int32_t max_concurrency;
} cray_call_options;

enum { CRAY_OBJECT_ID_SIZE = 28, CRAY_ACTOR_ID_SIZE = 16 };
typedef struct { uint8_t bytes[28]; } cray_object_id;
typedef struct { uint8_t bytes[16]; } cray_actor_id;

/// Whether this process is a worker of Ray.
bool cray_native_is_worker(void);

/// Stores bytes; the object has one local reference. The block is taken over.
cray_status cray_native_put(cray_block value, cray_object_id *_Nonnull out);

/// Waits for one value; a negative time is no limit.
cray_status cray_native_get(const cray_object_id *_Nonnull object, int32_t milliseconds, cray_value *_Nonnull out);
void cray_native_value_free(void *_Nonnull owner);

/// Waits until `needed` of the objects are ready or the time is over; sets one flag per object. The objects must differ.
cray_status cray_native_wait(
    const cray_object_id *_Nonnull objects, size_t count, int32_t needed, int32_t milliseconds, bool *_Nonnull ready);

/// Submits a call; its result has one local reference.
cray_status cray_native_call(
    cray_span function, const cray_argument *_Nullable arguments, size_t count, const cray_call_options *_Nonnull options,
    cray_object_id *_Nonnull out);
cray_status cray_native_create_actor(
    cray_span function, const cray_argument *_Nullable arguments, size_t count, const cray_call_options *_Nonnull options,
    cray_actor_id *_Nonnull out);
cray_status cray_native_call_actor(
    cray_span function, const cray_actor_id *_Nonnull actor, const cray_argument *_Nullable arguments, size_t count,
    const cray_call_options *_Nonnull options, cray_object_id *_Nonnull out);

void cray_native_release(const cray_object_id *_Nonnull object);

/// The actor of that name; `found` is false when there is none.
cray_status cray_native_find_actor(
    cray_span name, cray_span ray_namespace, cray_actor_id *_Nonnull out, bool *_Nonnull found);
/// An actor handle as bytes that another process can adopt, which knows the actor then.
cray_status cray_native_serialize_actor(const cray_actor_id *_Nonnull actor, cray_block *_Nonnull out);
cray_status cray_native_adopt_actor(cray_span serialized, cray_actor_id *_Nonnull out);
cray_status cray_native_kill(const cray_actor_id *_Nonnull actor, bool no_restart);
cray_status cray_native_was_restarted(bool *_Nonnull out);
cray_status cray_native_namespace(cray_block *_Nonnull out);

#ifdef __cplusplus
}
#endif
#endif
