/// Whole nanoseconds as an integer, as other languages write them; what that cannot hold as seconds and attoseconds.
extension Duration: RayValue {
  private static var attosecondsPerNanosecond: Int64 { 1_000_000_000 }
  private static var nanosecondsPerSecond: Int64 { 1_000_000_000 }

  public func encode(into writer: inout ByteWriter) {
    let (seconds, attoseconds) = components
    let (nanoseconds, rest) = attoseconds.quotientAndRemainder(dividingBy: Self.attosecondsPerNanosecond)
    let whole = seconds.multipliedReportingOverflow(by: Self.nanosecondsPerSecond)
    let total = whole.partialValue.addingReportingOverflow(nanoseconds)
    if rest == 0, !whole.overflow, !total.overflow { return writer.put(total.partialValue) }
    writer.putArrayHeader(2)
    writer.put(seconds)
    writer.put(attoseconds)
  }

  public static func decode(from reader: inout ByteReader) throws(MessagePackError) -> Duration {
    guard reader.isAtArray else { return .nanoseconds(try reader.getInteger(Int64.self)) }
    guard try reader.getArrayHeader() == 2 else { throw .invalidValue("expected Duration, found no pair of integers") }
    let seconds = try reader.getInteger(Int64.self)
    let attoseconds = try reader.getInteger(Int64.self)
    return Duration(secondsComponent: seconds, attosecondsComponent: attoseconds)
  }
}
