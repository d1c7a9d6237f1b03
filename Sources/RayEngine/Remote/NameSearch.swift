package import RayProtocol

/// Finds names of remote declarations as people and other languages write them, and says what was meant where none fits.
package enum NameSearch {
  /// The positions of the names that `text` stands for: the full name, or else every name that ends with it.
  ///
  /// `Module.Type.add(_:to:)` is found as `Module.Type.add`, `Type.add(_:to:)` and `add` as well.
  package static func matches<Names: Collection>(_ text: String, in names: Names) -> [Names.Index] where Names.Element == String {
    if let exact = names.firstIndex(of: text) { return [exact] }
    let hasLabels = text.contains("(")
    let ending = "." + text
    return names.indices.filter { index in
      let name = hasLabels ? names[index][...] : path(names[index])
      return name == text || (name.hasSuffix(ending) && !text.isEmpty)
    }
  }

  /// Why `text` names nothing, or too much.
  package static func failure(
    _ text: String, among names: [String], noun: String, place: String, code: RayError.Code
  ) -> RayError {
    let matches = matches(text, in: names)
    if matches.count > 1 {
      let list = matches.map { "'\(names[$0])'" }.sorted().joined(separator: ", ")
      return RayError(code, "'\(text)' could be any of \(list); use the full name")
    }
    let close = suggestions(for: text, among: names)
    let hint: String
    if !close.isEmpty {
      hint = "did you mean \(close.map { "'\($0)'" }.joined(separator: " or "))?"
    } else if names.isEmpty {
      hint = "there is none"
    } else {
      hint = "there are \(list(names))"
    }
    return RayError(code, "no \(noun) '\(text)' in \(place); \(hint)")
  }

  /// Up to three names that look most like `text`, the closest first.
  package static func suggestions(for text: String, among names: [String]) -> [String] {
    let wanted = Array(baseName(text).lowercased().utf8)
    guard !wanted.isEmpty else { return [] }
    let ranked = names.compactMap { name -> (distance: Int, name: String)? in
      let candidate = baseName(name).lowercased()
      let distance = distance(wanted, Array(candidate.utf8))
      if distance <= max(1, wanted.count / 3) { return (distance, name) }
      let contains = wanted.count > 2 && (candidate.contains(String(decoding: wanted, as: UTF8.self)))
      return contains ? (wanted.count, name) : nil
    }
    return ranked.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
  }

  private static func list(_ names: [String]) -> String {
    let shown = names.sorted().prefix(8).map { "'\($0)'" }.joined(separator: ", ")
    return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
  }

  /// The name without its argument labels.
  private static func path(_ name: String) -> Substring { name.prefix { $0 != "(" } }

  private static func baseName(_ name: String) -> Substring {
    let path = path(name)
    return path.split(separator: ".").last ?? path
  }

  /// How many insertions, deletions, replacements and swaps of neighbours lead from one to the other.
  private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var earlier: [Int] = []
    var previous = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      row.reserveCapacity(b.count + 1)
      for j in b.indices {
        let replaced = previous[j] + (a[i] == b[j] ? 0 : 1)
        var best = min(replaced, previous[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, earlier[j - 1] + 1) }
        row.append(best)
      }
      (earlier, previous) = (previous, row)
    }
    return previous[b.count]
  }
}
