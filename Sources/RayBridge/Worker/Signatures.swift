internal import RayEngine
internal import RayProtocol

/// What Python asks about the Swift functions and actor classes of its process.
///
/// A signature is `(full name, (label, ...), whether it streams, options)`. Options are those of the declaration, as Ray names them.
enum Signatures {
  /// `(why there is none or None, [signature])` of the functions that a name stands for.
  static func functions(named name: String) throws -> PythonPointer {
    let names = RemoteRegistry.functionNames
    let found = NameSearch.matches(name, in: names).compactMap { RemoteRegistry.function(named: names[$0]) }
    let failure = found.isEmpty ? unknown(name, names, "remote function", .unknownFunction) : nil
    let signatures = try found.map { try signature($0.name, $0.parameters, streams: $0.streams, DeclaredOptions.of($0)) }
    return try ToPython.tuple([try ToPython.optional(failure), try ToPython.list(signatures)])
  }

  /// `(why there is none or None, full name, whether calls interleave, init's labels, [signature], options)`
  static func actor(named name: String) throws -> PythonPointer {
    let names = RemoteRegistry.actorNames
    let found = NameSearch.matches(name, in: names)
    guard found.count == 1, let entry = RemoteRegistry.actor(named: names[found[0]]) else {
      let failure = unknown(name, names, "remote actor class", .unknownActorClass)
      return try ToPython.tuple([
        try ToPython.string(failure), try ToPython.string(name), ToPython.bool(false), try ToPython.tuple([]),
        try ToPython.list([]), try ToPython.dictionary([:]),
      ])
    }
    let methods = try entry.methods.map { try signature($0.name, $0.parameters, streams: $0.streams, [:]) }
    return try ToPython.tuple([
      ToPython.none, try ToPython.string(entry.name), ToPython.bool(entry.isConcurrent), try labels(entry.parameters),
      try ToPython.list(methods), try ToPython.dictionary(try TaskOptionValues.make(entry.options)),
    ])
  }

  private static func unknown(_ name: String, _ names: [String], _ noun: String, _ code: RayError.Code) -> String {
    NameSearch.failure(name, among: names, noun: noun, place: "this program", code: code).message
  }

  private static func signature(
    _ name: String, _ parameters: [RemoteEntry.Parameter], streams: Bool, _ options: [String: OptionValue]
  ) throws -> PythonPointer {
    try ToPython.tuple([
      try ToPython.string(name), try labels(parameters), ToPython.bool(streams), try ToPython.dictionary(options),
    ])
  }

  private static func labels(_ parameters: [RemoteEntry.Parameter]) throws -> PythonPointer {
    try ToPython.tuple(try parameters.map { try ToPython.string($0.label) })
  }
}

/// What `@Remote(...)` says, for callers in Python.
private enum DeclaredOptions {
  static func of(_ entry: RemoteEntry) throws -> [String: OptionValue] {
    var options = try TaskOptionValues.make(entry.options, isMethod: false, actor: nil)
    let types = entry.options.values.retryOn
    if !types.isEmpty {
      options["retry_listed"] = nil
      options["retry_exceptions"] = .list(types.map { .string(String(reflecting: $0)) })
    }
    if entry.streams { options["_generator_backpressure_num_objects"] = try TaskOptionValues.window(entry.options) }
    return options
  }
}

extension RemoteEntry {
  var streams: Bool { if case .stream = body { true } else { false } }
}

extension ActorMethodEntry {
  var streams: Bool { if case .stream = body { true } else { false } }
}

extension ToPython {
  static func optional(_ text: String?) throws -> PythonPointer { try text.map { try string($0) } ?? none }
}
