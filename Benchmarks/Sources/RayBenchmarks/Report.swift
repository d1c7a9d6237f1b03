#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension Benchmark {
  var listing: String { json([("case", .text(name)), ("unit", .text(unit))]) }

  /// Runs the case; a case that fails is reported as well and does not stop the others.
  func report(seconds: Double) async -> String {
    let head: [(String, JSONScalar)] = [("case", .text(name)), ("unit", .text(unit))]
    do {
      switch work {
      case .rate(let operationsPerCall, let prepare):
        let body = try await prepare()
        return json(head + (try await measureRate(operationsPerCall: operationsPerCall, seconds: seconds, of: body)).fields)
      case .once(let run):
        return json(head + (try await run()).fields)
      case .skipped(let reason):
        return json(head + [("skipped", .text(reason))])
      }
    } catch {
      return json(head + [("error", .text("\(error)"))])
    }
  }
}

extension Measurement {
  fileprivate var fields: [(String, JSONScalar)] {
    [("mean", .number(mean)), ("sd", .number(standardDeviation))] + (note.map { [("note", .text($0))] } ?? [])
  }
}

enum JSONScalar {
  case text(String)
  case number(Double)
}

private func json(_ fields: [(String, JSONScalar)]) -> String {
  "{" + fields.map { "\(quoted($0)): \($1.written)" }.joined(separator: ", ") + "}"
}

extension JSONScalar {
  fileprivate var written: String {
    switch self {
    case .text(let text): quoted(text)
    case .number(let number): "\(number)"
    }
  }
}

private func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"", "\\": result += "\\\(scalar)"
    case "\n": result += "\\n"
    case _ where scalar.value < 0x20: result += " "
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}

/// Written at once, not through a buffer: the reader at the other end of the pipe sees each case when it is done.
func printLine(_ line: String) {
  var rest = Array((line + "\n").utf8)[...]
  while !rest.isEmpty {
    let written = rest.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
    guard written > 0 else { return }
    rest = rest.dropFirst(written)
  }
}
