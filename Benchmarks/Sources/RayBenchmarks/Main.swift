internal import Ray

/// Measures the cases asked for and prints one line of JSON for each.
///
///     RayBenchmarks [--list] [--cases SUBSTRING | --case NAME] [--seconds N]
@main
struct Main: RayApp {
  static func main(_ ray: RayContext) async throws {
    let arguments = try Arguments(ray.arguments)
    for benchmark in Benchmark.all where arguments.selects(benchmark.name) {
      if arguments.isList {
        printLine(benchmark.listing)
      } else {
        printLine(await benchmark.report(seconds: arguments.seconds))
      }
    }
  }
}
