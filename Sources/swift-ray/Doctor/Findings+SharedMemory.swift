extension MachineFacts {
  var anonymousFilesFinding: Finding? {
    switch anonymousFiles {
    case nil: nil
    case .works: Finding("memfd", .green, "works")
    case .fails(let reason):
      Finding("memfd", .red, reason, advice: "objects live in anonymous shared memory: allow memfd_create in this sandbox")
    }
  }

  var hugePagesFinding: Finding? {
    guard hugePageCollapse != nil || sharedHugePages != nil else { return nil }
    let setting = "shmem_enabled is \(sharedHugePages ?? "unknown")"
    if hugePageCollapse == .works { return Finding("huge pages", .green, "on request (\(setting))") }
    if let sharedHugePages, ["always", "within_size", "advise", "force"].contains(sharedHugePages) {
      return Finding("huge pages", .green, setting)
    }
    return Finding(
      "huge pages", .yellow, "not for shared memory (\(setting))",
      advice: "first copies of large objects are several times faster after: "
        + "echo advise > /sys/kernel/mm/transparent_hugepage/shmem_enabled")
  }

  var processDescriptorsFinding: Finding? {
    switch processDescriptors {
    case nil: nil
    case .works: Finding("pidfd", .green, "works")
    case .fails(let reason):
      Finding("pidfd", .yellow, reason, advice: "the end of a worker is noticed by its closed connection alone")
    }
  }

  var sharedMemoryFinding: Finding? {
    #if os(Linux)
      let note = "only a Ray cluster keeps objects there; swift-ray's own engine does not"
      guard let folder = sharedMemoryFolder else { return Finding("/dev/shm", .yellow, "missing", advice: note) }
      let value = "\(bytes(folder.total)), \(bytes(folder.free)) free"
      // Containers come with 64 MiB.
      return folder.free < 128 << 20
        ? Finding("/dev/shm", .yellow, value, advice: note) : Finding("/dev/shm", .green, value)
    #else
      return nil
    #endif
  }
}
