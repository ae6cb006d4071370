import ArgumentParser
import Glibc

/// Measures a fresh `journeyd`: durable events a second over its socket, in four shapes, beside the disk's own flush rate.
@main
struct LoadGenerator: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Durable events a second over the socket: 1 client, 50 clients, 8 clients with arrays of 100, one NDJSON stream.")

    @Option(help: "The daemon to start.")
    var journeyd: String

    @Option(help: "The directory to measure on; it must not be a tmpfs.")
    var directory = "."

    @Option(help: "Seconds that each of the first three shapes is driven.")
    var seconds = 5.0

    @Option(help: "Events of the NDJSON stream.")
    var events = 1_000_000

    func run() throws {
        let scratch = "\(directory)/.bench-\(getpid())"
        mkdir(scratch, 0o700)
        defer { _ = system("rm -rf '\(scratch)'") }
        let flushes = try FlushRate.measure(in: scratch, seconds: 2)
        print("disk: \(flushes.whole) flushes a second of 4 KiB appended (fdatasync), in the same directory; a commit takes two")
        let daemon = try DaemonProcess(journeyd, directory: scratch)
        defer { daemon.stop() }
        let socket = daemon.socket
        let shapes = [
            Shape(name: "1 client x 1 event", clients: 1, batch: 1), Shape(name: "50 clients x 1 event", clients: 50, batch: 1),
            Shape(name: "8 clients x array of 100", clients: 8, batch: 100),
        ]
        for shape in shapes {
            let result = try shape.drive(socket, seconds: seconds)
            print("\(shape.name): \(result)")
        }
        let before = try daemon.status()
        let stream = try Stream.drive(socket, events: events)
        let sent = Double(events) / stream.acknowledged
        print(
            "1 NDJSON stream of \(events): \(sent.whole) events/s acknowledged, \((Double(events) / stream.seen).whole) events/s with views caught up"
        )
        let after = try daemon.status()
        let bytes = Double(after.bytes - before.bytes) / Double(events)
        print("disk: \(bytes.tenths) bytes an event; its JSON line has \(stream.lineBytes.tenths)")
    }
}

extension Double {
    /// Rounded, for a table.
    var whole: String { "\(Int(rounded()))" }
    /// With one decimal.
    var tenths: String { "\((self * 10).rounded() / 10)" }
}

/// The monotonic clock, in seconds.
func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Why a measurement could not be made.
struct Failure: Error, CustomStringConvertible {
    let description: String
}
