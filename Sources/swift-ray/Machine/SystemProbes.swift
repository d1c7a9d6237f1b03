#if os(Linux)
  #if canImport(Glibc)
    internal import Glibc
  #elseif canImport(Musl)
    internal import Musl
  #endif

  /// Tries what the engine needs: asking for a kernel's version says nothing about what a sandbox forbids.
  enum SystemProbes {
    /// An anonymous file in memory, which processes share by descriptor.
    static func anonymousFile() -> Probe {
      let file = makeAnonymousFile()
      guard file >= 0 else { return failure(of: "memfd_create") }
      close(file)
      return .works
    }

    /// A descriptor of a process, which tells when it ends.
    static func processDescriptor() -> Probe {
      let descriptor = call(434, Int(getpid()), 0)  // pidfd_open has the same number on every architecture
      guard descriptor >= 0 else { return failure(of: "pidfd_open") }
      close(CInt(descriptor))
      return .works
    }

    /// Collapses one huge page of an anonymous file.
    static func hugePageCollapse() -> Probe {
      let size = 2 << 20
      let file = makeAnonymousFile()
      guard file >= 0 else { return failure(of: "memfd_create") }
      defer { close(file) }
      guard ftruncate(file, off_t(size)) == 0 else { return failure(of: "ftruncate") }
      // Reserve twice the size to find an aligned place in it, and map the file there.
      let flags = MAP_PRIVATE | MAP_ANONYMOUS
      guard let reserved = mmap(nil, 2 * size, PROT_NONE, flags, -1, 0), reserved != MAP_FAILED else {
        return failure(of: "mmap")
      }
      defer { munmap(reserved, 2 * size) }
      let aligned = UnsafeMutableRawPointer(bitPattern: (UInt(bitPattern: reserved) + UInt(size) - 1) & ~(UInt(size) - 1))
      let page = mmap(aligned, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0)
      guard let page, page != MAP_FAILED else { return failure(of: "mmap") }
      // A range without any page cannot be collapsed.
      page.storeBytes(of: 1, as: UInt8.self)
      let collapse: CInt = 25  // MADV_COLLAPSE, since Linux 6.1
      return madvise(page, size, collapse) == 0 ? .works : failure(of: "madvise")
    }

    private static func makeAnonymousFile() -> CInt {
      #if arch(x86_64)
        let number = 319
      #else
        let number = 279
      #endif
      // 1 is MFD_CLOEXEC.
      return "swift-ray doctor".withCString { CInt(truncatingIfNeeded: call(number, Int(bitPattern: $0), 1)) }
    }

    /// A system call by number: Swift can neither import `syscall`, which is variadic, nor every function above it.
    private static func call(_ number: Int, _ first: Int, _ second: Int) -> Int {
      typealias SystemCall = @convention(c) (Int, Int, Int) -> Int
      guard let symbol = dlsym(nil, "syscall") else {
        errno = ENOSYS
        return -1
      }
      // Integers beyond the named parameter travel in the same registers as named ones on the architectures of Linux
      // that Swift runs on.
      return unsafeBitCast(symbol, to: SystemCall.self)(number, first, second)
    }

    private static func failure(of name: String) -> Probe { .fails("\(name): \(String(cString: strerror(errno)))") }
  }
#endif
