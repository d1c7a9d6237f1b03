internal import RayEngine
internal import RayOwnership
internal import RayProtocol

/// The one actor that lives in this process.
final class HostedActor: @unchecked Sendable {
  // Sendable: touched on the loop's thread only, but for the constants.
  let entry: ActorEntry
  let specification: ActorSpec
  let restartCount: UInt32
  let assigned: AssignedResources
  let maxConcurrency: Int
  private(set) var instance: AnyObject?
  var isReady: Bool { instance != nil }
  private(set) var isConstructing = false
  /// While the constructor runs, what it was placed with; afterwards what the actor holds for life.
  var holdsCPU: Bool { (isReady ? specification.heldResources : assigned.resources)[ResourceSet.cpu] > 0 }
  private let methods: [String: ActorMethodEntry]

  init(_ entry: ActorEntry, _ specification: ActorSpec, _ restartCount: UInt32, _ assigned: AssignedResources) {
    self.entry = entry
    self.specification = specification
    self.restartCount = restartCount
    self.assigned = assigned
    // As in Ray: calls that interleave may be many, others run one at a time.
    let suggested = entry.isConcurrent ? 1000 : 1
    maxConcurrency = specification.concurrencyMax > 0 ? Int(specification.concurrencyMax) : suggested
    methods = Dictionary(entry.methods.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// By full name, or by base name when only one method has it.
  func method(named name: String) -> ActorMethodEntry? {
    if let method = methods[name] { return method }
    let matches = NameSearch.matches(name, in: entry.methods.map(\.name))
    return matches.count == 1 ? entry.methods[matches[0]] : nil
  }

  /// Runs the constructor and tells the node how it ended.
  func construct(on worker: CoreWorker) async {
    let runner = Runner()
    let call = ExecutionCall.forConstruction(specification.creation)
    runner.begin(call, token: call.token)
    isConstructing = true
    defer { isConstructing = false }
    let arguments = TaskArguments(
      UnsafeRawBufferPointer(call.arguments), function: entry.name + ".init", parameters: entry.parameters,
      context: UnsafeRawPointer(runner.source), resolve: worker.makeStoredBytesReader())
    do {
      instance = try await Runner.$current.withValue(runner) { try await entry.create(arguments) }
      await worker.registerCovered(by: call)
      worker.actorConstructed(specification.id, nil)
    } catch {
      let name = entry.name
      let failure = ErrorCoding.rayError(from: error).with { $0.function = name + ".init" }
      worker.actorConstructed(specification.id, ErrorCoding.encode(failure))
    }
    runner.end()
  }
}
