internal import Ray

@RemoteActor(numCPUs: 0)
final class Actor {
  init() {}

  func smallValue() -> [UInt8] { okBytes }
  func smallValue(of number: Int) -> [UInt8] { okBytes }
}

@RemoteActor
actor AsyncActor {
  init() {}

  func smallValue() -> [UInt8] { okBytes }
  func smallValue(of number: Int) -> [UInt8] { okBytes }
}

/// A second driver: submits tasks from a process of its own.
@RemoteActor(numCPUs: 0)
final class TaskClient {
  init() {}

  func submitAndGet(_ count: Int) async throws {
    _ = try await Ray.get((0..<count).map { _ in try $smallValue.remote() })
  }
}

/// Calls its actors from a process of its own.
@RemoteActor(numCPUs: 0)
final class ActorClient {
  private let servers: [ActorHandle<Actor>]

  init(_ servers: [ActorHandle<Actor>]) { self.servers = servers }

  func callEach(_ count: Int) async throws {
    var results: [ObjectRef<[UInt8]>] = []
    for server in servers {
      for _ in 0..<count { results.append(try server.smallValue.remote()) }
    }
    _ = try await Ray.get(results)
  }

  func callEachWithReference(_ count: Int) async throws {
    let argument = try Ray.put(0)
    var results: [ObjectRef<[UInt8]>] = []
    for server in servers {
      for _ in 0..<count { results.append(try server.smallValue.remote(of: argument)) }
    }
    _ = try await Ray.get(results)
  }
}

/// As ``ActorClient``, for Swift actors.
@RemoteActor(numCPUs: 0)
final class AsyncActorClient {
  private let servers: [ActorHandle<AsyncActor>]

  init(_ servers: [ActorHandle<AsyncActor>]) { self.servers = servers }

  func callEach(_ count: Int) async throws {
    var results: [ObjectRef<[UInt8]>] = []
    for server in servers {
      for _ in 0..<count { results.append(try server.smallValue.remote()) }
    }
    _ = try await Ray.get(results)
  }
}
