import MessagePack
import RayBridge
import RayEngine
import RayProtocol
import Testing

@Suite struct ArgumentBytesTests {
  private func value(_ bytes: [UInt8]) throws -> [UInt8] {
    try bytes.withUnsafeBytes { Array(try ArgumentBytes.value($0)) }
  }

  private func binary(_ content: [UInt8]) -> [UInt8] {
    var writer = ByteWriter()
    content.withUnsafeBytes { writer.put(binary: $0) }
    return writer.bytes
  }

  /// Ray's message about an exception in C++.
  private func exception(_ text: String) -> [UInt8] {
    let utf8 = Array(text.utf8)
    precondition(utf8.count < 1 << 14)
    return [0x08, 0x02, 0x1A, UInt8(utf8.count & 0x7F) | 0x80, UInt8(utf8.count >> 7)] + utf8
  }

  @Test(
    "Values pass as they are",
    arguments: [[0x05], [0xC0], [0xA1, 0x61], [0x92, 1, 2], [0xC4, 2, 8, 2], [0xC4, 0]] as [[UInt8]])
  func values(bytes: [UInt8]) throws { #expect(try value(bytes) == bytes) }

  @Test("A failed argument fails the call with its own error")
  func failedArgument() {
    let error = RayError(.outOfMemory, "too much")
    let bytes = binary(exception("Invalid: " + ErrorMarker.text("too much", payload: ErrorCoding.encode(error))))
    #expect(throws: error) { try value(bytes) }
  }

  @Test("A failed argument of another language says what Ray says")
  func foreignFailure() {
    let bytes = binary(exception("ValueError: no"))
    #expect(throws: RayError(.taskFailed, "ValueError: no")) { try value(bytes) }
  }

  @Test("An error that the caller's side has put in place of an argument is thrown")
  func settledFailure() {
    let error = RayError(.workerCrashed, "gone")
    var writer = ByteWriter()
    ([0] + ErrorCoding.encode(error)).withUnsafeBytes { writer.putExtension(code: 0x45, $0) }
    #expect(throws: error) { try value(writer.bytes) }
    var parts = ByteWriter()
    parts.put(nested: ["taskCancelled", "stopped", ""])
    var described = ByteWriter()
    ([1] + parts.bytes).withUnsafeBytes { described.putExtension(code: 0x45, $0) }
    #expect(throws: RayError(.taskCancelled, "stopped")) { try value(described.bytes) }
  }

  @Test("Between native workers a value has a header, and a failure is text")
  func inner() throws {
    func inner(_ bytes: [UInt8]) throws -> [UInt8] { try bytes.withUnsafeBytes { Array(try ArgumentBytes.inner($0)) } }
    #expect(try inner([3, 0, 0, 0, 0, 0, 0, 0, 0, 0xA2, 0x61, 0x62]) == [0xA2, 0x61, 0x62])
    let error = RayError(.outOfMemory, "too much")
    let text = "Invalid: An exception: " + ErrorMarker.text("too much", payload: ErrorCoding.encode(error))
    #expect(throws: error) { try inner(Array(text.utf8)) }
    #expect(throws: RayError(.taskFailed, "Invalid: no")) { try inner(Array("Invalid: no".utf8)) }
    #expect { try inner([]) } throws: { ($0 as? RayError)?.code == .objectLost }
    for count in 1..<9 { #expect(throws: RayError.self) { try inner([UInt8](repeating: 0, count: count)) } }
  }

  @Test("Pickled objects and nothing at all are refused with a reason")
  func refused() {
    #expect { try value([0xD4, 101, 0, 1, 2]) } throws: { ($0 as? RayError)?.code == .decodingFailed }
    #expect { try value([]) } throws: { ($0 as? RayError)?.code == .objectLost }
  }

  @Test("Binary data that is no message about an exception is a value, however close it comes")
  func nearMisses() throws {
    let message = exception("text")
    for count in 0..<message.count { #expect(try value(binary(Array(message[..<count]))) == binary(Array(message[..<count]))) }
    for extra: UInt8 in [0, 0x08, 0x1A, 0x22] { _ = try value(binary(message + [extra])) }
    #expect(try value(binary([0x08, 0xFF] + message)) == binary([0x08, 0xFF] + message))
  }

  @Test("No bytes trap")
  func hostileBytes() {
    let seed = UInt64.random(in: .min ... .max)
    print("seed \(seed)")
    var state = seed
    func next() -> UInt8 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 33)
    }
    let starts: [[UInt8]] = [[], [0xC4], [0xC5, 0], [0xC6], [0xC7], [0xC8], [0xC9], [0xD4, 101], [0xC4, 30, 8, 2, 0x1A]]
    for round in 0..<20_000 {
      let bytes = starts[round % starts.count] + (0..<Int(next() % 40)).map { _ in next() }
      _ = try? value(bytes)
      bytes.withUnsafeBytes { bytes in
        _ = FailureMessage.text(in: bytes)
        _ = try? ArgumentBytes.inner(bytes)
        _ = ArgumentBytes.frame(bytes)
        _ = try? CallFrame(parsing: bytes)
        _ = try? ActorHandleBytes(parsing: bytes)
        _ = ActorOrigin(handle: bytes)
      }
    }
  }

  @Test("A frame arrives bare or as binary data")
  func frames() {
    let frame = CallFrame.head(.method, "add") + [0, 0]
    for bytes in [frame, binary(frame)] {
      bytes.withUnsafeBytes { #expect(Array(ArgumentBytes.frame($0)) == frame) }
    }
  }
}
