extension MessagePackValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(nilLiteral: ()) { self = .nil }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int64) { self = .int(value) }
  public init(floatLiteral value: Double) { self = .double(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(arrayLiteral elements: MessagePackValue...) { self = .array(elements) }

  public init(dictionaryLiteral entries: (MessagePackValue, MessagePackValue)...) {
    self = .map(entries.map { Entry($0.0, $0.1) })
  }
}

extension MessagePackValue: CustomStringConvertible {
  public var description: String {
    switch self {
    case .nil: "nil"
    case .bool(let value): "\(value)"
    case .int(let value): "\(value)"
    case .uint(let value): "\(value)"
    case .float(let value): "\(value)"
    case .double(let value): "\(value)"
    case .string(let value): String(reflecting: value)
    case .binary(let bytes): "binary(\(bytes.count) bytes)"
    case .array(let elements): "[" + elements.map(\.description).joined(separator: ", ") + "]"
    case .map(let entries):
      entries.isEmpty ? "[:]" : "[" + entries.map { "\($0.key): \($0.value)" }.joined(separator: ", ") + "]"
    case .extension(let code, let data): "extension(\(code), \(data.count) bytes)"
    }
  }
}
