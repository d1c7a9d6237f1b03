/// Copies large blocks for a writer, for storage where that can be done faster than by one thread.
@usableFromInline
package final class BulkCopier {
  /// Blocks of at least this many bytes are handed over.
  @inlinable package static var byteCountMin: Int { 1 << 20 }

  @usableFromInline let copy: (_ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawPointer) -> Void

  package init(_ copy: @escaping (_ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawPointer) -> Void) {
    self.copy = copy
  }
}
