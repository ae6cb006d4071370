internal import CommandLineTools
internal import JourneyClient
internal import JourneyModel

/// What became of an import: the sum of the daemon's report lines.
struct ImportReport {
    /// As many rejected lines are named.
    static let mostRejections = 20
    /// The names of ``totals``.
    static let header = ["events", "appended", "duplicates", "rejected", "first", "last"]

    private(set) var appended = 0
    private(set) var duplicates = 0
    private(set) var rejectedCount = 0
    private(set) var rejected: [Rejection] = []
    private(set) var first: Int?
    private(set) var last: Int?
    /// Whether the daemon has said that it is done.
    private(set) var isDone = false
    /// Why the daemon takes no more.
    private(set) var problem: ProblemDetails?

    /// Lines that are events, or should be.
    var events: Int { appended + duplicates + rejectedCount }

    /// Adds a report line. `fileLine` gives the file's number of a line of the stream.
    mutating func add(_ line: JSONValue, fileLine: (Int) -> Int) {
        appended += line["appended"]?.integer ?? 0
        duplicates += line["duplicates"]?.integer ?? 0
        first = first ?? line["first"]?.integer
        last = line["last"]?.integer ?? last
        for rejection in line["rejected"]?.elements ?? [] {
            rejectedCount += 1
            guard rejected.count < ImportReport.mostRejections else { continue }
            rejected.append(
                Rejection(
                    line: fileLine(rejection["line"]?.integer ?? 0), code: rejection["code"]?.text ?? "",
                    detail: rejection["detail"]?.text ?? ""))
        }
        if line["done"] == .bool(true) { isDone = true }
        if let error = line["error"], error != .null { problem = ProblemDetails(error, status: 500) }
    }

    /// Adds the rows that were not sent.
    mutating func add(_ ledger: ImportLedger) {
        let (first, count) = ledger.rejections
        rejectedCount += count
        rejected = Array((rejected + first).sorted { $0.line < $1.line }.prefix(ImportReport.mostRejections))
    }

    /// The values for programs.
    var totals: [String] {
        [events, appended, duplicates, rejectedCount].map(String.init) + [first, last].map { $0.map(String.init) ?? "" }
    }

    /// The sums for people.
    func summary(of name: String, in time: Duration) -> String {
        let seconds = time / .seconds(1)
        let took = seconds < 1 ? "\(Int(seconds * 1000)) ms" : DurationText.text(seconds: seconds)
        let rate = seconds > 0 ? ", \(Int(Double(events) / seconds).grouped) a second" : ""
        var table = Table([.init(""), .init("", .right), .init("")])
        table.append(["  appended", appended.grouped, first.map { "positions \($0.grouped) to \((last ?? $0).grouped)" } ?? ""])
        table.append(["  duplicates", duplicates.grouped])
        table.append(["  rejected", rejectedCount.grouped])
        return "\(name): \(events.grouped) \(events == 1 ? "event" : "events") in \(took)\(rate)\n" + table.text
    }

    /// The first rejected lines for people; nothing where there are none.
    var rejections: String { ImportReport.list(rejected, of: rejectedCount) }

    /// The first of so many rejected lines for people.
    static func list(_ rejected: [Rejection], of count: Int) -> String {
        let lines = rejected.map { "    line \($0.line.grouped): \($0.code): \(TerminalText.escaped($0.detail))\n" }
        let more = count - rejected.count
        return lines.joined() + (more > 0 ? "    and \(more.grouped) more\n" : "")
    }
}
