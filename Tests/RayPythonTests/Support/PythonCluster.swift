import Ray
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Swift and Python together. Needs a Python that has Ray: `VIRTUAL_ENV` or `.venv`, as `scripts/test` makes it.
@Suite(.serialized, .alone, .enabled(if: PythonCluster.isPossible, "no Python with Ray here"), .onCluster)
enum TwoLanguages {}

/// The Ray node that all tests of this process share: starting one takes seconds.
enum PythonCluster {
  static var isPossible: Bool {
    if getenv("SWIFTRAY_PYTHON") != nil { return true }
    let environment = getenv("VIRTUAL_ENV").map { String(cString: $0) } ?? ".venv"
    return access(environment + "/bin/python3", X_OK) == 0 && hasRay(environment)
  }

  /// Whether Ray is installed there, as far as its files tell: nothing is started to find out.
  private static func hasRay(_ environment: String) -> Bool {
    guard let folder = opendir(environment + "/lib") else { return false }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if access(environment + "/lib/" + name + "/site-packages/ray/__init__.py", R_OK) == 0 { return true }
    }
    return false
  }

  /// Python code of the tests.
  static let modules: String = {
    let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/") + "/Modules"
    setenv("PYTHONPATH", folder, 1)
    // Starting a worker takes a second, and Ray ends idle ones beyond the number of CPUs.
    setenv("SWIFTRAY_LANE", "python", 1)
    setenv("RAY_num_workers_soft_limit", "8", 1)
    return folder
  }()
}

/// Runs all tests of a suite on one Ray node.
struct OnCluster: SuiteTrait, TestScoping {
  var isRecursive: Bool { false }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    _ = PythonCluster.modules
    try await Ray.initialize(
      RayConfiguration(address: "ray:local", numCPUs: 3, objectStoreMemory: 256 << 20, logToDriver: false))
    do {
      try await function()
    } catch {
      await Ray.shutdown()
      throw error
    }
    await Ray.shutdown()
  }
}

extension Trait where Self == OnCluster {
  static var onCluster: Self { OnCluster() }
}

/// The error a body throws, as a `RayError`.
func rayError(
  _ sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> some Any
) async throws -> RayError {
  do {
    _ = try await body()
  } catch let error as RayError {
    return error
  }
  Issue.record("nothing was thrown", sourceLocation: sourceLocation)
  throw CancellationError()
}

/// The error a call in this process throws, as a `RayError`.
func localError(_ sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> some Any) throws -> RayError {
  do {
    _ = try body()
  } catch let error as RayError {
    return error
  }
  Issue.record("nothing was thrown", sourceLocation: sourceLocation)
  throw CancellationError()
}

func processIdentifier() -> Int32 { getpid() }
