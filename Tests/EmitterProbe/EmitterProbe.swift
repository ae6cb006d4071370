import Glibc
import JourneyClient

/// A service that emits, to be killed in the midst of it.
///
///     EmitterProbe SOCKET SPOOL FIRST LAST SUBJECTS
///
/// Emits the events FIRST to LAST, each of the subject that its number gives, and prints a number when its event was taken. Ends with 0
/// when all of them, and what the spool held before, are stored.
@main struct EmitterProbe {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 6, let first = Int(arguments[3]), let last = Int(arguments[4]), let subjects = Int(arguments[5]) else {
            print("usage: EmitterProbe SOCKET SPOOL FIRST LAST SUBJECTS")
            exit(2)
        }
        var options = EmitterOptions()
        options.batchEvents = 200
        options.linger = .milliseconds(2)
        options.firstPause = .milliseconds(5)
        options.longestPause = .milliseconds(50)
        options.spool = SpoolOptions(directory: arguments[2])
        options.spool?.segmentBytes = 64 << 10
        try await Emitter.with(client: JourneyClient(socketPath: arguments[1]), options: options) { emitter in
            for number in stride(from: first, through: last, by: 1) {
                try await emitter.emit(
                    OutgoingEvent(
                        type: "test.thing.happened", subject: "lead:\(number % subjects)", source: "/probe", id: String(number),
                        time: "2026-01-01T00:00:00Z", data: Array(#"{"number":\#(number)}"#.utf8)))
                print(number)
                fflush(nil)
            }
        }
    }
}
