internal import Testing

@testable internal import RayObjectStore

@Suite struct GuardedTests {
  @Test func noIncrementIsLostBetweenThreads() {
    let count = Guarded(0)
    let threads = (0..<4).map { _ in
      TestThread { for _ in 0..<50_000 { count.withLock { $0 += 1 } } }
    }
    for thread in threads { thread.join() }
    #expect(count.withLock { $0 } == 200_000)
  }

  @Test func anErrorLeavesTheLockFree() {
    let state = Guarded("before")
    #expect(throws: StoreError.detached) {
      try state.withLock { (state) throws(StoreError) in
        state = "after"
        throw .detached
      }
    }
    #expect(state.withLock { $0 } == "after")
  }
}
