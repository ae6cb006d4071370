internal import ArgumentParser
internal import CommandLineTools
internal import JourneyClient
internal import JourneyModel

/// Appends a file of events, of any length.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Append a file of events: one JSON text a line, or CSV with a map.",
        discussion: """
            Lines that are not valid events are rejected and named, the others are appended; the exit status is 1 then.
            Importing a file again is safe: events that are stored already count as duplicates.

            A map says how a row of a CSV file becomes an event:

              {"source": "/crm/export", "id": "{deal_id}", "type": "sales.opportunity.won",
               "subject": "opportunity:{deal_id}", "time": "{won_at}",
               "data": {"opp_id": "{deal_id}", "money": {"minor": "{amount|minor:2}", "ccy": "EUR"}}}

            With --output json, the daemon's report lines as they come; with csv, the sums.

              journeyctl import events.ndjson
              zcat events.ndjson.gz | journeyctl import -
              journeyctl import deals.csv --map deals.map.json
            """)

    @OptionGroup var options: CommonOptions

    @Argument(help: "The file; - is the standard input.", completion: .file())
    var file: String

    @Option(help: "The file is CSV; this one holds its map.", completion: .file(extensions: ["json"]))
    var map: String?

    func run() async throws {
        let input = try InputFile(path: file)
        let ledger = ImportLedger()
        if let map {
            try await send(CSVEvents(file: input, map: try await readMap(map), ledger: ledger), from: input, ledger)
        } else {
            try await send(input, from: input, ledger)
        }
    }

    private func readMap(_ path: String) async throws -> ImportMap {
        let file = try InputFile(path: path)
        var json: [UInt8] = []
        while let chunk = try await file.read() { json += chunk }
        do throws(ImportFault) {
            return try ImportMap(json: json.span)
        } catch {
            throw InputError(message: "\(path): \(TerminalText.escaped("\(error)"))")
        }
    }

    private func send<Chunks: AsyncSequence & Sendable>(
        _ chunks: Chunks, from input: InputFile, _ ledger: ImportLedger
    ) async throws where Chunks.Element == [UInt8] {
        var report = ImportReport()
        var progress = ProgressLine()
        let start = ContinuousClock.now
        var failure: (any Error)?
        do {
            for try await line in try await options.client.appendStream(chunks) {
                report.add(try JSONValue(line.span), fileLine: ledger.fileLine)
                if options.output == .json { try StandardOutput.write(line + [UInt8(ascii: "\n")]) }
                progress.show(events: report.events, part: input.length.map { min(1, Double(input.position) / Double(max(1, $0))) })
            }
            if !report.isDone { failure = ClientError.connectionLost(reason: "the daemon did not report the end") }
        } catch {
            failure = error
        }
        progress.end()
        report.add(ledger)
        if failure == nil || report.events > 0 { try show(report, ledger, of: input.name, in: .now - start) }
        if case ClientError.connectionLost? = failure {
            StandardOutput.complain("import the same file again when the daemon is back: events that are stored count as duplicates\n")
        }
        try end(report, ledger, failure, input.name)
    }

    private func show(_ report: ImportReport, _ ledger: ImportLedger, of name: String, in time: Duration) throws {
        switch options.output {
        case .json:
            // The others stand in the daemon's lines.
            let (rejected, count) = ledger.rejections
            StandardOutput.complain(ImportReport.list(rejected, of: count))
        case .csv:
            try StandardOutput.write(CSVText.rows([ImportReport.header, report.totals]))
            StandardOutput.complain(report.rejections)
        case .table: try StandardOutput.write(Array((report.summary(of: name, in: time) + report.rejections).utf8))
        }
    }

    private func end(_ report: ImportReport, _ ledger: ImportLedger, _ failure: (any Error)?, _ name: String) throws {
        if let failure { throw failure }
        if let problem = report.problem { throw problem }
        if let fault = ledger.fault { throw InputError(message: "\(name): \(fault); the rows before it were sent") }
        if report.rejectedCount > 0 { throw ExitCode(1) }
    }
}
