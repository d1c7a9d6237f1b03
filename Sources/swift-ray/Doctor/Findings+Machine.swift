extension MachineFacts {
  var kernelFinding: Finding? {
    guard let kernel else { return nil }
    #if os(Linux)
      if kernel < KernelVersion(5, 3) {
        return Finding("kernel", .red, "Linux \(kernel)", advice: "use Linux 5.3 or later: worker processes are watched by pidfd")
      }
      if kernel < KernelVersion(6, 1) {
        return Finding("kernel", .yellow, "Linux \(kernel)", advice: "large objects are copied faster from Linux 6.1 on")
      }
      return Finding("kernel", .green, "Linux \(kernel)")
    #else
      return Finding("kernel", .green, "\(kernel)")
    #endif
  }

  var coresFinding: Finding? {
    guard let onlineCores else { return nil }
    let usable = min(onlineCores, usableCores ?? onlineCores)
    let value = usable == onlineCores ? "\(onlineCores)" : "\(usable) of \(onlineCores) usable"
    if usable < 2 { return Finding("cores", .yellow, value, advice: "tasks can run one after the other only") }
    if let quota = cgroup.cores, quota < 2 {
      return Finding("cores", .yellow, value, advice: "the control group allows the time of \(rounded(quota)) cores")
    }
    return Finding("cores", .green, value)
  }

  var memoryFinding: Finding? {
    guard let memory else { return nil }
    let available = min(memory.available, cgroup.memory ?? Int.max)
    let value = "\(bytes(memory.total)), \(bytes(memory.available)) available"
    if available < 256 << 20 {
      return Finding("memory", .red, value, advice: "free some: workers and objects need 256 MiB at least")
    }
    if available < 1 << 30 {
      return Finding("memory", .yellow, value, advice: "the object store is small: puts wait when it is full, then fail")
    }
    return Finding("memory", .green, value)
  }

  var cgroupFinding: Finding? {
    #if os(Linux)
      var limits: [String] = []
      if let cores = cgroup.cores { limits.append("\(rounded(cores)) cores") }
      if let limit = cgroup.memory, limit < memory?.total ?? Int.max { limits.append("\(bytes(limit)) of memory") }
      if let processes = cgroup.processes { limits.append("\(processes) processes") }
      return Finding("control group", .green, limits.isEmpty ? "no limit" : limits.joined(separator: ", "))
    #else
      return nil
    #endif
  }

  var descriptorsFinding: Finding? {
    guard let descriptors else { return nil }
    let value = "\(text(descriptors.soft)), at most \(text(descriptors.hard))"
    let most = descriptors.hard ?? Int.max
    if most < 256 { return Finding("open files", .red, value, advice: "raise the limit: ulimit -Hn 65536") }
    if most < 4096 { return Finding("open files", .yellow, value, advice: "enough for some dozens of workers: ulimit -Hn 65536") }
    return Finding("open files", .green, value)
  }

  var processesFinding: Finding? {
    guard let processes else { return nil }
    let most = [processes.soft, cgroup.processes].compactMap { $0 }.min()
    // Each worker is a process of a few threads, and threads count.
    if let most, most < 64 { return Finding("processes", .red, text(most), advice: "raise the limit: ulimit -u 4096") }
    if let most, most < 512 {
      return Finding("processes", .yellow, text(most), advice: "enough for some dozens of workers: ulimit -u 4096")
    }
    return Finding("processes", .green, text(most))
  }

  var gpusFinding: Finding? {
    if let devices = gpus.devices, !devices.isEmpty {
      let names = devices.map { device in
        device.name + (device.memoryMiB.map { ", \(bytes($0 << 20))" } ?? "")
      }
      return Finding("GPUs", .green, "\(devices.count): \(names.joined(separator: "; ")) (driver \(devices[0].driver))")
    }
    guard gpus.nodes.isEmpty else {
      return Finding(
        "GPUs", .yellow, gpus.nodes.joined(separator: ", "),
        advice: "nvidia-smi does not answer: install the driver's tools, or check the driver")
    }
    return Finding("GPUs", .green, "none")
  }

  var toolchainFinding: Finding? {
    guard let toolchain else {
      return Finding("toolchain", .yellow, "none found", advice: "Swift 6.3 or later builds programs; running them needs none")
    }
    let marker = "Swift version "
    let version = toolchain.indices.first { toolchain[$0...].hasPrefix(marker) }
      .flatMap { KernelVersion(parsing: String(toolchain[$0...].dropFirst(marker.count))) }
    if let version, version < KernelVersion(6, 3) {
      return Finding("toolchain", .yellow, toolchain, advice: "swift-ray is built with Swift 6.3 or later")
    }
    return Finding("toolchain", .green, toolchain)
  }
}

private func text(_ limit: Int?) -> String { limit.map(String.init) ?? "unlimited" }
