import MessagePack
import RayBridge
import RayEngine
import Testing

@Suite struct NativeNamesTests {
  @Test(
    "Names say what a native worker is asked for",
    arguments: [
      ("swiftray.call", .frame(isInner: false)), ("swiftray.create", .frame(isInner: false)),
      ("&swiftray::method", .frame(isInner: false)), ("swiftray.call.n", .frame(isInner: true)),
      ("swiftray.method.n", .frame(isInner: true)), ("swiftray.probe", .probe), ("App.square(_:)", .plain("App.square(_:)")),
      ("", .plain("")),
    ] as [(String, NativeNames.Meaning)])
  func meanings(name: String, meaning: NativeNames.Meaning) { #expect(NativeNames.meaning(of: name) == meaning) }

  @Test("Programs with other functions have other fingerprints")
  func fingerprints() {
    #expect(ProgramFingerprint.text(of: ["a", "b"]) == ProgramFingerprint.text(of: ["b", "a"]))
    #expect(ProgramFingerprint.text(of: ["a", "b"]) != ProgramFingerprint.text(of: ["ab"]))
    #expect(ProgramFingerprint.text(of: []) == "1-cbf29ce484222325")
  }

  @Test("Identifiers are read off the command lines of Ray's processes")
  func commandLines() {
    let worker = ProcessArguments(["default_worker", "--ray_worker_id=c62a697859c5e249c2278856", "--ray_runtime_env_hash=0", "x"])
    #expect(worker.word("worker_id") == 0xC62A_6978_59C5_E249)
    #expect(worker.word("node_id") == 0)
    #expect(ProcessArguments(["--node_id=91d0b201f238e9e5", "--static=a=b"]).word("node_id") == 0x91D0_B201_F238_E9E5)
    #expect(ProcessArguments(["--node_id=", "--node_id", "node_id=7"]).word("node_id") == 0)
  }

  @Test("Resources carry Ray's names, without those of which none is wanted")
  func resources() {
    let list = NativeResources.list(cpus: 1, gpus: nil, memory: 1 << 20, others: ["b": 0.5, "a": 2, "none": 0])
    #expect(list.map(\.0) == ["CPU", "memory", "a", "b"])
    #expect(list.map(\.1) == [1, 1_048_576, 2, 0.5])
  }

  @Test("Actor handles are written as the other lane reads them", arguments: ["", "App.Counter", "Größe"])
  func actorHandles(className: String) throws {
    var writer = ByteWriter()
    [7, 8, 9].withUnsafeBytes { (handle: UnsafeRawBufferPointer) in
      ActorHandleBytes(className: className, flags: 11, maxTaskRetries: -1, maxPendingCalls: 5, handle: handle).write(
        into: &writer)
    }
    var reader = ByteReader(writer.span)
    let content = try reader.getExtension(code: EngineExtension.actor)
    try content.withUnsafeBytes { bytes in
      let parts = try ActorHandleBytes(parsing: bytes)
      #expect(parts.className == className)
      #expect((parts.flags, parts.maxTaskRetries, parts.maxPendingCalls) == (11, -1, 5))
      #expect(parts.handle.count == 3 * MemoryLayout<Int>.size)
      for count in 0..<bytes.count {
        #expect(throws: MessagePackError.self) {
          _ = try ActorHandleBytes(parsing: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        }
      }
    }
  }
}
