internal import Ray

private let mebi = 1 << 20

extension Benchmark {
  static let objectCases: [Benchmark] =
    [
      rate("single client get calls (Plasma Store)", "gets/s") {
        let ref = try Ray.put(0)
        return { times in
          for _ in 0..<times { _ = try await Ray.get(ref) }
        }
      },
      rate("single client put calls (Plasma Store)", "puts/s") {
        { times in
          for _ in 0..<times { _ = try Ray.put(0) }
        }
      },
      rate("multi client put calls (Plasma Store)", "puts/s", operationsPerCall: 1000) {
        { times in
          for _ in 0..<times { _ = try await Ray.get((0..<10).map { _ in try $putSmall.remote(100) }) }
        }
      },
      // Gigabytes are nominal in these two, as in Ray's results: 800 MiB count as 0.8.
      rate("single client put gigabytes", "GB/s", operationsPerCall: 0.8) {
        let zeros = untouchedZeros(100 * mebi)
        return { times in
          for _ in 0..<times { _ = try Ray.put(zeros) }
        }
      },
      rate("multi client put gigabytes", "GB/s", operationsPerCall: 8) {
        { times in
          for _ in 0..<times { _ = try await Ray.get((0..<10).map { _ in try $putZeros.remote(10, 10 * mebi) }) }
        }
      },
      rate("single client get object containing 10k refs", "gets/s") {
        let ref = try $makeReferences.remote(10_000)
        return { times in
          for _ in 0..<times { _ = try await Ray.get(ref) }
        }
      },
      rate("single client put 1 KiB", "puts/s") {
        let bytes = data(byteCount: 1024)
        return { times in
          for _ in 0..<times { _ = try Ray.put(bytes) }
        }
      },
      rate("single client get 1 KiB", "gets/s") {
        let ref = try Ray.put(data(byteCount: 1024))
        return { times in
          for _ in 0..<times { _ = try await Ray.get(ref) }
        }
      },
    ] + [1, 16, 100].map(putData)

  private static func putData(mebibytes: Int) -> Benchmark {
    let byteCount = mebibytes * mebi
    return rate("single client put \(mebibytes) MiB of data", "GB/s", operationsPerCall: Double(byteCount) / 1e9) {
      let bytes = data(byteCount: byteCount)
      return { times in
        for _ in 0..<times { _ = try Ray.put(bytes) }
      }
    }
  }

  /// Bytes that somebody has written, unlike untouched zeros.
  private static func data(byteCount: Int) -> [UInt8] {
    (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31) }
  }
}
