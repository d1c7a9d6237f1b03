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

enum Detours {
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
