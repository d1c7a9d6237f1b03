import WordCounting

/// The most frequent words as a table with bars.
func report(on table: WordTable, top limit: Int) -> String {
  let top = table.top(limit)
  guard let largest = top.first?.count else { return "no words" }
  let total = table.occurrences
  let wordWidth = top.reduce(4) { max($0, $1.word.count) }
  let countWidth = max(5, grouped(largest).count)
  var lines = [
    "\("word".padded(to: wordWidth))  \("count".padded(to: countWidth, right: true))   share"
  ]
  for (word, count) in top {
    let bar = String(repeating: "▇", count: max(1, count * 30 / largest))
    let share = "\(tenths(Double(count) * 100 / Double(total))) %".padded(to: 7, right: true)
    lines.append(
      "\(word.padded(to: wordWidth))  \(grouped(count).padded(to: countWidth, right: true)) \(share)  \(bar)"
    )
  }
  lines.append("\(grouped(total)) words, \(grouped(table.count)) different ones")
  return lines.joined(separator: "\n")
}

extension String {
  func padded(to width: Int, right: Bool = false) -> String {
    let padding = String(repeating: " ", count: max(0, width - count))
    return right ? padding + self : self + padding
  }
}

/// 1234567 as 1,234,567.
func grouped(_ number: Int) -> String {
  var text = ""
  for (index, digit) in String(number).reversed().enumerated() {
    if index > 0 && index % 3 == 0 && digit != "-" { text.append(",") }
    text.append(digit)
  }
  return String(text.reversed())
}

func tenths(_ number: Double) -> String {
  let rounded = Int((number * 10).rounded())
  return "\(rounded / 10).\(rounded % 10)"
}

func seconds(_ duration: Duration) -> String {
  let milliseconds = Int((duration / .milliseconds(1)).rounded())
  return milliseconds < 1000 ? "\(milliseconds) ms" : "\(tenths(Double(milliseconds) / 1000)) s"
}

func ratio(_ a: Duration, _ b: Duration) -> String { tenths(a / b) }
