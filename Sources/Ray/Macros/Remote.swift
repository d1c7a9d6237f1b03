public import RayEngine

/// Makes a function callable in other processes: `$name.remote(…)` returns an ``ObjectRef`` at once.
///
/// ```swift
/// @Remote func square(_ x: Int) -> Int { x * x }
/// let ref = try $square.remote(7)
/// print(try await ref.value)   // 49
/// ```
///
/// The function may be `async`, may throw, may return a tuple (`split` gives one reference per element) or an
/// `AsyncSequence` (then the call returns an ``ObjectRefStream``). It must be global or `static`, not generic, and its types
/// must cross a process boundary: `RayValue` (see ``RayCodable()``) or `Codable`, or tuples of such.
///
/// Up to four parameters take values and references alike; longer lists take ``Arg``. Overloads cannot all be remote: one
/// function per name and scope.
///
/// - Parameters:
///   - name: Name other languages call it by; default `Module.Type.name(label:)`.
///   - numCPUs: CPUs a call occupies, 1 by default; fractions to a ten-thousandth.
///   - numGPUs: GPUs a call occupies; sets `CUDA_VISIBLE_DEVICES`.
///   - memory: Bytes of memory a call is booked for. Booked, not enforced, as in Ray.
///   - resources: Custom resources by name.
///   - maxRetries: Further attempts when the worker dies under the call, 3 by default, -1 for ever.
///   - retryExceptions: Also try again when the function throws.
///   - retryOn: Also try again when the function throws one of these types.
///   - runtimeEnv: What the call finds around it.
///   - streamWindow: How many elements a stream's callee may be ahead of its consumer, 1,024 by default.
@attached(peer, names: prefixed(`$`), prefixed(__Remote_))
public macro Remote(
  name: String? = nil, numCPUs: Double? = nil, numGPUs: Double? = nil, memory: Int? = nil, resources: [String: Double]? = nil,
  maxRetries: Int? = nil, retryExceptions: Bool? = nil, retryOn: [any Error.Type] = [],
  schedulingStrategy: SchedulingStrategy? = nil, runtimeEnv: RuntimeEnv? = nil, streamWindow: Int? = nil
) = #externalMacro(module: "RayMacros", type: "RemoteMacro")

/// Makes a final class or a Swift actor live in a worker process of its own.
///
/// ```swift
/// @RemoteActor final class Counter {
///   private var count: Int
///   init(from start: Int = 0) { count = start }
///   func increment(by step: Int = 1) -> Int { count += step; return count }
/// }
/// let counter = try Counter.remote(from: 10)
/// print(try await counter.increment.remote(by: 5).value)   // 15
/// ```
///
/// A class runs one call at a time, in the order each caller made them; Swift actors and classes with `async` methods take
/// other calls while one is suspended. Every method that is not private is remote, unless marked ``LocalOnly()``; methods in
/// extensions are not seen.
///
/// - Parameters:
///   - name: Name other languages know the class by.
///   - maxRestarts: How often the actor is started again after its process died, 0 by default, -1 for ever.
///   - maxTaskRetries: How often a call is repeated when the actor dies under it.
///   - maxConcurrency: Calls that may be active at once; 1,000 where calls interleave.
@attached(extension, conformances: RayActor)
@attached(member, names: named(remote), named(Methods), named(Creator), named(__entry), named(__record))
public macro RemoteActor(
  name: String? = nil, numCPUs: Double? = nil, numGPUs: Double? = nil, memory: Int? = nil, resources: [String: Double]? = nil,
  maxRestarts: Int? = nil, maxTaskRetries: Int? = nil, maxConcurrency: Int? = nil, maxPendingCalls: Int? = nil,
  runtimeEnv: RuntimeEnv? = nil
) = #externalMacro(module: "RayMacros", type: "RemoteActorMacro")

/// Keeps a method or an initializer off an actor's remote surface, or a property out of a ``RayCodable()`` struct's codec.
@attached(peer)
public macro LocalOnly() = #externalMacro(module: "RayMacros", type: "MarkerMacro")

/// Writes a fast codec for a struct or an enum, in bytes that other languages read.
///
/// A struct is a map with the properties' names. Missing optional properties are nil, missing properties with a default
/// keep it, unknown ones are skipped, so that programs of different versions understand each other.
///
/// An enum is its raw value, or else the name of its case; where any case has associated values, every case is an array of
/// the name and the values. Generic types conform where their parameters are `RaySerializable`.
@attached(
  extension, conformances: RayValue, RaySerializable, Sendable,
  names: named(encode), named(decode), named(init), named(encodedByteCountHint), named(partTypes))
public macro RayCodable() = #externalMacro(module: "RayMacros", type: "RayCodableMacro")
