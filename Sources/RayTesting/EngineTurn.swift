internal import Synchronization

/// Lets one test at a time use the engine of this process; first come, first served.
package final class EngineTurn: Sendable {
  package static let shared = EngineTurn()

  private struct State {
    var isTaken = false
    var waiting: [UnsafeContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  package func during<Result>(_ body: () async throws -> Result) async throws -> Result {
    await take()
    defer { pass() }
    return try await body()
  }

  private func take() async {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      let isMine = state.withLock { state in
        guard state.isTaken else {
          state.isTaken = true
          return true
        }
        state.waiting.append(continuation)
        return false
      }
      if isMine { continuation.resume() }
    }
  }

  private func pass() {
    let next = state.withLock { state -> UnsafeContinuation<Void, Never>? in
      guard !state.waiting.isEmpty else {
        state.isTaken = false
        return nil
      }
      return state.waiting.removeFirst()
    }
    next?.resume()
  }
}
