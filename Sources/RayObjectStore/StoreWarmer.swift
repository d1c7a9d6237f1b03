internal import CRayShims
internal import Synchronization

/// A low-priority thread of the node that gives free blocks memory before anybody needs them.
///
/// Fresh memory costs ten times the copy itself, because the system clears it page by page. The thread sleeps until a lease
/// reaches into the second half of the reserve, or a reader lets go of a dead client's object. Until the first lease the
/// reserve is one block: a program that stores nothing large pays for nothing large.
final class StoreWarmer: Sendable {
  private final class Context: Sendable {
    let mapping: StoreMapping
    let aheadCount: Int
    let collect: @Sendable () -> Void
    let isStopped = Atomic<Bool>(false)

    init(mapping: StoreMapping, aheadCount: Int, collect: @escaping @Sendable () -> Void) {
      self.mapping = mapping
      self.aheadCount = aheadCount
      self.collect = collect
    }
  }

  private let context: Context
  private let thread: Mutex<cray_shm_thread?>

  init(mapping: StoreMapping, aheadCount: Int, collect: @escaping @Sendable () -> Void) throws(StoreError) {
    context = Context(mapping: mapping, aheadCount: aheadCount, collect: collect)
    let retained = Unmanaged.passRetained(context)
    var started = cray_shm_thread()
    let error = cray_shm_thread_start(&started, "ray-warm", 10, { StoreWarmer.threadMain($0) }, retained.toOpaque())
    thread = Mutex(error == 0 ? started : nil)
    if error != 0 { retained.release() }
    try StoreMapping.check("starting the store's maintenance thread", error)
  }

  /// Ends the thread and waits for it.
  func stop() {
    context.isStopped.store(true, ordering: .sequentiallyConsistent)
    context.mapping.nodeWork.add(1)
    context.mapping.nodeWork.wakeAll()
    let running = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    if let running { cray_shm_thread_join(running) }
  }

  private static func threadMain(_ argument: UnsafeMutableRawPointer?) {
    guard let argument else { return }
    let context = Unmanaged<Context>.fromOpaque(argument).takeRetainedValue()
    let mapping = context.mapping
    var aheadCount = 1
    while true {
      let seen = mapping.nodeWork.load()
      if context.isStopped.load(ordering: .sequentiallyConsistent) { return }
      context.collect()
      fillReserve(context, aheadCount)
      aheadCount = context.aheadCount
      // Announced before the word is compared: who bumps it afterwards sees the flag.
      mapping.nodeSleeping.store(1)
      mapping.nodeWork.wait(while: seen, atMost: -1)
      mapping.nodeSleeping.store(0)
    }
  }

  /// Warms the lowest free blocks, which are leased first, and marks where the second half of the reserve begins.
  private static func fillReserve(_ context: Context, _ aheadCount: Int) {
    let mapping = context.mapping
    var ready: [Int] = []
    for block in 0..<mapping.layout.blockCount where mapping.owner(block).loadRelaxed() == 0 {
      if context.isStopped.load(ordering: .relaxed) { return }
      // A shortage is the business of whoever needs the block; the next lease asks again.
      do throws(StoreError) { try mapping.warm(block) } catch { break }
      ready.append(block)
      if ready.count >= aheadCount { break }
    }
    mapping.wakeMark.store(UInt32(ready.isEmpty ? mapping.layout.blockCount : ready[ready.count / 2]))
  }
}
