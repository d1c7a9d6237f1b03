#if os(Linux)
  internal import CRayShims
  internal import TestSupport
  internal import Testing

  @testable internal import RayObjectStore

  /// The store between real processes, with real deaths.
  @Suite(.serialized, .alone, .timeLimit(.minutes(2))) struct StoreProcessTests {
    @Test func anotherProcessReadsInPlaceAndItsPinOutlivesTheRelease() throws {
      let segment = try StoreSegment.make(blocks: 8)
      let client = try StoreClient(mapping: segment.mapping, identity: 1)
      let child = try ChildProcess(role: "reader", segment: segment)
      let descriptor = try client.putPattern(77, byteCount: 9 << 20)
      try child.send(descriptor)
      #expect(try child.receive() == descriptor)
      try client.free(descriptor)
      #expect(segment.statistics().doomedCount == 1)
      try child.send(descriptor)
      #expect(try child.receive() == descriptor)
      client.releaseUnused()
      #expect(segment.statistics().leasedBlockCount == 0)
    }

    @Test func aKilledProcessLeavesOnlyWhatItSealed() throws {
      let segment = try StoreSegment.make(blocks: 16)
      let client = try StoreClient(mapping: segment.mapping, identity: 1)
      let child = try ChildProcess(role: "hold", segment: segment)
      let pinned = try client.putPattern(1, byteCount: 9 << 20)
      try child.send(pinned)
      let sealed = try child.receive()
      try client.free(pinned)
      #expect(segment.statistics().doomedCount == 1 && segment.statistics().writingCount == 1)
      child.killAndReap()
      #expect(segment.adoptClients(identity: UInt32(child.process)).map(\.descriptor) == [sealed])
      #expect(try client.holdsPattern(5, sealed))
      client.releaseUnused()
      #expect(segment.statistics().leasedBlockCount == 1)
      try segment.free(sealed)
      client.detach()
      #expect(segment.isEmpty)
    }

    /// The moment of death is wherever the signal lands: in an allocation, a copy, a seal, a pin or a release.
    @Test func processesKilledAtAnyMomentLeaveNothingBehind() throws {
      let segment = try StoreSegment.make(blocks: 96)
      let reader = try StoreClient(mapping: segment.mapping, identity: 1)
      var generator = SeededGenerator(seed: 11)
      var inheritedCount = 0
      for round in 0..<10 {
        let children = try (0..<2).map { _ in try ChildProcess(role: "churn", segment: segment) }
        for child in children {
          for _ in 0..<Int.random(in: 1..<120, using: &generator) { _ = try child.receive() }
          child.killAndReap()
          for object in segment.adoptClients(identity: UInt32(child.process)) {
            // The child names each object by its size, so every sealed one can be checked.
            let isWhole = try reader.holdsPattern(object.id.low, object.descriptor)
            #expect(isWhole && object.descriptor.byteCount == object.id.low, "round \(round): \(object)")
            try segment.free(object.descriptor)
            inheritedCount += 1
          }
        }
        let left = segment.statistics()
        #expect(left.leasedBlockCount == 0 && left.pinCount == 0 && left.usedByteCount == 0, "round \(round): \(left)")
      }
      #expect(inheritedCount > 0)
      reader.detach()
      #expect(segment.isEmpty)
    }

    @Test func spaceFreedHereWakesAPutThere() throws {
      let segment = try StoreSegment.make(blocks: 4)
      let client = try StoreClient(mapping: segment.mapping, identity: 1)
      let own = try client.putPattern(1, byteCount: 8 << 20)
      let child = try ChildProcess(role: "wait", segment: segment)
      while !segment.mapping.isUnderPressure { cray_shm_pause() }
      try client.free(own)
      let theirs = try child.receive()
      #expect(try client.holdsPattern(6, theirs))
    }

    @Test func spaceOfADeadProcessWakesAPut() throws {
      let segment = try StoreSegment.make(blocks: 4)
      let holder = try ChildProcess(role: "wait", segment: segment)
      let held = try holder.receive()
      let child = try ChildProcess(role: "wait", segment: segment)
      while !segment.mapping.isUnderPressure { cray_shm_pause() }
      holder.killAndReap()
      #expect(segment.adoptClients(identity: UInt32(holder.process)).map(\.descriptor) == [held])
      try segment.free(held)
      let theirs = try child.receive()
      #expect(theirs.offset == held.offset)
    }
  }
#endif
