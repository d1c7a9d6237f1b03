internal import CRayShims
internal import RayTransport

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The reading end of a worker's standard output or error.
struct OutputPipe: ~Copyable {
  let isError: Bool
  let reader: OwnedDescriptor
  private var splitter = LineSplitter()

  /// Also returns the writing end, for the child.
  static func make(isError: Bool) throws(TransportError) -> (reader: Int32, writer: Int32) {
    var raw: [Int32] = [-1, -1]
    let result = cray_pipe(&raw)
    guard result == 0, cray_set_nonblocking(raw[0], true) >= 0 else {
      throw TransportError(
        code: .systemCall, message: "cannot create a pipe: \(String(cString: strerror(result)))", errorNumber: result)
    }
    return (raw[0], raw[1])
  }

  init(reader: consuming OwnedDescriptor, isError: Bool) {
    self.reader = reader
    self.isError = isError
  }

  /// Reads what is there. False at the end of the stream.
  mutating func read(line: (String) -> Void) -> Bool {
    withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 16) { buffer in
      // A worker that prints without end must not keep the node from its other work.
      for _ in 0..<16 {
        #if canImport(Glibc)
          let count = Glibc.read(reader.raw, buffer.baseAddress, buffer.count)
        #elseif canImport(Musl)
          let count = Musl.read(reader.raw, buffer.baseAddress, buffer.count)
        #else
          let count = Darwin.read(reader.raw, buffer.baseAddress, buffer.count)
        #endif
        if count > 0 {
          splitter.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]), line: line)
        } else if count == 0 {
          splitter.finish(line: line)
          return false
        } else if errno != EINTR {
          return errno == EAGAIN || errno == EWOULDBLOCK
        }
      }
      return true
    }
  }

  /// The process is gone: everything it wrote, and the line it did not finish.
  mutating func finish(line: (String) -> Void) {
    _ = read(line: line)
    splitter.finish(line: line)
  }
}
