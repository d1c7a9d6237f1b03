#if os(Linux) && canImport(Glibc)
  internal import CRayNative
  internal import RayProtocol

  /// Calls of the functions of Python's `swiftray.questions`, which a Python worker answers with plain values.
  enum NativeQuestions {
    /// - Parameter argument: Ray's header and one value.
    static func submit(
      _ function: String, named name: String, _ resources: [(String, Double)] = [], _ argument: UnsafeRawBufferPointer? = nil
    ) throws -> cray_object_id {
      var id = cray_object_id()
      try NativeSubmission.withOptions(named: name, resources) { options in
        try NativeSubmission.withSpan("swiftray.questions") { module in
          options.python_module = module
          try NativeSubmission.withSpan(function) { function in
            guard let argument else { return try NativeStatus.check(cray_native_call(function, nil, 0, &options, &id)) }
            let span = cray_span(bytes: argument.baseAddress, count: argument.count)
            var list = cray_argument(bytes: span, is_reference: false)
            try NativeStatus.check(cray_native_call(function, &list, 1, &options, &id))
          }
        }
      }
      return id
    }
  }
#endif
