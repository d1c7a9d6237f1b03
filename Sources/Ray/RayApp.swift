internal import RayBridge

/// A program on Ray: `@main struct Main: RayApp` with a `main(_:)`.
///
/// ```swift
/// import Ray
/// @Remote func square(_ x: Int) -> Int { x * x }
///
/// @main struct Main: RayApp {
///   static func main(_ ray: RayContext) async throws {
///     print(try await $square.remote(7).value)
///   }
/// }
/// ```
/// Workers are the same executable started again; they enter their role here and never reach your `main`.
public protocol RayApp: SendableMetatype {
  static var configuration: RayConfiguration { get }
  static func main(_ ray: RayContext) async throws
}

/// What `main(_:)` gets.
public struct RayContext: Sendable {
  /// The command line without the program's name.
  public let arguments: [String]
}

extension RayApp {
  public static var configuration: RayConfiguration { .init() }

  /// The program's entry: starts the engine, runs `main(_:)` on the engine's own loop, shuts down. A thrown error is printed
  /// and makes the exit status 1.
  public static func main() {
    Runtime.enterWorkerIfRequested()
    let configuration = Self.configuration
    let context = RayContext(arguments: ClusterStart.launchArguments ?? Array(CommandLine.arguments.dropFirst()))
    Runtime.runMain(configuration) { try await Self.main(context) }
  }
}
