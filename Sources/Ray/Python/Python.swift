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
}
