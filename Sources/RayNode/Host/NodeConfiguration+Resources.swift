internal import RayControl
internal import RayProtocol
internal import RayScheduling

extension NodeConfiguration {
  /// What the node hands out, with the object store as one more resource.
  func nodeResources(storeByteCount: Int) throws(RayError) -> NodeResources {
    var total = resources
    for (name, amount) in total.amounts where amount < 0 || name.isEmpty || total[name] > ResourceSet.amountMax {
      throw RayError(.invalidArgument, "a node cannot have \(amount) of resource '\(name)'")
    }
    if total[ResourceSet.objectStoreMemory] == 0 {
      let most = ResourceSet.amountMax / ResourceSet.unit
      total[ResourceSet.objectStoreMemory] = min(Int64(storeByteCount), most) * ResourceSet.unit
    }
    guard total[ResourceSet.gpu] % ResourceSet.unit == 0, total[ResourceSet.gpu] / ResourceSet.unit < UInt16.max else {
      throw RayError(.invalidArgument, "a node has a whole number of GPUs, not \(total.amounts[ResourceSet.gpu] ?? 0)")
    }
    return NodeResources(total: total, gpuIndices: try indices(count: Int(total[ResourceSet.gpu] / ResourceSet.unit)))
  }

  private func indices(count: Int) throws(RayError) -> [UInt16] {
    if let gpuIndices {
      guard gpuIndices.count == count, Set(gpuIndices).count == count else {
        throw RayError(.invalidArgument, "\(count) GPUs cannot have the numbers \(gpuIndices)")
      }
      return gpuIndices
    }
    let found = Host.gpuIndices
    // More than were found is allowed, as in Ray: tests, and kinds of devices nobody detects.
    return count <= found.count ? Array(found.prefix(count)) : Array(0..<UInt16(count))
  }

  func leaseConfiguration(cpuCount: Int64, firstWorker: UInt64) -> LeaseConfiguration {
    var leases = LeaseConfiguration(cpuCount: Int(cpuCount / ResourceSet.unit), firstWorker: firstWorker)
    if let workerCount { leases.prestartCount = max(0, workerCount) }
    leases.startPause = startRetryPause
    leases.idleTimeout = idleTimeout
    leases.infeasibleTimeout = infeasibleTimeout
    return leases
  }

  var actorConfiguration: ActorTable.Configuration {
    var actors = ActorTable.Configuration()
    actors.restartPause = actorRetryPause
    return actors
  }
}
