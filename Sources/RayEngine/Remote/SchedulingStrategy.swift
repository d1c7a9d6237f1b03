public import RayProtocol

/// Where a task or an actor shall run.
public enum SchedulingStrategy: Hashable, Sendable {
  /// The engine's choice: near the data, then packed up to half of a node, then spread. Ray's "DEFAULT".
  case automatic
  /// Evenly over the nodes.
  case spread
  /// On this node; `soft`: elsewhere when the node is gone.
  case node(NodeID, soft: Bool)
}

/// How long an actor lives.
public enum ActorLifetime: String, Hashable, Sendable {
  /// Until its last handle is gone.
  case refCounted
  /// Until it is killed.
  case detached
}

/// What a task or an actor finds around it.
public struct RuntimeEnv: Hashable, Sendable, Codable {
  /// Environment variables of the worker process.
  public var environment: [String: String]
  /// The worker's current directory.
  public var workingDirectory: String?

  public init(environment: [String: String] = [:], workingDirectory: String? = nil) {
    self.environment = environment
    self.workingDirectory = workingDirectory
  }

  /// Throws for what no system takes as a variable.
  package func checkVariables() throws(RayError) {
    for (name, value) in environment {
      let isName = !name.isEmpty && !name.utf8.contains(UInt8(ascii: "=")) && !name.utf8.contains(0)
      guard isName, !value.utf8.contains(0) else {
        throw RayError(
          .invalidArgument,
          "the environment variable '\(name)' cannot be set: names are not empty, without '=', and nothing holds a NUL")
      }
    }
  }
}
