// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "ray-lanes",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "lanes-app", targets: ["lanes-app"]),
    .library(name: "Lanes", type: .dynamic, targets: ["Lanes"]),
  ],
  dependencies: [.package(name: "swift-ray", path: "../..")],
  targets: [
    .target(name: "Lanes", dependencies: [.product(name: "Ray", package: "swift-ray")]),
    .executableTarget(name: "lanes-app", dependencies: ["Lanes"]),
  ]
)
