// What Ray's C++ worker looks for in a library: three variables that hold addresses of functions.
#include "layout.hpp"

#if CRAY_NATIVE_AVAILABLE
namespace swift_ray {
namespace {

using Function = std::function<Buffer(const std::vector<Buffer> &)>;
using Method = std::function<Buffer(Buffer *, const std::vector<Buffer> &)>;
using Functions = std::unordered_map<std::string, Function>;
using Methods = std::unordered_map<std::string, Method>;

struct Registry {
  Functions functions;
  Methods methods;
};

// Zero until a worker attaches, so that nothing of this runs when a program starts. Never freed: threads of the worker outlive
// static destructors.
std::shared_ptr<Runtime> *attached = nullptr;

cray_span span(const Buffer &buffer) { return {buffer.data, buffer.size}; }

Buffer execute(const std::string &name, const std::vector<Buffer> &arguments, Buffer *actor) {
  cray_span few[16];
  std::vector<cray_span> many;
  cray_span *spans = few;
  if (arguments.size() > 16) {
    many.resize(arguments.size());
    spans = many.data();
  }
  for (size_t index = 0; index < arguments.size(); ++index) spans[index] = span(arguments[index]);
  cray_span instance = {nullptr, 0};
  if (actor) instance = span(*actor);
  cray_run_result result =
      swiftray_native_run({name.data(), name.size()}, spans, arguments.size(), actor ? &instance : nullptr);
  switch (result.outcome) {
    case CRAY_THREW: throw Error(result.block);
    case CRAY_EXITS: {
      Buffer unused(result.block);
      // Leaves by an exception of the worker's own, which must pass through here.
      runtime()->exit_actor();
      return Buffer();
    }
    default: return Buffer(result.block);
  }
}

void add(void *context, bool is_method, cray_span name) {
  auto registry = static_cast<Registry *>(context);
  std::string key(static_cast<const char *>(name.bytes), name.count);
  // The worker looks at the keys only; calls arrive in `execute`.
  if (is_method) {
    registry->methods.emplace(std::move(key), Method());
  } else {
    registry->functions.emplace(std::move(key), Function());
  }
}

std::pair<const Functions &, const Methods &> names() {
  static Registry *registry = [] {
    auto made = new Registry();
    swiftray_native_names(made, add);
    return made;
  }();
  return {registry->functions, registry->methods};
}

void attach(std::shared_ptr<Runtime> runtime) {
  if (!attached) attached = new std::shared_ptr<Runtime>();
  *attached = std::move(runtime);
}

}  // namespace

Runtime *runtime() { return attached ? attached->get() : nullptr; }

}  // namespace swift_ray

#define CRAY_EXPORT extern "C" __attribute__((used, visibility("default"))) const void *const

CRAY_EXPORT TaskExecutionHandler = reinterpret_cast<const void *>(&swift_ray::execute);
CRAY_EXPORT GetRemoteFunctions = reinterpret_cast<const void *>(&swift_ray::names);
CRAY_EXPORT InitRayRuntime = reinterpret_cast<const void *>(&swift_ray::attach);
#endif
