internal import MessagePack
internal import RayEngine

/// A short text that differs between programs with different remote functions: an executable asks the library beside it whether
/// both were built from the same source.
package enum ProgramFingerprint {
  package static var text: String { text(of: signatures) }

  /// The text as MessagePack.
  static var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.put(text)
    return writer.bytes
  }

  private static var signatures: [String] {
    let functions = RemoteRegistry.functionNames.map { name in
      name + describe(RemoteRegistry.function(named: name)?.parameters, RemoteRegistry.function(named: name)?.resultType)
    }
    let actors = RemoteRegistry.actorNames.flatMap { name in
      let entry = RemoteRegistry.actor(named: name)
      let methods = (entry?.methods ?? []).map { $0.name + describe($0.parameters, $0.resultType) }
      return [name + describe(entry?.parameters, nil)] + methods
    }
    return functions + actors
  }

  private static func describe(_ parameters: [RemoteEntry.Parameter]?, _ result: String?) -> String {
    "|" + (parameters ?? []).map { "\($0.label):\($0.type)" }.joined(separator: ",") + "|" + (result ?? "")
  }

  /// FNV-1a, which needs to be the same everywhere and nothing more.
  package static func text(of lines: [String]) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for line in lines.sorted() {
      for byte in Array(line.utf8) + [10] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }
    let digits = String(hash, radix: 16)
    return "1-" + String(repeating: "0", count: 16 - digits.count) + digits
  }
}
