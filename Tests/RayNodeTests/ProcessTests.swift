internal import TestSupport
internal import Testing

/// Tests with real processes, sockets and threads, one after another: they count descriptors and processes of this program.
/// The workers are this very program.
@Suite(.serialized, .alone, .timeLimit(.minutes(2)))
enum ProcessTests {}
