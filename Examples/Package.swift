// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6), .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// The name makes the checkout's folder irrelevant: `package: "swift-ray"` resolves wherever the repository lies.
let ray = Target.Dependency.product(name: "Ray", package: "swift-ray")

let package = Package(
  name: "swift-ray-examples",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "swift-ray", path: "..")],
  targets: [
    // Tasks, options, references and an actor on one page.
    .executableTarget(name: "hello", dependencies: [ray], swiftSettings: strict),

    // Map and reduce: word frequencies of a folder.
    .target(name: "WordCounting", dependencies: [ray], swiftSettings: strict),
    .executableTarget(
      name: "wordcount", dependencies: ["WordCounting", ray], swiftSettings: strict),
    .testTarget(
      name: "WordCountingTests", dependencies: ["WordCounting", "wordcount"], swiftSettings: strict),

    // Data-parallel training with a parameter server.
    .target(name: "DigitLearning", dependencies: [ray], swiftSettings: strict),
    .executableTarget(name: "digits", dependencies: ["DigitLearning", ray], swiftSettings: strict),
    .testTarget(name: "DigitLearningTests", dependencies: ["DigitLearning"], swiftSettings: strict),
  ]
)
