/// Divides regions of address space by two-level segregated fit: constant time, good fit, immediate coalescing.
///
/// The allocator never looks at the memory it manages: bookkeeping lives in nodes outside the regions, so a process that
/// scribbles over shared memory cannot mislead it. Offsets are plain numbers. Just-freed space is handed out first, because
/// it is still in the cache.
///
/// ```
/// region   [ node A used ][ node B free ][ node C used ]      A.isFirst: the region is named by its first node
/// classes  first level = power of two, second level = 32 steps in between; one bit map each
/// ```
package struct TLSFAllocator: ~Copyable {
  /// Every offset and size is a multiple of this many bytes: one cache line.
  package static let unit = 64

  /// One piece of a region, free or in use. Node numbers are stable for the life of the piece.
  struct Node {
    var offset = 0
    var byteCount = 0
    var previous = TLSFAllocator.none
    var next = TLSFAllocator.none
    /// Neighbours in the list of the size class while free; `nextFree` also chains unused node records.
    var previousFree = TLSFAllocator.none
    var nextFree = TLSFAllocator.none
    var isFree = false
    var isInUse = false
  }

  /// A granted piece: where it is, and the number that frees it.
  package struct Allocation: Equatable {
    package var offset: Int
    package var node: Int32
  }

  static let none: Int32 = -1
  static let stepShift = 5
  static let stepCount = 1 << stepShift
  /// Enough powers of two for regions of 2^42 bytes.
  static let levelCount = 32

  var nodes: UnsafeMutablePointer<Node>
  var nodeCapacity: Int
  var nodeCount = 0
  var firstUnused = TLSFAllocator.none
  let heads: UnsafeMutablePointer<Int32>
  let stepMaps: UnsafeMutablePointer<UInt32>
  var levelMap: UInt64 = 0

  /// Bytes free in all regions.
  package private(set) var freeByteCount = 0
  /// Bytes of all regions.
  package private(set) var regionByteCount = 0
  /// Regions in which nothing is allocated.
  package private(set) var emptyRegionCount = 0

  package init() {
    nodeCapacity = 64
    nodes = .allocate(capacity: nodeCapacity)
    heads = .allocate(capacity: Self.levelCount * Self.stepCount)
    heads.initialize(repeating: Self.none, count: Self.levelCount * Self.stepCount)
    stepMaps = .allocate(capacity: Self.levelCount)
    stepMaps.initialize(repeating: 0, count: Self.levelCount)
  }

  deinit {
    nodes.deallocate()
    heads.deallocate()
    stepMaps.deallocate()
  }

  // MARK: Regions

  /// Adds `byteCount` free bytes at `offset`, both multiples of ``unit``; returns the number that names the region.
  package mutating func addRegion(offset: Int, byteCount: Int) -> Int32 {
    precondition(offset >= 0 && byteCount > 0 && offset % Self.unit == 0 && byteCount % Self.unit == 0, "misaligned region")
    precondition(byteCount >> 42 == 0, "a region of \(byteCount) bytes has no size class")
    let node = makeNode(Node(offset: offset, byteCount: byteCount, isInUse: true))
    regionByteCount += byteCount
    insertFree(node)
    return node
  }

  /// Whether nothing is allocated in the region.
  package func isEmpty(region: Int32) -> Bool {
    checkNode(region)
    return nodes[Int(region)].isFree && isWholeRegion(nodes[Int(region)])
  }

  /// Takes an empty region away from the allocator.
  package mutating func removeRegion(_ region: Int32) {
    precondition(isEmpty(region: region), "region \(region) is in use")
    removeFree(region)
    regionByteCount -= nodes[Int(region)].byteCount
    dropNode(region)
  }

  // MARK: Allocation

  /// Finds space for `byteCount` bytes, or nil when no region has a piece that is long enough.
  package mutating func allocate(byteCount: Int) -> Allocation? {
    guard let wanted = Self.roundedUp(byteCount) else { return nil }
    let node = findFree(wanted)
    guard node != Self.none else { return nil }
    removeFree(node)
    split(node, keeping: wanted)
    return Allocation(offset: nodes[Int(node)].offset, node: node)
  }

  /// Returns a piece; it joins its free neighbours at once.
  package mutating func free(_ node: Int32) {
    checkNode(node)
    precondition(!nodes[Int(node)].isFree, "node \(node) is freed twice")
    var merged = node
    let previous = nodes[Int(node)].previous
    if previous != Self.none, nodes[Int(previous)].isFree {
      removeFree(previous)
      join(previous, node)
      merged = previous
    }
    let next = nodes[Int(merged)].next
    if next != Self.none, nodes[Int(next)].isFree {
      removeFree(next)
      join(merged, next)
    }
    insertFree(merged)
  }

  /// Shortens a piece in use; the tail becomes free.
  package mutating func shrink(_ node: Int32, to byteCount: Int) {
    checkNode(node)
    precondition(!nodes[Int(node)].isFree, "node \(node) is free")
    guard let wanted = Self.roundedUp(byteCount), wanted < nodes[Int(node)].byteCount else { return }
    split(node, keeping: wanted)
  }

  /// Bytes of a piece, which is at least what was asked for.
  package func byteCount(of node: Int32) -> Int {
    checkNode(node)
    return nodes[Int(node)].byteCount
  }

  // MARK: Size classes

  /// `byteCount` in whole units, at least one; nil when no class is that large.
  static func roundedUp(_ byteCount: Int) -> Int? {
    guard byteCount >= 0, byteCount >> 42 == 0 else { return nil }
    return max((byteCount + unit - 1) & ~(unit - 1), unit)
  }

  /// The class whose lower bound is the largest one not above `units`.
  @inline(__always)
  static func sizeClass(units: Int) -> Int {
    if units < stepCount { return units }
    let log = Int.bitWidth - 1 - units.leadingZeroBitCount
    return (log - stepShift + 1) << stepShift + (units >> (log - stepShift)) - stepCount
  }

  /// The smallest class in which every piece is at least `units` long.
  @inline(__always)
  static func fittingClass(units: Int) -> Int {
    if units < stepCount { return units }
    let log = Int.bitWidth - 1 - units.leadingZeroBitCount
    return sizeClass(units: units + (1 << (log - stepShift)) - 1)
  }

  private func findFree(_ byteCount: Int) -> Int32 {
    let units = byteCount / Self.unit
    let fitting = Self.fittingClass(units: units)
    var level = fitting >> Self.stepShift
    guard level < Self.levelCount else { return Self.none }
    var steps = stepMaps[level] & (~0 << UInt32(fitting & (Self.stepCount - 1)))
    if steps == 0 {
      // Shifted in two steps because a shift by 64 would be needed for the last level.
      let levels = levelMap & ((~0 << UInt64(level)) << 1)
      if levels == 0 { return findInOwnClass(units: units, byteCount: byteCount) }
      level = levels.trailingZeroBitCount
      steps = stepMaps[level]
    }
    return heads[level << Self.stepShift + steps.trailingZeroBitCount]
  }

  /// Pieces of the request's own class may be long enough too: an exact fit of a whole region must not fail.
  private func findInOwnClass(units: Int, byteCount: Int) -> Int32 {
    var node = heads[Self.sizeClass(units: units)]
    for _ in 0..<16 where node != Self.none {
      if nodes[Int(node)].byteCount >= byteCount { return node }
      node = nodes[Int(node)].nextFree
    }
    return Self.none
  }

  // MARK: Pieces

  private func isWholeRegion(_ node: Node) -> Bool { node.previous == Self.none && node.next == Self.none }

  /// Keeps the front of `node` and frees the rest, joined with a free successor.
  private mutating func split(_ node: Int32, keeping byteCount: Int) {
    let rest = nodes[Int(node)].byteCount - byteCount
    guard rest > 0 else { return }
    let next = nodes[Int(node)].next
    let tail = makeNode(
      Node(offset: nodes[Int(node)].offset + byteCount, byteCount: rest, previous: node, next: next, isInUse: true))
    nodes[Int(node)].byteCount = byteCount
    nodes[Int(node)].next = tail
    if next != Self.none {
      nodes[Int(next)].previous = tail
      if nodes[Int(next)].isFree {
        removeFree(next)
        join(tail, next)
      }
    }
    insertFree(tail)
  }

  /// Extends `node` over its successor, whose record becomes unused.
  private mutating func join(_ node: Int32, _ successor: Int32) {
    let after = nodes[Int(successor)].next
    nodes[Int(node)].byteCount += nodes[Int(successor)].byteCount
    nodes[Int(node)].next = after
    if after != Self.none { nodes[Int(after)].previous = node }
    dropNode(successor)
  }

  private mutating func insertFree(_ node: Int32) {
    let record = nodes + Int(node)
    let sizeClass = Self.sizeClass(units: record.pointee.byteCount / Self.unit)
    let head = heads[sizeClass]
    record.pointee.isFree = true
    record.pointee.previousFree = Self.none
    record.pointee.nextFree = head
    if head != Self.none { nodes[Int(head)].previousFree = node }
    heads[sizeClass] = node
    stepMaps[sizeClass >> Self.stepShift] |= 1 << UInt32(sizeClass & (Self.stepCount - 1))
    levelMap |= 1 << UInt64(sizeClass >> Self.stepShift)
    freeByteCount += record.pointee.byteCount
    if isWholeRegion(record.pointee) { emptyRegionCount += 1 }
  }

  private mutating func removeFree(_ node: Int32) {
    let record = nodes + Int(node)
    let next = record.pointee.nextFree
    let previous = record.pointee.previousFree
    if next != Self.none { nodes[Int(next)].previousFree = previous }
    if previous != Self.none {
      nodes[Int(previous)].nextFree = next
    } else {
      let sizeClass = Self.sizeClass(units: record.pointee.byteCount / Self.unit)
      heads[sizeClass] = next
      if next == Self.none { clearMaps(sizeClass) }
    }
    record.pointee.isFree = false
    freeByteCount -= record.pointee.byteCount
    if isWholeRegion(record.pointee) { emptyRegionCount -= 1 }
  }

  private mutating func clearMaps(_ sizeClass: Int) {
    let level = sizeClass >> Self.stepShift
    stepMaps[level] &= ~(1 << UInt32(sizeClass & (Self.stepCount - 1)))
    if stepMaps[level] == 0 { levelMap &= ~(1 << UInt64(level)) }
  }

  // MARK: Node records

  private mutating func makeNode(_ node: Node) -> Int32 {
    if firstUnused != Self.none {
      let reused = firstUnused
      firstUnused = nodes[Int(reused)].nextFree
      nodes[Int(reused)] = node
      return reused
    }
    if nodeCount == nodeCapacity { growNodes() }
    (nodes + nodeCount).initialize(to: node)
    nodeCount += 1
    return Int32(nodeCount - 1)
  }

  private mutating func dropNode(_ node: Int32) {
    nodes[Int(node)].isInUse = false
    nodes[Int(node)].nextFree = firstUnused
    firstUnused = node
  }

  private mutating func growNodes() {
    let larger = UnsafeMutablePointer<Node>.allocate(capacity: nodeCapacity * 2)
    larger.moveInitialize(from: nodes, count: nodeCount)
    nodes.deallocate()
    nodes = larger
    nodeCapacity *= 2
  }

  private func checkNode(_ node: Int32) {
    precondition(node >= 0 && node < nodeCount && nodes[Int(node)].isInUse, "node \(node) does not exist")
  }
}
