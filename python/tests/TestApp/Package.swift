// swift-tools-version: 6.2
import PackageDescription

// The layout of a program for Ray clusters: an executable and a dynamic library of the same functions.
let package = Package(
  name: "TestApp",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "test-app", targets: ["test-app"]),
    .library(name: "TestApp", type: .dynamic, targets: ["TestApp"]),
  ],
  dependencies: [.package(name: "swift-ray", path: "../../..")],
  targets: [
    .target(name: "TestApp", dependencies: [.product(name: "Ray", package: "swift-ray")]),
    .executableTarget(name: "test-app", dependencies: ["TestApp"]),
  ]
)
