import Testing

@testable import swift_ray

@Suite struct SupportTests {
  @Test func readsFilesLargerThanOnePart() throws {
    let folder = TemporaryFolder()
    let text = String(repeating: "0123456789abcde\n", count: 5_000)
    try Files.create(folder.path + "/large", contents: text)
    #expect(Files.read(folder.path + "/large") == text)
    #expect(Files.read(folder.path + "/absent") == nil)
    #expect(Files.read(folder.path) == nil, "a folder is no text")
  }

  #if os(Linux)
    @Test func readsFilesThatHaveNoSize() throws {
      #expect(try #require(Files.read("/proc/self/status")).contains("Pid:"))
      #expect(Files.currentExecutable()?.hasPrefix("/") == true)
    }
  #endif

  @Test func runsProgramsAndReadsThem() {
    #expect(Program.output(of: ["echo", "a b"], within: .seconds(20)) == "a b\n")
    #expect(Program.output(of: ["sh", "-c", "echo said; exit 3"], within: .seconds(20)) == nil, "it failed")
    #expect(Program.output(of: ["no-such-program-anywhere"], within: .seconds(20)) == nil)
  }

  @Test func killsAProgramThatTakesTooLong() {
    let start = ContinuousClock.now
    #expect(Program.output(of: ["sleep", "600"], within: .milliseconds(20)) == nil)
    #expect(ContinuousClock.now - start < .seconds(60))
  }

  @Test(arguments: [("", ""), ("  ", ""), (" a b\n", "a b"), ("x", "x")])
  func trims(text: String, expected: String) { #expect(trimmed(text) == expected) }
}
