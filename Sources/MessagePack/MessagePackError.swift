/// Why bytes could not become a value, or a value could not become bytes.
///
/// The message names the target and what was found, such as `expected Int32, found 5000000000: overflows`.
public struct MessagePackError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of failure this is; new kinds may be added.
  public var code: Code
  /// For people: the expected type, what was found and, inside `Codable` values, the path to it.
  public var message: String

  public init(code: Code, message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}

extension MessagePackError {
  /// The kinds of failures.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: UInt8 {
      case truncated, typeMismatch, overflow, invalidUTF8, tooDeep, tooLong, invalidValue
    }

    private var kind: Kind

    private init(_ kind: Kind) { self.kind = kind }

    /// The bytes end inside a value, or a length or count claims more than is there.
    public static var truncated: Self { .init(.truncated) }
    /// The bytes hold another type than the one asked for.
    public static var typeMismatch: Self { .init(.typeMismatch) }
    /// The type fits but the number is outside the target's range.
    public static var overflow: Self { .init(.overflow) }
    /// A string's bytes are not UTF-8.
    public static var invalidUTF8: Self { .init(.invalidUTF8) }
    /// Containers are nested deeper than ``ByteReader/depthLimit``.
    public static var tooDeep: Self { .init(.tooDeep) }
    /// A length or count is beyond what the format can express.
    public static var tooLong: Self { .init(.tooLong) }
    /// The types fit but the value breaks a rule of the target, such as an unknown raw value.
    public static var invalidValue: Self { .init(.invalidValue) }

    public var description: String { "\(kind)" }
  }

  /// A failure with a message of the caller's own, for hand-written `decode` functions.
  public static func invalidValue(_ message: String) -> MessagePackError {
    MessagePackError(code: .invalidValue, message: message)
  }

  /// The same failure with the place it happened at: `at user.addresses[2].city: expected …`.
  func located(at place: String) -> MessagePackError {
    guard message.hasPrefix(Self.placeMark) else {
      return MessagePackError(code: code, message: "\(Self.placeMark)\(place): \(message)")
    }
    let inner = message.dropFirst(Self.placeMark.count)
    return MessagePackError(code: code, message: "\(Self.placeMark)\(place)\(inner.hasPrefix("[") ? "" : ".")\(inner)")
  }

  private static var placeMark: String { "at " }
}
