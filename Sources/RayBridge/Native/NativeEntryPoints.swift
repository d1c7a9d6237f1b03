#if os(Linux) && canImport(Glibc)
  package import CRayNative
  internal import Glibc

  // What the shim calls when Ray's C++ worker calls it.

  @c
  @implementation
  package func swiftray_native_run(
    _ name: cray_span, _ arguments: UnsafePointer<cray_span>, _ count: Int, _ actor: UnsafePointer<cray_span>?
  ) -> cray_run_result {
    let name = String(decoding: UnsafeRawBufferPointer(start: name.bytes, count: name.count), as: UTF8.self)
    let arguments = UnsafeBufferPointer(start: arguments, count: count)
    return NativeWorker.run(name, arguments, isMethod: actor != nil)
  }

  @c
  @implementation
  package func swiftray_native_names(
    _ context: UnsafeMutableRawPointer, _ add: @convention(c) (UnsafeMutableRawPointer, Bool, cray_span) -> Void
  ) {
    for name in NativeNames.all {
      var text = name.text
      text.withUTF8 { add(context, name.isMethod, cray_span(bytes: $0.baseAddress, count: $0.count)) }
    }
  }
#endif
