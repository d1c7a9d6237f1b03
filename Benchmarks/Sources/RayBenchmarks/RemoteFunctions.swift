internal import Ray

let okBytes = Array("ok".utf8)

@Remote
func smallValue() -> [UInt8] { okBytes }

@Remote
func putSmall(_ count: Int) throws {
  for _ in 0..<count { _ = try Ray.put(0) }
}

@Remote
func putZeros(_ count: Int, _ elementCount: Int) throws {
  for _ in 0..<count { _ = try Ray.put(untouchedZeros(elementCount)) }
}

@Remote
func makeReferences(_ count: Int) throws -> [ObjectRef<Int>] {
  try (0..<count).map { _ in try Ray.put(1) }
}

@Remote
func callAll(_ actors: [ActorHandle<Actor>], _ count: Int) async throws {
  _ = try await Ray.get((0..<count).map { try actors[$0 % actors.count].smallValue.remote() })
}

@Remote
func callAllAsync(_ actors: [ActorHandle<AsyncActor>], _ count: Int) async throws {
  _ = try await Ray.get((0..<count).map { try actors[$0 % actors.count].smallValue.remote() })
}

/// Every call waits for two others: the tree has 21,891 nodes for 20.
@Remote
func fibonacci(_ n: Int) async throws -> Int {
  guard n > 1 else { return n }
  let (first, second) = (try $fibonacci.remote(n - 1), try $fibonacci.remote(n - 2))
  return try await first.value + second.value
}

/// What `numpy.zeros` makes: memory nobody has written yet, so that reading it finds the kernel's zero page.
///
/// Only for sizes that the allocator maps anew (32 MiB and more), which the kernel hands out as zeros.
func untouchedZeros(_ count: Int) -> [Int] {
  precondition(count * MemoryLayout<Int>.stride > 32 << 20, "small allocations are not zeros")
  return Array(unsafeUninitializedCapacity: count) { _, initializedCount in initializedCount = count }
}
