internal import TestSupport
internal import Testing

/// What cannot work is refused at the token that is wrong, with what to write instead.
///
/// The fixtures carry their expectations in comments, in the notation of the compiler's own tests: each diagnostic at its
/// line, each fix-it as `{{first column-last column=replacement}}`, and nothing else may be reported.
@Suite(.alone) struct DiagnosticTests {
  @Test(arguments: [
    Fixture("functions", refusedFunctions), Fixture("places", refusedPlaces), Fixture("actors", refusedActors),
    Fixture("methods", refusedMethods), Fixture("codable", refusedCodables), Fixture("accepted", accepted),
  ])
  func diagnosticsAreExactlyAsExpected(fixture: Fixture) throws {
    let outcome = try Compiler.check("import Ray\n" + fixture.source, verifying: true)
    #expect(outcome.status == 0, "\(outcome.messages)")
  }

  /// These errors are in the expanded code, where the types meet the codec.
  @Test(arguments: [
    ("@Remote func f(_ x: Opaque) {}", "this parameter's type cannot cross a process boundary"),
    ("@Remote func f() -> Opaque { Opaque() }", "this result's type cannot cross a process boundary"),
    ("@RayCodable struct S { var x: Opaque }", "this property's type cannot cross a process boundary"),
    ("@RemoteActor final class A { init() {}; func f(_ x: Opaque) {} }", "this parameter's type cannot cross a process boundary"),
    (
      "@RemoteActor final class A { init() {} }\nfunc g(_ a: ActorHandle<A>) throws { try a.missing.remote() }",
      "value of type 'ActorHandle<A>' has no dynamic member 'missing'"
    ),
  ])
  func typesThatCannotTravelAreNamed(source: String, message: String) throws {
    let outcome = try Compiler.check("import Ray\nstruct Opaque {}\n" + source)
    #expect(outcome.status != 0)
    #expect(outcome.messages.contains("error: ") && outcome.messages.contains(message), "\(outcome.messages)")
  }

  struct Fixture: Sendable, CustomTestStringConvertible {
    var name: String
    var source: String
    var testDescription: String { name }
    init(_ name: String, _ source: String) {
      self.name = name
      self.source = source
    }
  }
}

