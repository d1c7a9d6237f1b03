/// The record by which the runtime finds an entry: placed in the linker section that Swift Testing scans, under our own kind.
enum Record {
  static func declaration(entry: String) -> String {
    """
    #if objectFormat(MachO)
      @section("__DATA_CONST,__swift5_tests")
    #else
      @section("swift5_tests")
    #endif
    @used nonisolated private static let __record: Ray::RemoteRegistry.Record = (
      0x7261_7966, 0, { __out, _, _, _ in Ray::RemoteRegistry.vend(\(entry), __out) }, 0, 0
    )
    """
  }
}
