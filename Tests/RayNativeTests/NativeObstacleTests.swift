import MessagePack
import RayBridge
import RayEngine
import Testing

@Suite struct NativeObstacleTests {
  private func function(_ types: [String], _ result: String) -> RemoteEntry {
    RemoteEntry(
      name: "App.f", parameters: types.map { .init("_", $0) }, resultType: result, body: .sync { _, writer in writer.putNil() })
  }

  private func method(_ result: String, options: TaskOptions = .standard, streams: Bool = false) -> ActorMethodEntry {
    ActorMethodEntry(
      name: "App.A.m", parameters: [], resultType: result, options: options,
      body: streams ? .stream { _, _, _ in } : .sync { _, _, writer in writer.putNil() })
  }

  private func actor(_ methods: [ActorMethodEntry]) -> ActorEntry {
    ActorEntry(name: "App.A", parameters: [], isConcurrent: false, create: { _ in throw CancellationError() }, methods: methods)
  }

  @Test(
    "Plain functions may run in native workers",
    arguments: [
      ([], "Void"), (["Int", "[String: Double]"], "[Int]"), (["MyObjectReference"], "(Int, Int)"), (["Arg<Int>"], "String"),
    ])
  func plain(types: [String], result: String) { #expect(NativeObstacle.of(function(types, result)) == nil) }

  @Test(
    "Functions that take or return references inside values may not",
    arguments: [
      (["ObjectRef<Int>"], "Int"), (["Int"], "ObjectRef<Int>"), (["[ObjectRef<Int>]"], "Int"), (["ActorHandle<Counter>?"], "Int"),
      (["[String: Ray.ObjectRef<Int>]"], "Void"),
    ])
  func references(types: [String], result: String) {
    #expect(NativeObstacle.of(function(types, result)) == "App.f takes or returns references inside values")
  }

  @Test("Streams may not")
  func streams() {
    let entry = RemoteEntry(name: "App.s", parameters: [], resultType: "Int", body: .stream { _, _ in })
    #expect(NativeObstacle.of(entry) == "a stream")
  }

  @Test("An actor may when all of its methods may")
  func actors() {
    #expect(NativeObstacle.of(actor([])) == nil)
    #expect(NativeObstacle.of(actor([method("Int"), method("()")])) == nil)
    #expect(NativeObstacle.of(actor([method("Int"), method("Int", streams: true)])) == "App.A.m yields a stream")
    #expect(NativeObstacle.of(actor([method("(Int, Int)")])) != nil)
    #expect(NativeObstacle.of(actor([method("Int", options: TaskOptions(retryExceptions: true))])) != nil)
    #expect(NativeObstacle.of(actor([method("ObjectRef<Int>")])) != nil)
  }
}
