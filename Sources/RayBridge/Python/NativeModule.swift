/// The module `_swiftray`: Swift functions that Python code of this process calls.
enum NativeModule {
  typealias Function = @convention(c) (PythonPointer?, UnsafePointer<PythonPointer?>?, Int) -> PythonPointer?

  /// CPython's `PyMethodDef`.
  private struct MethodDefinition {
    var name: UnsafePointer<CChar>
    var function: UnsafeMutableRawPointer
    var flags: CInt
    var documentation: UnsafePointer<CChar>?
  }

  private static var fastCall: CInt { 0x80 }

  /// Makes the module and returns it; the lock is held. It lives as long as the process.
  static func install(_ functions: [(StaticString, Function)]) throws -> PythonPointer {
    guard let module = Python.api.addModule("_swiftray") else { throw PythonFailure.fetch() }
    for (name, function) in functions {
      let definition = UnsafeMutablePointer<MethodDefinition>.allocate(capacity: 1)
      let text = UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
      definition.initialize(
        to: MethodDefinition(
          name: text, function: unsafeBitCast(function, to: UnsafeMutableRawPointer.self), flags: fastCall, documentation: nil))
      let object = try ToPython.checked(Python.api.makeFunction(PythonPointer(definition), nil, nil))
      _ = Python.api.setAttribute(module, text, object)
      Python.api.release(object)
    }
    return module
  }

  /// The body of a built-in: a thrown error becomes a Python exception.
  static func answer(_ body: () throws -> PythonPointer) -> PythonPointer? {
    Python.calledFromPython {
      do {
        return try body()
      } catch let failure as PythonFailure {
        raise(failure)
      } catch {
        Python.api.setError(Python.api.runtimeError, "\(error)")
      }
      return nil
    }
  }

  private static func raise(_ failure: PythonFailure) {
    guard let exception = failure.exception, let type = Python.api.type(exception.pointer) else {
      return Python.api.setError(Python.api.runtimeError, failure.description)
    }
    Python.api.retain(exception.pointer)
    Python.api.restoreError(type, exception.pointer, nil)
  }
}
