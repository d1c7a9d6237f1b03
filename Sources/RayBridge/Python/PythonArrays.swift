internal import RayProtocol

/// Arrays of numbers cross as memory: Python sees a `memoryview` of Swift's array, and Swift copies once what Python hands out.
protocol PythonArrayConvertible {
  /// A memory view that keeps the array alive; the lock is held.
  func pythonView() throws -> PythonPointer
  /// Nil when the object is no memory of such numbers; the lock is held.
  init?(pythonObject: PythonPointer) throws
}

/// A number as Python's module `struct` names it.
protocol PythonElement: BitwiseCopyable, Sendable {
  static var format: StaticString { get }
}

extension Int8: PythonElement { static var format: StaticString { "b" } }
extension Int16: PythonElement { static var format: StaticString { "h" } }
extension Int32: PythonElement { static var format: StaticString { "i" } }
extension Int64: PythonElement { static var format: StaticString { "q" } }
extension Int: PythonElement { static var format: StaticString { "q" } }
extension UInt8: PythonElement { static var format: StaticString { "B" } }
extension UInt16: PythonElement { static var format: StaticString { "H" } }
extension UInt32: PythonElement { static var format: StaticString { "I" } }
extension UInt64: PythonElement { static var format: StaticString { "Q" } }
extension UInt: PythonElement { static var format: StaticString { "Q" } }
extension Float: PythonElement { static var format: StaticString { "f" } }
extension Double: PythonElement { static var format: StaticString { "d" } }

extension Array: PythonArrayConvertible where Element: PythonElement {
  func pythonView() throws -> PythonPointer { try ArrayExporter.view(of: self) }

  init?(pythonObject object: PythonPointer) throws {
    // Lists are read element by element; asking them for memory costs an exception.
    guard !FromPython.isInstance(object, Python.api.listType), !FromPython.isInstance(object, Python.api.tupleType) else {
      return nil
    }
    var view = PythonBufferView()
    // 0x1c = PyBUF_CONTIG_RO | PyBUF_FORMAT
    guard Python.api.getBuffer(object, &view, 0x1C) == 0 else {
      Python.api.clearError()
      return nil
    }
    defer { Python.api.releaseBuffer(&view) }
    guard view.itemSize == MemoryLayout<Element>.stride, Self.isSame(view.format), view.count % view.itemSize == 0 else {
      return nil
    }
    let bytes = UnsafeRawBufferPointer(start: view.start, count: view.count)
    self = Array(unsafeUninitializedCapacity: view.count / view.itemSize) { elements, count in
      UnsafeMutableRawBufferPointer(elements).copyMemory(from: bytes)
      count = bytes.count / MemoryLayout<Element>.stride
    }
  }

  /// `l` and `q` are the same on the systems this runs on; no format means bytes.
  private static func isSame(_ format: UnsafeMutablePointer<CChar>?) -> Bool {
    guard let format else { return Element.self == UInt8.self }
    let text = String(cString: format).drop { "@=<".contains($0) }
    let wide: [Substring: Substring] = ["l": "q", "L": "Q"]
    return wide[text] ?? text == "\(Element.format)"
  }
}

/// A Python type whose instances lend the memory of Swift arrays.
enum ArrayExporter {
  /// What an instance owns.
  private final class Box {
    let owner: Any
    let start: UnsafeRawPointer?
    let itemSize: Int
    let format: StaticString
    var shape: Int

    init<Element: PythonElement>(_ array: [Element]) {
      owner = array
      // The elements of an array that nobody changes stay where they are as long as the array lives, and `owner` is never changed.
      start = array.withUnsafeBytes { $0.baseAddress }
      itemSize = MemoryLayout<Element>.stride
      format = Element.format
      shape = array.count
    }
  }

  private struct Slot {
    var number: CInt
    var function: UnsafeMutableRawPointer?
  }

  private struct Specification {
    var name: UnsafePointer<CChar>
    var size: CInt
    var itemSize: CInt = 0
    var flags: CUnsignedInt
    var slots: UnsafeMutablePointer<Slot>
  }

  private typealias Release = @convention(c) (PythonPointer?) -> Void
  private typealias GetBuffer = @convention(c) (PythonPointer?, UnsafeMutableRawPointer?, CInt) -> CInt