private let refusedFunctions = #"""
  @Remote func takesInout(_ x: inout Int) {}
  // expected-error@-1:30 {{'inout' cannot reach the caller's process; return the new value instead}}
  // expected-note@-2:30 {{remove 'inout'}} {{30-39=Int}}
  @Remote func generic<T: RayValue>(_ x: T) -> T { x }
  // expected-error@-1:21 {{a remote function cannot be generic: a worker finds it by its name, without type arguments}}
  @Remote func constrained(_ x: some RayValue) {}
  // expected-error@-1:31 {{'some' stands for a generic parameter; a remote function needs a concrete type}}
  @Remote func variadic(_ x: Int...) {}
  // expected-error@-1:31 {{a remote function cannot take a variable number of arguments; take an array}}
  // expected-note@-2:31 {{take an array}} {{23-34=_ x: [Int]}}
  @Remote func callback(_ body: @escaping @Sendable () -> Void) {}
  // expected-error@-1:31 {{a function cannot cross a process boundary; send the values it would capture}}
  @Remote func maybeCallback(_ body: (() -> Void)?) {}
  // expected-error@-1:36 {{a function cannot cross a process boundary; send the values it would capture}}
  @Remote func isolation(_ actor: isolated (any Actor)? = nil) {}
  // expected-error@-1:33 {{an 'isolated' parameter cannot cross a process boundary}}
  @Remote func opaque() -> some RayValue { 1 }
  // expected-error@-1:26 {{a remote function needs a result with a name; only 'some AsyncSequence<Element, Failure>' may be opaque}}
  @Remote func returnsFunction() -> () -> Int { { 1 } }
  // expected-error@-1:35 {{a function cannot cross a process boundary; return a value}}
  @Remote func + (_ a: Bool, _ b: Bool) -> Bool { a }
  // expected-error@-1:14 {{an operator cannot be remote; give it a name}}
  @Remote(name: "") func unnamed() {}
  // expected-error@-1:15 {{the name must be a plain string literal that is not empty}}
  @Remote(name: "a\(1)") func interpolated() {}
  // expected-error@-1:15 {{the name must be a plain string literal that is not empty}}
  @Remote func several(_ a: inout Int, _ b: some RayValue) {}
  // expected-error@-1:27 {{'inout' cannot reach the caller's process; return the new value instead}}
  // expected-note@-2:27 {{remove 'inout'}} {{27-36=Int}}
  // expected-error@-3:43 {{'some' stands for a generic parameter; a remote function needs a concrete type}}
  """#

private let refusedPlaces = #"""
  @Remote let state = 0
  // expected-error@-1:1 {{'@Remote' belongs to a function; state that lives on is a '@RemoteActor'}}
  @Remote struct Nothing {}
  // expected-error@-1:1 {{'@Remote' belongs to a function; state that lives on is a '@RemoteActor'}}
  struct Holder {
    @Remote func method() {}
    // expected-error@-1:16 {{'@Remote' cannot belong to an instance method, the instance would stay behind: make it static, or the type a '@RemoteActor'}}
    // expected-note@-2:16 {{make it static}} {{11-15=static func}}
    @Remote init() {}
    // expected-error@-1:3 {{'@Remote' belongs to a function; state that lives on is a '@RemoteActor'}}
  }
  protocol Service {
    @Remote static func serve()
    // expected-error@-1:23 {{'@Remote' cannot stand in a protocol}}
  }
  enum Box<T> {
    @Remote static func make() {}
    // expected-error@-1:23 {{'@Remote' cannot stand in a generic type: a worker finds declarations by name, without type arguments}}
  }
  extension Array where Element == Int {
    @Remote static func sumUp() {}
    // expected-error@-1:23 {{'@Remote' cannot stand in a generic type: a worker finds declarations by name, without type arguments}}
  }
  func outer() {
    @Remote func inner() {}
    // expected-error@-1:16 {{'@Remote' cannot stand inside a function: a worker finds declarations by their path in the module}}
  }
  """#

private let refusedActors = #"""
  @RemoteActor class Open { init() {} }
  // expected-error@-1:20 {{'@RemoteActor' needs a final class: a handle names exactly one class}}
  // expected-note@-2:20 {{make it final}} {{14-19=final class}}
  @RemoteActor struct Value {}
  // expected-error@-1:14 {{'@RemoteActor' needs a final class or an actor: its state lives in one place}}
  // expected-note@-2:14 {{make it a final class}} {{14-20=final class}}
  @RemoteActor enum Choice { case one }
  // expected-error@-1:14 {{'@RemoteActor' needs a final class or an actor: its state lives in one place}}
  @RemoteActor final class Generic<T> { init() {} }
  // expected-error@-1:33 {{'@RemoteActor' cannot be generic: a worker finds a class by its name, without type arguments}}
  @RemoteActor actor GenericActor<T> { init() {} }
  // expected-error@-1:32 {{'@RemoteActor' cannot be generic: a worker finds a class by its name, without type arguments}}
  @RemoteActor @MainActor final class Main { init() {} }
  // expected-error@-1:14 {{'@RemoteActor' runs its calls itself and cannot be bound to the main actor}}
  struct Wrapper<T> {
    @RemoteActor final class Inside { init() {} }
    // expected-error@-1:28 {{'@RemoteActor' cannot stand in a generic type: a worker finds declarations by name, without type arguments}}
  }
  """#

private let refusedMethods = #"""
  @RemoteActor final class Twice {
    init() {}
    init(_ x: Int) {}
    // expected-error@-1:3 {{'@RemoteActor' can be created in one way only; mark the other initializers '@LocalOnly'}}
    // expected-note@-2:3 {{keep it local with '@LocalOnly'}} {{3-7=@LocalOnly init}}
  }
  @RemoteActor final class Closed { private init() {} }
  // expected-error@-1:26 {{'@RemoteActor' needs an initializer that is not private and not '@LocalOnly'}}
  @RemoteActor final class Callback { init(_ body: () -> Void) {} }
  // expected-error@-1:50 {{a function cannot cross a process boundary; send the values it would capture}}
  @RemoteActor final class Methods {
    init() {}
    func change(_ x: inout Int) {}
    // expected-error@-1:20 {{'inout' cannot reach the caller's process; return the new value instead}}
    // expected-note@-2:20 {{remove 'inout'}} {{20-29=Int}}
    // expected-note@-3:20 {{keep it local with '@LocalOnly'}} {{3-7=@LocalOnly func}}
    func map<T>(_ x: T) -> T { x }
    // expected-error@-1:11 {{a remote method cannot be generic: a worker finds it by its name, without type arguments}}
    // expected-note@-2:11 {{keep it local with '@LocalOnly'}} {{3-7=@LocalOnly func}}
    func id() -> Int { 1 }
    // expected-warning@-1:8 {{a handle has a member 'id' of its own; call this method through 'handle.methods.id', and write its name in back-ticks to say that you know}}
    // expected-note@-2:8 {{write '`id`'}} {{8-10=`id`}}
    @MainActor func show() {}
    // expected-error@-1:3 {{a method of a class cannot be bound to the main actor, the other calls use the instance elsewhere: make the type an actor, or visit the main actor from inside}}
    // expected-note@-2:3 {{keep it local with '@LocalOnly'}} {{3-4=@LocalOnly @}}
    #if DEBUG
      // expected-warning@-1:3 {{methods inside of '#if' are not remote; put the '#if' into their bodies, or mark them '@LocalOnly'}}
      func debug() {}
    #endif
    @LocalOnly func fine<T>(_ x: T, _ body: () -> Void) {}
    private func alsoFine(_ body: () -> Void) {}
    fileprivate func fineAsWell(_ body: () -> Void) {}
    static func helper(_ body: () -> Void) {}
  }
  """#

private let refusedCodables = #"""
  @RayCodable class Object {}
  // expected-error@-1:13 {{'@RayCodable' needs a struct or an enum: values are copied between processes, objects are not}}
  @RayCodable enum Never {}
  // expected-error@-1:18 {{'@RayCodable' needs an enum with cases: one without has no values}}
  @RayCodable struct Bad {
    var pair: (Int, Int)
    // expected-error@-1:13 {{a tuple has no codec; declare a '@RayCodable' struct for it}}
    var body: () -> Void
    // expected-error@-1:13 {{a function cannot cross a process boundary; mark the property '@LocalOnly' and give it a default}}
    let (a, b): (Int, Int)
    // expected-error@-1:7 {{'@RayCodable' needs one name per stored property}}
    @LocalOnly var cache: [Int]
    // expected-error@-1:18 {{a '@LocalOnly' property needs a default value, which it has after it has travelled}}
    #if DEBUG
      // expected-error@-1:3 {{'@RayCodable' cannot have stored properties inside of '#if': programs would disagree about the fields}}
      var debug: Int
    #endif
  }
  @RayCodable enum Payload {
    case pair((Int, Int))
    // expected-error@-1:13 {{a tuple has no codec; declare a '@RayCodable' struct for it}}
    case body(() -> Void)
    // expected-error@-1:13 {{a function cannot cross a process boundary}}
    #if DEBUG
      // expected-error@-1:3 {{'@RayCodable' cannot have cases inside of '#if': programs would disagree about them}}
      case debug
    #endif
  }
  """#

/// Programs that compile without a word.
private let accepted = #"""
  @Remote func global(_ x: Int = 1, of names: [String: Double]? = nil) async throws -> [String] { [] }
  @Remote private func hidden(_: Int) -> Void {}
  @Remote func neverReturns() throws -> (Int, last: String) { (1, "") }
  @Remote @discardableResult func ignored() -> Int { 1 }
  @Remote @MainActor func onMain(_ x: Int) -> Int { x }
  @Remote func implicitlyUnwrapped(_ x: Int!) -> Int! { x }
  class Base { @Remote class func overridable() -> Int { 1 } }
  extension String { @Remote static func shout(_ text: String) -> Self { text.uppercased() } }
  @RemoteActor final class Everything {
    var x = 1
    func get() -> Int { x }
    func `kill`() {}
    @LocalOnly deinit {}
    subscript(_ i: Int) -> Int { i }
  }
  @RemoteActor actor OnMain { @MainActor func show(_ text: String) {} }
  @RemoteActor fileprivate actor Private { func get(_ x: sending [Int]) -> [Int] { x } }
  func use() throws {
    _ = try $global.remote(of: ["a": 1])
    try $ignored.remote()
    try Base.$overridable.options(numCPUs: 0.5).remote()
    let handle = try Everything.options(name: "e").remote()
    let sum: ObjectRef<Int> = try handle.get.remote()
    try handle.methods.kill.remote()
    _ = try $global.remote(sum)
    _ = try Private.remote().get.remote([1])
  }
  """#
