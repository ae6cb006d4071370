internal import ArgumentParser
internal import CommandLineTools
internal import JourneyModel

/// Prints the event types that this version knows, from the schemas that it was built with.
struct CatalogueCommand: ParsableCommand {
    /// How it is printed.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        /// For people at a terminal.
        case table
        /// A document.
        case markdown
        /// The schemas themselves, one a line.
        case json
    }

    static let configuration = CommandConfiguration(
        commandName: "catalogue",
        abstract: "Print the event types, what each means and what its data holds.",
        discussion: """
            Needs no daemon. Other types can be emitted as well: their data is not checked then.

              journeyctl catalogue
              journeyctl catalogue sales.opportunity.won
              journeyctl catalogue --format markdown > event-catalogue.md
            """)

    @Argument(help: "Only this type; marketing.* are all that begin so. (default: all)")
    var type: String?

    @Option(help: "table is for people, markdown a document, json the schemas, one a line.")
    var format = Format.table

    func run() throws {
        let entries = try EventCatalogue.shippedFiles.sorted { $0.type < $1.type }.filter { matches($0.type) }.map { type, text in
            CatalogueEntry(type: type, schema: try JSONValue(text: text))
        }
        guard !entries.isEmpty else {
            throw ValidationError("'\(type ?? "")' is not in the catalogue: journeyctl catalogue prints all types")
        }
        let text =
            switch format {
            case .table: entries.count == 1 ? entries[0].details : CatalogueEntry.table(entries)
            case .markdown: CatalogueEntry.markdown(entries)
            case .json: entries.map { $0.line }.joined()
            }
        try StandardOutput.write(Array(text.utf8))
    }

    private func matches(_ name: String) -> Bool {
        guard let type else { return true }
        return type.hasSuffix(".*") ? name.hasPrefix(type.dropLast(1)) : name == type
    }
}
