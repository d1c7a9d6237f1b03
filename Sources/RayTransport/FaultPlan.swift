/// Which frames a connection loses, repeats, delays or lets others overtake: for tests of the layers above.
///
/// Decisions depend on the seed and on the frames alone, so a run can be repeated. Frames with descriptors are never touched.
package struct FaultPlan: Sendable, Hashable {
  package enum Action: Sendable, Hashable {
    case drop
    case duplicate
    /// Holds the frame and everything behind it, as a slow network would.
    case delay(Duration)
    /// Holds the frame alone: later ones overtake it.
    case reorder(Duration)
    /// Loses the frame and everything behind it, and ends the connection: how a stream loses a request or a reply.
    case cut
  }

  package enum Direction: Sendable, Hashable { case inbound, outbound }

  /// One kind of failure; the first rule that applies to a frame decides.
  package struct Rule: Sendable, Hashable {
    package var action: Action
    /// Nil for both.
    package var direction: Direction?
    /// Nil for every kind.
    package var kind: UInt8?
    /// Which matching frames, counted from 1 for each connection and direction; nil for all.
    package var occurrences: ClosedRange<UInt64>?
    /// How likely a matching frame is hit; nil for always.
    package var probability: Double?

    package init(
      _ action: Action, direction: Direction? = nil, kind: UInt8? = nil, occurrences: ClosedRange<UInt64>? = nil,
      probability: Double? = nil
    ) {
      self.action = action
      self.direction = direction
      self.kind = kind
      self.occurrences = occurrences
      self.probability = probability
    }
  }

  package var rules: [Rule]
  package var seed: UInt64
  /// Tells connections apart that share one plan; number them in a repeatable way.
  package var stream: UInt64 = 0

  package init(rules: [Rule] = [], seed: UInt64 = 0) {
    self.rules = rules
    self.seed = seed
  }
}
