internal import JourneyModel

/// Writes CSV, RFC 4180 with LF: a header, and a row an event with its `data` as JSON.
struct CSVWriter: ExportWriter {
    var bytes: [UInt8] = []
    private let hasResource: Bool

    init(hasResource: Bool) {
        self.hasResource = hasResource
    }

    mutating func begin() {
        row(
            ["journey", "activity"] + (hasResource ? ["resource"] : []) + [
                "time", "position", "type", "subject", "account", "source", "id", "data",
            ])
    }

    mutating func add(_ journey: String, _ events: [ExportedEvent]) {
        for event in events {
            let stored = event.stored
            row(
                [journey, event.activity] + (hasResource ? [event.resource ?? ""] : []) + [
                    stored.time.text, String(stored.position), stored.type, stored.subject, stored.account ?? "", stored.source, stored.id,
                    String(decoding: event.data, as: UTF8.self),
                ])
        }
    }

    mutating func end() {}

    private mutating func row(_ cells: [String]) {
        for (index, cell) in cells.enumerated() {
            if index > 0 { write(",") }
            if cell.utf8.contains(where: { [UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r")].contains($0) }) {
                write("\"" + cell.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"")
            } else {
                write(cell)
            }
        }
        write("\n")
    }
}

/// Writes an event a line, as it is given out elsewhere, with its journey's name as an extension attribute.
struct NDJSONWriter: ExportWriter {
    var bytes: [UInt8] = []

    mutating func begin() {}

    mutating func add(_ journey: String, _ events: [ExportedEvent]) {
        var name = JSONWriter()
        name.member("journey", journey)
        for event in events {
            let stored = event.stored
            let extensions = stored.extensions.isEmpty ? name.bytes : stored.extensions + [UInt8(ascii: ",")] + name.bytes
            var writer = JSONWriter()
            StoredEvent(
                position: stored.position, time: stored.time, recordedAt: stored.recordedAt, timeIsReceipt: stored.timeIsReceipt,
                emitter: stored.emitter, source: stored.source, type: stored.type, id: stored.id, subject: stored.subject,
                account: stored.account, extensions: extensions, data: event.data
            ).write(to: &writer)
            bytes += writer.bytes + [UInt8(ascii: "\n")]
        }
    }

    mutating func end() {}
}
