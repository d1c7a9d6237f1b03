#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What the program does about signals, kept while a library that has its own ideas is started.
///
/// Ray catches SIGINT and SIGTERM for Python code on the main thread, of which there is none here: a program would not end any more.
struct SignalActions {
  private static let kept = [SIGINT, SIGTERM]
  private let actions = kept.map { number in
    var action = sigaction()
    sigaction(number, nil, &action)
    return action
  }

  func restore() {
    for (number, action) in zip(Self.kept, actions) {
      var action = action
      sigaction(number, &action, nil)
    }
  }
}
