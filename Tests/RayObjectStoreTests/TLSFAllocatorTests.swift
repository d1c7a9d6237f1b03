internal import Testing

@testable internal import RayObjectStore

/// A generator whose whole run can be repeated from the printed seed.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

@Suite struct TLSFAllocatorTests {
  static let unit = TLSFAllocator.unit

  /// Every sequence of six allocations (one to three units) and releases in a region of five units.
  @Test func everyShortHistoryOfASmallRegionIsSound() {
    var histories = 0
    func explore(_ steps: [Int]) {
      guard steps.count < 6 else { return }
      // Step 0, 1, 2 allocates that many units plus one; 3 and up frees the piece with that number.
      for step in 0..<6 {
        let history = steps + [step]
        histories += 1
        if let problem = replay(history) { Issue.record("\(history): \(problem)") }
        explore(history)
      }
    }
    explore([])
    #expect(histories == 6 + 36 + 216 + 1_296 + 7_776 + 46_656)
  }

  private func replay(_ history: [Int]) -> String? {
    var allocator = TLSFAllocator()
    let region = allocator.addRegion(offset: 640, byteCount: 5 * Self.unit)
    var live: [(piece: TLSFAllocator.Allocation, byteCount: Int)] = []
    for step in history {
      if step < 3 {
        let byteCount = (step + 1) * Self.unit
        // Free pieces in a region this small have classes of their own, so first fit of a model must agree.
        let used = Set(live.flatMap { Array(stride(from: $0.piece.offset, to: $0.piece.offset + $0.byteCount, by: Self.unit)) })
        let fits = stride(from: 640, through: 640 + 5 * Self.unit - byteCount, by: Self.unit).contains { start in
          stride(from: start, to: start + byteCount, by: Self.unit).allSatisfy { !used.contains($0) }
        }
        let piece = allocator.allocate(byteCount: byteCount)
        if (piece != nil) != fits { return "\(byteCount) bytes fit: \(fits), got \(String(describing: piece))" }
        guard let piece else { continue }
        if piece.offset < 640 || piece.offset + byteCount > 640 + 5 * Self.unit { return "\(piece) is outside" }
        for offset in stride(from: piece.offset, to: piece.offset + byteCount, by: Self.unit) where used.contains(offset) {
          return "\(piece) overlaps"
        }
        live.append((piece, byteCount))
      } else if step - 3 < live.count {
        allocator.free(live.remove(at: step - 3).piece.node)
      }
      if let problem = allocator.checkInvariants() { return problem }
      if allocator.isEmpty(region: region) != live.isEmpty { return "emptiness is wrong" }
    }
    return nil
  }

  @Test(arguments: [1, 2, 3, 4].map { UInt64($0) } + [UInt64.random(in: 0...UInt64.max)])
  func randomHistoriesNeverOverlapAndReturnEverything(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var allocator = TLSFAllocator()
    let size = 8 << 20
    var regions: [Int32] = (0..<4).map { allocator.addRegion(offset: $0 * size, byteCount: size) }
    var live: [(offset: Int, byteCount: Int, node: Int32)] = []
    for step in 0..<4_000 {
      switch Int.random(in: 0..<10, using: &generator) {
      case 0..<6:
        let byteCount = Int.random(in: 0..<(1 << Int.random(in: 1..<22, using: &generator)), using: &generator)
        guard let piece = allocator.allocate(byteCount: byteCount) else { continue }
        let granted = allocator.byteCount(of: piece.node)
        #expect(granted >= max(1, byteCount), "seed \(seed) step \(step)")
        live.append((piece.offset, byteCount, piece.node))
      case 6 where !live.isEmpty:
        let index = Int.random(in: 0..<live.count, using: &generator)
        live[index].byteCount = Int.random(in: 0...live[index].byteCount, using: &generator)
        allocator.shrink(live[index].node, to: live[index].byteCount)
      default:
        guard let index = live.indices.randomElement(using: &generator) else { continue }
        allocator.free(live.remove(at: index).node)
      }
      let problem = step % 16 == 0 ? allocator.checkInvariants() : nil
      #expect(problem == nil, "seed \(seed) step \(step)")
    }
    let sorted = live.sorted { $0.offset < $1.offset }
    for (piece, next) in zip(sorted, sorted.dropFirst()) {
      #expect(piece.offset + piece.byteCount <= next.offset, "seed \(seed)")
    }
    for piece in live { allocator.free(piece.node) }
    let problem = allocator.checkInvariants()
    #expect(problem == nil, "seed \(seed)")
    let (free, empty) = (allocator.freeByteCount, allocator.emptyRegionCount)
    #expect(free == 4 * size && empty == 4)
    while let region = regions.popLast() { allocator.removeRegion(region) }
    let left = allocator.regionByteCount + allocator.freeByteCount
    #expect(left == 0)
    let refused = allocator.allocate(byteCount: 1)
    #expect(refused == nil)
  }

  @Test func aWholeRegionCanBeAllocatedExactly() {
    var allocator = TLSFAllocator()
    // Not the lower bound of a size class: rounding up to the next class alone would miss it.
    _ = allocator.addRegion(offset: 0, byteCount: 100_032)
    let piece = allocator.allocate(byteCount: 100_001)
    let free = allocator.freeByteCount
    #expect(piece?.offset == 0 && free == 0)
  }

  @Test func justFreedSpaceIsHandedOutFirst() throws {
    var allocator = TLSFAllocator()
    _ = allocator.addRegion(offset: 0, byteCount: 1 << 20)
    var pieces: [TLSFAllocator.Allocation] = []
    while pieces.count < 16, let piece = allocator.allocate(byteCount: 1_024) { pieces.append(piece) }
    try #require(pieces.count == 16)
    allocator.free(pieces[3].node)
    allocator.free(pieces[9].node)
    let first = allocator.allocate(byteCount: 1_024)
    let second = allocator.allocate(byteCount: 1_024)
    #expect(first?.offset == pieces[9].offset && second?.offset == pieces[3].offset)
  }

  @Test func sizeClassesAreOrderedAndTight() {
    for units in 1..<100_000 {
      let own = TLSFAllocator.sizeClass(units: units)
      #expect(own <= TLSFAllocator.sizeClass(units: units + 1))
      // Every piece of the fitting class is long enough: its class begins at or above the request.
      let fitting = TLSFAllocator.fittingClass(units: units)
      if fitting != own { #expect(TLSFAllocator.sizeClass(units: units - 1) <= own && fitting == own + 1) }
      if fitting == own { #expect(units == 1 || TLSFAllocator.sizeClass(units: units - 1) < own) }
    }
  }

  @Test(arguments: [-1, Int.max, 1 << 42]) func impossibleSizesAreRefused(byteCount: Int) {
    var allocator = TLSFAllocator()
    _ = allocator.addRegion(offset: 0, byteCount: 1 << 20)
    let piece = allocator.allocate(byteCount: byteCount)
    #expect(piece == nil)
  }

  @Test func freeingTwiceTraps() async {
    await #expect(processExitsWith: .failure) {
      var allocator = TLSFAllocator()
      _ = allocator.addRegion(offset: 0, byteCount: 1 << 20)
      let node = allocator.allocate(byteCount: 64)?.node ?? 0
      _ = allocator.allocate(byteCount: 64)
      allocator.free(node)
      allocator.free(node)
    }
  }
}
