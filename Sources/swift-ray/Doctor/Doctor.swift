internal import ArgumentParser

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// `swift-ray doctor`
struct Doctor: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Says what this machine offers, and what to do about what it lacks.",
    discussion: "Exits with 1 when something is in the way of running swift-ray at all.")

  @Flag(help: "Print the findings as JSON.")
  var json = false

  func run() async throws {
    let report = Report(on: .gather())
    print(json ? report.json.text() : report.text(isColored: isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil))
    if report.verdict == .red { throw ExitCode.failure }
  }
}
