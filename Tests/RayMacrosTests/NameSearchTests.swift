internal import RayEngine
internal import RayProtocol
internal import Testing

/// What a name stands for, and what is said when it stands for nothing.
@Suite struct NameSearchTests {
  private static let names = [
    "App.fib(_:)", "App.Math.add(_:_:)", "Lib.add(_:to:)", "App.main.swift.secret()", "App.download(from:)",
  ]

  @Test(arguments: [
    ("App.fib(_:)", ["App.fib(_:)"]), ("App.fib", ["App.fib(_:)"]), ("fib", ["App.fib(_:)"]),
    ("add", ["App.Math.add(_:_:)", "Lib.add(_:to:)"]), ("Lib.add", ["Lib.add(_:to:)"]),
    ("App.Math.add(_:_:)", ["App.Math.add(_:_:)"]),
    ("add(_:to:)", ["Lib.add(_:to:)"]), ("Math.add", ["App.Math.add(_:_:)"]), ("fib(_:)", ["App.fib(_:)"]),
    ("add(_:)", []), ("ath.add", []), ("Fib", []), ("", []), ("(", []), (".", []), ("(_:)", []),
  ]) func namesAreFoundWithAndWithoutLabelsAndPath(text: String, expected: [String]) {
    #expect(NameSearch.matches(text, in: Self.names).map { Self.names[$0] } == expected)
  }

  @Test(arguments: [
    ("fibo", ["App.fib(_:)"]), ("FIB", ["App.fib(_:)"]), ("ifb", ["App.fib(_:)"]), ("Other.fib(_:)", ["App.fib(_:)"]),
    ("adn", ["App.Math.add(_:_:)", "Lib.add(_:to:)"]), ("load", ["App.download(from:)"]), ("dwonlaod", ["App.download(from:)"]),
    ("unrelated", []), ("", []),
  ]) func namesThatLookAlikeAreSuggested(text: String, expected: [String]) {
    #expect(NameSearch.suggestions(for: text, among: Self.names) == expected)
  }

  @Test func failuresSayWhatToDo() {
    func text(_ name: String, _ names: [String] = Self.names) -> String {
      NameSearch.failure(name, among: names, noun: "function", place: "it", code: .unknownFunction).message
    }
    #expect(text("fibo") == "no function 'fibo' in it; did you mean 'App.fib(_:)'?")
    #expect(text("adn") == "no function 'adn' in it; did you mean 'App.Math.add(_:_:)' or 'Lib.add(_:to:)'?")
    #expect(text("add") == "'add' could be any of 'App.Math.add(_:_:)', 'Lib.add(_:to:)'; use the full name")
    #expect(text("zzz", ["a", "b"]) == "no function 'zzz' in it; there are 'a', 'b'")
    #expect(text("zzz", []) == "no function 'zzz' in it; there is none")
    #expect(text("zzz", (0..<20).map { "f\($0 + 10)" }).hasSuffix("'f17' and 12 more"))
  }
}
