import DigitLearning

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension Digits {
  static func checkedIn() throws -> Digits {
    let package = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return try Digits(file: package + "/Data/digits.txt")
  }
}
