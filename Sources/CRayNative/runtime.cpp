// Ray's runtime behind plain C functions. No exception leaves them.
#include "layout.hpp"

#if CRAY_NATIVE_AVAILABLE
#include <typeinfo>

namespace swift_ray {
namespace {

cray_block copy(const char *bytes, size_t count) {
  cray_block block = {std::malloc(count ? count : 1), count};
  if (!block.bytes) {
    block.count = 0;
    return block;
  }
  if (count) std::memcpy(block.bytes, bytes, count);
  return block;
}

cray_status failure(cray_status_code code, const char *text) { return {code, copy(text, std::strlen(text))}; }

/// Ray's exceptions, told apart by name: their types are not known here.
cray_status_code code(const std::exception &error) {
  const char *name = typeid(error).name();
  if (std::strstr(name, "RayTimeoutException")) return CRAY_TIMEOUT;
  if (std::strstr(name, "RayTaskException")) return CRAY_TASK_FAILED;
  if (std::strstr(name, "RayActorException")) return CRAY_ACTOR_FAILED;
  if (std::strstr(name, "RayWorkerException")) return CRAY_WORKER_FAILED;
  if (std::strstr(name, "UnreconstructableException")) return CRAY_OBJECT_LOST;
  return CRAY_FAILED;
}

template <typename Body>
cray_status guarded(Body body) {
  Runtime *ray = runtime();
  if (!ray) return failure(CRAY_NO_RUNTIME, "this process is no worker of Ray");
  try {
    body(*ray);
    return {CRAY_OK, {nullptr, 0}};
  } catch (const std::exception &error) {
    return failure(code(error), error.what());
  } catch (...) {
    return failure(CRAY_FAILED, "an unknown exception");
  }
}

std::string string(cray_span span) {
  return span.count ? std::string(static_cast<const char *>(span.bytes), span.count) : std::string();
}

std::string string(const cray_object_id *id) { return std::string(reinterpret_cast<const char *>(id), sizeof *id); }
std::string string(const cray_actor_id *id) { return std::string(reinterpret_cast<const char *>(id), sizeof *id); }

template <typename Identifier>
void read(const std::string &bytes, Identifier *out) {
  if (bytes.size() != sizeof(Identifier)) throw Error(copy("Ray gave an identifier of another size", 38));
  std::memcpy(out, bytes.data(), sizeof(Identifier));
}

std::vector<TaskArgument> arguments(const cray_argument *list, size_t count) {
  std::vector<TaskArgument> result(count);
  for (size_t index = 0; index < count; ++index) {
    cray_span bytes = list[index].bytes;
    if (list[index].is_reference) {
      result[index].object.set(string(bytes));
    } else {
      result[index].value.set(Buffer(copy(static_cast<const char *>(bytes.bytes), bytes.count)));
    }
  }
  return result;
}

/// Python wants the name of each argument in front of it, where these have none, and to be told that a value is no pickle.
std::vector<TaskArgument> python_arguments(const cray_argument *list, size_t count) {
  static const char nameless[] = "__RAY_DUMMY__";
  std::vector<TaskArgument> result(2 * count);
  for (size_t index = 0; index < count; ++index) {
    result[2 * index].value.set(Buffer(copy(nameless, sizeof nameless - 1)));
    result[2 * index].metadata = {3, "RAW"};
    cray_span bytes = list[index].bytes;
    result[2 * index + 1].value.set(Buffer(copy(static_cast<const char *>(bytes.bytes), bytes.count)));
    result[2 * index + 1].metadata = {5, "XLANG"};
  }
  return result;
}

template <typename Options>
Options options(const cray_call_options *from) {
  Options result;
  result.name = string(from->name);
  for (size_t index = 0; index < from->resource_count; ++index)
    result.resources[string(from->resources[index].name)] = from->resources[index].amount;
  result.runtime_environment = string(from->runtime_environment);
  return result;
}

FunctionName function(cray_span name) {
  FunctionName result;
  result.function = string(name);
  return result;
}

}  // namespace
}  // namespace swift_ray

using namespace swift_ray;

bool cray_native_is_worker(void) { return runtime() != nullptr; }

