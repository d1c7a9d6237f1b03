import Ray

/// What a call of Python within one process costs, beside the same call through a `ctypes` callback that takes and returns MessagePack.
///
/// Needs a Python with msgpack and numpy: `VIRTUAL_ENV=... .build/release/InProcess`. Medians of interleaved rounds, in microseconds.
@main struct InProcess {
  private static let source = """
    import ctypes, msgpack

    def add(a, b):
        return a + b

    def total(numbers):
        return sum(numbers)

    def total_numpy(numbers):
        import numpy
        return float(numpy.asarray(numbers).sum())

    kept = []

    def callback(name):
        function = globals()[name]

        def call(data, count, out):
            result = msgpack.packb(function(*msgpack.unpackb(ctypes.string_at(data, count))))
            ctypes.memmove(out, result, len(result))
            return len(result)

        kept.append(ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_void_p, ctypes.c_long, ctypes.c_void_p)(call))
        return ctypes.cast(kept[-1], ctypes.c_void_p).value
    """

  private typealias Callback = @convention(c) (UnsafeRawPointer, Int, UnsafeMutableRawPointer) -> Int

  static func main() throws {
    let add = try function("add")
    let total = try function("total")
    let numpy = try function("total_numpy")
    let numbers = (0..<1000).map(Double.init)
    let expected = numbers.reduce(0, +)
    let cases = [
      Case("add(2, 3)", 100_000) { try check(add.call(2, 3, returning: Int.self), 5) },
      Case("add(2, 3), ctypes and MessagePack", 20_000, try callback("add") { $0.append(contentsOf: [0x92, 2, 3]) }),
      Case("sum of 1000 doubles in a memoryview", 5000) {
        try check(total.call(numbers, returning: Double.self), expected)
      },
      Case("sum of 1000 doubles with numpy", 20_000) {
        try check(numpy.call(numbers, returning: Double.self), expected)
      },
      Case(
        "sum of 1000 doubles, ctypes and MessagePack", 3000,
        try callback("total") { bytes in
          bytes += [0x91, 0xDC, 0x03, 0xE8]
          for number in numbers {
            bytes.append(0xCB)
            withUnsafeBytes(of: number.bitPattern.bigEndian) { bytes.append(contentsOf: $0) }
          }
        }),
    ]
    var times = cases.map { _ in [Double]() }
    for _ in 0..<7 { for (index, each) in cases.enumerated() { times[index].append(try each.microseconds()) } }
    for (each, times) in zip(cases, times) {
      let median = Int((times.sorted()[times.count / 2] * 1000).rounded())
      print(text(median), "us ", each.name)
    }
  }

  private static func check<Value: Equatable>(_ found: Value, _ expected: Value) { precondition(found == expected) }

  private static func text(_ nanoseconds: Int) -> String {
    let (whole, rest) = (nanoseconds / 1000, nanoseconds % 1000)
    let digits = String(rest)
    let number = "\(whole)." + String(repeating: "0", count: 3 - digits.count) + digits
    return String(repeating: " ", count: max(0, 9 - number.count)) + number
  }

  private static func function(_ name: String) throws -> PythonObject {
    try Python.function(source: source, named: name).local()
  }

  /// A call that encodes its arguments each time, as a program would.
  private static func callback(_ name: String, _ encode: @escaping (inout [UInt8]) -> Void) throws -> () throws -> Void {
    let address = try function("callback").call(name, returning: Int.self)
    let function = unsafeBitCast(address, to: Callback.self)
    return {
      var bytes: [UInt8] = []
      encode(&bytes)
      withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { out in
        let count = bytes.withUnsafeBytes { function($0.baseAddress!, $0.count, out.baseAddress!) }
        precondition(count > 0)
      }
    }
  }

  private struct Case {
    let name: String
    let count: Int
    let body: () throws -> Void

    init(_ name: String, _ count: Int, _ body: @escaping () throws -> Void) {
      self.name = name
      self.count = count
      self.body = body
    }

    func microseconds() throws -> Double {
      let clock = ContinuousClock()
      for _ in 0..<(count / 10) { try body() }
      let started = clock.now
      for _ in 0..<count { try body() }
      return (clock.now - started) / .microseconds(count)
    }
  }
}
