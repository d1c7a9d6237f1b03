public import Ray

/// Which images of a shard belong to which step of an epoch.
public struct Batches: Sendable {
  private let order: [Int]
  public let count: Int

  /// Every epoch visits the images in another order, the same one for the same seed.
  public init(imageCount: Int, batchSize: Int, epoch: Int, seed: UInt64) {
    var random = SeededRandom(seed: seed &+ UInt64(epoch) &* 0xD1B5_4A32_D192_ED03)
    order = (0..<imageCount).shuffled(using: &random)
    count = Self.count(imageCount: imageCount, batchSize: batchSize)
  }

  /// At least one batch, at most `batchSize` images in each.
  public static func count(imageCount: Int, batchSize: Int) -> Int {
    max(1, (imageCount + batchSize - 1) / batchSize)
  }

  /// The batches of an epoch share the images evenly.
  public subscript(step: Int) -> ArraySlice<Int> {
    order[step * order.count / count..<(step + 1) * order.count / count]
  }
}

/// One step of the training: everything a worker must know beside parameters and images.
@RayCodable
public struct Step: Sendable, Hashable {
  public var epoch: Int
  public var index: Int
  public var batchSize: Int
  public var seed: UInt64

  public init(epoch: Int, index: Int, batchSize: Int, seed: UInt64) {
    self.epoch = epoch
    self.index = index
    self.batchSize = batchSize
    self.seed = seed
  }
}

extension Network {
  /// A worker's part of a step: the gradient over its batch.
  public func gradient(at parameters: [Double], over shard: Digits, in step: Step) -> [Double] {
    let batches = Batches(imageCount: shard.count, batchSize: step.batchSize, epoch: step.epoch, seed: step.seed)
    // Shards may differ by an image, and then by a batch: the smaller one starts over.
    return gradient(at: parameters, over: shard, images: batches[step.index % batches.count]).gradient
  }
}