  // Unsafe: both are written with Python's lock held, before the first instance is made.
  nonisolated(unsafe) private static var type: PythonPointer?
  nonisolated(unsafe) private static var headByteCount = 0

  static func view<Element: PythonElement>(of array: [Element]) throws -> PythonPointer {
    let type = try exporterType()
    let instance = try ToPython.checked(Python.api.allocate(type, 0))
    place(in: instance).pointee = Unmanaged.passRetained(Box(array)).toOpaque()
    defer { Python.api.release(instance) }
    return try ToPython.checked(Python.api.memoryView(instance))
  }

  private static func place(in instance: PythonPointer) -> UnsafeMutablePointer<UnsafeMutableRawPointer?> {
    (instance + headByteCount).assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
  }

  private static func exporterType() throws -> PythonPointer {
    if let type { return type }
    let base = PythonObject(owning: try ToPython.checked(Python.api.importModule("builtins")))
    headByteCount = FromPython.int(try base.attribute("object").attribute("__basicsize__").pointer)
    let release: Release = { instance in ArrayExporter.release(instance.unsafelyUnwrapped) }
    let lend: GetBuffer = { instance, view, flags in
      ArrayExporter.lend(instance.unsafelyUnwrapped, view.unsafelyUnwrapped, flags)
    }
    // Py_tp_dealloc, Py_bf_getbuffer
    let slots = [
      Slot(number: 52, function: unsafeBitCast(release, to: UnsafeMutableRawPointer.self)),
      Slot(number: 1, function: unsafeBitCast(lend, to: UnsafeMutableRawPointer.self)), Slot(number: 0, function: nil),
    ]
    let kept = UnsafeMutablePointer<Slot>.allocate(capacity: slots.count)
    kept.initialize(from: slots, count: slots.count)
    let name: StaticString = "swiftray.SwiftArray"
    var specification = Specification(
      name: UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self), size: CInt(headByteCount + 8), flags: 0,
      slots: kept)
    let made = try ToPython.checked(Python.api.makeType(&specification))
    type = made
    return made
  }

  private static func release(_ instance: PythonPointer) {
    if let box = place(in: instance).pointee { Unmanaged<Box>.fromOpaque(box).release() }
    let type = Python.api.type(instance)
    Python.api.free(instance)
    // An instance keeps its type alive; asking for the type has added one more.
    Python.api.release(type)
    Python.api.release(type)
  }

  private static func lend(_ instance: PythonPointer, _ out: UnsafeMutableRawPointer, _ flags: CInt) -> CInt {
    let view = out.assumingMemoryBound(to: PythonBufferView.self)
    view.pointee.object = nil
    guard flags & 1 == 0 else {
      Python.api.setError(Python.api.runtimeError, "memory of a Swift array cannot be changed")
      return -1
    }
    let box = Unmanaged<Box>.fromOpaque(place(in: instance).pointee.unsafelyUnwrapped).takeUnretainedValue()
    Python.api.retain(instance)
    var lent = PythonBufferView()
    lent.start = UnsafeMutableRawPointer(mutating: box.start) ?? instance
    lent.object = instance
    lent.count = box.shape * box.itemSize
    lent.itemSize = box.itemSize
    lent.isReadOnly = 1
    lent.dimensionCount = 1
    if flags & 0x4 != 0 {
      lent.format = UnsafeMutablePointer(mutating: UnsafeRawPointer(box.format.utf8Start).assumingMemoryBound(to: CChar.self))
    }
    // The shape lies in the box, which the view keeps alive through the instance; the stride is the size of an item.
    if flags & 0x8 != 0 { lent.shape = shape(of: box) }
    view.pointee = lent
    if flags & 0x10 != 0 { view.pointee.strides = stride(in: view) }
    return 0
  }

  private static func shape(of box: Box) -> UnsafeMutablePointer<Int> {
    // Stored properties of a final class stay where they are as long as the object lives.
    withUnsafeMutablePointer(to: &box.shape) { $0 }
  }

  private static func stride(in view: UnsafeMutablePointer<PythonBufferView>) -> UnsafeMutablePointer<Int> {
    UnsafeMutableRawPointer(view).advanced(by: MemoryLayout<PythonBufferView>.offset(of: \.itemSize)!)
      .assumingMemoryBound(to: Int.self)
  }
}
