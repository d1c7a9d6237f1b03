internal import CRayShims
internal import TestSupport
internal import Testing

@testable internal import RayTransport

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

@Suite(.serialized, .alone, .timeLimit(.minutes(2))) struct ChildProcessTests {
  private static func shell(_ script: String) -> ChildProcess.Options {
    ChildProcess.Options(path: "/bin/sh", arguments: ["-c", script])
  }

  /// Runs a script and returns what it writes to descriptor 3.
  private static func output(
    of script: String, extra: [Int32] = [], _ adjust: (inout ChildProcess.Options) -> Void = { _ in }
  ) throws -> String {
    let ends = try socketEnds()
    let mine = OwnedDescriptor(adopting: ends.0)
    let its = OwnedDescriptor(adopting: ends.1)
    var options = shell(script)
    adjust(&options)
    let child = try ChildProcess(options, descriptors: [its.raw] + extra)
    _ = OwnedDescriptor(adopting: its.release())  // The child's copy is the last one: its end ends the stream.
    let bytes = receiveAll(100_000, from: mine.raw)
    _ = try child.waitForExit()
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(arguments: [0, 1, 42, 255]) func exitCodeIsReported(code: Int32) throws {
    let child = try ChildProcess(Self.shell("exit \(code)"))
    #expect(try child.waitForExit() == .exited(code: code))
    #expect(try child.exitStatus() == .exited(code: code), "asking again gives the same answer")
  }

  @Test func signalIsReportedAsSuch() throws {
    let child = try ChildProcess(Self.shell("kill -9 $$"))
    let status = try child.waitForExit()
    #expect(status == .signalled(signal: SIGKILL, dumpedCore: false))
    #expect("\(status!)".contains("signal 9"))
  }

  @Test(arguments: [("/nonexistent/program", ENOENT), ("/tmp", EACCES)])
  func unusableExecutableIsAnErrorOfTheStart(path: String, number: Int32) {
    do throws(TransportError) {
      _ = try ChildProcess(.init(path: path))
      Issue.record("\(path) was started")
    } catch {
      #expect(error.errorNumber == number)
      #expect(error.message.contains(path))
    }
  }

  @Test func descriptorsStartAtThreeWhateverTheirNumbersWere() throws {
    // Sources on every number near the targets, so that a careless dup2 would overwrite one that is still needed.
    let pairs = try (0..<6).map { _ in try socketEnds() }
    defer { for pair in pairs { for raw in [pair.0, pair.1] { _ = OwnedDescriptor(adopting: raw) } } }
    let passed = pairs.reversed().map(\.1)
    for (index, pair) in pairs.reversed().enumerated() { sendAll([UInt8(ascii: "a") + UInt8(index)], to: pair.0) }
    let script = "for fd in 4 5 6 7 8 9; do head -c 1 <&$fd >&3; done"
    #expect(try Self.output(of: script, extra: passed) == "abcdef")
  }

  @Test func childGetsNoOtherDescriptors() throws {
    let stray = try SocketPair()
    let copy = try stray.first.duplicate()
    let plain = dup(copy.raw)  // Without close-on-exec.
    defer { _ = OwnedDescriptor(adopting: plain) }
    let listing = try Self.output(of: "ls /proc/self/fd >&3")
    // `ls` opens one descriptor of its own to read the directory.
    #expect(listing.split(separator: "\n").compactMap { Int($0) }.sorted() == [0, 1, 2, 3, 4])
  }

  @Test func environmentDirectoryAndArgumentsReachTheChild() throws {
    let text = try Self.output(of: "echo $RAY_MARK-$0-$1-$(pwd) >&3") { options in
      options.environment = ["RAY_MARK": "m", "PATH": "/usr/bin:/bin"]
      options.directory = "/usr"
      options.arguments += ["zero", "one"]
    }
    #expect(text == "m-zero-one-/usr\n")
  }

  @Test func childLeadsItsOwnGroupOrSession() throws {
    let group = try Self.output(of: "cut -d ' ' -f 1,5 /proc/$$/stat >&3").split(separator: " ").map { $0.filter(\.isNumber) }
    #expect(group.count == 2 && group[0] == group[1])
    let session = try Self.output(of: "cut -d ' ' -f 1,6 /proc/$$/stat >&3") { $0.isSessionLeader = true }
      .split(separator: " ").map { $0.filter(\.isNumber) }
    #expect(session.count == 2 && session[0] == session[1])
  }

  @Test func ignoredSignalsAreNotInherited() throws {
    signal(SIGPIPE, SIG_IGN)
    defer { signal(SIGPIPE, SIG_DFL) }
    #expect(try Self.output(of: "grep SigIgn /proc/self/status >&3") == "SigIgn:\t0000000000000000\n")
    #expect(try Self.output(of: "grep SigBlk /proc/self/status >&3") == "SigBlk:\t0000000000000000\n")
  }

  @Test func terminationIsAskedForBeforeItIsForced() throws {
    let ends = try socketEnds()
    let mine = OwnedDescriptor(adopting: ends.0)
    let its = OwnedDescriptor(adopting: ends.1)
    let polite = try ChildProcess(
      Self.shell("trap 'exit 7' TERM; echo r >&3; while :; do sleep 0.01; done"), descriptors: [its.raw])
    #expect(receiveAll(2, from: mine.raw).count == 2)  // The trap is set.
    #expect(try polite.terminate(grace: .seconds(20)) == .exited(code: 7))
    let stubborn = try ChildProcess(Self.shell("trap '' TERM; echo r >&3; while :; do sleep 0.01; done"), descriptors: [its.raw])
    #expect(receiveAll(2, from: mine.raw).count == 2)
    #expect(try stubborn.terminate(grace: .milliseconds(20)) == .signalled(signal: SIGKILL, dumpedCore: false))
  }

  @Test func killReachesGrandchildrenOfTheGroup() throws {
    let ends = try socketEnds()
    let mine = OwnedDescriptor(adopting: ends.0)
    let its = OwnedDescriptor(adopting: ends.1)
    let child = try ChildProcess(Self.shell("sleep 1000 & echo r >&3; wait"), descriptors: [its.raw])
    _ = OwnedDescriptor(adopting: its.release())
    #expect(receiveAll(2, from: mine.raw).count == 2)
    child.kill()
    #expect(try child.waitForExit() == .signalled(signal: SIGKILL, dumpedCore: false))
    #expect(receiveAll(1, from: mine.raw).isEmpty, "the grandchild held the socket open, so it is gone as well")
  }

  @Test func forgottenChildIsKilledAndReaped() throws {
    var processID: Int32 = 0
    do {
      let child = try ChildProcess(Self.shell("exec sleep 1000"))
      processID = child.processID
    }
    #expect(processID > 0 && kill(processID, 0) == -1 && errno == ESRCH)
  }

  @Test func endIsReportedByTheLoop() throws {
    let fixture = try LoopWithPeer()
    let child = try ChildProcess(Self.shell("exit 3"))
    let ended = Flag()
    let id = try fixture.loop.watch(child.descriptor) { ended.set() }
    fixture.wait("the end of the child") { ended.isSet }
    fixture.loop.unwatch(id)
    #expect(try child.exitStatus() == .exited(code: 3))
  }

  @Test func childDiesWithTheThreadThatSpawnedItOnlyWhenAsked() throws {
    let started = Box<ChildProcess>()
    let thread = try Thread {
      var options = Self.shell("exec sleep 1000")
      options.diesWithParentThread = true
      started.value = try? ChildProcess(options)
    }
    thread.join()
    let child = try #require(started.value)
    #expect(try child.waitForExit() == .signalled(signal: SIGKILL, dumpedCore: false))
  }

  @Test func signallingAnEndedProcessHarmsNobody() throws {
    let child = try ChildProcess(Self.shell("exit 0"))
    _ = try child.waitForExit()
    try child.signal(SIGTERM)
    child.kill()
  }

  @Test func exhaustedDescriptorsAreATypedErrorThatSaysWhatToDo() async {
    await #expect(processExitsWith: .success) {
      var limit = rlimit(rlim_cur: 12, rlim_max: 12)
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      var held: [Int32] = []
      while true {
        do throws(TransportError) {
          let pair = try SocketPair()
          held.append(try pair.first.duplicate().release())
        } catch {
          exit(error.code == .descriptorLimit && error.message.contains("ulimit -n") && error.message.contains("12") ? 0 : 1)
        }
      }
    }
  }
}

/// Carries a value out of a thread that is joined before the value is read.
private final class Box<Value: Sendable>: @unchecked Sendable {
  var value: Value?
}
