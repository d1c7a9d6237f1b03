internal import RayOwnership
internal import RayProtocol

/// The node's shared memory: who allocated what, and that each value is freed exactly once.
final class SimulatedStore {
  struct Block {
    let creator: WorkerID
    /// The process that owns the object; it says when the value is not needed any more.
    var owner: WorkerID
    let bytes: [UInt8]
    var isFreed = false
  }

  private(set) var blocks: [Block] = []
  private let report: (String) -> Void

  init(report: @escaping (String) -> Void) {
    self.report = report
  }

  func put(_ bytes: [UInt8], by creator: WorkerID, for owner: WorkerID) -> StoredDescriptor {
    blocks.append(Block(creator: creator, owner: owner, bytes: bytes))
    return StoredDescriptor(words: (UInt64(blocks.count), UInt64(bytes.count), 0, 0), creator: creator)
  }

  /// Nil when the value is gone.
  func read(_ descriptor: StoredDescriptor) -> [UInt8]? {
    let block = blocks[Int(descriptor.words.0) - 1]
    return block.isFreed ? nil : block.bytes
  }

  func free(_ descriptor: StoredDescriptor, by freer: String) {
    guard let number = Int(exactly: descriptor.words.0).map({ $0 - 1 }), blocks.indices.contains(number) else {
      return report("block \(descriptor.words.0), which nobody has, was freed by \(freer)")
    }
    if blocks[number].isFreed { report("block \(number + 1) was freed a second time, by \(freer)") }
    blocks[number].isFreed = true
  }

  func free(_ number: UInt64, by freer: String) {
    free(StoredDescriptor(words: (number, 0, 0, 0), creator: WorkerID(0)), by: freer)
  }

  func isFreed(_ descriptor: StoredDescriptor) -> Bool { blocks[Int(descriptor.words.0) - 1].isFreed }

  // MARK: What the node does for the dead

  func left(by creator: WorkerID, for owner: WorkerID) -> [UInt64] {
    numbers { $0.creator == creator && $0.owner == owner }
  }

  func owners(ofValuesBy creator: WorkerID) -> [WorkerID] {
    Set(blocks.filter { !$0.isFreed && $0.creator == creator }.map(\.owner)).sorted()
  }

  /// Values of dead creators for dead owners.
  func orphans(isGone: (WorkerID) -> Bool) -> [UInt64] { numbers { isGone($0.creator) && isGone($0.owner) } }

  private func numbers(where matches: (Block) -> Bool) -> [UInt64] {
    blocks.indices.filter { !blocks[$0].isFreed && matches(blocks[$0]) }.map { UInt64($0 + 1) }
  }

  /// Blocks nobody freed, neither their owner or creator nor the node for a dead one.
  var leaks: [String] {
    blocks.enumerated().compactMap { number, block in
      block.isFreed ? nil : "block \(number + 1) of \(block.creator.short) for \(block.owner.short) was never freed"
    }
  }
}
