internal import Foundation

/// Type-checks source text against the built module `Ray` and its macros.
struct Compiler {
  struct Outcome {
    var status: Int32
    var messages: String
  }

  /// The folder with the test bundle; the plug-in and the modules are beside it.
  private static let products = URL(fileURLWithPath: executablePath).deletingLastPathComponent()

  private static var executablePath: String {
    #if os(Linux)
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    #else
      CommandLine.arguments.first { $0.contains(".xctest/") }.map {
        String($0.prefix(upTo: $0.range(of: ".xctest/")!.lowerBound))
      }
        ?? CommandLine.arguments[0]
    #endif
  }

  /// - Parameter verifying: The source says in comments which diagnostics it expects, as the compiler's own tests do.
  static func check(_ source: String, verifying: Bool = false) throws -> Outcome {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ray-macros-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("Fixture.swift")
    try Data(source.utf8).write(to: file)

    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["swiftc", "-frontend", "-typecheck", file.path, "-module-name", "Fixture", "-swift-version", "6"]
      + ["-diagnostic-style", "llvm"] + (verifying ? ["-verify"] : []) + dependencies
    let pipe = Pipe()
    process.standardError = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return Outcome(status: process.terminationStatus, messages: String(decoding: output, as: UTF8.self))
  }

  private static var dependencies: [String] {
    let plugin = products.appendingPathComponent("RayMacros-tool").path
    var arguments = ["-I", products.appendingPathComponent("Modules").path, "-load-plugin-executable", plugin + "#RayMacros"]
    // Modules that ours were built with, when the package has C targets.
    for target in ["CRayNative", "CRayShims"] {
      let map = products.appendingPathComponent(target + ".build/module.modulemap").path
      if FileManager.default.fileExists(atPath: map) { arguments += ["-Xcc", "-fmodule-map-file=" + map] }
    }
    return arguments
  }
}
