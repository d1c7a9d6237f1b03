// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6), .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"), .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

// A package of its own, so that users of swift-ray never build it.
let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "swift-ray", path: "../")],
  targets: [
    .executableTarget(
      name: "RayBenchmarks", dependencies: [.product(name: "Ray", package: "swift-ray")], swiftSettings: strict),
    .executableTarget(
      name: "FirstResult", dependencies: [.product(name: "Ray", package: "swift-ray")], swiftSettings: strict),
    .executableTarget(
      name: "InProcess", dependencies: [.product(name: "Ray", package: "swift-ray")], swiftSettings: strict),
    .target(name: "CAllocationCount"),
    .executableTarget(
      name: "Allocations", dependencies: ["CAllocationCount", .product(name: "Ray", package: "swift-ray")], swiftSettings: strict),
  ]
)
