import ArgumentParser
import Testing

@testable import swift_ray

@Suite struct RunTests {
  private func launch(
    _ program: String?, _ arguments: [String] = [], engine: EngineName? = nil, address: String? = nil,
    environment: [String: String] = [:]
  ) -> Launch {
    Launch(
      program: program, arguments: arguments, configuration: "release", engine: engine, address: address,
      environment: environment)
  }

  @Test(arguments: [
    (nil, ["swift", "run", "-c", "release", "--top", "5"], true),
    ("my-app", ["swift", "run", "-c", "release", "my-app", "--top", "5"], true),
    ("./my-app", ["./my-app", "--top", "5"], false),
    ("./libMyApp.so", ["python3", "-m", "swiftray", "run", "./libMyApp.so", "--top", "5"], false),
    ("lib/libMyApp.dylib", ["python3", "-m", "swiftray", "run", "lib/libMyApp.dylib", "--top", "5"], false),
  ]) func startsProductsProgramsAndLibraries(program: String?, command: [String], needsPackage: Bool) {
    let launch = launch(program, ["--top", "5"])
    #expect(launch.command == command)
    #expect(launch.needsPackage == needsPackage)
  }

  @Test(arguments: [
    (["VIRTUAL_ENV": "/venv"], "/venv/bin/python3"), (["VIRTUAL_ENV": "/venv", "SWIFTRAY_PYTHON": "/py"], "/py"),
    ([:], "python3"),
  ]) func librariesRunInThePythonOfTheEnvironment(environment: [String: String], python: String) {
    #expect(launch("./libMyApp.so", environment: environment).command[0] == python)
  }

  @Test(
    arguments: [
      (nil, nil, nil, nil), (nil, nil, "auto", nil), (.embedded, nil, "auto", "local"), (.ray, nil, nil, "auto"),
      (.ray, nil, "local", "auto"), (.ray, nil, "", "auto"), (.ray, nil, "10.0.0.5:6379", "10.0.0.5:6379"),
      (.ray, "ray:local", "auto", "ray:local"), (nil, "ray:local", nil, "ray:local"),
    ] as [(EngineName?, String?, String?, String?)])
  func namesTheEngineByItsAddress(engine: EngineName?, asked: String?, inherited: String?, expected: String?) {
    var environment: [String: String] = [:]
    environment["RAY_ADDRESS"] = inherited
    #expect(launch("./my-app", engine: engine, address: asked, environment: environment).address == expected)
  }

  @Test(arguments: [
    (["run", "--engine", "ray", "./my-app", "--top", "5"], "./my-app", ["--top", "5"]),
    (["run", "./my-app", "--engine", "x"], "./my-app", ["--engine", "x"]),
    (["run", "-c", "release", "my-app"], "my-app", []),
  ]) func whatFollowsTheProgramIsItsOwn(words: [String], program: String, arguments: [String]) throws {
    let run = try #require(try SwiftRay.parseAsRoot(words) as? Run)
    #expect(run.program == program)
    #expect(run.arguments == arguments)
  }

  @Test(arguments: [
    ["run", "--engine", "spark", "./a"], ["run", "--engine", "embedded", "--address", "auto", "./a"], ["run", "-c", "fast", "a"],
  ]) func refusesWhatMakesNoSense(words: [String]) { #expect(throws: (any Error).self) { try SwiftRay.parseAsRoot(words) } }

  #if os(Linux)
    /// The command as it was built, beside the tests.
    private func swiftRay(_ arguments: String...) throws -> String? {
      let tests = try #require(Files.currentExecutable())
      let folder = tests[..<(try #require(tests.lastIndex(of: "/")))]
      return Program.output(of: [folder + "/swift-ray", "run"] + arguments, within: .seconds(60))
    }

    @Test func theProgramTakesThePlaceOfTheCommand() throws {
      let script = "echo $RAY_ADDRESS $0 $#"
      #expect(try swiftRay("--address", "10.0.0.5:6379", "/bin/sh", "-c", script, "--help", "x y") == "10.0.0.5:6379 --help 1\n")
      #expect(try swiftRay("--engine", "embedded", "/bin/sh", "-c", script) == "local /bin/sh 0\n")
      #expect(try swiftRay("/bin/sh", "-c", "exit 3") == nil, "its status is the program's")
      #expect(try swiftRay("/nowhere/at-all") == nil)
    }
  #endif
}
