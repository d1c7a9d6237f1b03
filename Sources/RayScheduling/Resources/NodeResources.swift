package import RayProtocol

/// What one node has, and what of it is free.
///
/// GPUs are handed out by device: whole ones, or a part of a single one. Everything else is a number.
package struct NodeResources: Sendable {
  package let total: ResourceSet
  /// CPU may be negative for a while: a worker that wakes from a wait takes its CPU back at once.
  package private(set) var available: ResourceSet
  /// Free part of each device, in ten-thousandths.
  private var devices: [AssignedResources.Device]

  /// `gpuIndices` are the numbers by which processes know the devices; counted from zero when left out.
  package init(total: ResourceSet, gpuIndices: [UInt16]? = nil) {
    self.total = total
    available = total
    let indices = gpuIndices ?? (0..<UInt16(clamping: total[ResourceSet.gpu] / ResourceSet.unit)).map { $0 }
    devices = indices.map { .init(index: $0, amount: ResourceSet.unit) }
  }

  /// Why this node will never have what is asked for; nil when one day it may.
  package func shortage(for request: ResourceSet) -> ResourceShortage? {
    if let entry = request.entries.first(where: { $0.amount > total[$0.name] }) {
      return .init(resource: entry.name, asked: entry.amount, total: total[entry.name])
    }
    let gpus = request[ResourceSet.gpu]
    guard gpus > ResourceSet.unit, gpus % ResourceSet.unit != 0 else { return nil }
    return .init(
      resource: ResourceSet.gpu, asked: gpus, total: total[ResourceSet.gpu],
      remark: "more than one GPU must be a whole number")
  }

  package func canAllocate(_ request: ResourceSet) -> Bool {
    guard available.covers(request) else { return false }
    let gpus = request[ResourceSet.gpu]
    if gpus == 0 { return true }
    if gpus <= ResourceSet.unit { return devices.contains { $0.amount >= gpus } }
    return devices.count(where: { $0.amount == ResourceSet.unit }) >= gpus / ResourceSet.unit
  }

  /// Nil when something is missing now.
  package mutating func allocate(_ request: ResourceSet) -> AssignedResources? {
    guard canAllocate(request) else { return nil }
    available.subtract(request)
    let gpus = request[ResourceSet.gpu]
    return AssignedResources(resources: request, gpus: gpus == 0 ? [] : takeDevices(gpus))
  }

  package mutating func release(_ assigned: AssignedResources) {
    available.add(assigned.resources)
    giveDevices(assigned.gpus)
  }

  /// A waiting worker computes nothing: others may use its CPU. Devices and memory stay with it.
  package mutating func lendCPU(of assigned: AssignedResources) {
    available[ResourceSet.cpu] += assigned.resources[ResourceSet.cpu]
  }

  package mutating func takeBackCPU(of assigned: AssignedResources) {
    available[ResourceSet.cpu] -= assigned.resources[ResourceSet.cpu]
  }

  /// Gives back what goes beyond `kept`; what `kept` has and `assigned` has not is taken, even into the negative.
  ///
  /// Devices are kept by number, so an actor computes on the device its constructor saw.
  package mutating func reduce(_ assigned: AssignedResources, to kept: ResourceSet) -> AssignedResources {
    available.add(assigned.resources)
    available.subtract(kept)
    var remaining = kept[ResourceSet.gpu]
    var devices: [AssignedResources.Device] = []
    for device in assigned.gpus {
      let share = min(device.amount, remaining)
      remaining -= share
      if share > 0 { devices.append(.init(index: device.index, amount: share)) }
      giveDevices([.init(index: device.index, amount: device.amount - share)])
    }
    return AssignedResources(resources: kept, gpus: devices)
  }

  /// The fullest device that still has room, so that whole ones stay whole.
  private mutating func takeDevices(_ amount: Int64) -> [AssignedResources.Device] {
    if amount <= ResourceSet.unit {
      let fitting = devices.indices.filter { devices[$0].amount >= amount }
      guard let best = fitting.min(by: { devices[$0].amount < devices[$1].amount }) else { return [] }
      devices[best].amount -= amount
      return [.init(index: devices[best].index, amount: amount)]
    }
    var taken: [AssignedResources.Device] = []
    for index in devices.indices where devices[index].amount == ResourceSet.unit {
      guard taken.count < amount / ResourceSet.unit else { break }
      devices[index].amount = 0
      taken.append(.init(index: devices[index].index, amount: ResourceSet.unit))
    }
    return taken
  }

  private mutating func giveDevices(_ shares: [AssignedResources.Device]) {
    for share in shares {
      guard let index = devices.firstIndex(where: { $0.index == share.index }) else { continue }
      devices[index].amount += share.amount
    }
  }

  /// Free parts of all devices together, to compare with ``available``.
  package var freeDeviceAmount: Int64 { devices.reduce(0) { $0 + $1.amount } }
  package var devicesAreWithinBounds: Bool { devices.allSatisfy { (0...ResourceSet.unit).contains($0.amount) } }
}
