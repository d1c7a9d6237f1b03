internal import MessagePack
internal import RayEngine
internal import RayOwnership
internal import RayProtocol
internal import RayTransport

/// Results above this size go to the object store; the caller gets a descriptor. Ray's limit is the same 100 KiB.
let inlineResultByteCountMax = 100 * 1024

extension Executor {
  // MARK: The three kinds of functions

  func runSync(_ call: ExecutionCall, _ callee: Callee, _ body: (inout ByteWriter) throws -> Void) {
    let isLong = callee.isLong
    if isLong { worker.loop.enteringLongWork() }
    // In a row of short calls one look at the clock ends the one and begins the next.
    let start = isLong || lastEnd == 0 ? CoreWorker.now : lastEnd
    withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 16) { storage in
      var writer = ByteWriter(borrowing: UnsafeMutableRawBufferPointer(storage))
      do {
        try body(&writer)
        let end = CoreWorker.now
        callee.note(end &- start)
        finish(call, &writer, end &- start, at: end)
      } catch {
        finish(call, throwing: error, CoreWorker.now &- start)
      }
    }
    if isLong { worker.loop.leftLongWork() } else { worker.loop.noteProgress() }
  }

  func runAsync(_ call: ExecutionCall, _ body: (inout ByteWriter) async throws -> Void) async {
    let start = CoreWorker.now
    var writer = ByteWriter()
    do {
      try await body(&writer)
      finish(call, &writer, CoreWorker.now &- start)
    } catch {
      finish(call, throwing: error, CoreWorker.now &- start)
    }
  }

  func runStream(_ call: ExecutionCall, _ body: (StreamSink) async throws -> Void) async {
    let start = CoreWorker.now
    let worker = worker
    // The call is used under the core worker's lock, or by the one task that runs it.
    nonisolated(unsafe) let call = call
    let sink = StreamSink { encode in try await worker.yield(call, encode) }
    do {
      try await body(sink)
      // Swift's own streams end quietly when their consumer is cancelled: without this the elements would look complete.
      if call.isCancelled { return finishCancelled(call) }
      var writer = ByteWriter()
      writer.putNil()
      finish(call, &writer, CoreWorker.now &- start)
    } catch {
      finish(call, throwing: error, CoreWorker.now &- start)
    }
  }

  // MARK: Outcomes

  /// - Parameter end: When a call that did not suspend ended: the next one may follow in the same turn of the lock.
  private func finish(_ call: ExecutionCall, _ writer: inout ByteWriter, _ elapsed: UInt64, at end: UInt64 = 0) {
    if let failure = writer.failure {
      return finish(call, throwing: RayError(.encodingFailed, "the result: \(failure.message)"), elapsed)
    }
    let duration = UInt32(clamping: elapsed)
    let kept = writer.takeKeptObjects()
    if call.isSplit { return finishSplit(call, &writer, kept, duration) }
    if kept.isEmpty, writer.count <= inlineResultByteCountMax {
      if end != 0 {
        following = writer.withUnsafeBytes { bytes in worker.finishAndTakeNext(call, bytes, duration, at: end) }
        lastEnd = end
      } else {
        writer.withUnsafeBytes { bytes in worker.finish(call, flags: 0, inline: bytes, duration: duration) }
      }
      return
    }
    do {
      let part = try writer.withUnsafeBytes { bytes in try worker.part(bytes, references: kept, for: call.caller ?? worker.id) }
      worker.finish(call, flags: 0, parts: [part], duration: duration)
    } catch {
      finish(call, throwing: error, elapsed)
    }
    withExtendedLifetime(kept) {}
  }

  /// Cuts a tuple's array into one result per element.
  private func finishSplit(_ call: ExecutionCall, _ writer: inout ByteWriter, _ kept: [AnyObject], _ duration: UInt32) {
    var parts: [ResultPart] = []
    do {
      try writer.withUnsafeBytes { bytes in
        for piece in try TupleCutter.cut(bytes, into: Int(call.resultCount)) {
          parts.append(try worker.part(piece, references: kept, for: call.caller ?? worker.id))
        }
        // The small ones among them still lie in the writer.
        worker.finish(call, flags: 0, parts: parts, duration: duration)
      }
    } catch {
      for descriptor in parts.compactMap(\.descriptor) { worker.freeOwnValue(descriptor) }
      finish(call, throwing: error, UInt64(duration))
    }
    withExtendedLifetime(kept) {}
  }

  func finish(_ call: ExecutionCall, throwing error: any Error, _ elapsed: UInt64) {
    if call.isCancelled, error is CancellationError { return finishCancelled(call) }
    let name = worker.functionName(call.function)
    let failure = ErrorCoding.rayError(from: error).with {
      $0.function = $0.function ?? name
      $0.attempt = $0.attempt ?? Int(call.attempt)
      $0.worker = $0.worker ?? worker.id
    }
    worker.finishFailed(call, failure, flags: FrameFlag.thrown, duration: UInt32(clamping: elapsed))
  }

  func finishCancelled(_ call: ExecutionCall) {
    worker.finishFailed(call, RayError(.taskCancelled, "the task was cancelled while it ran"), flags: 0, duration: 0)
  }

  func finishUnknown(_ call: ExecutionCall, _ name: String) {
    let error =
      if let hosted {
        NameSearch.failure(
          name, among: hosted.entry.methods.map(\.name), noun: "remote method", place: hosted.entry.name, code: .unknownFunction)
      } else {
        NameSearch.failure(
          name, among: RemoteRegistry.functionNames, noun: "remote function", place: "this program", code: .unknownFunction)
      }
    worker.finishFailed(call, error, flags: 0, duration: 0)
  }

  /// Calls by name do not know whether a function streams; true when the call was refused.
  func refuses(_ call: ExecutionCall, _ callee: Callee) -> Bool {
    if case .unknown = callee.body { return false }
    let text = callee.streams ? "streams its results; call it with 'stream'" : "returns one result; call it with 'remote'"
    worker.finishFailed(call, RayError(.invalidArgument, "\(callee.signature.function) \(text)"), flags: 0, duration: 0)
    return true
  }
}
