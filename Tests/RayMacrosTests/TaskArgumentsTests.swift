internal import MessagePack
internal import RayEngine
internal import RayProtocol
internal import Testing

/// Arguments come from another process: nothing in them may be believed.
@Suite struct TaskArgumentsTests {
  private func encode(_ arguments: (inout ArgumentWriter) throws -> Void) rethrows -> [UInt8] {
    // Too small on purpose: the writer has to move to the heap.
    try withUnsafeTemporaryAllocation(byteCount: 16, alignment: 16) { storage in
      var writer = ArgumentWriter(UnsafeMutableRawBufferPointer(storage))
      try arguments(&writer)
      writer.finish()
      return writer.bytes.bytes
    }
  }

  private func read<Result>(_ bytes: [UInt8], _ body: (TaskArguments) throws -> Result) rethrows -> Result {
    try bytes.withUnsafeBytes { bytes in
      let parameters = [RemoteEntry.Parameter("_", "Int"), RemoteEntry.Parameter("by", "String")]
      return try body(TaskArguments(bytes, function: "M.f(_:by:)", parameters: parameters, context: nil) { $0 })
    }
  }

  private func error(_ bytes: [UInt8], _ body: (TaskArguments) throws -> Void) -> RayError? {
    #expect(throws: RayError.self) { try read(bytes, body) }
  }

  @Test func argumentsComeBackInAnyOrder() throws {
    let bytes = try encode { writer in
      try writer.value(7)
      try writer.value("text")
      try writer.value { writer in writer.put(true) }
    }
    try read(bytes) { (arguments: TaskArguments) throws in
      #expect(arguments.count == 3)
      #expect(try arguments.decode(1, as: String.self) == "text")
      #expect(try arguments.decode(0, as: Int.self) == 7)
      #expect(try arguments.decode(2, with: { try $0.get(Bool.self) }))
    }
  }

  @Test func decodingFailuresNameFunctionArgumentAndType() throws {
    let bytes = try encode { writer in
      try writer.value("seven")
      try writer.value(8)
    }
    let first = error(bytes) { _ = try $0.decode(0, as: Int.self) }
    #expect(first?.code == .decodingFailed)
    #expect(first?.message.hasPrefix("M.f(_:by:): argument 0 (Int) expected Int") == true, "\(first?.message ?? "")")
    let second = error(bytes) { _ = try $0.decode(1, as: String.self) }
    #expect(second?.message.hasPrefix("M.f(_:by:): argument 1 'by' (String) expected String") == true, "\(second?.message ?? "")")
  }

  @Test(arguments: [0, 1, 3]) func wrongCountsAreRefused(count: Int) throws {
    let bytes = try encode { writer in for number in 0..<count { try writer.value(number) } }
    let failure = error(bytes) { try $0.expect(count: 2) }
    #expect(failure?.message == "M.f(_:by:) takes 2 arguments (Int, by: String), the call has \(count)")
  }

  @Test func everyTruncationIsRefused() throws {
    let whole = try encode { writer in
      try writer.value(1000)
      try writer.value("a text that is longer than the storage")
    }
    for count in 0..<whole.count {
      _ = error(Array(whole[..<count])) { _ = try $0.decode(1, as: String.self) }
    }
  }

  @Test func everyDamagedHeadByteIsSurvived() throws {
    let whole = try encode { writer in
      try writer.value(1)
      try writer.value("x")
    }
    for position in whole.indices {
      for value in UInt8.min ... .max {
        var bytes = whole
        bytes[position] = value
        // Whatever it says, it is read within its bounds; bounds checks trap otherwise.
        read(bytes) { arguments in
          _ = try? arguments.decode(0, as: Int.self)
          _ = try? arguments.decode(1, as: String.self)
          _ = try? arguments.decode(-1, as: Int.self)
        }
      }
    }
  }

  @Test func unresolvedReferencesAreRefused() {
    let bytes: [UInt8] = [1, 0, ArgumentWriter.referenceTag, 1, 0, 0, 0, 5]
    #expect(error(bytes) { _ = try $0.decode(0, as: Int.self) }?.code == .protocolViolation)
  }

  @Test func storedArgumentsAreLookedUp() throws {
    let stored: [UInt8] = [42]
    let bytes: [UInt8] = [1, 0, ArgumentWriter.storedTag, 1, 0, 0, 0, 9]
    try stored.withUnsafeBytes { (stored: UnsafeRawBufferPointer) throws in
      nonisolated(unsafe) let stored = stored  // read only, by the closure that is called here
      try bytes.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) throws in
        let arguments = TaskArguments(bytes, function: "f", parameters: [], context: nil) { descriptor in
          #expect(descriptor.elementsEqual([9]))
          return stored
        }
        #expect(try arguments.decode(0, as: Int.self) == 42)
      }
    }
  }
}