cray_status cray_native_put(cray_block value, cray_object_id *out) {
  auto buffer = std::make_shared<Buffer>(value);
  return guarded([&](Runtime &ray) { read(ray.put(std::move(buffer)), out); });
}

cray_status cray_native_get(const cray_object_id *object, int32_t milliseconds, cray_value *out) {
  return guarded([&](Runtime &ray) {
    Value value = ray.get(string(object), milliseconds);
    if (!value) throw Error(copy("Ray gave no value", 17));
    auto owner = new Value(std::move(value));
    *out = {owner, {(*owner)->data, (*owner)->size}};
  });
}

void cray_native_value_free(void *owner) { delete static_cast<Value *>(owner); }

cray_status cray_native_wait(
    const cray_object_id *objects, size_t count, int32_t needed, int32_t milliseconds, bool *ready) {
  return guarded([&](Runtime &ray) {
    Names names;
    names.reserve(count);
    for (size_t index = 0; index < count; ++index) names.push_back(string(&objects[index]));
    std::vector<bool> flags = ray.wait(names, needed, milliseconds);
    for (size_t index = 0; index < count; ++index) ready[index] = index < flags.size() && flags[index];
  });
}

cray_status cray_native_call(
    cray_span name, const cray_argument *list, size_t count, const cray_call_options *from, cray_object_id *out) {
  return guarded([&](Runtime &ray) {
    FunctionName called = function(name);
    if (from->python_module.count) {
      called.module = string(from->python_module);
      called.language = Language::python;
    }
    auto given = from->python_module.count ? python_arguments(list, count) : arguments(list, count);
    read(ray.call(called, given, options<CallOptions>(from)), out);
  });
}

cray_status cray_native_create_actor(
    cray_span name, const cray_argument *list, size_t count, const cray_call_options *from, cray_actor_id *out) {
  return guarded([&](Runtime &ray) {
    auto given = arguments(list, count);
    auto creation = options<ActorOptions>(from);
    creation.ray_namespace = string(from->ray_namespace);
    creation.max_restarts = from->max_restarts;
    creation.max_concurrency = from->max_concurrency;
    FunctionName factory = function(name);
    factory.of_class = string(from->class_name);
    read(ray.create_actor(factory, given, creation), out);
  });
}

cray_status cray_native_call_actor(
    cray_span name, const cray_actor_id *actor, const cray_argument *list, size_t count, const cray_call_options *from,
    cray_object_id *out) {
  return guarded([&](Runtime &ray) {
    auto given = arguments(list, count);
    read(ray.call_actor(function(name), string(actor), given, options<CallOptions>(from)), out);
  });
}

void cray_native_release(const cray_object_id *object) {
  cray_status status = guarded([&](Runtime &ray) { ray.remove_reference(string(object)); });
  std::free(status.text.bytes);
}

cray_status cray_native_find_actor(cray_span name, cray_span ray_namespace, cray_actor_id *out, bool *found) {
  return guarded([&](Runtime &ray) {
    std::string actor = ray.find_actor(string(name), string(ray_namespace));
    *found = !actor.empty();
    if (*found) read(actor, out);
  });
}

cray_status cray_native_serialize_actor(const cray_actor_id *actor, cray_block *out) {
  return guarded([&](Runtime &ray) {
    std::string bytes = ray.serialize_actor(string(actor));
    *out = copy(bytes.data(), bytes.size());
  });
}

cray_status cray_native_adopt_actor(cray_span serialized, cray_actor_id *out) {
  return guarded([&](Runtime &ray) { read(ray.deserialize_actor(string(serialized)), out); });
}

cray_status cray_native_kill(const cray_actor_id *actor, bool no_restart) {
  return guarded([&](Runtime &ray) { ray.kill_actor(string(actor), no_restart); });
}

cray_status cray_native_was_restarted(bool *out) {
  return guarded([&](Runtime &ray) { *out = ray.was_actor_restarted(); });
}

cray_status cray_native_namespace(cray_block *out) {
  return guarded([&](Runtime &ray) {
    std::string name = ray.ray_namespace();
    *out = copy(name.data(), name.size());
  });
}
#endif
