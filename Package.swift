// swift-tools-version: 6.2
import CompilerPluginSupport
import PackageDescription

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

// MARK: - swift-syntax: the toolchain's own when it is there, the package otherwise

/// Directory of the swift-syntax that the running toolchain ships, or nil to build the swift-syntax package.
///
/// Linking the macros to the toolchain's copy makes a clean build take seconds instead of minutes.
/// `RAY_SWIFT_SYNTAX=package` asks for the package; switching needs a clean build folder.
func toolchainSwiftSyntax() -> String? {
  if let choice = getenv("RAY_SWIFT_SYNTAX"), String(cString: choice) == "package" { return nil }
  // The manifest is linked to lib/swift/pm/ManifestAPI/libPackageDescription.so of the toolchain in use.
  // Read with fgets: larger readers see only the first page of a /proc file now and then.
  guard let maps = fopen("/proc/self/maps", "r") else { return nil }
  defer { fclose(maps) }
  var line = [CChar](repeating: 0, count: 8192)
  while fgets(&line, CInt(line.count), maps) != nil {
    let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard let start = text.firstIndex(of: "/"), text.contains("/pm/ManifestAPI/libPackageDescription.so") else { continue }
    let path = text[start...]
    guard let end = path.range(of: "/pm/ManifestAPI/") else { continue }
    let host = path[..<end.lowerBound] + "/host"
    return access(host + "/libSwiftSyntaxMacros.so", R_OK) == 0 ? String(host) : nil
  }
  return nil
}

extension StringProtocol {
  func range(of needle: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(needle) { return start..<index(start, offsetBy: needle.count) }
      start = index(after: start)
    }
    return nil
  }
}

let host = toolchainSwiftSyntax()
let hostLibraries = [
  "SwiftSyntax", "SwiftSyntaxMacros", "SwiftSyntaxBuilder", "SwiftDiagnostics", "SwiftParser",
  "SwiftSyntaxMacroExpansion", "SwiftCompilerPluginMessageHandling", "SwiftOperators", "SwiftBasicFormat",
  "SwiftParserDiagnostics",
]
let hostSwiftSettings: [SwiftSetting] = host.map { [.unsafeFlags(["-I", $0]), .define("HOST_SWIFT_SYNTAX")] } ?? []
let hostLinkerSettings: [LinkerSetting] =
  host.map { [.unsafeFlags(["-L", $0] + hostLibraries.map { "-l" + $0 } + ["-Xlinker", "-rpath", "-Xlinker", $0])] } ?? []

// MARK: - Settings every target shares

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6), .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"), .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]
/// For targets that hand out borrowed bytes (`~Escapable` readers); their users need no flag.
let borrowing = strict + [.enableExperimentalFeature("Lifetimes")]

// MARK: - Tests

let tests: [Target] = [
  // What tests of several targets share: turns, for they run in one process, and fuzzing.
  .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
  // What Python's tests call; loaded by Python processes.
  .target(name: "TwoLanguages", dependencies: ["Ray"], path: "Tests/TwoLanguages", swiftSettings: strict),
  .testTarget(
    name: "MessagePackTests", dependencies: ["MessagePack"], exclude: ["Interop/generate.py"], swiftSettings: borrowing),
  .testTarget(name: "RaySchedulingTests", dependencies: ["RayProtocol", "RayScheduling"], swiftSettings: strict),
  .testTarget(name: "RayControlTests", dependencies: ["RayControl", "RayProtocol"], swiftSettings: strict),
  .testTarget(
    name: "RayOwnershipTests",
    dependencies: ["MessagePack", "RayControl", "RayOwnership", "RayProtocol", "RayScheduling", "TestSupport"],
    swiftSettings: strict),
  .testTarget(name: "RayObjectStoreTests", dependencies: ["CRayShims", "RayObjectStore", "TestSupport"], swiftSettings: strict),
  .testTarget(name: "RayTransportTests", dependencies: ["CRayShims", "RayTransport", "TestSupport"], swiftSettings: strict),
  .testTarget(
    name: "RayNodeTests",
    dependencies: ["CRayShims", "RayNode", "RayObjectStore", "RayProtocol", "RayTransport", "TestSupport"],
    swiftSettings: strict),
  .testTarget(
    name: "RayNativeTests", dependencies: ["MessagePack", "Ray", "RayBridge", "RayEngine", "RayProtocol"],
    swiftSettings: borrowing),
  .testTarget(name: "RayMacrosTests", dependencies: ["Ray", "RayTesting", "TestSupport"], swiftSettings: strict),
  .testTarget(
    name: "RayTests", dependencies: ["Ray", "RayFoundation", "RayTesting", "RayTransport", "TestSupport"],
    swiftSettings: strict),
  .testTarget(
    name: "RayPythonTests", dependencies: ["Ray", "RayTesting", "TestSupport"], exclude: ["Modules"], swiftSettings: strict),
  .testTarget(
    name: "SwiftRayCLITests",
    dependencies: ["swift-ray", .product(name: "ArgumentParser", package: "swift-argument-parser")], swiftSettings: strict),
].filter { access(Context.packageDirectory + "/Tests/" + $0.name, R_OK) == 0 }

