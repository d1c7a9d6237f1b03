/// Major and minor number of a kernel's release, such as 6.1 of `6.1.0-18-amd64`.
struct KernelVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
  var major: Int
  var minor: Int

  init(_ major: Int, _ minor: Int) {
    self.major = major
    self.minor = minor
  }

  init?(parsing release: String) {
    let numbers = release.split { !$0.isNumber }
    guard numbers.count >= 2, let major = Int(numbers[0]), let minor = Int(numbers[1]) else { return nil }
    self.init(major, minor)
  }

  static func < (a: Self, b: Self) -> Bool { (a.major, a.minor) < (b.major, b.minor) }
  var description: String { "\(major).\(minor)" }
}
