import ArgumentParser
import Testing

@testable import swift_ray

@Suite struct NewTests {
  @Test(arguments: ["MyApp", "a", "_x", "Word2Vec", "snake_case"])
  func acceptsIdentifiers(name: String) throws { #expect(try PackageName(name).description == name) }

  @Test(arguments: [
    ("my-app", "MyApp"), ("../evil", "Evil"), ("my app/x", "MyAppX"), ("2fast", nil), ("", nil), ("naïve", "NaVe"), ("…", nil),
  ])
  func refusesOtherNamesAndSuggestsOne(name: String, suggestion: String?) {
    let error = #expect(throws: PackageNameError.self) { try PackageName(name) }
    #expect(error?.problem == .notAnIdentifier(suggestion: suggestion))
  }

  @Test(arguments: ["Ray", "Swift", "class", "Counter", "App"])
  func refusesNamesThatTheProgramNeeds(name: String) {
    #expect(throws: PackageNameError(name: name, problem: .taken)) { try PackageName(name) }
  }

  @Test(arguments: [
    ("MyApp", "my-app"), ("Word2Vec", "word2-vec"), ("hello", "hello-app"), ("Hello", "hello-app"),
    ("HTTPServer", "httpserver-app"),
    ("a", "a-app"), ("snake_case", "snake_case-app"), ("My_App", "my_app-app"), ("_X", "_x-app"),
  ])
  func namesTheProgramAfterTheLibrary(name: String, executable: String) throws {
    #expect(try PackageName(name).executable == executable)
  }

  @Test(arguments: [
    ("..", "../.."), ("../swift-ray", "../../swift-ray"), ("./a//b/", "../a/b"), (".", ".."),
    ("/opt/swift-ray", "/opt/swift-ray"),
  ])
  func movesRelativePathsOneFolderDown(path: String, moved: String) { #expect(RayDependency.seenFromSubfolder(path) == moved) }

  @Test func findsTheCheckoutAboveTheProgram() {
    let files = [
      "/home/me/swift-ray/Package.swift": "products: [.library(name: \"Ray\", targets: [\"Ray\"])]",
      "/home/me/swift-ray/Examples/Package.swift": "name: \"examples\"",
    ]
    let program = "/home/me/swift-ray/Examples/.build/debug/swift-ray"
    #expect(RayDependency.checkout(above: program, reading: { files[$0] }) == "/home/me/swift-ray")
    #expect(RayDependency.checkout(above: "/usr/bin/swift-ray", reading: { files[$0] }) == nil)
    #expect(RayDependency.checkout(above: "", reading: { files[$0] }) == nil)
  }

  @Test(arguments: [
    ("https://example.org/a/swift-ray.git", "swift-ray"), ("https://example.org/ray-fork", "ray-fork"),
    ("git@example.org:fork.git", "fork"),
  ])
  func namesRepositoriesAsSwiftPMDoes(url: String, name: String) {
    #expect(RayDependency.repository(url: url, from: "1.0.0").packageName == name)
  }

  @Test(arguments: [
    ("plain", #""plain""#), (#"a"b\c"#, #""a\"b\\c""#), ("a\nb\u{7}", #""a\nb\u{7}""#), (#"\(x)"#, #""\\(x)""#), ("é", #""é""#),
  ])
  func quotesForSwift(text: String, literal: String) { #expect(swiftLiteral(text) == literal) }

  @Test func writesAPackageWithTheGivenNameAndDependency() throws {
    let template = PackageTemplate(name: try PackageName("MyApp"), dependency: .checkout(path: "/opt/swift \"ray\""))
    let files = Dictionary(uniqueKeysWithValues: template.files.map { ($0.path, $0.contents) })
    #expect(
      Set(files.keys) == ["Package.swift", "Sources/MyApp/App.swift", "Sources/my-app/main.swift", "README.md", ".gitignore"])
    let manifest = try #require(files["Package.swift"])
    #expect(manifest.hasPrefix("// swift-tools-version: 6.2\n"))
    #expect(manifest.contains(#".package(name: "swift-ray", path: "/opt/swift \"ray\"")"#))
    #expect(manifest.contains(#".product(name: "Ray", package: "swift-ray")"#))
    #expect(manifest.contains("linkerSettings: selfContained"))
    #expect(manifest.contains(#".executable(name: "my-app", targets: ["my-app"])"#))
    #expect(manifest.contains(#".library(name: "MyApp", type: .dynamic, targets: ["MyApp"])"#))
    #expect(try #require(files["Sources/MyApp/App.swift"]).contains("public struct App: RayApp"))
    #expect(try #require(files["Sources/MyApp/App.swift"]).contains("swiftray_app_main"))
    #expect(try #require(files["Sources/my-app/main.swift"]) == "import MyApp\n\nApp.main()\n")
    #expect(files.values.allSatisfy { $0.hasSuffix("\n") })
  }

  @Test func writesFilesOnceAndNeverOverThem() throws {
    let folder = TemporaryFolder()
    let template = PackageTemplate(name: try PackageName("MyApp"), dependency: .checkout(path: "/opt/swift-ray"))
    let target = folder.path + "/MyApp"
    try template.write(to: target)
    for file in template.files { #expect(Files.read(target + "/" + file.path) == file.contents) }
    #expect(throws: FileError(path: target, problem: "exists already; nothing was written")) { try template.write(to: target) }
    #expect(throws: FileError.self) { try Files.create(target + "/README.md", contents: "other") }
    #expect(Files.read(target + "/README.md") == template.files.first { $0.path == "README.md" }?.contents)
    #expect(throws: FileError.self) { try template.write(to: target + "/README.md") }
  }

  @Test func fillsAnEmptyFolder() throws {
    let folder = TemporaryFolder()
    try PackageTemplate(name: try PackageName("MyApp"), dependency: .checkout(path: "/x")).write(to: folder.path)
    #expect(Files.names(in: folder.path) == [".gitignore", "Package.swift", "README.md", "Sources"])
  }

  @Test(arguments: [
    ["new"], ["new", "my-app"], ["new", "A", "--path", "x", "--url", "y"], ["new", "A", "B"], ["nonsense"], ["doctor", "x"],
  ])
  func refusesOtherCommandLines(arguments: [String]) {
    #expect(throws: (any Error).self) { try SwiftRay.parseAsRoot(arguments) }
  }

  @Test func understandsItsCommands() throws {
    let new = try #require(try SwiftRay.parseAsRoot(["new", "MyApp", "--path", "../x"]) as? New)
    #expect(new.name == "MyApp" && new.path == "../x" && new.url == nil)
    #expect(try #require(try SwiftRay.parseAsRoot(["doctor", "--json"]) as? Doctor).json)
  }
}
