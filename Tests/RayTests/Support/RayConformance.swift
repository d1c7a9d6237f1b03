import TestSupport
import Testing

/// Everything a program may rely on, whatever engine runs it. One engine at a time, so one test at a time.
@Suite(.serialized, .alone, .timeLimit(.minutes(1))) enum RayConformance {}
