internal import ArgumentParser
internal import CommandLineTools
internal import EventLog
internal import JourneyClient
internal import JourneyModel

/// Compares the whole log with its checksums and seals.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read the whole log and compare it with its checksums, its seals and its index.",
        discussion: """
            Asks the daemon, which goes on serving; with --data, reads the directory of a daemon that does not run, and changes nothing in it.
            The exit status is 0 where all is sound, 1 where something is damaged, and 2 where that could not be found out.

              journeyctl verify
              journeyctl verify --data /var/lib/journeyd
            """)

    @OptionGroup var options: CommonOptions

    @Option(help: "The data directory of a daemon that does not run.", completion: .directory)
    var data: String?

    func run() async throws {
        var report = VerifyReport(output: options.output)
        do {
            if let data { try check(data, &report) } else { try await ask(&report) }
        } catch OutputError.closed {
            throw OutputError.closed
        } catch {
            throw CouldNotCheck(cause: error)
        }
        if !report.isSound { throw ExitCode(1) }
    }

    private func ask(_ report: inout VerifyReport) async throws {
        for try await line in try await options.client.postForLines("/v1/admin/verify", body: []) { try report.add(line) }
        guard report.isDone else { throw ClientError.connectionLost(reason: "the daemon did not report the end") }
    }

    private func check(_ path: String, _ report: inout VerifyReport) throws {
        let directory = try DataDirectory(existing: path, for: "journeyctl verify")
        let log = try EventLog(reading: directory)
        var failure: (any Error)?
        let verification = log.verify { step in
            do { try report.add(step.line) } catch { failure = error }
            return failure == nil
        }
        if let failure { throw failure }
        try report.add(verification.line)
    }
}

/// Says what was found, line by line and in the end.
private struct VerifyReport {
    let output: CommonOptions.Output
    private(set) var isDone = false
    private(set) var isSound = false
    /// Positions that could be read.
    private var readable: [ClosedRange<Int>] = []
    private var hasBegun = false

    init(output: CommonOptions.Output) {
        self.output = output
    }

    mutating func add(_ line: [UInt8]) throws {
        let json = try JSONValue(line.span)
        let isLast = json["done"] == .bool(true)
        if isLast {
            isDone = true
            isSound = json["damage"] == .array([])
        } else {
            note(json)
        }
        switch output {
        case .json: try StandardOutput.write(line.last == UInt8(ascii: "\n") ? line : line + [UInt8(ascii: "\n")])
        case .table: try StandardOutput.write(Array((isLast ? ending(json) : text(json)).utf8))
        case .csv:
            if !hasBegun { try StandardOutput.write(CSVText.rows([["verified", "first", "events", "position", "damage"]])) }
            guard !isLast else { break }
            let damage = json[orNull: "damage"]
            let cells = json.cells(["verified", "first", "events"]) + damage.cells(["position", "reason"])
            try StandardOutput.write(CSVText.rows([cells]))
        }
        hasBegun = true
    }

    private mutating func note(_ step: JSONValue) {
        guard let first = step["first"]?.integer, let events = step["events"]?.integer, events > 0 else { return }
        if let last = readable.last, last.upperBound + 1 == first {
            readable[readable.count - 1] = last.lowerBound...(first + events - 1)
        } else {
            readable.append(first...(first + events - 1))
        }
    }

    private func text(_ step: JSONValue) -> String {
        let found = step["damage"].map { "damaged: \($0[orNull: "reason"].readable)" } ?? "sound"
        return "\(step[orNull: "verified"].readable)  \(step[orNull: "events"].count) events  \(found)\n"
    }

    private func ending(_ json: JSONValue) -> String {
        let all = "\(json[orNull: "events"].count) events up to position \(json[orNull: "position"].count)"
        guard let first = json["damage"]?.elements?.first else { return "sound: \(all)\n" }
        let place = first["position"].map { "position \($0.count), " } ?? ""
        let ranges = readable.map { "\($0.lowerBound.grouped) to \($0.upperBound.grouped)" }.joined(separator: ", ")
        let others = (json["damage"]?.elements?.count ?? 1) - 1
        return """
            damaged: first \(place)\(first[orNull: "place"].readable): \(first[orNull: "reason"].readable)\(others > 0 ? "; \(others) more" : "")
            readable: \(ranges.isEmpty ? "nothing" : "positions \(ranges)")

            """
    }
}
