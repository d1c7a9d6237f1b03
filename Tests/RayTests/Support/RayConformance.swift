import TestSupport
import Testing

/// Everything a program may rely on, whatever engine runs it. One engine at a time, so one test at a time.
@Suite(.serialized, .alone, .leavingCluster, .timeLimit(.minutes(ConformanceEngine.current == .ray ? 5 : 1))) enum RayConformance
{}
