extension TLSFAllocator {
  /// Walks every structure and describes the first contradiction; nil when the allocator is sound. For tests: linear time.
  package func checkInvariants() -> String? {
    checkPieces() ?? checkLists() ?? checkMaps()
  }

  private func checkPieces() -> String? {
    var freeBytes = 0
    var regionBytes = 0
    var emptyRegions = 0
    for number in 0..<nodeCount where nodes[number].isInUse {
      let node = nodes[number]
      regionBytes += node.byteCount
      if node.isFree { freeBytes += node.byteCount }
      if node.isFree && node.previous == Self.none && node.next == Self.none { emptyRegions += 1 }
      if node.byteCount <= 0 || node.byteCount % Self.unit != 0 || node.offset % Self.unit != 0 {
        return "node \(number) is misaligned: \(node)"
      }
      if node.next != Self.none {
        let next = nodes[Int(node.next)]
        if !next.isInUse || next.previous != Int32(number) { return "node \(number) and its successor disagree" }
        if next.offset != node.offset + node.byteCount { return "node \(number) does not touch its successor" }
        if next.isFree && node.isFree { return "node \(number) and its successor are both free" }
      }
      if node.previous != Self.none, nodes[Int(node.previous)].next != Int32(number) {
        return "node \(number) and its predecessor disagree"
      }
    }
    if freeBytes != freeByteCount { return "\(freeBytes) bytes are free, \(freeByteCount) were counted" }
    if regionBytes != regionByteCount { return "regions have \(regionBytes) bytes, \(regionByteCount) were counted" }
    if emptyRegions != emptyRegionCount { return "\(emptyRegions) regions are empty, \(emptyRegionCount) were counted" }
    return nil
  }

  private func checkLists() -> String? {
    var listed = 0
    for sizeClass in 0..<Self.levelCount * Self.stepCount {
      var previous = Self.none
      var node = heads[sizeClass]
      while node != Self.none {
        let record = nodes[Int(node)]
        if !record.isInUse || !record.isFree { return "node \(node) is listed but not free" }
        if Self.sizeClass(units: record.byteCount / Self.unit) != sizeClass { return "node \(node) is in the wrong class" }
        if record.previousFree != previous { return "the list of class \(sizeClass) is broken at node \(node)" }
        listed += 1
        if listed > nodeCount { return "the list of class \(sizeClass) is a ring" }
        previous = node
        node = record.nextFree
      }
    }
    let free = (0..<nodeCount).count { nodes[$0].isInUse && nodes[$0].isFree }
    return listed == free ? nil : "\(free) nodes are free, \(listed) are listed"
  }

  private func checkMaps() -> String? {
    for level in 0..<Self.levelCount {
      for step in 0..<Self.stepCount {
        let isMarked = stepMaps[level] & (1 << UInt32(step)) != 0
        if isMarked != (heads[level << Self.stepShift + step] != Self.none) { return "step map \(level).\(step) is wrong" }
      }
      if (levelMap & (1 << UInt64(level)) != 0) != (stepMaps[level] != 0) { return "level map \(level) is wrong" }
    }
    return nil
  }
}
