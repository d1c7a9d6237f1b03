import Ray

/// Needs what native workers lack: several results, a stream, retries after errors, cancellation, a reference inside a value. Tells
/// where it ran to its end.
@Remote public func ambitious(_ number: Int, _ list: [Double], cancels: Bool) async throws -> [String] {
  if cancels {
    let sleeping = try $sleep.remote(milliseconds: 600_000)
    try await sleeping.cancel()
    do { _ = try await sleeping.value } catch let error as RayError { return [ProcessFacts.lane, "\(error.code)"] }
  }
  let parts = try $pair.split(number)
  var counted = 0
  for try await each in try $countdown.remote(from: 4).values { counted += each }
  let retried = try await $square.options(retryExceptions: true).remote(3).value
  let unwrapped = try await $unwrapHidden.remote(Hidden(ref: try Ray.put(8))).value
  return [ProcessFacts.lane, "\(try await parts.1.value)", "\(counted)", "\(retried)", "\(unwrapped)", "\(list.reduce(0, +))"]
}

@Remote public func unwrapHidden(_ hidden: Hidden) async throws -> Int { try await hidden.ref.value }

/// Fails where it can run to its end.
@Remote public func ambitiousRefusal() async throws -> Int {
  for try await _ in try $countdown.remote(from: 1).values {}
  throw Refusal(reason: "in \(ProcessFacts.lane)")
}

/// Makes the call that runs elsewhere from a native worker, too.
@Remote public func delegated() async throws -> [String] { try await $ambitious.remote(5, [2], cancels: false).value }

/// An argument that fails when the call is on its way already.
@Remote public func delegatedFailure() async throws -> String {
  let failing = try $refuseList.remote(milliseconds: 200)
  do { return "got \(try await $ambitious.remote(6, failing, cancels: false).value)" } catch let refusal as Refusal {
    return "caught \(refusal.reason)"
  }
}

@Remote public func refuseList(milliseconds: Int) async throws -> [Double] {
  try await Task.sleep(for: .milliseconds(milliseconds))
  throw Refusal(reason: "late")
}

/// An option of a call that Ray's C++ interface would drop.
@Remote public func optioned() async throws -> String {
  _ = try await $square.options(maxRetries: 0).remote(3).value
  return ProcessFacts.lane
}

/// Catches what it cannot have.
@Remote public func quiet() async throws -> String {
  let sleeping = try $sleep.remote(milliseconds: 1)
  try? await sleeping.cancel()
  return ProcessFacts.lane
}

/// Asks for it in a task that does not know whose it is.
@Remote public func detachedTask() async throws -> String {
  await Task.detached { _ = try? await $pair.split(1).1.value }.value
  return ProcessFacts.lane
}

/// A call of somebody who returns references.
@Remote public func borrower() async throws -> String {
  let hidden = try await $hiddenReference.remote().value
  return "\(ProcessFacts.lane) \(try await hidden.ref.value)"
}

/// An actor that died, and a name that is taken, seen from here.
@Remote public func misfortunes() async throws -> [String] {
  let counter = try Counter.options(name: "unlucky").remote(1)
  var answers: [String] = []
  do { _ = try await Counter.options(name: "unlucky").remote(2).add.remote(1).value } catch let error as RayError {
    answers.append("\(error.code)")
  }
  do { _ = try await counter.die.remote().value } catch let error as RayError { answers.append("\(error.code)") }
  do { _ = try await counter.add.remote(1).value } catch let error as RayError { answers.append("\(error.code)") }
  do { _ = try await $crash.remote().value } catch let error as RayError { answers.append("\(error.code)") }
  return answers + [ProcessFacts.lane]
}

/// Tells when it sleeps where it can, and when it is told to end.
@Remote public func sleeper(_ board: ActorHandle<Board>) async throws {
  let parts = try $pair.split(1)
  _ = try await parts.1.value
  try await board.post.remote("sleeps in \(ProcessFacts.lane)").value
  do { try await Task.sleep(for: .seconds(600)) } catch {
    try board.post.remote("hears of it in \(ProcessFacts.lane)")
    throw error
  }
}

@RemoteActor public actor Board {
  private var posted: [String] = []
  private var waiting: [CheckedContinuation<String, Never>] = []
  public init() {}
  public func post(_ text: String) {
    if waiting.isEmpty { posted.append(text) } else { waiting.removeFirst().resume(returning: text) }
  }
  public func next() async -> String {
    posted.isEmpty ? await withCheckedContinuation { waiting.append($0) } : posted.removeFirst()
  }
}

enum Detours {
  static func hidden() async throws {
    print("optioned", try await $optioned.remote().value)
    print("quiet", try await $quiet.remote().value)
    print("detached", try await $detachedTask.remote().value)
    print("borrower", try await $borrower.remote().value)
    print("misfortunes", try await $misfortunes.remote().value)
    let board = try Board.remote()
    let sleeping = try $sleeper.remote(board)
    print("sleeper", try await board.next.remote().value)
    try await sleeping.cancel()
    print("sleeper", try await Ray.get(board.next.remote(), timeout: .seconds(30)))
    do { try await sleeping.value } catch let error as RayError { print("sleeper", error.code) }
  }

  static func run() async throws {
    print("split", try await $ambitious.remote(1, [0.5, 0.25], cancels: false).value)
    print("reference", try await $ambitious.remote(2, try Ray.put([1.5]), cancels: false).value)
    print("cancelled", try await $ambitious.remote(3, [], cancels: true).value)
    print("nested", try await $delegated.remote().value)
    print("failing", try await $delegatedFailure.remote().value)
    do { print("refused", try await $ambitiousRefusal.remote().value) } catch let refusal as Refusal {
      print("refused", refusal.reason)
    }
    let once = try $lane.options(maxRetries: 0).remote()
    print("once", try await once.value)
  }
}

/// Cancelled at whatever point of its way it is.
enum Cancellations {
  static func run(_ count: Int) async throws {
    var codes: [String: Int] = [:]
    for index in 0..<count {
      let ref = try $sleep.remote(milliseconds: 600_000)
      if index % 3 > 0 { try await Task.sleep(for: .microseconds(index % 3 == 1 ? 60 * index : 60_000)) }
      try await ref.cancel()
      do { _ = try await Ray.get(ref, timeout: .seconds(20)) } catch let error as RayError { codes["\(error.code)", default: 0] += 1 }
    }
    print("cancelled", codes)
    print("usable", try await $square.remote(4).value)
  }
}
