import ArgumentParser
import Glibc

/// Measures `journeyd` over its socket.
@main
struct LoadGenerator: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures journeyd over its socket.", subcommands: [Rates.self, Growth.self], defaultSubcommand: Rates.self)
}

/// What every measurement is told.
struct Place: ParsableArguments {
    @Option(help: "The daemon to start.")
    var journeyd: String

    @Option(help: "The directory to measure on; it must not be a tmpfs.")
    var directory = "."

    /// Calls `body` with a new directory, which is removed afterwards.
    func measure(_ body: (_ scratch: String) throws -> Void) throws {
        let scratch = "\(directory)/.bench-\(getpid())"
        mkdir(scratch, 0o700)
        defer { _ = system("rm -rf '\(scratch)'") }
        let flushes = try FlushRate.measure(in: scratch, seconds: 2)
        print("disk: \(flushes.whole) flushes a second of 4 KiB appended (fdatasync), in the same directory; a commit takes two")
        try body(scratch)
    }
}

/// Durable events a second, beside the disk's own flush rate and Redis Streams.
struct Rates: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Durable events a second: 1 client, 50 clients, 8 clients with arrays of 100; Redis Streams the same; one NDJSON stream.")

    @OptionGroup var place: Place

    @Option(help: "Seconds that each of the first three shapes is driven each time.")
    var seconds = 3.0

    @Option(help: "How often each is driven; the median is told.")
    var times = 5

    @Option(help: "Events of the NDJSON stream.")
    var events = 1_000_000

    @Option(help: "Only the shapes whose names have this, and no stream.")
    var only: String?

    func run() throws {
        try place.measure { scratch in
            let daemon = try DaemonProcess(place.journeyd, directory: scratch)
            defer { daemon.stop() }
            let redis = try Redis(directory: scratch)
            if redis == nil { print("redis-server is not installed: nothing to compare with") }
            for (number, shape) in Shape.all.enumerated() where only.map(shape.name.contains) ?? true {
                try compare(shape, number, daemon, redis, scratch)
            }
            guard only == nil else { return }
            let before = try daemon.status()
            var results: [(acknowledged: Double, seen: Double)] = []
            for time in 0..<times {
                results.append(try Stream.drive(daemon.socket, first: time * events, events: events))
            }
            let acknowledged = results.map { Double(events) / $0.acknowledged }.median
            let seen = results.map { Double(events) / $0.seen }.median
            print("1 NDJSON stream of \(events): \(acknowledged.whole) events/s acknowledged, \(seen.whole) with views caught up")
            let after = try daemon.status()
            let bytes = Double(after.bytes - before.bytes) / Double(after.position - before.position)
            let line = Double(EventTemplate(client: 0).bytes.count)
            print("disk: \(bytes.tenths) bytes an event with every index, \((bytes / line).hundredths) of its JSON's \(line.whole)")
        }
    }

    private func compare(_ shape: Shape, _ number: Int, _ daemon: DaemonProcess, _ redis: Redis?, _ scratch: String) throws {
        var results: [Shape.Result] = []
        var others: [Double] = []
        // In turns, so that both get the same share of what else the machine does.
        for time in 0..<times {
            let result = try shape.drive(daemon.socket, seconds: seconds, run: number * times + time + 1)
            results.append(result)
            guard let redis else { continue }
            let entries = max(1_000, Int(result.rate * seconds))
            others.append(
                try redis.drive(shape, entries: entries, payload: EventTemplate(client: 0).bytes.count, directory: scratch))
        }
        let rate = results.map(\.rate).median
        func latency(_ share: Double) -> String { results.map { $0.quantile(share) }.median.hundredths }
        var line = "\(shape.name): \(rate.whole) events/s, p50 \(latency(0.5)) ms, p99 \(latency(0.99)) ms, p99.9 \(latency(0.999)) ms"
        if redis != nil { line += "; Redis \(others.median.whole): ratio \((rate / others.median).hundredths)" }
        print(line)
    }
}

/// Memory and the time of a start as the log grows.
struct Growth: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Grows a log, kills the daemon, and measures how soon it is ready, how large it is, and what memory it takes.")

    @OptionGroup var place: Place

    @Option(help: "How many events there are at each measurement.")
    var events = [1_000, 1_000_000, 10_000_000]

    @Option(help: "How often it is killed and started at each; the median is told.")
    var times = 5

    func run() throws {
        try place.measure { scratch in
            var stored = 0
            for count in events.sorted() {
                let daemon = try DaemonProcess(place.journeyd, directory: scratch)
                let taken = try Stream.drive(daemon.socket, first: stored, events: count - stored)
                let rate = Double(count - stored) / taken.acknowledged
                stored = count
                let (bytes, anonymous) = (try daemon.status().bytes, try daemon.anonymousBytes)
                daemon.kill()
                var starts: [Double] = []
                for _ in 0..<times {
                    let again = try DaemonProcess(place.journeyd, directory: scratch)
                    starts.append(again.ready)
                    again.kill()
                }
                print(
                    "\(count) events, \(count / EventTemplate.perJourney) journeys: taken in at \(rate.whole) events/s; \((Double(bytes) / Double(count)).tenths) bytes of disk an event;"
                        + " \(anonymous >> 20) MiB of memory not backed by files; ready \(starts.median.thousandths) s after a kill -9 (worst \((starts.max() ?? 0).thousandths))"
                )
            }
        }
    }
}

extension Double {
    /// Rounded, for a table.
    var whole: String { "\(Int(rounded()))" }
    /// With one decimal.
    var tenths: String { "\((self * 10).rounded() / 10)" }
    var hundredths: String { "\((self * 100).rounded() / 100)" }
    var thousandths: String { "\((self * 1000).rounded() / 1000)" }
}

extension [Double] {
    /// The middle one; zero where there are none.
    var median: Double {
        isEmpty ? 0 : sorted()[count / 2]
    }
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
