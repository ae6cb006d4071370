// Data and what is asked of it are those of `questions.py`, which asks through the socket and asks ClickHouse.
internal import ArgumentParser
internal import EventLog
internal import FoundationEssentials
internal import Glibc
internal import JourneyModel
internal import Questions
internal import Timelines

/// Times the columns and the funnel over them, without a socket.
@main
struct QuestionBenchmark: ParsableCommand {
    @Option(help: "Where the log is, or is made where there is none.")
    var data: String
    @Option(help: "How many events to make.")
    var events = 10_000_000
    @Option(help: "How many journeys they are of.")
    var journeys = 500_000
    @Option(help: "Write the events there, for other programs to ask, and end.")
    var tsv: String?
    @Option(help: "How often each question is asked.")
    var rounds = 5

    mutating func run() throws {
        let directory = try DataDirectory(path: data)
        let log = try EventLog(directory: directory)
        defer { log.close() }
        if log.tail == 0 { try time("append") { try MadeEvents(events: events, journeys: journeys).append(to: log) } }
        if let tsv { return try MadeEvents.export(log, to: tsv) }
        var limits = JourneyColumns.Limits()
        limits.scratch = data
        limits.store = try directory.directory("views/columns")
        // Without the first file the others are of no use.
        try? FileManager.default.removeItem(atPath: data + "/views/columns/00000")
        let fromLog = JourneyColumns(log: log, limits: limits)
        _ = try time("columns from the log") { try fromLog.journeys() }
        time("last files written") { fromLog.close() }
        let columns = JourneyColumns(log: log, limits: limits)
        defer { columns.close() }
        let packed = try time("columns from their files") { try columns.journeys() }
        let rows = Double(packed.rowCount)
        report("events", rows)
        report("journeys", Double(packed.count))
        report("bytes an event, packed by journey", Double(packed.pieces.reduce(0) { $0 + $1.chunk.memory }) / rows)
        report("bytes an event, all", Double(columns.memory) / rows)
        let engine = QuestionEngine(columns)
        for (name, question) in MadeEvents.questions {
            let utf8 = Array(question.utf8)
            let question = try Question(utf8.span)
            var least = Double.infinity
            var leastProcessor = Double.infinity
            for round in 0..<rounds {
                let processor = processorSeconds
                let elapsed = try ContinuousClock().measure { _ = try engine.answer(question) }.seconds
                if round == 0 { report("\(name), first, s", elapsed) }
                least = min(least, elapsed)
                leastProcessor = min(leastProcessor, processorSeconds - processor)
            }
            report("\(name), s", least)
            report("\(name), s of processor", leastProcessor)
            report("\(name), M events/s", rows / least / 1e6)
        }
        // What of both is not reading.
        _ = try time("packing") { try columns.journeys(asOf: log.tail) }
    }

    private func time<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
        let start = ContinuousClock.now
        let result = try body()
        report("\(name), s", start.duration(to: .now).seconds)
        return result
    }

    /// What all threads have had of the processors: on a machine with other work, the steadier number.
    private var processorSeconds: Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    private func report(_ name: String, _ value: Double) {
        print(name, (value * 1000).rounded() / 1000, separator: "\t")
    }
}

extension Duration {
    fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
