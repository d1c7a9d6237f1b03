internal import RayBridge
internal import RayEngine

/// Python code, called from Swift: as tasks and actors on a Ray cluster, or in this process.
///
/// ```swift
/// let mean = Python.function("statistics.fmean")
/// let average = try await mean.remote([1.0, 2.0, 4.5], returning: Double.self).value       // on a Ray cluster
/// let same = try mean.call([1.0, 2.0, 4.5], returning: Double.self)                         // in this process
/// ```
/// Functions and classes are named by their modules, which Python finds as ever: installed packages, `PYTHONPATH`, the job's
/// working directory, and the program's own.
/// Python's keyword arguments are given as `keywords: ["reverse": true]`, or by labels in the name as Swift writes them, which
/// methods of actors understand, too: `Python.function("builtins.sorted(_:reverse:)").remote([3, 1, 2], true)`.
public enum Python {
  /// A function, by its module path.
  public static func function(_ name: String) -> PythonFunction { PythonFunction(callee: PythonCallee(name: name)) }

  /// A function that a piece of Python source defines.
  ///
  /// ```swift
  /// let scale = Python.function(source: """
  ///   def scale(values, by=2):
  ///       return [value * by for value in values]
  ///   """)
  /// let doubled = try await scale.remote([1, 2], returning: [Int].self).value               // [2, 4]
  /// ```
  /// - Parameters:
  ///   - source: Any Python code; it runs once in each process. Indentation that all lines share is taken away.
  ///   - name: Which function is meant, where the source defines several; labels may follow.
  public static func function(source: String, named name: String = "") -> PythonFunction {
    PythonFunction(callee: PythonCallee(name: name, source: source))
  }

  /// An actor class, by its module path.
  public static func actorClass(_ name: String) -> PythonActorClass { PythonActorClass(callee: PythonCallee(name: name)) }

  /// An actor class that a piece of Python source defines.
  public static func actorClass(source: String, named name: String = "") -> PythonActorClass {
    PythonActorClass(callee: PythonCallee(name: name, source: source))
  }

  // MARK: In this process

  /// A module of the Python in this process, which is started if it does not run yet. Any engine will do, or none.
  ///
  /// Needs a Python whose `libpython` is a shared library, found as for a Ray cluster: `SWIFTRAY_PYTHON`, `VIRTUAL_ENV`, `.venv`,
  /// `python3`.
  public static func `import`(_ module: String) throws -> PythonObject { PythonObject(try InProcess.module(module)) }
}

extension PythonFunction {
  /// The function in this process, for callers that call it often: `try Python.function("m.add").local()`.
  public func local() throws -> PythonObject { PythonObject(try InProcess.find(callee.name, source: callee.source)) }

  /// Calls the function in this process, on this thread, and reads the result.
  @discardableResult
  public func call<Result, each Argument: Sendable>(
    _ arguments: repeat each Argument, keywords: KeyValuePairs<String, any Sendable> = [:], returning type: Result.Type
  ) throws -> Result { try local().call(repeat each arguments, keywords: keywords, returning: type) }

  /// Calls the function in this process, on this thread.
  @discardableResult
  public func call<each Argument: Sendable>(
    _ arguments: repeat each Argument, keywords: KeyValuePairs<String, any Sendable> = [:]
  ) throws -> PythonObject { try local().call(repeat each arguments, keywords: keywords) }
}

extension PythonActorClass {
  /// An instance in this process: an ordinary Python object, which lives as long as anybody has it.
  public func local<each Argument: Sendable>(
    _ arguments: repeat each Argument, keywords: KeyValuePairs<String, any Sendable> = [:]
  ) throws -> PythonObject {
    try PythonObject(try InProcess.find(callee.name, source: callee.source)).call(repeat each arguments, keywords: keywords)
  }
}
