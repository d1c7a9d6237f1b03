public import Ray

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The process a call runs in.
public enum WorkerProcess {
  /// The process identifier of the worker that runs this call.
  @Remote public static func identifier() -> Int32 { getpid() }

  /// Ends the calling process as a crash would, by `SIGKILL` when no signal is named; for functions that shall die.
  public static func crash(signal number: Int32? = nil) -> Never {
    kill(getpid(), number ?? SIGKILL)
    while true { pause() }
  }
}