/// Dynamic libraries that the Python tests load.
let testLibraries: [Product] = [.library(name: "TwoLanguages", type: .dynamic, targets: ["TwoLanguages"])]
  .filter { access(Context.packageDirectory + "/Tests/" + $0.name, R_OK) == 0 }

// MARK: - The package

let package = Package(
  name: "swift-ray",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Ray", targets: ["Ray"]),
    .library(name: "RayFoundation", targets: ["RayFoundation"]),
    .library(name: "RayTesting", targets: ["RayTesting"]),
    .executable(name: "swift-ray", targets: ["swift-ray"]),
  ] + testLibraries,
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ] + (host == nil ? [.package(url: "https://github.com/swiftlang/swift-syntax", from: "603.0.0")] : []),
  targets: [
    // Leaves
    .target(name: "CRayShims"),
    .target(name: "MessagePack", swiftSettings: borrowing),
    .target(name: "RayProtocol", dependencies: ["MessagePack"], swiftSettings: borrowing),

    // Deciding code: no sockets, files, clocks, threads or random source
    .target(name: "RayScheduling", dependencies: ["RayProtocol"], swiftSettings: strict),
    .target(name: "RayControl", dependencies: ["RayProtocol"], swiftSettings: strict),
    .target(name: "RayOwnership", dependencies: ["MessagePack", "RayProtocol"], swiftSettings: strict),

    // Shells
    .target(name: "RayObjectStore", dependencies: ["CRayShims", "RayProtocol"], swiftSettings: strict),
    .target(name: "RayTransport", dependencies: ["CRayShims", "MessagePack", "RayProtocol"], swiftSettings: strict),
    .target(
      name: "RayNode",
      dependencies: ["CRayShims", "RayControl", "RayObjectStore", "RayProtocol", "RayScheduling", "RayTransport"],
      swiftSettings: strict),
    .target(name: "RayEngine", dependencies: ["MessagePack", "RayProtocol"], swiftSettings: borrowing),
    .target(
      name: "RayWorker",
      dependencies: [
        "CRayShims", "MessagePack", "RayEngine", "RayNode", "RayObjectStore", "RayOwnership", "RayProtocol", "RayTransport",
      ],
      swiftSettings: strict),

    // The border to Ray's C++ workers; needs nothing of Ray to build. Ray's libraries are made with the old strings of libstdc++.
    .target(name: "CRayNative", cxxSettings: [.define("_GLIBCXX_USE_CXX11_ABI", to: "0")]),
    .target(
      name: "RayBridge", dependencies: ["CRayNative", "CRayShims", "MessagePack", "RayEngine", "RayProtocol"],
      swiftSettings: borrowing),

    // What users import
    .macro(
      name: "RayMacros",
      dependencies: host == nil
        ? [
          .product(name: "SwiftSyntaxMacros", package: "swift-syntax"),
          .product(name: "SwiftCompilerPlugin", package: "swift-syntax"),
        ] : [],
      swiftSettings: strict + hostSwiftSettings,
      linkerSettings: hostLinkerSettings),
    .target(
      name: "Ray",
      dependencies: ["MessagePack", "RayBridge", "RayEngine", "RayMacros", "RayProtocol", "RayWorker"],
      swiftSettings: borrowing),
    // Apart from Ray, so that programs without Foundation stay small and start fast
    .target(name: "RayFoundation", dependencies: ["Ray"], swiftSettings: borrowing),
    .target(name: "RayTesting", dependencies: ["Ray", "RayBridge", "RayWorker"], swiftSettings: strict),
    .executableTarget(
      name: "swift-ray",
      dependencies: ["Ray", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      swiftSettings: strict),
  ] + tests,
  cxxLanguageStandard: .cxx17
)
