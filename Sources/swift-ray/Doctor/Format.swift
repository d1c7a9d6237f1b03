/// 24684092 KiB as 23.5 GiB.
func bytes(_ count: Int) -> String {
  for (unit, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)] where count >= 1 << shift {
    return "\(rounded(Double(count) / Double(1 << shift))) \(unit)"
  }
  return "\(count) bytes"
}

/// One digit behind the point, none when it would be zero.
func rounded(_ number: Double) -> String {
  let tenths = Int((number * 10).rounded())
  return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
}
