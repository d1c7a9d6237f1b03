internal import RayOwnership
internal import RayProtocol

/// Connections between processes: reliable and ordered each, in no order among each other.
final class SimulatedNetwork {
  /// One direction of a connection, or of a process's connection to its node.
  final class Channel {
    let from: WorkerID
    let to: WorkerID
    private(set) var frames: [[UInt8]] = []
    private var head = 0
    /// The receiver has taken its end of the connection.
    var isOpen = false
    /// After what is queued the receiver sees the end.
    var isEnding = false
    /// What is written goes nowhere.
    var isCut = false

    init(from: WorkerID, to: WorkerID, isOpen: Bool = false) {
      self.from = from
      self.to = to
      self.isOpen = isOpen
    }

    var queuedCount: Int { frames.count - head }
    var hasNews: Bool { isOpen && !isCut && (queuedCount > 0 || isEnding) }

    /// Cuts what an outbox collected into its frames.
    func send(_ bytes: UnsafeRawBufferPointer) {
      guard !isCut, !isEnding else { return }
      var rest = bytes
      while rest.count >= FrameHeader.byteCount {
        let header = FrameHeader(reading: rest.baseAddress!)
        let end = FrameHeader.byteCount + Int(header.bodyByteCount)
        frames.append(Array(rest[..<end]))
        rest = UnsafeRawBufferPointer(rebasing: rest[end...])
      }
    }

    func receive() -> [UInt8]? {
      guard head < frames.count else { return nil }
      defer {
        head += 1
        if head == frames.count {
          frames = []
          head = 0
        }
      }
      return frames[head]
    }

    /// The sender died: only the first `count` frames made it.
    func truncate(to count: Int) {
      frames.removeLast(max(0, queuedCount - count))
      isEnding = true
    }
  }

  /// In the order the connections were made.
  private(set) var channels: [Channel] = []

  /// Brokers a connection; either end may be dead already.
  func connect(_ a: WorkerID, _ b: WorkerID, isAlive: (WorkerID) -> Bool) {
    let there = Channel(from: a, to: b)
    let back = Channel(from: b, to: a)
    if !isAlive(a) { (there.isEnding, back.isCut) = (true, true) }
    if !isAlive(b) { (back.isEnding, there.isCut) = (true, true) }
    channels += [there, back]
  }

  func channel(from: WorkerID, to: WorkerID) -> Channel? { channels.last { $0.from == from && $0.to == to } }

  /// A process is gone; `keeping` says how many of so many queued frames still arrive.
  func end(_ worker: WorkerID, keeping: (Int) -> Int) {
    for channel in channels {
      if channel.from == worker { channel.truncate(to: keeping(channel.queuedCount)) }
      if channel.to == worker { channel.isCut = true }
    }
    prune()
  }

  func prune() { channels.removeAll { $0.isCut && $0.isEnding } }

  func remove(_ channel: Channel) { channels.removeAll { $0 === channel } }
}
