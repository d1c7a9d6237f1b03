internal import RayProtocol

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Which engine runs a program: what its configuration says, else what `RAY_ADDRESS` says, else the embedded one.
enum EngineChoice: Equatable {
  case embedded
  /// A Ray cluster at an address; nil starts one of this program's own.
  case cluster(String?)

  static let variable = "RAY_ADDRESS"
  /// Starts a Ray node for this program alone.
  static let ownCluster = "ray:local"

  init(_ configuration: RayConfiguration) throws {
    try self.init(address: configuration.address ?? getenv(Self.variable).map { String(cString: $0) })
  }

  init(address: String?) throws {
    switch address {
    case nil, ""?, "local"?: self = .embedded
    case Self.ownCluster?: self = .cluster(nil)
    case let address?:
      guard Self.isPlausible(address) else {
        throw RayError(
          .invalidArgument,
          "'\(address)' is no address: use \"local\" for the embedded engine, \"auto\" for the Ray cluster of this machine, "
            + "host:port of a cluster's head, or \"\(Self.ownCluster)\" for a Ray node of this program's own")
      }
      guard !address.hasPrefix("ray://") else {
        throw RayError(
          .unsupported, "'\(address)' is an address of Ray Client, which carries Python only; use host:port of the cluster's head"
        )
      }
      self = .cluster(address)
    }
  }

  private static func isPlausible(_ address: String) -> Bool {
    if address == "auto" || address.hasPrefix("ray://") { return true }
    guard let colon = address.lastIndex(of: ":"), colon != address.startIndex else { return false }
    return UInt16(address[address.index(after: colon)...]) != nil
  }
}
