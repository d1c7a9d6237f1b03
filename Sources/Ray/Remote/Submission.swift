public import RayEngine

// What generated code calls to submit: public because it is expanded into users' modules, not meant to be called by hand.

/// Submits calls of remote functions.
public enum FunctionCall {
  public static func submit<Value>(
    _ entry: RemoteEntry, _ options: TaskOptions, _ reading: @escaping ObjectRef<Value>.Reading,
    at site: CallSite, arguments: (inout ArgumentWriter) throws -> Void
  ) throws -> ObjectRef<Value> {
    let handle = try Runtime.engine().submit(.function(entry), options: options, arguments: arguments)
    return ObjectRef(__handle: handle.made(at: site), decoder: reading)
  }

  /// One reference per element of the tuple that the function returns.
  public static func split<each Value>(
    _ entry: RemoteEntry, _ options: TaskOptions, _ readings: repeat @escaping ObjectRef<each Value>.Reading,
    at site: CallSite, arguments: (inout ArgumentWriter) throws -> Void
  ) throws -> (repeat ObjectRef<each Value>) {
    var parts = Parts(count: Parts.count(repeat each readings))
    parts.handles = try Runtime.engine().submitSplit(
      .function(entry), options: options, parts: parts.count, arguments: arguments)
    return (repeat parts.next(each readings, site))
  }

  public static func stream<Element>(
    _ entry: RemoteEntry, _ options: TaskOptions, _ reading: @escaping ObjectRef<Element>.Reading,
    at site: CallSite, arguments: (inout ArgumentWriter) throws -> Void
  ) throws -> ObjectRefStream<Element> {
    let stream = try Runtime.engine().submitStream(.function(entry), options: options, arguments: arguments)
    _ = stream.completion.made(at: site)
    return ObjectRefStream(__stream: stream, decoder: reading)
  }
}

/// Submits calls of actors' methods.
public enum MethodCall {
  public static func submit<Value>(
    _ method: ActorMethodEntry, _ actor: ActorCore, _ options: TaskOptions, _ reading: @escaping ObjectRef<Value>.Reading,
    at site: CallSite, arguments: (inout ArgumentWriter) throws -> Void
  ) throws -> ObjectRef<Value> {
    let handle = try actor.engine.submit(.method(method, of: actor), options: options, arguments: arguments)
    return ObjectRef(__handle: handle.made(at: site), decoder: reading)
  }

  /// One reference per element of the tuple that the method returns.
  public static func split<each Value>(
    _ method: ActorMethodEntry, _ actor: ActorCore, _ options: TaskOptions,
    _ readings: repeat @escaping ObjectRef<each Value>.Reading, at site: CallSite,
    arguments: (inout ArgumentWriter) throws -> Void
  ) throws -> (repeat ObjectRef<each Value>) {
    var parts = Parts(count: Parts.count(repeat each readings))
    parts.handles = try actor.engine.submitSplit(
      .method(method, of: actor), options: options, parts: parts.count, arguments: arguments)
    return (repeat parts.next(each readings, site))
  }

  public static func stream<Element>(
    _ method: ActorMethodEntry, _ actor: ActorCore, _ options: TaskOptions, _ reading: @escaping ObjectRef<Element>.Reading,
    at site: CallSite, arguments: (inout ArgumentWriter) throws -> Void
  ) throws -> ObjectRefStream<Element> {
    let stream = try actor.engine.submitStream(.method(method, of: actor), options: options, arguments: arguments)
    _ = stream.completion.made(at: site)
    return ObjectRefStream(__stream: stream, decoder: reading)
  }
}

/// Starts actors.
public enum ActorCreation {
  public static func submit<Actor: RayActor>(
    _ entry: ActorEntry, _ options: ActorOptions, arguments: (inout ArgumentWriter) throws -> Void
  ) throws -> ActorHandle<Actor> {
    ActorHandle(__core: try Runtime.engine().createActor(entry, options: options, arguments: arguments))
  }
}

/// Deals the handles of a split call out to references of different types.
private struct Parts {
  let count: Int
  var handles: [ObjectHandle] = []
  private var taken = 0

  init(count: Int) { self.count = count }

  static func count<each Value>(_ readings: repeat ObjectRef<each Value>.Reading) -> Int {
    var count = 0
    for _ in repeat each readings { count += 1 }
    return count
  }

  mutating func next<Value>(_ reading: @escaping ObjectRef<Value>.Reading, _ site: CallSite) -> ObjectRef<Value> {
    defer { taken += 1 }
    return ObjectRef(__handle: handles[taken].made(at: site), decoder: reading)
  }
}
