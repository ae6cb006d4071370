internal import ArgumentParser
internal import Glibc
internal import JourneyClient
internal import JourneyModel

/// Appends one event, or an array of events.
struct EmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "emit",
        abstract: "Append an event, written down as options, or events from a file.",
        discussion: """
            A file holds one event in JSON, or an array of events, which are appended all or none:

              journeyctl emit --type sales.opportunity.won --subject opportunity:77 --data '{"money":{"minor":100000,"ccy":"EUR"}}'
              journeyctl emit events.json
            """)

    @OptionGroup var options: CommonOptions

    @Option(help: "What happened, such as sales.opportunity.won.")
    var type: String?

    @Option(help: "To what it happened, such as opportunity:77.")
    var subject: String?

    @Option(help: "The event's id in its source; sent twice, it is stored once. (default: a new one)")
    var id: String?

    @Option(help: "Who says so.")
    var source = "journeyctl"

    @Option(help: "To whom the subject belongs, such as account:acme.")
    var account: String?

    @Option(help: "When it happened, in RFC 3339. (default: when the daemon receives it)")
    var time: String?

    @Option(help: "What else there is to say, as a JSON object.")
    var data: String?

    @Argument(help: "A file with an event or an array of events; - is the standard input.", completion: .file())
    var file: String?

    private static let longestFile = 16 << 20

    func validate() throws {
        if file == nil {
            guard type != nil, subject != nil else { throw ValidationError("name a file, or --type and --subject") }
        } else {
            guard [type, subject, id, account, time, data].allSatisfy({ $0 == nil }) else {
                throw ValidationError("a file and options that describe an event exclude each other")
            }
        }
        if let data {
            do {
                _ = try JSONValue(text: data)
            } catch {
                throw ValidationError("--data is not JSON: byte \(error.offset): \(error.reason)")
            }
        }
    }

    func run() async throws {
        let json = if let file { try await contents(of: file) } else { event }
        let isArray = json.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D } == UInt8(ascii: "[")
        let response = try await options.client.append(json, contentType: isArray ? .batch : .event)
        try options.show(response.body, as: AppendAnswer.init)
    }

    private var event: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("specversion", "1.0")
            writer.member("id", id ?? EmitCommand.newID)
            writer.member("source", source)
            for (name, value) in [("type", type), ("subject", subject), ("account", account), ("time", time)] {
                if let value { writer.member(name, value) }
            }
            if let data {
                writer.key("data")
                writer.raw(data)
            }
        }
        return writer.bytes
    }

    private static var newID: String {
        let digits = String(UInt128.random(in: 0 ... .max), radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }

    private func contents(of file: String) async throws -> [UInt8] {
        let input = try InputFile(path: file)
        var json: [UInt8] = []
        while let chunk = try await input.read() {
            json += chunk
            guard json.count <= EmitCommand.longestFile else {
                throw InputError(message: "\(input.name) is longer than \(EmitCommand.longestFile >> 20) MiB; see journeyctl import")
            }
        }
        return json
    }
}

/// What the daemon says when events are appended.
private struct AppendAnswer: Answer {
    static let header = ["first", "last", "appended", "duplicates"]
    private let json: JSONValue

    init(_ json: JSONValue) {
        self.json = json
    }

    var rows: [[String]] { [json.cells(AppendAnswer.header)] }

    var text: String {
        let (appended, duplicates) = (json["appended"]?.integer ?? 0, json["duplicates"]?.integer ?? 0)
        let (first, last) = (json["first"]?.cell ?? "", json["last"]?.cell ?? "")
        let place = first == last ? "position \(first)" : "positions \(first) to \(last)"
        return switch (appended, duplicates) {
        case (0, 0): "nothing to append\n"
        case (0, _): "nothing appended: already stored at \(place)\n"
        case (_, 0): "appended \(appended), \(place)\n"
        default: "appended \(appended), already stored \(duplicates), \(place)\n"
        }
    }
}
