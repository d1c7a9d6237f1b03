internal import Synchronization

/// The engine of this process, for code that has no handle to ask: decoding, `Ray.put`, the first call.
package enum CurrentEngine {
  private final class Box: Sendable {
    let engine: any Engine
    init(_ engine: any Engine) { self.engine = engine }
  }

  // Boxes are never freed: handles hold their engine unowned, and a process starts few engines.
  private static let box = Atomic<UInt>(0)

  package static var engine: (any Engine)? {
    guard let pointer = UnsafeRawPointer(bitPattern: box.load(ordering: .acquiring)) else { return nil }
    return Unmanaged<Box>.fromOpaque(pointer).takeUnretainedValue().engine
  }

  package static func install(_ engine: any Engine) {
    box.store(UInt(bitPattern: Unmanaged.passRetained(Box(engine)).toOpaque()), ordering: .releasing)
  }

  /// After shutdown: the engine stays in memory for the handles that still name it, but nobody finds it any more.
  package static func uninstall() { box.store(0, ordering: .releasing) }
}
