#if canImport(Darwin)
  internal import Darwin
#else
  internal import SwiftShims
#endif

/// Finds the section of test content records in every image that is loaded into this process.
enum LinkedRecords {
  #if canImport(Darwin)
    static func forEachSection(_ body: (UnsafeRawBufferPointer) -> Void) {
      for index in 0..<_dyld_image_count() {
        guard let header = _dyld_get_image_header(index) else { continue }
        let image = UnsafeRawPointer(header).assumingMemoryBound(to: mach_header_64.self)
        var byteCount: UInt = 0
        guard let start = getsectiondata(image, "__DATA_CONST", "__swift5_tests", &byteCount) else { continue }
        body(UnsafeRawBufferPointer(start: start, count: Int(byteCount)))
      }
    }
  #else
    static func forEachSection(_ body: (UnsafeRawBufferPointer) -> Void) {
      withoutActuallyEscaping(body) { body in
        var visit = Visit(body: body)
        withUnsafeMutablePointer(to: &visit) { enumerateImages(visitImage, UnsafeMutableRawPointer($0)) }
      }
    }

    fileprivate struct Visit {
      var body: (UnsafeRawBufferPointer) -> Void
    }
  #endif
}

#if !canImport(Darwin)
  /// The runtime library's list of loaded images; the callback says whether to go on.
  @_silgen_name("swift_enumerateAllMetadataSections")
  private func enumerateImages(
    _ body: @convention(c) (UnsafeRawPointer, UnsafeMutableRawPointer) -> CBool, _ context: UnsafeMutableRawPointer)

  private func visitImage(_ sections: UnsafeRawPointer, _ context: UnsafeMutableRawPointer) -> CBool {
    // Version 4 of the structure is the first with the section of test content.
    guard sections.load(as: UInt.self) >= 4 else { return true }
    let range = sections.load(as: MetadataSections.self).swift5_tests
    guard let start = UnsafeRawPointer(bitPattern: UInt(range.start)), range.length > 0 else { return true }
    let visit = context.assumingMemoryBound(to: LinkedRecords.Visit.self)
    visit.pointee.body(UnsafeRawBufferPointer(start: start, count: Int(range.length)))
    return true
  }
#endif
