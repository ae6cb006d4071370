internal import ArgumentParser
internal import EventLog
internal import Glibc
internal import JourneyModel
internal import Questions
internal import Synchronization
internal import Timelines
internal import Views

/// Times the views, without a socket: what an event costs them at several lengths of history, how far they are behind a steady stream, how fast the
/// funnel answers, and how long a new view takes.
@main
struct ViewBenchmark: ParsableCommand {
    @Option(help: "A directory for the log, which is made anew.")
    var data: String
    @Option(help: "Lengths of history to measure at.")
    var sizes = [100_000, 1_000_000, 10_000_000]
    @Option(help: "Events a second of the steady stream.")
    var rate = 50_000
    @Option(help: "Seconds of the steady stream.")
    var seconds = 20

    private static let measured = 100_000
    private static let view = #"""
        {"funnel":{"steps":[{"type":"marketing.lead.created","where":{"data.origin":"paid"}},{"type":"marketing.lead.qualified"},
        {"type":"sales.opportunity.created"},{"type":"sales.opportunity.won","where":{"data.money.minor":{"gte":100000}}}],
        "window":"P90D","breakdown":{"field":"data.region"}}}
        """#

    mutating func run() throws {
        let directory = try DataDirectory(path: data)
        let log = try EventLog(directory: directory)
        defer { log.close() }
        guard log.tail == 0 else { throw ValidationError("\(data) has a log already") }
        var events = try StagedEvents()
        try measureEvents(log, &events)
        let views = try JourneyViews(log: log, map: .shipped(), directory: directory)
        defer { views.close() }
        time("built-in views from the log") { wait(views, log.tail) }
        try funnel(views, "funnel, nothing else going on")
        let columns = JourneyColumns(log: log)
        let kept = try KeptViews(views, QuestionEngine(columns), directory: directory)
        defer {
            kept.close()
            columns.close()
        }
        _ = try kept.put("bench", Array(Self.view.utf8))
        time("a new view over \(log.tail) events") {
            while kept.statuses.contains(where: { $0.state != .live }) { usleep(1_000) }
        }
        try stream(log, views, &events)
    }

    /// What an event costs the built-in views, in a thread's time.
    private func measureEvents(_ log: EventLog, _ events: inout StagedEvents) throws {
        let path = data + "/bench-entries"
        var state = JourneyState(map: try .shipped(), file: try EntryFile(path: path, isNew: true))
        defer { unsafe unlink(path) }
        for size in sizes {
            let missing = size - Int(log.tail)
            if missing > 0 { try events.append(missing, to: log) }
            try follow(log, &state, batch: 2_000)
            state.settle()
            try events.append(Self.measured, to: log)
            let start = threadSeconds
            try follow(log, &state, batch: 100)
            report("an event in the built-in views at \(size), microseconds", (threadSeconds - start) / Double(Self.measured) * 1e6)
        }
    }

    /// Takes in what is behind, and folds what it touched after each batch.
    private func follow(_ log: EventLog, _ state: inout JourneyState, batch: Int) throws {
        while state.timelines.position < log.tail {
            var left = batch
            try log.read(after: state.timelines.position) { (record, bytes) in
                state.append(record, bytes, log)
                left -= 1
                return left > 0
            }
            state.settle()
        }
    }

    private func funnel(_ views: JourneyViews, _ name: String) throws {
        var times: [Double] = []
        for _ in 0..<2_000 { times.append(try ContinuousClock().measure { _ = try views.funnel(ViewQuery()) }.seconds) }
        percentiles(name, times)
    }

    /// How far views are behind events that are stored, while these come steadily.
    private func stream(_ log: EventLog, _ views: JourneyViews, _ events: inout StagedEvents) throws {
        let lags = Mutex<[Double]>([])
        let each = rate / 100
        var batches: [EventBatch] = []
        for _ in 0..<(seconds * 100) { batches.append(try events.nextBatch(each)) }
        var answers: [Double] = []
        let start = ContinuousClock.now
        for (number, batch) in batches.enumerated() {
            let due = start + .milliseconds(10 * number)
            while ContinuousClock.now < due { usleep(200) }
            try log.append(
                AppendRequest(batch: batch, to: log, isAtomic: true, emitter: 0, expectation: nil) { result in
                    guard case .success(let outcome) = result, let last = outcome.last else { return }
                    let stored = ContinuousClock.now
                    views.whenSeen(last) {
                        let lag = stored.duration(to: .now).seconds
                        lags.withLock { $0.append(lag) }
                    }
                })
            if number % 10 == 0 { answers.append(try ContinuousClock().measure { _ = try views.funnel(ViewQuery()) }.seconds) }
        }
        report("events a second, steady", Double(each * batches.count) / start.duration(to: .now).seconds)
        wait(views, log.tail)
        percentiles("lag of the views", lags.withLock { $0 })
        percentiles("funnel meanwhile", answers)
    }

    private func wait(_ views: JourneyViews, _ position: Position) {
        while views.position < position { usleep(500) }
    }

    private func percentiles(_ name: String, _ times: [Double]) {
        let sorted = times.sorted()
        guard let last = sorted.last else { return }
        report("\(name), p50, ms", sorted[sorted.count / 2] * 1e3)
        report("\(name), p99, ms", sorted[min(sorted.count - 1, sorted.count * 99 / 100)] * 1e3)
        report("\(name), longest, ms", last * 1e3)
    }

    private func time(_ name: String, _ body: () -> Void) {
        let start = ContinuousClock.now
        body()
        report("\(name), s", start.duration(to: .now).seconds)
    }

    private var threadSeconds: Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    private func report(_ name: String, _ value: Double) {
        print(name, (value * 1000).rounded() / 1000, separator: "\t")
    }
}

extension Duration {
    fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
