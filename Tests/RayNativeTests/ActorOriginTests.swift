import RayBridge
import Testing

/// Ray's own bytes of an actor's handle are a message of protocol buffers.
@Suite struct ActorOriginTests {
  private func origin(_ bytes: [UInt8]) -> (isNative: Bool, className: String) {
    bytes.withUnsafeBytes { bytes in
      let origin = ActorOrigin(handle: bytes)
      return (origin.isNative, origin.className)
    }
  }

  private func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
    precondition(content.count < 128)
    return [number << 3 | 2, UInt8(content.count)] + content
  }

  private func creation(_ name: String) -> [UInt8] { field(6, field(3, field(1, Array("f".utf8)) + field(3, Array(name.utf8)))) }

  @Test("An actor of a native worker tells its class")
  func native() {
    let found = origin(field(1, [7, 7, 7]) + [5 << 3, 2] + creation("App.Counter"))
    #expect(found == (true, "App.Counter"))
  }

  @Test("Actors of other languages are none of native workers", arguments: [0, 1, 3] as [UInt8])
  func foreign(language: UInt8) { #expect(!origin([5 << 3, language] + creation("App.Counter")).isNative) }

  @Test("Numbers and unknown fields of every kind are passed over")
  func otherFields() {
    let others: [UInt8] = [9 << 3, 0xFF, 0x01] + [10 << 3 | 1, 1, 2, 3, 4, 5, 6, 7, 8] + [11 << 3 | 5, 1, 2, 3, 4]
    #expect(origin(others + [5 << 3, 2] + creation("A")) == (true, "A"))
  }

  @Test("Of a field that occurs twice the last one counts")
  func repeated() { #expect(origin([5 << 3, 2, 5 << 3, 1]).isNative == false) }

  @Test("What ends too early, or is no message, is nobody's")
  func truncated() {
    let whole = [5 << 3, 2] + creation("App.Counter")
    for count in 0..<whole.count { #expect(origin(Array(whole[..<count])).className.isEmpty) }
    #expect(origin([5 << 3 | 7, 2]) == (false, ""))
    #expect(origin([UInt8](repeating: 0xFF, count: 64)) == (false, ""))
    #expect(origin(field(6, field(3, field(3, [0xC3, 0x28])))).className.isEmpty, "the name is no UTF-8")
  }
}
