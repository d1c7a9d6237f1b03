internal import Ray

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

func processIdentifier() -> Int32 { getpid() }

@RemoteActor final class Counter {
  var total: Int

  init(_ start: Int, step: Int) {
    total = start * step
  }

  func add(_ number: Int) -> Int {
    total += number
    return total
  }

  func value() -> Int { total }

  func clear() { total = 0 }

  /// A name that this library's own Python classes could have.
  func call(_ text: String) -> String { "called with \(text)" }

  func fail(_ text: String) throws { throw OutOfStock(item: text) }

  func echo(_ value: MessagePackValue) -> MessagePackValue { value }

  func pair() -> (Int, Int) { (total, -total) }

  func upTo(_ end: Int) -> AsyncStream<Int> {
    AsyncStream { continuation in
      for number in 0..<end { continuation.yield(number) }
      continuation.finish()
    }
  }

  func process() -> Int { Int(processIdentifier()) }
}

/// Its calls interleave.
@RemoteActor actor Mailbox {
  var letters: [String] = []

  init() {}

  func put(_ letter: String) { letters.append(letter) }

  func wait(for count: Int) async throws -> [String] {
    while letters.count < count { try await Task.sleep(for: .milliseconds(5)) }
    return letters
  }
}

@RemoteActor final class Broken {
  init(_ reason: String) throws { throw OutOfStock(item: reason) }
  func value() -> Int { 0 }
}

@RemoteActor(numCPUs: 0.25, maxRestarts: 1) final class Keeper {
  init() {}
  func granted() -> [String: Double] { Ray.context.assignedResources }
  func isRestarted() -> Bool { Ray.context.wasCurrentActorReconstructed }
  func die() { _exit(1) }
}

@RemoteActor final class Log {
  private var lines: [String] = []
  init() {}
  func add(_ line: String) -> Int {
    lines.append(line)
    return lines.count
  }
  func count() -> Int { lines.count }
}

@RemoteActor actor Sleeper {
  init() {}
  func sleep(_ milliseconds: Int) async throws { try await Task.sleep(for: .milliseconds(milliseconds)) }
}
