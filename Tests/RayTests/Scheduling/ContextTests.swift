import Ray
import RayTesting
import Testing

@RayCodable struct ContextReport: Equatable {
  var worker: String
  var node: String
  var task: String?
  var taskName: String?
  var actor: String?
  var attempt: Int
  var namespace: String

  static var here: ContextReport {
    let context = Ray.context
    return ContextReport(
      worker: "\(context.workerID)", node: "\(context.nodeID)", task: context.taskID.map { "\($0)" },
      taskName: context.taskName, actor: context.actorID.map { "\($0)" }, attempt: context.attempt,
      namespace: context.namespace)
  }
}

@Remote private func report() -> ContextReport { .here }
@Remote private func reportLater() async throws -> ContextReport {
  await Task.yield()
  return .here
}
@Remote private func variable(_ name: String) -> String? { environmentVariable(name) }

@Remote private func directory() -> String { currentDirectory() }

@RemoteActor final class Reporter {
  init() {}
  func report() -> ContextReport { .here }
  func variable(_ name: String) -> String? { environmentVariable(name) }
  func directory() -> String { currentDirectory() }
}

extension RayConformance {
  @Suite(.ray(environment: ["CONFORMANCE_BASE": "base"], namespace: "context")) struct Context {
    @Test func theDriverIsNoTask() async throws {
      let here = ContextReport.here
      #expect(here.task == nil && here.actor == nil && here.taskName == nil && here.namespace == "context")
    }

    @Test func aCallKnowsWhereItRuns() async throws {
      let here = ContextReport.here
      let there = try await $report.remote().value
      #expect(there.taskName?.contains("report") == true)
      #expect(there.worker != here.worker && there.node == here.node && there.namespace == "context")
      #expect(there.task != nil && there.actor == nil && there.attempt == 1)
      #expect(try await $reportLater.remote().value.taskName?.contains("reportLater") == true)
    }

    @Test func twoCallsAreTwoTasks() async throws {
      let (a, b) = try await Ray.get(try $report.remote(), try $report.remote())
      #expect(a.task != b.task)
    }

    @Test func anActorKnowsItself() async throws {
      let reporter = try Reporter.remote()
      #expect(try await reporter.report.remote().value.actor == "\(reporter.id)")
    }

    @Test func environmentsReachCallsAndActors() async throws {
      #expect(try await $variable.remote("CONFORMANCE_BASE").value == "base")
      let environment = RuntimeEnv(environment: ["CONFORMANCE_EXTRA": "extra = 1", "CONFORMANCE_BASE": "changed"])
      let call = $variable.options(runtimeEnv: environment)
      #expect(try await call.remote("CONFORMANCE_EXTRA").value == "extra = 1")
      #expect(try await call.remote("CONFORMANCE_BASE").value == "changed")
      #expect(try await $variable.remote("CONFORMANCE_EXTRA").value == nil)
      let reporter = try Reporter.options(runtimeEnv: environment).remote()
      #expect(try await reporter.variable.remote("CONFORMANCE_EXTRA").value == "extra = 1")
    }

    @Test func callsAndActorsRunInTheirDirectory() async throws {
      let here = currentDirectory()
      #expect(try await $directory.remote().value == here)
      #expect(try await $directory.options(runtimeEnv: RuntimeEnv(workingDirectory: "/")).remote().value == "/")
      let source = RuntimeEnv(environment: ["CONFORMANCE_EXTRA": "both"], workingDirectory: "/usr/../usr/lib")
      let reporter = try Reporter.options(runtimeEnv: source).remote()
      #expect(try await reporter.directory.remote().value == "/usr/lib")
      #expect(try await reporter.variable.remote("CONFORMANCE_EXTRA").value == "both")
      #expect(try await $directory.remote().value == here)
    }

    @Test(arguments: [("/no/such/place", "No such file"), ("/etc/passwd", "Not a directory"), ("", "No such file")])
    func aDirectoryThatCannotBeEnteredIsTold(_ path: String, _ reason: String) async throws {
      let environment = RuntimeEnv(workingDirectory: path)
      let (call, actor) = ($directory.options(runtimeEnv: environment), Reporter.options(runtimeEnv: environment))
      // The nodes of a cluster have the directory, so it takes a worker to find out.
      guard ConformanceEngine.current == .embedded else {
        await expectRayError(.runtimeEnvironmentFailed, reason) { _ = try await call.remote().value }
        await expectRayError(.actorDied, reason) { _ = try await actor.remote().directory.remote().value }
        return
      }
      await expectRayError(.runtimeEnvironmentFailed, reason) { _ = try call.remote() }
      await expectRayError(.runtimeEnvironmentFailed, reason) { _ = try actor.remote() }
    }

    @Test(arguments: ["", "A=B", "A\0B"]) func aVariableThatCannotBeSetIsTold(_ name: String) async throws {
      let environment = RuntimeEnv(environment: [name: "value"])
      await expectRayError(.invalidArgument, "cannot be set") { _ = try $directory.options(runtimeEnv: environment).remote() }
    }
  }
}
