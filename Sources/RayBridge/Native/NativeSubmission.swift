#if os(Linux) && canImport(Glibc)
  internal import CRayNative
  internal import MessagePack
  internal import RayEngine
  internal import RayProtocol

  /// Calls as Ray's C++ interface takes them.
  enum NativeSubmission {
    typealias Kept = [any AnyObject & Sendable]

    /// Encodes a call's frame and lists it with the references among the arguments. `body` also gets what must live until the call has
    /// its arguments: Ray does not see the actor handles in them.
    static func withArguments(
      _ kind: CallFrame.Kind, _ name: String, _ retryOn: [any Error.Type], _ arguments: (inout ArgumentWriter) throws -> Void,
      _ engine: NativeEngine, _ body: (UnsafeBufferPointer<cray_argument>, Kept) throws -> Void
    ) throws {
      try withUnsafeTemporaryAllocation(byteCount: 512, alignment: 16) { storage in
        var given = ArgumentWriter(UnsafeMutableRawBufferPointer(storage))
        try arguments(&given)
        let direct = given.finishForRay()
        let kept = given.bytes.takeKeptObjects()
        if let error = UnsupportedReference.error(in: kept, "an argument of \(name)") { throw error }
        var writer = ByteWriter()
        reserveHeader(&writer)
        CallFrame.head(kind, name, retryOn: retryOn.map { String(reflecting: $0) }).withUnsafeBytes { writer.append($0) }
        given.bytes.withUnsafeBytes { writer.append($0) }
        fillHeader(&writer)
        let names = try direct.map { handle throws(RayError) in try self.name(of: handle, engine) }
        try writer.withUnsafeBytes { frame in try withList(frame, names) { try body($0, kept) } }
        withExtendedLifetime((direct, kept)) {}
      }
    }

    static func reserveHeader(_ writer: inout ByteWriter) {
      _ = writer.reserve(ObjectHeader.byteCount)
      writer.advance(ObjectHeader.byteCount)
    }

    static func fillHeader(_ writer: inout ByteWriter) {
      writer.withUnsafeMutableBytes { bytes in
        guard let start = bytes.baseAddress else { return }
        ObjectHeader.fill(start, byteCount: bytes.count - ObjectHeader.byteCount)
      }
    }

    /// The worker that runs the call cannot see a failure that stands in an argument's place, so that known ones end here.
    private static func name(of handle: ObjectHandle, _ engine: NativeEngine) throws(RayError) -> cray_object_id {
      if case .failed(let error) = engine.objects.content(of: handle.id) { throw ErrorCoding.decode(error.bytes) }
      guard let name = engine.objects.name(of: handle.id) else {
        throw RayError(.objectReleased, "an argument refers to an object that this process does not hold")
      }
      return name
    }

    private static func withList(
      _ frame: UnsafeRawBufferPointer, _ names: [cray_object_id], _ body: (UnsafeBufferPointer<cray_argument>) throws -> Void
    ) throws {
      try names.withUnsafeBufferPointer { names in
        try withUnsafeTemporaryAllocation(of: cray_argument.self, capacity: names.count + 1) { list in
          let head = cray_argument(bytes: cray_span(bytes: frame.baseAddress, count: frame.count), is_reference: false)
          list.initializeElement(at: 0, to: head)
          for index in names.indices {
            let span = cray_span(bytes: names.baseAddress! + index, count: MemoryLayout<cray_object_id>.size)
            list.initializeElement(at: index + 1, to: cray_argument(bytes: span, is_reference: true))
          }
          try body(UnsafeBufferPointer(list))
        }
      }
    }

    static func withSpan<R>(_ text: String, _ body: (cray_span) throws -> R) rethrows -> R {
      var text = text
      return try text.withUTF8 { try body(cray_span(bytes: $0.baseAddress, count: $0.count)) }
    }

    static func withOptions(
      named name: String, _ resources: [(String, Double)], _ body: (inout cray_call_options) throws -> Void
    ) throws {
      try withSpan(name) { name in
        var list: [cray_resource] = []
        try collect(resources[...], &list) { list in
          var options = cray_call_options()
          options.name = name
          options.resources = list.baseAddress
          options.resource_count = list.count
          try body(&options)
        }
      }
    }

    /// The names stay at their places while the body runs.
    private static func collect(
      _ resources: ArraySlice<(String, Double)>, _ list: inout [cray_resource],
      _ body: (UnsafeBufferPointer<cray_resource>) throws -> Void
    ) throws {
      guard let first = resources.first else { return try list.withUnsafeBufferPointer(body) }
      try withSpan(first.0) { name in
        list.append(cray_resource(name: name, amount: first.1))
        try collect(resources.dropFirst(), &list, body)
      }
    }
  }

  extension TaskOptions {
    /// Ray's C++ calls take no CPU unless told so, and then run without limit: one is what every other language asks for.
    var resourceList: [(String, Double)] {
      let values = values
      return NativeResources.list(
        cpus: values.numCPUs ?? 1, gpus: values.numGPUs, memory: values.memory, others: values.resources)
    }
  }

  extension ActorOptions {
    /// An actor that asks for nothing occupies nothing while it lives.
    var resourceList: [(String, Double)] {
      NativeResources.list(cpus: numCPUs ?? 0, gpus: numGPUs, memory: memory, others: resources)
    }
  }
#endif

/// Resources under Ray's names.
package enum NativeResources {
  package static func list(cpus: Double, gpus: Double?, memory: Int?, others: [String: Double]?) -> [(String, Double)] {
    var list = [("CPU", cpus), ("GPU", gpus ?? 0), ("memory", Double(memory ?? 0))]
    list += (others ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    return list.filter { $0.1 > 0 }
  }
}
