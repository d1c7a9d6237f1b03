internal import Synchronization

/// One holder at a time; first come, first served.
final class Turn: Sendable {
  static let shared = Turn()

  private struct State {
    var isTaken = false
    var waiting: [UnsafeContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  func take() async {
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

  func pass() {
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
