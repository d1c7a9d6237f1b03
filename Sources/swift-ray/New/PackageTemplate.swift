/// The files of a new package. Another kind of package is another list of files.
struct PackageTemplate {
  struct File: Hashable {
    /// Relative to the package's folder.
    var path: String
    var contents: String
  }

  let name: PackageName
  let dependency: RayDependency

  var files: [File] {
    [
      File(path: "Package.swift", contents: manifest),
      File(path: "Sources/\(name)/App.swift", contents: program),
      File(path: "Sources/\(name.executable)/main.swift", contents: main),
      File(path: "README.md", contents: readme),
      File(path: ".gitignore", contents: ".build/\n.swiftpm/\n"),
    ]
  }

  private var manifest: String {
    """
    // swift-tools-version: 6.2
    import PackageDescription

    // Given the folder of Swift's static libraries, both products run on machines without Swift.
    let selfContained: [LinkerSetting] =
      Context.environment["SWIFT_STATIC"].map { [.unsafeFlags(["-static-stdlib", "-L", $0])] } ?? []

    let package = Package(
      name: "\(name)",
      platforms: [.macOS(.v15)],
      products: [
        .executable(name: "\(name.executable)", targets: ["\(name.executable)"]),
        // The same functions as a library, for workers of a Ray cluster.
        .library(name: "\(name)", type: .dynamic, targets: ["\(name)"]),
      ],
      dependencies: [
        \(dependency.manifestEntry)
      ],
      targets: [
        .target(
          name: "\(name)",
          dependencies: [.product(name: "Ray", package: \(swiftLiteral(dependency.packageName)))],
          linkerSettings: selfContained),
        .executableTarget(name: "\(name.executable)", dependencies: ["\(name)"]),
      ]
    )

    """
  }

  private var program: String {
    """
    import Ray

    // A function like any other; `$square` beside it runs it in a worker process.
    @Remote
    func square(_ number: Int) -> Int { number * number }

    // An actor keeps its state in a process of its own.
    @RemoteActor
    final class Counter {
      private var count = 0

      init() {}

      func add(_ number: Int) -> Int {
        count += number
        return count
      }
    }

    public struct App: RayApp {
      public static func main(_ ray: RayContext) async throws {
        // Calls return references at once; the squares are computed in parallel.
        let squares = try (1...8).map { try $square.remote($0) }
        print("squares:", try await Ray.get(squares))

        // References are welcome where values are.
        let counter = try Counter.remote()
        let sums = try squares.map { try counter.add.remote($0) }
        print("sums:   ", try await Ray.get(sums))
      }
    }

    // Where `swiftray run` enters the library.
    @_cdecl("swiftray_app_main")
    public func start() { App.main() }

    """
  }

  private var main: String {
    """
    import \(name)

    App.main()

    """
  }

  private var readme: String {
    """
    # \(name)

    A program for [swift-ray](\(readmeLink)): `@Remote` functions and `@RemoteActor` classes run in worker processes.

    ```
    swift run                    # build and run
    swift run -c release         # the same, optimised
    swift-ray doctor             # what this machine offers
    ```

    `Sources/\(name)/App.swift` is the whole program. It is built twice: as the program `\(name.executable)`, and as the library
    `lib\(name).so` with the same functions, which workers of a Ray cluster load. Keep both in one folder.

    ## On a Ray cluster

    A folder with both and the Python side of swift-ray, which needs no Swift on the cluster's machines (24 MB; the dashboard
    takes up to 100 MiB):

    ```
    swift=$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")
    SWIFT_STATIC=$swift/lib/swift_static/linux swift build -c release
    mkdir -p job
    for product in \(name.executable) lib\(name).so; do strip -s -o job/$product .build/release/$product; done
    cp -R \(shellWord(dependency.pythonPackage)) job/
    du -sh job
    ```

    The job, from a machine with `pip install "ray[default]"`:

    ```
    ray job submit --address http://<head>:8265 --working-dir job -- ./\(name.executable)
    ```

    More in swift-ray's docs/ray-cluster.md.

    """
  }

  private var readmeLink: String {
    switch dependency {
    case .checkout(let path): path.contains(where: { " ()<>".contains($0) }) ? "<\(path)>" : path
    case .repository(let url, _): url
    }
  }
}

extension PackageTemplate {
  /// Writes all files below `folder`, which must not exist or be empty.
  func write(to folder: String) throws(FileError) {
    if Files.exists(folder) {
      guard let names = Files.names(in: folder), names.isEmpty else {
        throw FileError(path: folder, problem: "exists already; nothing was written")
      }
    }
    for file in files { try Files.create(folder + "/" + file.path, contents: file.contents) }
  }
}
