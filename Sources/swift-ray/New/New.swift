internal import ArgumentParser

/// `swift-ray new MyApp`
struct New: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes a package with a remote function and a remote actor, ready to run.",
    discussion: """
      The package finds swift-ray at --path or --url. Without either it uses the checkout that this program was built in.
      Nothing that exists is overwritten.
      """)

  @Argument(help: "Name of the package and of its program, for example MyApp.")
  var name: String

  @Option(help: "Folder of a swift-ray checkout, absolute or relative to the current folder.")
  var path: String?

  @Option(help: "Address of a swift-ray repository.")
  var url: String?

  @Option(name: .customLong("from"), help: "The lowest version to accept from --url.")
  var version = Release.version

  func validate() throws {
    if path != nil && url != nil { throw ValidationError("--path and --url exclude each other") }
    _ = try PackageName(name)
  }

  func run() async throws {
    let template = PackageTemplate(name: try PackageName(name), dependency: try dependency())
    try template.write(to: name)
    print(
      """
      Wrote \(name). Run it:

        cd \(name)
        swift run
      """)
  }

  private func dependency() throws -> RayDependency {
    if let url { return .repository(url: url, from: version) }
    if let path {
      guard Files.exists(path + "/Package.swift") else {
        throw ValidationError("there is no Package.swift in \(path): --path takes the folder of a swift-ray checkout")
      }
      return .checkout(path: RayDependency.seenFromSubfolder(path))
    }
    guard let checkout = RayDependency.checkout(above: Files.currentExecutable() ?? "", reading: Files.read) else {
      throw ValidationError("say where swift-ray is: --path <checkout> or --url <repository>")
    }
    return .checkout(path: checkout)
  }
}
