#if os(Linux) && canImport(Glibc)
  internal import CRayNative
  internal import Glibc
  internal import RayEngine
  internal import RayProtocol

  /// Who and where this worker is. Ray's C++ interface does not tell, its environment and command lines do.
  enum NativeContext {
    static let process: RuntimeContext = {
      let own = ProcessArguments(commandLine(of: "self"))
      let node = variable("RAY_RAYLET_PID").map { ProcessArguments(commandLine(of: $0)) }
      var context = RuntimeContext(
        jobID: JobID(UInt32(truncatingIfNeeded: UInt64(variable("RAY_JOB_ID") ?? "", radix: 16) ?? 0)),
        nodeID: NodeID(node?.word("node_id") ?? 0), workerID: WorkerID(own.word("worker_id")), namespace: namespace())
      var wasRestarted = false
      let status = cray_native_was_restarted(&wasRestarted)
      free(status.text.bytes)
      context.wasCurrentActorReconstructed = wasRestarted
      return context
    }()

    /// This node's, under which Ray counts it as a resource.
    static let address = ProcessArguments(commandLine(of: "self")).text("node_ip_address")

    private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    private static func namespace() -> String {
      var block = cray_block()
      let status = cray_native_namespace(&block)
      free(status.text.bytes)
      defer { free(block.bytes) }
      return String(decoding: UnsafeRawBufferPointer(start: block.bytes, count: block.count), as: UTF8.self)
    }

    private static func commandLine(of process: String) -> [String] {
      guard let file = fopen("/proc/\(process)/cmdline", "r") else { return [] }
      defer { fclose(file) }
      var bytes: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 4096)
      while bytes.count < 1 << 20, case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
      return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
  }
#endif

/// Options on the command lines of Ray's processes: `--ray_worker_id=…` of its C++ workers, `--node_id=…` of its nodes.
package struct ProcessArguments {
  private var values: [String: Substring] = [:]

  package init(_ arguments: [String]) {
    for argument in arguments where argument.hasPrefix("--") {
      let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let name = String(parts[0])
      values[name.hasPrefix("ray_") ? String(name.dropFirst(4)) : name] = parts[1]
    }
  }

  package func text(_ name: String) -> String? { values[name].map(String.init) }

  /// The first eight bytes of an identifier, as people see them; 0 when it is not there.
  package func word(_ name: String) -> UInt64 { values[name].flatMap { UInt64($0.prefix(16), radix: 16) } ?? 0 }
}
