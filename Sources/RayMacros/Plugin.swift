internal import SwiftSyntaxMacros

#if HOST_SWIFT_SYNTAX
  @_spi(PluginMessage) internal import SwiftCompilerPluginMessageHandling
#else
  internal import SwiftCompilerPlugin
#endif

private var macros: [any Macro.Type] {
  [RemoteMacro.self, RemoteActorMacro.self, RayCodableMacro.self, MarkerMacro.self]
}

#if HOST_SWIFT_SYNTAX
  /// The toolchain ships the message loop of compiler plug-ins but not their ready-made entry point.
  @main
  struct Plugin: PluginProvider {
    struct UnknownMacro: Error {
      var name: String
    }

    static func main() throws {
      try CompilerPluginMessageListener(connection: StandardIOMessageConnection(), provider: Plugin()).main()
    }

    func resolveMacro(moduleName: String, typeName: String) throws -> any Macro.Type {
      guard let macro = macros.first(where: { "\($0)" == typeName }) else { throw UnknownMacro(name: typeName) }
      return macro
    }
  }
#else
  @main
  struct Plugin: CompilerPlugin {
    var providingMacros: [any Macro.Type] { macros }
  }
#endif
