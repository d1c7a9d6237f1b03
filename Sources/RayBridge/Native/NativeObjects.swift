#if os(Linux) && canImport(Glibc)
  internal import CRayNative
  internal import Glibc
  internal import RayEngine
  internal import RayProtocol
  internal import Synchronization

  /// The objects that this process holds references to: Ray's names for them, and what is known of their values.
  final class NativeObjects: Sendable {
    static let shared = NativeObjects()

    private struct Record {
      var name: cray_object_id
      var content: Content
      /// What the object needs, and Ray does not know of.
      var kept: NativeSubmission.Kept = []
    }

    enum Content {
      case pending
      case value(ValueOwner)
      case failed(ErrorBytes)
    }

    /// Keeps a value in Ray's memory.
    final class ValueOwner: @unchecked Sendable {
      // Sendable: Ray's buffer is never changed, and freed once.
      let value: cray_value
      init(_ value: cray_value) { self.value = value }
      deinit { if let owner = value.owner { cray_native_value_free(owner) } }
      var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: value.bytes.bytes, count: value.bytes.count) }
    }

    /// An encoded error at one address.
    final class ErrorBytes: @unchecked Sendable {
      // Sendable: never changed.
      let bytes: UnsafeRawBufferPointer
      init(_ error: any Error) { bytes = Self.copy(ErrorCoding.encode(ErrorCoding.rayError(from: error))) }
      init(payload: [UInt8]) { bytes = Self.copy(payload) }
      deinit { bytes.deallocate() }

      private static func copy(_ bytes: [UInt8]) -> UnsafeRawBufferPointer {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 8)
        memory.copyBytes(from: bytes)
        return UnsafeRawBufferPointer(rebasing: memory[..<bytes.count])
      }
    }

    private struct Table {
      var records: [UInt64: Record] = [:]
      var next: UInt64 = 1
    }

    private let table = Mutex(Table())
    /// Tells this process's numbers from those of others.
    let owner = WorkerID(UInt64.random(in: 1...UInt64.max))

    /// Notes an object that has one local reference for us.
    func add(
      _ name: cray_object_id, _ content: Content = .pending, keeping kept: NativeSubmission.Kept = []
    ) -> ObjectID {
      table.withLock { table in
        let index = table.next
        table.next += 1
        table.records[index] = Record(name: name, content: content, kept: kept)
        return ObjectID(owner: owner, index: index)
      }
    }

    /// An object that never was: looking at it throws.
    func addFailed(_ error: RayError) -> ObjectID { add(cray_object_id(), .failed(ErrorBytes(error))) }

    func name(of id: ObjectID) -> cray_object_id? {
      table.withLock { id.owner == owner ? $0.records[id.index]?.name : nil }
    }

    func content(of id: ObjectID) -> Content {
      table.withLock { id.owner == owner ? $0.records[id.index]?.content : nil } ?? .failed(Self.foreign)
    }

    func isPending(_ id: ObjectID) -> Bool {
      if case .pending = content(of: id) { true } else { false }
    }

    private static let foreign = ErrorBytes(RayError(.objectReleased, "this process holds no such object"))

    func release(_ id: ObjectID) {
      guard id.owner == owner, let record = table.withLock({ $0.records.removeValue(forKey: id.index) }) else { return }
      var name = record.name
      if !name.isNil { cray_native_release(&name) }
    }

    /// Fetches an object that is ready.
    func fetch(_ id: ObjectID) {
      guard isPending(id), var name = name(of: id) else { return }
      var value = cray_value()
      let status = cray_native_get(&name, -1, &value)
      let content: Content = status.code == CRAY_OK ? Self.content(ValueOwner(value)) : .failed(NativeStatus.bytes(status))
      table.withLock { table in
        if case .pending? = table.records[id.index]?.content { table.records[id.index]?.content = content }
      }
    }

    private static func content(_ owner: ValueOwner) -> Content {
      if owner.bytes.count < ObjectHeader.byteCount {
        return .failed(ErrorBytes(RayError(.decodingFailed, "an object of \(owner.bytes.count) bytes has no header")))
      }
      let value = UnsafeRawBufferPointer(rebasing: owner.bytes[ObjectHeader.byteCount...])
      if let failure = RayFailure.error(in: value) { return .failed(ErrorBytes(failure)) }
      return .value(owner)
    }
  }

  extension cray_object_id {
    /// The name of no object.
    var isNil: Bool {
      var copy = self
      return withUnsafeBytes(of: &copy) { bytes in bytes.allSatisfy { $0 == 0 } }
    }
  }

  /// What Ray says about a request that went wrong, as our errors.
  enum NativeStatus {
    static func check(_ status: cray_status) throws(RayError) {
      if status.code != CRAY_OK { throw error(status) }
    }

    /// Takes the status's text over.
    static func error(_ status: cray_status) -> RayError {
      let text = text(status)
      if let payload = ErrorMarker.payload(in: text) { return payload.withUnsafeBytes { ErrorCoding.decode($0) } }
      return RayError(code(status, text), text)
    }

    static func bytes(_ status: cray_status) -> NativeObjects.ErrorBytes {
      let text = text(status)
      if let payload = ErrorMarker.payload(in: text) { return .init(payload: payload) }
      return .init(RayError(code(status, text), text))
    }

    private static func text(_ status: cray_status) -> String {
      defer { free(status.text.bytes) }
      return String(decoding: UnsafeRawBufferPointer(start: status.text.bytes, count: status.text.count), as: UTF8.self)
    }

    private static func code(_ status: cray_status, _ text: String) -> RayError.Code {
      switch status.code {
      case CRAY_TIMEOUT: .getTimedOut
      case CRAY_TASK_FAILED: .taskFailed
      case CRAY_ACTOR_FAILED: .actorDied
      case CRAY_WORKER_FAILED: .workerCrashed
      case CRAY_OBJECT_LOST: .objectLost
      case CRAY_NO_RUNTIME: .notInitialized
      default: .internalError
      }
    }
  }
#endif
