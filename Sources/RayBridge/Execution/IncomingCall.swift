internal import MessagePack
package import RayEngine
package import RayProtocol

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A call that this process shall run.
package struct IncomingCall: Sendable {
  package var frame: CallFrame
  /// The MessagePack bytes of the Ray argument with that number; they are valid during the call.
  package var value: @Sendable (Int) throws -> UnsafeRawBufferPointer
  /// The actor, for methods.
  package var instance: HostedInstance?
  /// An object among the arguments that was not sent inside the call: references in the arguments are borrowed through it.
  package var outer: (any AnyObject & Sendable)?

  package init(
    frame: CallFrame, value: @escaping @Sendable (Int) throws -> UnsafeRawBufferPointer, instance: HostedInstance? = nil
  ) {
    self.frame = frame
    self.value = value
    self.instance = instance
  }
}

/// An actor that lives in this process.
package final class HostedInstance: @unchecked Sendable {
  // Sendable: the instance is handed to its own methods only, which run as its kind demands.
  package let entry: ActorEntry
  package let instance: AnyObject
  private let methods: [String: ActorMethodEntry]

  init(_ entry: ActorEntry, _ instance: AnyObject) {
    self.entry = entry
    self.instance = instance
    methods = Dictionary(entry.methods.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// By full name, or by base name when only one method has it.
  func method(named name: String) -> ActorMethodEntry? {
    if let method = methods[name] { return method }
    let matches = NameSearch.matches(name, in: entry.methods.map(\.name))
    return matches.count == 1 ? entry.methods[matches[0]] : nil
  }
}

/// How a call ended.
package enum Outcome: Sendable {
  case value(EncodedValue)
  case created(HostedInstance)
  case failed(FailedCall)
  case cancelled
}

/// A thrown error on its way to the caller.
package struct FailedCall: Sendable {
  /// ``ErrorCoding``'s bytes.
  package var payload: [UInt8]
  package var text: String
  package var typeName: String
  /// Whether the caller named this type of error as worth another attempt.
  package var isListed: Bool

  package init(payload: [UInt8], text: String, typeName: String, isListed: Bool = false) {
    self.payload = payload
    self.text = text
    self.typeName = typeName
    self.isListed = isListed
  }

  package init(_ error: RayError, retryOn: [String]) {
    payload = ErrorCoding.encode(error)
    text = error.message
    typeName = error.details.errorType ?? "RayError.\(error.code)"
    isListed = retryOn.contains(typeName)
  }
}

/// A result in memory of its own, with the handles of the references inside.
package final class EncodedValue: @unchecked Sendable {
  // Sendable: written before it is shared, never after.
  private var block: UnsafeMutableRawBufferPointer
  private let range: Range<Int>
  package let kept: [any AnyObject & Sendable]

  init(_ writer: inout ByteWriter) {
    kept = writer.takeKeptObjects()
    if let taken = writer.takeStorage() {
      (block, range) = taken
    } else {
      (block, range) = (.init(start: nil, count: 0), 0..<0)
    }
  }

  deinit { free(block.baseAddress) }

  package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: block[range]) }

  /// Hands over the block, which the caller frees; the bytes start at its beginning. Nothing is left here.
  package func takeBlock() -> UnsafeMutableRawPointer? {
    guard let start = block.baseAddress else { return nil }
    if range.lowerBound > 0 { memmove(start, start + range.lowerBound, range.count) }
    block = .init(start: nil, count: 0)
    return start
  }
}

/// What Ray's cross-language objects start with: their length as MessagePack, then zeros up to nine bytes.
package enum ObjectHeader {
  package static var byteCount: Int { 9 }

  package static func fill(_ header: UnsafeMutableRawPointer, byteCount: Int) {
    withUnsafeTemporaryAllocation(byteCount: 16, alignment: 8) { storage in
      storage.initializeMemory(as: UInt8.self, repeating: 0)
      var writer = ByteWriter(borrowing: storage)
      writer.put(UInt64(byteCount))
      header.copyMemory(from: storage.baseAddress!, byteCount: Self.byteCount)
    }
  }

  /// Whether these bytes are a header and as much as it says.
  package static func isInFront(of bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count >= byteCount else { return false }
    return withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 1) { header in
      fill(header.baseAddress!, byteCount: bytes.count - byteCount)
      return header.elementsEqual(bytes.prefix(byteCount))
    }
  }
}
