#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

var ownProcessIdentifier: Int32 { getpid() }

func leaveProcess(_ status: Int32) -> Never { exit(status) }

func environmentVariable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

func currentDirectory() -> String {
  guard let path = getcwd(nil, 0) else { return "" }
  defer { free(path) }
  return String(cString: path)
}

func blockForEver() -> Never { while true { pause() } }

func setEnvironmentVariable(_ name: String, _ value: String) { setenv(name, value, 1) }
