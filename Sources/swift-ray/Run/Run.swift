internal import ArgumentParser

/// `swift-ray run --engine ray`
struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs a program on the engine you name.",
    discussion: """
      The program is a product of the package in this folder, which is built first; or, with a '/' in it, the path of a built
      program or of a dynamic library, which runs inside Python (pip install ray, and the package 'swiftray').
      This command only sets RAY_ADDRESS; it does nothing for a program that chooses its engine itself.
      """)

  @Option(help: "embedded: this machine alone. ray: a Ray cluster. Left out: what RAY_ADDRESS says.")
  var engine: EngineName?

  @Option(
    help: "The Ray cluster: auto, host:port of its head, or ray:local for a node of this program's own. Implies --engine ray.")
  var address: String?

  @Option(name: [.short, .long], help: "How a product is built: debug or release.")
  var configuration = "debug"

  @Argument(help: "A product of this package (may be left out when it has one program), or a path.")
  var program: String?

  @Argument(parsing: .captureForPassthrough, help: "The program's own arguments.")
  var arguments: [String] = []

  func validate() throws {
    if engine == .embedded, address != nil { throw ValidationError("--address is for --engine ray") }
    guard ["debug", "release"].contains(configuration) else {
      throw ValidationError("--configuration is debug or release, not '\(configuration)'")
    }
  }

  func run() async throws {
    let launch = Launch(
      program: program, arguments: arguments, configuration: configuration, engine: engine, address: address,
      environment: Environment.variables)
    if let path = launch.path, !Files.exists(path) { throw ValidationError("there is no file \(path)") }
    if launch.needsPackage, !Files.exists("Package.swift") {
      throw ValidationError("there is no Package.swift here: go to your package's folder, or pass the path of a program")
    }
    throw FileError(path: launch.command[0], problem: launch.replaceThisProcess())
  }
}

enum EngineName: String, ExpressibleByArgument, CaseIterable { case embedded, ray }
