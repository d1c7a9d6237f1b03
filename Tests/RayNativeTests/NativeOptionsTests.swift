import Ray
import RayBridge
import RayEngine
import Testing

@Suite struct NativeOptionsTests {
  @Test(arguments: [
    (TaskOptions(), nil),
    (TaskOptions(name: "a", numCPUs: 0.5, memory: 1 << 20, resources: ["a": 1]), nil),
    (TaskOptions(maxRetries: 1), nil),
    (TaskOptions(maxRetries: 0), "maxRetries: 0"),
    (TaskOptions(maxRetries: -1), "maxRetries: -1"),
    (TaskOptions(retryExceptions: false), nil),
    (TaskOptions(retryExceptions: true), "retries after errors"),
    (TaskOptions(retryOn: [Unlucky.self]), "retries after errors"),
    (TaskOptions(numGPUs: 0.5), "GPUs, which the callee could not lend"),
    (TaskOptions(schedulingStrategy: .automatic), nil),
    (TaskOptions(schedulingStrategy: .spread), "a scheduling strategy"),
    (TaskOptions(runtimeEnv: RuntimeEnv(environment: ["A": "b"])), "a runtime environment of its own"),
  ]) func optionsOfCallsThatWouldBeDroppedAreTold(_ options: TaskOptions, _ missing: String?) {
    #expect(NativeOptions.missing(for: options.values) == missing)
  }

  @Test(arguments: [
    (ActorOptions(), false, nil),
    (ActorOptions(name: "a", namespace: "b", numCPUs: 1, maxRestarts: 3, maxConcurrency: 100), false, nil),
    (ActorOptions(lifetime: .detached), false, "a detached life"),
    (ActorOptions(maxTaskRetries: 1), false, "retried calls"),
    (ActorOptions(maxTaskRetries: 0, maxPendingCalls: -1), false, nil),
    (ActorOptions(maxPendingCalls: 1), false, "a bounded queue of calls (maxPendingCalls)"),
    (ActorOptions(getIfExists: true), false, "getIfExists"),
    (ActorOptions(), true, "methods that interleave"),
    (ActorOptions(maxConcurrency: 2), true, "methods that interleave"),
    (ActorOptions(maxConcurrency: 1), true, nil),
    (ActorOptions(schedulingStrategy: .spread), false, "a scheduling strategy"),
  ]) func optionsOfActorsThatWouldBeDroppedAreTold(_ options: ActorOptions, _ isConcurrent: Bool, _ missing: String?) {
    #expect(NativeOptions.missing(for: options, isConcurrent: isConcurrent) == missing)
  }
}

struct Unlucky: Error, Codable {}
