import Ray
import RayBridge
import RayEngine
import Testing

// What functions and actors declare decides; none of them runs here.

@RayCodable struct Plain: Sendable, Hashable {
  var name: String
  var tables: [String: [Double]]
}

@RayCodable struct Leaf: Sendable {
  var children: [Leaf]
  var owner: ObjectRef<Int>?
}

@RayCodable enum Tree: Sendable {
  case leaf(Int)
  indirect case node(Tree, [String: ObjectRef<Tree>])
}

struct Ordinary: Codable, Sendable {
  var inner: [Inner]
  struct Inner: Codable, Sendable { var counter: ObjectRef<Int> }
}

struct OrdinaryPlain: Codable, Sendable {
  var inner: [OrdinaryPlain]
  var kind: Kind
  enum Kind: String, Codable { case one, two }
}

@Remote func plainTypes(_ numbers: [Int], _ plain: Plain?) -> (Int, Set<Plain>) { (numbers[0], []) }
@Remote func plainCodable(_ value: OrdinaryPlain) throws -> [OrdinaryPlain] { [value] }
@Remote func doesNothing() {}
@Remote func takesExistential(_ value: Box) -> [Box?] { [value] }
struct Box: Codable, Sendable {
  var text: String
  var cause: (any Error)?
  var change: @Sendable () -> Void = {}
  enum CodingKeys: CodingKey { case text }
}
@Remote func takesRows(_ rows: ContiguousArray<ObjectRef<Int>>) {}
@Remote func callsOthers() async throws { try await $doesNothing.remote().value }
@Remote func looksAround() -> Int { Ray.context.attempt }
@Remote func takesReferences(_ refs: [ObjectRef<Int>]) -> Int { refs.count }
@Remote func takesHandle(_ counter: ActorHandle<Bystander>?) {}
@Remote func takesAnyHandle(_ handles: [String: AnyActorHandle]) {}
@Remote func returnsReference() throws -> ObjectRef<Int> { try Ray.put(1) }
@Remote func returnsInTuple() -> (Int, [Leaf]) { (0, []) }
@Remote func returnsInEnum() -> [Tree] { [] }
@Remote func takesInCodable(_ values: Ordinary?) {}
@Remote func streams() -> AsyncStream<Int> { AsyncStream { $0.finish() } }

@RemoteActor final class Bystander {
  init() {}
  func split(_ text: String) -> [String] { text.split(separator: " ").map { String($0) } }
  func twice(_ x: Int) -> [Int] { [x, x].map { $0 } }
}
@RemoteActor final class MadeWithReferences { init(_ leaf: Leaf) {} }
@RemoteActor final class Returning { func leaf() -> Leaf? { nil } }
@RemoteActor final class Streaming { func numbers() -> AsyncStream<Int> { AsyncStream { $0.finish() } } }
@RemoteActor final class Splitting { func pair() -> (Int, Int) { (1, 2) } }
@RemoteActor final class Calling { func call() throws { _ = try $doesNothing.remote() } }
@RemoteActor final class CallingAnother {
  func call(_ name: String) throws { _ = try Ray.function(named: name).remote(1) }
}
@RemoteActor final class Keeping {
  private var kept: [ObjectRef<Int>] = []
  func count() -> Int { kept.count }
}

@Suite struct NativeObstacleTests {
  private func function(_ name: String) throws -> RemoteEntry { try #require(RemoteRegistry.function(named: name)) }

  @Test(
    "Functions of plain types may run in native workers",
    arguments: ["plainTypes", "plainCodable", "doesNothing", "takesExistential"])
  func plain(_ name: String) throws { #expect(NativeObstacle.of(try function(name)) == nil) }

  @Test(
    "Functions that take or return references inside values may not, however deep they are",
    arguments: [
      "takesReferences", "takesHandle", "takesAnyHandle", "returnsReference", "returnsInTuple", "returnsInEnum", "takesInCodable",
      "takesRows",
    ])
  func references(_ name: String) throws {
    let entry = try function(name)
    #expect(NativeObstacle.of(entry) == "\(entry.name) takes or returns references inside values")
  }

  @Test(
    "Functions whose code uses Ray are known by their text",
    arguments: [("doesNothing", false), ("plainTypes", false), ("callsOthers", true), ("looksAround", true)])
  func mentions(_ name: String, _ usesRay: Bool) throws { #expect(try function(name).usesRay == usesRay) }

  @Test("Streams may not") func streaming() throws { #expect(NativeObstacle.of(try function("streams")) == "a stream") }

  @Test("An actor may when all of its methods may") func plainActors() { #expect(NativeObstacle.of(Bystander.__entry) == nil) }

  @Test(
    "An actor may not when one of its methods may not, or when its code makes calls",
    arguments: [
      (MadeWithReferences.__entry, "references"), (Returning.__entry, "references"), (Streaming.__entry, "a stream"),
      (Splitting.__entry, "several values"), (Calling.__entry, "calls of its own"),
      (CallingAnother.__entry, "calls of its own"), (Keeping.__entry, "calls of its own"),
    ])
  func actors(_ entry: ActorEntry, _ reason: String) {
    #expect(NativeObstacle.of(entry)?.contains(reason) == true, "\(entry.name)")
  }
}
