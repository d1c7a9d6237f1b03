/// What `swift-ray run` starts, and with which address.
struct Launch: Equatable {
  static let addressVariable = "RAY_ADDRESS"

  let command: [String]
  /// The value of `RAY_ADDRESS`; nil leaves it as it is.
  let address: String?
  /// The file that must be there; nil for products of a package.
  let path: String?

  var needsPackage: Bool { path == nil }

  init(
    program: String?, arguments: [String], configuration: String, engine: EngineName?, address: String?,
    environment: [String: String]
  ) {
    path = program.flatMap { $0.contains("/") ? $0 : nil }
    command =
      switch path {
      case let library? where Self.isLibrary(library): [Self.python(environment), "-m", "swiftray", "run", library] + arguments
      case let path?: [path] + arguments
      case nil: ["swift", "run", "-c", configuration] + (program.map { [$0] } ?? []) + arguments
      }
    self.address = Self.address(engine: engine ?? (address == nil ? nil : .ray), address, environment[Self.addressVariable])
  }

  private static func isLibrary(_ path: String) -> Bool { path.hasSuffix(".so") || path.hasSuffix(".dylib") }

  /// The Python that the program itself would take.
  private static func python(_ environment: [String: String]) -> String {
    environment["SWIFTRAY_PYTHON"] ?? environment["VIRTUAL_ENV"].map { $0 + "/bin/python3" } ?? "python3"
  }

  private static func address(engine: EngineName?, _ asked: String?, _ inherited: String?) -> String? {
    switch engine {
    case nil: nil
    case .embedded: "local"
    case .ray:
      // A cluster that the environment names already is meant.
      asked ?? (inherited.flatMap { ["", "local"].contains($0) ? nil : $0 }) ?? "auto"
    }
  }
}
