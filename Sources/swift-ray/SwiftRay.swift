internal import ArgumentParser

@main
struct SwiftRay: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "swift-ray",
    abstract: "Starts packages that use swift-ray, runs them on either engine, and says what a machine offers them.",
    version: Release.version,
    subcommands: [New.self, Run.self, Doctor.self])
}

enum Release {
  static let version = "0.1.0"
}
