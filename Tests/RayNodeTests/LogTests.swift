internal import RayProtocol
internal import Testing

@testable internal import RayNode

extension ProcessTests {
  @Suite struct LogTests {
    @Test func linesOfWorkersAppearWithTheirOriginOnTheDriver() async throws {
      let lines = Guarded<[String]>([])
      let configuration = TestDriver.configuration {
        $0.forwardsLogs = true
        $0.logSink = { line, isError in lines.withLock { $0.append((isError ? "E " : "O ") + line) } }
      }
      var pid = ""
      try await withDriver(configuration) { driver in
        let grant = try await driver.lease()
        pid = try await driver.command(grant.worker, "pid")
        _ = try await driver.command(grant.worker, "print :task_name:resize")
        _ = try await driver.command(grant.worker, "print one")
        _ = try await driver.command(grant.worker, "complain two")
        try driver.order(grant.worker, "exit 0")
        _ = try await driver.event { if case .leaseRevoked = $0 { true } else { nil } }
      }
      let seen = lines.withLock { $0 }.filter { $0.contains("pid=\(pid))") }
      #expect(seen.sorted() == ["E (resize pid=\(pid)) two", "O (resize pid=\(pid)) one"])
    }

    private func line(_ text: String, from pid: Int32) -> LogDeduplicator.Line {
      .init(name: "f", processID: pid, text: text, isError: false)
    }

    @Test func linesThatSeveralWorkersPrintAlikeAreCounted() {
      var logs = LogDeduplicator(window: .seconds(5))
      var shown = [logs.lineArrived(line("same", from: 1), now: .zero)?.text]
      for pid in Int32(2)...4 { shown.append(logs.lineArrived(line("same", from: pid), now: .seconds(1))?.text) }
      shown.append(logs.lineArrived(line("other", from: 2), now: .seconds(1))?.text)
      #expect(shown == ["(f pid=1) same", nil, nil, nil, "(f pid=2) other"])
      #expect(logs.nextDeadline == .seconds(5))
      let early = logs.timePassed(now: .seconds(4))
      #expect(early == [])
      let late = logs.timePassed(now: .seconds(5))
      #expect(late.map(\.text) == ["(f pid=4) same [repeated 3x across cluster]"])
    }

    @Test func oneWorkerMayRepeatItself() {
      var logs = LogDeduplicator(window: .seconds(5))
      for _ in 0..<3 {
        let shown = logs.lineArrived(line("step", from: 1), now: .zero)
        #expect(shown?.text == "(f pid=1) step")
      }
      let late = logs.flushAll()
      #expect(late == [])
    }

    @Test func aLineHeldBackOnceIsShownAsItIs() {
      var logs = LogDeduplicator(window: .seconds(5))
      _ = logs.lineArrived(line("same", from: 1), now: .zero)
      _ = logs.lineArrived(line("same", from: 2), now: .zero)
      let late = logs.timePassed(now: .seconds(5))
      #expect(late.map(\.text) == ["(f pid=2) same"])
    }

    @Test func memoryForDifferentLinesIsBounded() {
      var logs = LogDeduplicator(window: .seconds(5), entryCountMax: 2)
      for text in ["a", "b", "c"] { _ = logs.lineArrived(line(text, from: 1), now: .zero) }
      let again = logs.lineArrived(line("c", from: 2), now: .zero)
      #expect(again != nil, "what was not remembered is shown")
    }

    @Test func bytesBecomeLinesWhereverTheyAreCut() {
      let text = "first\nsecond\r\n\nlast"
      for cut in 0...text.utf8.count {
        var splitter = LineSplitter()
        var lines: [String] = []
        let bytes = Array(text.utf8)
        bytes[..<cut].withUnsafeBytes { part in splitter.append(part) { lines.append($0) } }
        bytes[cut...].withUnsafeBytes { part in splitter.append(part) { lines.append($0) } }
        splitter.finish { lines.append($0) }
        #expect(lines == ["first", "second", "", "last"], "cut at \(cut)")
      }
    }

    @Test func endlessLinesAreCut() {
      var splitter = LineSplitter()
      var lengths: [Int] = []
      let bytes = [UInt8](repeating: 65, count: 3 * LineSplitter.lineByteCountMax + 5)
      bytes.withUnsafeBytes { part in splitter.append(part) { lengths.append($0.utf8.count) } }
      splitter.finish { lengths.append($0.utf8.count) }
      #expect(lengths == [16_384, 16_384, 16_384, 5])
    }

    @Test func theTailKeepsTheLastLines() {
      var tail = LogTail()
      for number in 0..<100 { tail.append("\(number)") }
      #expect(tail.lines == (100 - LogTail.lineCountMax..<100).map { "\($0)" })
    }
  }
}
