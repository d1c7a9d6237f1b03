import RayBridge
import RayEngine
import RayProtocol
import Testing

@Suite struct ErrorMarkerTests {
  @Test("An error survives the way through text", arguments: [0, 1, 2, 3, 57, 4000])
  func roundTrip(count: Int) {
    let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    #expect(ErrorMarker.payload(in: "Invalid: it said: " + ErrorMarker.text("no luck", payload: payload)) == payload)
  }

  @Test("What people read comes first")
  func readableFirst() { #expect(ErrorMarker.text("no luck", payload: [1]).hasPrefix("no luck\n")) }

  @Test("Every line that people cannot read is a note that Ray's log monitor keeps to itself")
  func quietLines() {
    let lines = ErrorMarker.text("no luck\nat all", payload: [1, 2], typeName: "Shop.Closed").split(separator: "\n")
    #expect(lines.prefix(2) == ["no luck", "at all"])
    #expect(lines.dropFirst(2).allSatisfy { $0.hasPrefix(":task_name:") })
    #expect(lines.last == ":task_name:")
  }

  @Test(
    "Text that only looks like a marked error carries none",
    arguments: [
      "", "plain", "\n[swift-ray-error]", "\n[swift-ray-error]AAAA", "[/swift-ray-error]\n[swift-ray-error]",
      "\n[swift-ray-error]AA!A[/swift-ray-error]", "\n[swift-ray-error]A[/swift-ray-error]",
      "\n[swift-ray-error]AA=A[/swift-ray-error]",
    ])
  func foreignText(text: String) { #expect(ErrorMarker.payload(in: text) == nil) }

  @Test("Of nested marks the last counts: it is the error of the callee that failed last")
  func nested() {
    let inner = ErrorMarker.text("inner", payload: [1, 2, 3])
    #expect(ErrorMarker.payload(in: ErrorMarker.text(inner, payload: [9])) == [9])
  }

  @Test(
    "Base64 is the one everybody uses",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
      ("foobar", "Zm9vYmFy"),
    ])
  func vectors(plain: String, encoded: String) {
    #expect(Base64.encode(Array(plain.utf8)) == encoded)
    #expect(Base64.decode(encoded) == Array(plain.utf8))
  }
}
