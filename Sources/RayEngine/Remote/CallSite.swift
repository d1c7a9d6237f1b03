/// Where in the source a remote call was made; what errors show.
///
/// One word, because every reference carries one: an address of a literal in the lower 48 bits, the line above.
public struct CallSite: Sendable {
  @usableFromInline let word: UInt64

  /// Called by generated code, with `#fileID` and `#line` of the user's call.
  @inlinable
  public init(_ file: StaticString, _ line: UInt) {
    guard file.hasPointerRepresentation else {
      word = 0
      return
    }
    let address = UInt64(UInt(bitPattern: file.utf8Start))
    // An address that needs more bits, which no system gives to literals, is not worth a larger reference.
    word = address >> 48 == 0 ? UInt64(min(line, 0xffff)) << 48 | address : 0
  }

  @usableFromInline init() { word = 0 }

  /// What was made by no call.
  @inlinable package static var none: CallSite { CallSite() }
}

extension CallSite {
  /// `Module/File.swift:12`; nil where nothing is known.
  package var text: String? {
    guard let start = UnsafePointer<CChar>(bitPattern: UInt(word & 0xffff_ffff_ffff)) else { return nil }
    return "\(String(cString: start)):\(word >> 48)"
  }
}
