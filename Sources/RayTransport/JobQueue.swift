/// A growing ring of executor jobs; pushing costs a store once the ring has its size.
struct JobQueue: ~Copyable {
  private var base: UnsafeMutablePointer<UnownedJob>
  private var mask: Int
  private var head = 0
  private(set) var count = 0

  init(capacity: Int = 256) {
    let capacity = capacity.roundedUpToPowerOfTwo
    base = .allocate(capacity: capacity)
    mask = capacity - 1
  }

  deinit { base.deallocate() }

  mutating func push(_ job: UnownedJob) {
    if count > mask { grow() }
    (base + ((head + count) & mask)).initialize(to: job)
    count += 1
  }

  mutating func pop() -> UnownedJob? {
    guard count > 0 else { return nil }
    let job = (base + head).move()
    head = (head + 1) & mask
    count -= 1
    return job
  }

  /// Takes everything out of `other`, in order.
  mutating func moveAll(from other: inout JobQueue) {
    while let job = other.pop() { push(job) }
  }

  private mutating func grow() {
    let capacity = (mask + 1) * 2
    let target = UnsafeMutablePointer<UnownedJob>.allocate(capacity: capacity)
    for index in 0..<count { (target + index).initialize(to: (base + ((head + index) & mask)).move()) }
    base.deallocate()
    base = target
    mask = capacity - 1
    head = 0
  }
}
