// The types at the border to Ray's C++ worker, declared by hand: the memory layout and the order of the virtual functions are the
// interface, which is the same from Ray 2.40 to 2.60. Ray is built with the old strings of libstdc++, and so is this target.
#pragma once
#include <string>

#if defined(__linux__) && defined(__GLIBCXX__)
#define CRAY_NATIVE_AVAILABLE 1

#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <unordered_map>
#include <utility>
#include <vector>

#include "CRayNative.h"

static_assert(sizeof(std::string) == sizeof(void *), "this target needs _GLIBCXX_USE_CXX11_ABI=0");

namespace swift_ray {

/// A block of bytes that frees itself.
struct Buffer {
  size_t size = 0;
  char *data = nullptr;
  size_t capacity = 0;

  Buffer() = default;
  explicit Buffer(cray_block block) : size(block.count), data(static_cast<char *>(block.bytes)), capacity(block.count) {}
  Buffer(Buffer &&other) noexcept : size(other.size), data(other.data), capacity(other.capacity) { other.forget(); }
  Buffer &operator=(Buffer &&other) noexcept {
    if (this == &other) return *this;
    std::free(data);
    size = other.size;
    data = other.data;
    capacity = other.capacity;
    other.forget();
    return *this;
  }
  ~Buffer() { std::free(data); }

 private:
  void forget() {
    size = 0;
    data = nullptr;
    capacity = 0;
  }
};

/// A value that may be missing: a flag, then the place of the value.
template <typename Value>
struct Optional {
  bool is_set = false;
  alignas(Value) unsigned char storage[sizeof(Value)];

  Optional() = default;
  Optional(const Optional &) = delete;
  ~Optional() {
    if (is_set) reinterpret_cast<Value *>(storage)->~Value();
  }
  void set(Value &&value) {
    new (storage) Value(std::move(value));
    is_set = true;
  }
};

struct Text {
  size_t count = 0;
  const char *bytes = nullptr;
};

struct TaskArgument {
  Optional<Buffer> value;
  Optional<std::string> object;
  Text metadata;

  TaskArgument() = default;
  // Never used: vectors of arguments are built with room for all.
  TaskArgument(TaskArgument &&) { std::abort(); }
};

enum class Language : int { cpp = 0, python = 1 };

struct FunctionName {
  std::string module;
  std::string function;
  std::string of_class;
  Language language = Language::cpp;
};

using Resources = std::unordered_map<std::string, double>;

struct PlacementGroupOptions {
  std::string name;
  std::vector<Resources> bundles;
  int strategy = 0;
};

struct PlacementGroup {
  std::string id;
  PlacementGroupOptions options;
  int state = -1;
  std::function<bool(const std::string &, int)> wait;
};

struct CallOptions {
  std::string name;
  Resources resources;
  PlacementGroup group;
  int bundle_index = -1;
  std::string runtime_environment;
};

struct ActorOptions {
  std::string name;
  std::string ray_namespace;
  Resources resources;
  int max_restarts = 0;
  int max_concurrency = 1;
  PlacementGroup group;
  int bundle_index = -1;
  std::string runtime_environment;
};

using Value = std::shared_ptr<Buffer>;
using Names = std::vector<std::string>;

/// Everything Ray does for a task. Never deleted from here.
class Runtime {
 public:
  virtual std::string put(Value value) = 0;
  virtual Value get(const std::string &object) = 0;
  virtual std::vector<Value> get(const Names &objects) = 0;
  virtual Value get(const std::string &object, const int &milliseconds) = 0;
  virtual std::vector<Value> get(const Names &objects, const int &milliseconds) = 0;
  virtual std::vector<bool> wait(const Names &objects, int needed, int milliseconds) = 0;
  virtual std::string call(const FunctionName &, std::vector<TaskArgument> &, const CallOptions &) = 0;
  virtual std::string create_actor(const FunctionName &, std::vector<TaskArgument> &, const ActorOptions &) = 0;
  virtual std::string call_actor(
      const FunctionName &, const std::string &actor, std::vector<TaskArgument> &, const CallOptions &) = 0;
  virtual void add_reference(const std::string &object) = 0;
  virtual void remove_reference(const std::string &object) = 0;
  virtual std::string find_actor(const std::string &name, const std::string &ray_namespace) = 0;
  virtual void kill_actor(const std::string &actor, bool no_restart) = 0;
  virtual void exit_actor() = 0;
  virtual PlacementGroup create_group(const PlacementGroupOptions &) = 0;
  virtual void remove_group(const std::string &group) = 0;
  virtual bool wait_for_group(const std::string &group, int64_t seconds) = 0;
  virtual bool was_actor_restarted() = 0;
  virtual std::vector<PlacementGroup> all_groups() = 0;
  virtual PlacementGroup group_by_id(const std::string &group) = 0;
  virtual PlacementGroup group_by_name(const std::string &name) = 0;
  virtual bool is_local_mode() { return false; }
  virtual std::string ray_namespace() = 0;
  virtual std::string serialize_actor(const std::string &actor) = 0;
  virtual std::string deserialize_actor(const std::string &serialized) = 0;

 protected:
  ~Runtime() = default;
};

static_assert(sizeof(Buffer) == 24 && sizeof(Optional<Buffer>) == 32 && sizeof(TaskArgument) == 64, "layout");
static_assert(sizeof(FunctionName) == 32, "layout");

/// What a failed task throws; the worker puts the text into the task's error.
class Error : public std::exception {
 public:
  explicit Error(cray_block text) : text_(static_cast<const char *>(text.bytes), text.count) { std::free(text.bytes); }
  const char *what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

/// The worker's runtime; null until the worker has handed it over.
Runtime *runtime();

}  // namespace swift_ray
#endif
