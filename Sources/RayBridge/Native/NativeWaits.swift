#if os(Linux) && canImport(Glibc)
  internal import CRayNative
  internal import CRayShims
  internal import Glibc
  internal import RayEngine
  internal import RayProtocol
  internal import Synchronization

  /// Objects that a suspended task of a native worker waits for.
  final class NativeRequest: WaitRequest {
    private let done = Atomic<Bool>(false)
    private let resumed = Atomic<Bool>(false)
    private let body: @Sendable () -> Void
    /// Keeps the objects while the wait goes on.
    let handles: [ObjectHandle]
    let needed: Int
    /// On the monotonic clock, in nanoseconds.
    let deadline: UInt64?

    init(_ handles: [ObjectHandle], needed: Int, timeout: Duration?, _ body: @escaping @Sendable () -> Void) {
      self.handles = handles
      self.needed = needed
      deadline = timeout.map { timeout in
        let (seconds, attoseconds) = timeout.components
        let nanoseconds = Double(seconds) * 1e9 + Double(attoseconds) / 1e9
        return cray_monotonic_nanoseconds() &+ UInt64(min(max(nanoseconds, 0), 1e18))
      }
      self.body = body
    }

    var isDone: Bool { done.load(ordering: .acquiring) }

    func markDone() { done.store(true, ordering: .releasing) }

    func resume() {
      markDone()
      if !resumed.exchange(true, ordering: .acquiringAndReleasing) { body() }
    }

    var missing: Int { needed - handles.count { !NativeObjects.shared.isPending($0.id) } }
    var isSatisfied: Bool { missing <= 0 }
  }

  /// Waiting for objects through Ray's C++ worker.
  enum NativeWaits {
    /// For tasks that run on no thread of Ray's.
    static let pump = NativePump()

    /// Blocks until one of the requests is done or the time is over, and marks those that are done.
    static func block(on waiting: [any WaitRequest], milliseconds: Int) {
      let requests = waiting.compactMap { $0 as? NativeRequest }.filter { !$0.isDone }
      if markDone(requests) || requests.isEmpty { return }
      var seen: Set<ObjectID> = []
      let ids = requests.flatMap(\.handles).map(\.id).filter { NativeObjects.shared.isPending($0) && seen.insert($0).inserted }
      let pairs = ids.compactMap { id in NativeObjects.shared.name(of: id).map { (id: id, name: $0) } }
      guard !pairs.isEmpty else { return }
      // One request may ask for all it needs at once; several are served as they come.
      let needed = requests.count == 1 ? min(requests[0].missing, pairs.count) : 1
      let ready = wait(pairs.map(\.name), needed, slice(requests, milliseconds))
      for (pair, isReady) in zip(pairs, ready) where isReady { NativeObjects.shared.fetch(pair.id) }
      _ = markDone(requests)
    }

    private static func wait(_ names: [cray_object_id], _ needed: Int, _ milliseconds: Int) -> [Bool] {
      withUnsafeTemporaryAllocation(of: Bool.self, capacity: names.count) { ready in
        ready.initialize(repeating: false)
        guard let flags = ready.baseAddress else { return [] }
        let status = cray_native_wait(names, names.count, Int32(clamping: max(needed, 1)), Int32(clamping: milliseconds), flags)
        free(status.text.bytes)
        // What cannot be waited for is fetched: looking at it tells why.
        return status.code == CRAY_OK ? Array(ready) : Array(repeating: true, count: names.count)
      }
    }

    private static func markDone(_ requests: [NativeRequest]) -> Bool {
      let now = cray_monotonic_nanoseconds()
      var isAnyDone = false
      for request in requests where request.isSatisfied || request.deadline.map({ $0 <= now }) == true {
        request.markDone()
        isAnyDone = true
      }
      return isAnyDone
    }

    private static func slice(_ requests: [NativeRequest], _ milliseconds: Int) -> Int {
      guard let deadline = requests.compactMap(\.deadline).min() else { return milliseconds }
      let now = cray_monotonic_nanoseconds()
      return min(milliseconds, deadline <= now ? 0 : Int(clamping: (deadline - now) / 1_000_000 + 1))
    }
  }

  /// A thread that waits for tasks that have no thread of Ray's; started by the first of them.
  final class NativePump: Sendable {
    private let monitor = Monitor()
    // Guarded by `monitor`.
    nonisolated(unsafe) private var requests: [NativeRequest] = []
    nonisolated(unsafe) private var isStarted = false

    func add(_ request: NativeRequest) {
      let starts = monitor.withLock {
        requests.append(request)
        monitor.signal()
        defer { isStarted = true }
        return !isStarted
      }
      if starts { SystemThread.start("ray-wait") { [self] in run() } }
    }

    private func run() -> Never {
      while true {
        monitor.lock()
        while requests.isEmpty { monitor.wait() }
        let open = requests
        monitor.unlock()
        NativeWaits.block(on: open, milliseconds: 10)
        let done = open.filter(\.isDone)
        monitor.withLock { requests.removeAll(where: \.isDone) }
        for request in done { request.resume() }
      }
    }
  }
#endif
