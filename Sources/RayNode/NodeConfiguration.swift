package import RayProtocol

/// What a node offers and how it starts its workers.
package struct NodeConfiguration: Sendable {
  /// Namespace of actors whose creator names none.
  package var namespace = "default"

  // MARK: Resources

  /// All the node hands out, taken as it is; by default what this machine, or this container, has.
  package var resources = Host.resources
  /// How long calls and actors that ask for more than there is wait before they fail.
  package var infeasibleTimeout: Duration = .zero
  /// By which numbers processes know the GPUs; nil is what was found, or counted from zero.
  package var gpuIndices: [UInt16]?
  /// Bytes for stored values; nil is a part of the memory.
  package var storeByteCount: Int?

  // MARK: Workers

  /// Started in the worker role with ``WorkerLaunch/environmentVariable`` set; by default this very program.
  package var executable = Host.executablePath
  package var arguments: [String] = []
  /// Added to the environment of this process.
  package var environment: [String: String] = [:]
  /// Processes kept ready; nil is the number of CPUs.
  package var workerCount: Int?
  /// How long a process may take from its start to its `hello`.
  package var startTimeout: Duration = .seconds(60)
  /// How long a process may take to end by itself when it said, or was told, that it will.
  package var endGrace: Duration = .seconds(5)
  /// The same when the whole node ends.
  package var shutdownGrace: Duration = .seconds(1)
  /// How long a process may live on after it closed its connection.
  package var disconnectGrace: Duration = .milliseconds(500)
  /// How long a process may live on after it lost its connection to another one, which takes it for dead.
  package var peerLossGrace: Duration = .seconds(1)
  /// Pause after a process that failed to start; doubles with each failure, up to five seconds.
  package var startRetryPause: Duration = .milliseconds(100)
  /// The same for an actor whose process dies before the actor lives.
  package var actorRetryPause: Duration = .milliseconds(100)
  /// How long processes above ``workerCount`` stay idle before they end.
  package var idleTimeout: Duration = .seconds(1)

  // MARK: Logs

  /// Whether the lines that workers print appear on this process's terminal.
  package var forwardsLogs = true
  /// Whether lines that several workers print alike appear once, with a count.
  package var deduplicatesLogs = true
  /// Receives forwarded lines instead of standard output and error.
  package var logSink: (@Sendable (_ line: String, _ isError: Bool) -> Void)?

  package init() {}
}
