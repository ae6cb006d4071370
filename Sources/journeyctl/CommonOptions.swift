internal import ArgumentParser
internal import JourneyClient
internal import JourneyModel

/// What every verb that speaks to the daemon can be told.
struct CommonOptions: ParsableArguments {
    /// How an answer is printed.
    enum Output: String, ExpressibleByArgument, CaseIterable {
        /// For people.
        case table
        /// The daemon's own bytes.
        case json
        /// A header and rows.
        case csv
    }

    @OptionGroup var connection: ConnectionOptions

    @Option(help: "How to print: table is for people, json the daemon's own bytes, csv a header and rows.")
    var output = Output.table

    var client: JourneyClient { connection.client }

    /// Prints a whole answer in the form asked for.
    func show<Form: Answer>(_ body: [UInt8], as form: (JSONValue) -> Form) throws {
        switch output {
        case .json: try StandardOutput.write(body + [UInt8(ascii: "\n")])
        case .csv: try StandardOutput.write(CSVText.rows([Form.header] + form(try JSONValue(body.span)).rows))
        case .table: try StandardOutput.write(Array(form(try JSONValue(body.span)).text.utf8))
        }
    }
}
