internal import Ray

@Remote
func answer() -> Int { 42 }

/// The smallest whole program: start the runtime, run one task, print its result.
@main
struct Main: RayApp {
  static func main(_ ray: RayContext) async throws {
    print(try await $answer.remote().value)
  }
}
