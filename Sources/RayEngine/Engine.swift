package import MessagePack
public import RayProtocol

/// What runs remote calls: the embedded engine, or a real Ray cluster behind a bridge.
///
/// Only value types, handles and encoding closures cross this seam, so that the same program runs on either side.
/// Every method may be called from any thread.
package protocol Engine: AnyObject, Sendable {
  /// Name for people and for tests that skip what one engine cannot do: "embedded" or "ray".
  var name: String { get }

  // MARK: Calls

  /// Submits a call and returns the reference to its one result. Throws what is known at once: encoding, unknown
  /// names, a runtime that was shut down. Everything later arrives through the reference.
  func submit(
    _ target: CallTarget, options: TaskOptions,
    arguments: (inout ArgumentWriter) throws -> Void
  ) throws -> ObjectHandle

  /// Submits a call whose tuple result is cut into one object per element.
  func submitSplit(
    _ target: CallTarget, options: TaskOptions, parts: Int,
    arguments: (inout ArgumentWriter) throws -> Void
  ) throws -> [ObjectHandle]

  /// Submits a call that yields any number of objects; they are read through ``nextElement(of:)``.
  func submitStream(
    _ target: CallTarget, options: TaskOptions,
    arguments: (inout ArgumentWriter) throws -> Void
  ) throws -> StreamHandle

  /// The next object of a stream; nil after the last one. Throws when the waiting task is cancelled.
  func nextElement(of stream: StreamHandle) async throws -> ObjectHandle?

  /// Starts an actor. Returns before its constructor has run.
  func createActor(
    _ entry: ActorEntry, options: ActorOptions, arguments: (inout ArgumentWriter) throws -> Void
  ) throws -> ActorCore

  /// Starts an actor of a Python class. Throws `unsupported` where the engine has no Python.
  func createPythonActor(
    _ callee: PythonCallee, options: ActorOptions, arguments: (inout ArgumentWriter) throws -> Void
  ) throws -> ActorCore

  // MARK: Objects

  /// Stores a value. `byteCountHint` is the expected encoded size; large values are encoded straight into the store.
  func put(byteCountHint: Int, encode: (inout ByteWriter) throws -> Void) throws -> ObjectHandle

  /// Whether the object, of which the caller keeps a handle, has a value or an error.
  func isReady(_ id: ObjectID) -> Bool

  /// Looks without waiting. The bytes stay valid as long as the handle is kept.
  func state(of handle: ObjectHandle) -> ObjectState

  /// Looks at many objects at once without waiting; stops looking for ready ones after `enough` of them.
  func readiness(of ids: [ObjectID], enough: Int) -> Readiness

  /// Returns when the object has a value or an error. Throws `CancellationError` when the waiting task is cancelled.
  func whenReady(_ handle: ObjectHandle) async throws

  /// Returns when `count` of the objects are ready or the time is over.
  func whenReady(_ handles: [ObjectHandle], count: Int, timeout: Duration?) async throws

  /// Calls back once when the object is ready, at once when it is already; on any thread.
  func onReady(_ handle: ObjectHandle, _ body: @escaping @Sendable () -> Void)

  /// The last local handle of the object is gone.
  func release(_ id: ObjectID)

  /// Writes a reference that occurs inside a value, as the content of extension 'R'.
  func encode(_ handle: ObjectHandle, into writer: inout ByteWriter)

  /// A reference arrived inside a value; `source` is what ``ByteReader`` carried (see ``DecodeSource``).
  func decodeObject(_ bytes: RawSpan, source: UnsafeRawPointer?) throws(MessagePackError) -> ObjectHandle

  func cancel(_ handle: ObjectHandle, force: Bool, recursive: Bool) async throws

  // MARK: Actors

  /// Writes an actor handle that occurs inside a value, as the content of extension 'A'.
  func encode(_ actor: ActorCore, into writer: inout ByteWriter)

  /// An actor handle arrived inside a value.
  func decodeActor(_ bytes: RawSpan, source: UnsafeRawPointer?) throws(MessagePackError) -> ActorCore

  func kill(_ actor: ActorCore, noRestart: Bool) async throws
  func actor(named name: String, namespace: String?) async throws -> ActorCore
  func namedActors(namespace: String?) async throws -> [NamedActor]

  // MARK: Cluster

  var context: RuntimeContext { get }
  func clusterResources() async throws -> ResourceSet
  func availableResources() async throws -> ResourceSet
  func nodes() async throws -> [NodeInfo]
  /// True when nothing can be started any more: shut down, or its node is gone.
  var hasEnded: Bool { get }
  func shutdown() async
}

