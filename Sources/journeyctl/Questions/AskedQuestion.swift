internal import CommandLineTools
internal import JourneyClient
internal import JourneyModel

/// Sends questions and prints their answers.
struct AskedQuestion {
    private let json: [UInt8]

    /// A question as it stands in a file.
    init(json: [UInt8]) {
        self.json = json
    }

    /// A question with the frame that all kinds share.
    init(_ kind: String, asOf: String?, explain: (inout JSONWriter) -> Void = { _ in }, _ definition: (inout JSONWriter) -> Void) {
        var writer = JSONWriter()
        writer.object { writer in
            writer.key(kind)
            writer.object(definition)
            if let asOf {
                writer.key("asOf")
                if let position = UInt64(asOf) { writer.number(position) } else { writer.string(asOf) }
            }
            explain(&writer)
        }
        json = writer.bytes
    }

    /// Whether it asks for an export, which comes in pieces and in a form of its own.
    var isExport: Bool {
        guard let value = try? JSONValue(json.span) else { return false }
        return value["export"] != nil && value["plan"] != .bool(true)
    }

    private static let headers: KeyValuePairs = ["Content-Type": "application/json"]

    /// The answer as the daemon gives it.
    func answer(_ client: JourneyClient) async throws -> [UInt8] {
        try await client.request("POST", "/v1/questions", headers: AskedQuestion.headers, body: json).body
    }

    /// Prints an export as it comes.
    func stream(_ client: JourneyClient) async throws {
        for try await piece in try await client.postForPieces("/v1/questions", body: json) { try StandardOutput.write(piece) }
    }

    /// Asks, and prints the answer in the form that its kind is read in.
    func show(_ options: CommonOptions) async throws {
        if isExport { return try await stream(options.client) }
        try AskedQuestion.show(try await answer(options.client), options)
    }

    /// Prints an answer in the form that its kind is read in.
    static func show(_ body: [UInt8], _ options: CommonOptions) throws {
        guard options.output != .json else { return try StandardOutput.write(body + [UInt8(ascii: "\n")]) }
        let json = try JSONValue(body.span)
        if json["explain"]?["tries"] != nil {
            try options.show(body, as: ExplanationAnswer.init)
        } else if json["steps"] != nil {
            try options.show(body, as: StepsAnswer.init)
        } else if json["edges"] != nil {
            try options.show(body, as: PathsAnswer.init)
        } else if json["frictions"] != nil {
            try options.show(body) { FrictionAnswer($0, top: 20) }
        } else if json["cohorts"] != nil {
            try options.show(body, as: RetentionAnswer.init)
        } else {
            try options.show(body, as: MembersAnswer.init)
        }
    }
}