/// What one look at a list of objects saw.
package struct Readiness {
  /// Positions of ready objects, in order.
  package var ready: [Int] = []
  package var hasDuplicates = false
  package init() {}
}

extension Engine {
  package var hasEnded: Bool { false }

  package func createPythonActor(
    _ callee: PythonCallee, options: ActorOptions, arguments: (inout ArgumentWriter) throws -> Void
  ) throws -> ActorCore { throw callee.unsupported(by: self) }

  package func readiness(of ids: [ObjectID], enough: Int) -> Readiness {
    var result = Readiness()
    result.hasDuplicates = Set(ids).count < ids.count
    for (position, id) in ids.enumerated() where result.ready.count < enough {
      if isReady(id) { result.ready.append(position) }
    }
    return result
  }
}

/// The codes of MessagePack extensions for what only an engine understands.
package enum EngineExtension {
  package static var object: Int8 { 0x52 }
  package static var actor: Int8 { 0x41 }
}

/// What a call runs: a function of this program, a method of an actor, or either by name.
package enum CallTarget: Sendable {
  case function(RemoteEntry)
  case method(ActorMethodEntry, of: ActorCore)
  /// A function that may exist only in the callee's program, or in another language.
  case namedFunction(String)
  case namedMethod(String, of: ActorCore)
  /// A function of Python; only engines with Python workers run it.
  case python(PythonCallee)
}

/// A Python function or class.
package struct PythonCallee: Sendable, Hashable {
  /// `module.name`, or the name inside `source`, which may be empty where that defines only one. Labels may follow as Swift
  /// writes them, `module.scale(_:by:)`: labelled arguments are keywords.
  package var name: String
  /// The text that defines it, for what is in no module.
  package var source: String?

  package init(name: String, source: String? = nil) {
    self.name = name
    self.source = source
  }

  /// The same, called with keyword arguments behind `count` others.
  package func with(keywords: [String], after count: Int) -> PythonCallee {
    if keywords.isEmpty { return self }
    var copy = self
    let base = name.prefix { $0 != "(" }
    let labels = (Array(repeating: "_", count: count) + keywords).map { $0 + ":" }
    copy.name = base + "(" + labels.joined() + ")"
    return copy
  }

  package func unsupported(by engine: any Engine) -> RayError {
    RayError(
      .unsupported,
      "'\(title)' is Python, and the \(engine.name) engine has no Python workers; run the program on a Ray cluster (RAY_ADDRESS=auto, "
        + "or address \"ray:local\" for one of its own), or call the function in this process")
  }

  /// What people call it.
  package var title: String { name.isEmpty ? "Python source" : name }
}

/// The state of an object as one process sees it.
package enum ObjectState {
  case pending
  /// The encoded value; valid as long as the handle is kept.
  case value(UnsafeRawBufferPointer)
  /// An encoded `RayError`; valid as long as the handle is kept.
  case failed(UnsafeRawBufferPointer)
}

/// A name in a namespace and the class behind it.
public struct NamedActor: Hashable, Sendable {
  public var name: String
  public var namespace: String
  public var className: String
  package init(name: String, namespace: String, className: String) {
    self.name = name
    self.namespace = namespace
    self.className = className
  }
}

/// One node of the cluster.
public struct NodeInfo: Sendable {
  public var id: NodeID
  /// Where the node manager listens; "local" for the one inside this process.
  public var address: String
  public var isAlive: Bool
  /// All it has, in units.
  public var resources: [String: Double]
  package init(id: NodeID, address: String, isAlive: Bool, resources: [String: Double]) {
    self.id = id
    self.address = address
    self.isAlive = isAlive
    self.resources = resources
  }
}
