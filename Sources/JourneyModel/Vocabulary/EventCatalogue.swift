/// The event types that the program knows, each with the schema of its `data`: the files of `schemas/events/`.
package final class EventCatalogue: Sendable {
    /// The types, in the order of their names.
    package let types: [String]
    /// Names of fields that are personal where no schema declares them.
    let personalNames: PersonalNames
    /// How older versions of their data are read.
    package let upcasters: Upcasters
    private let schemas: [Schema]
    private let table: SymbolTable

    /// The catalogue the program was built with.
    ///
    /// - Throws: where a shipped schema cannot be read, which the tests rule out.
    package static func shipped() throws(Violation) -> EventCatalogue {
        try EventCatalogue(files: shippedFiles, personalNames: .shipped())
    }

    /// The schema files the program was built with.
    package static var shippedFiles: [(type: String, text: String)] {
        EmbeddedSchemas.files.filter { $0.path.hasPrefix("events/") && $0.path.hasSuffix(".json") }
            .map { (type: String($0.path.dropFirst(7).dropLast(5)), text: $0.text) }
    }

    /// Reads schemas, each with the type whose `data` it describes.
    package init(files: [(type: String, text: String)], personalNames: PersonalNames = PersonalNames([])) throws(Violation) {
        var types: [String] = []
        var schemas: [Schema] = []
        var table = SymbolTable()
        var upcasts: [(type: String, value: JSONValue, schema: Schema)] = []
        for (type, text) in files.sorted(by: { $0.type < $1.type }) {
            let value: JSONValue
            do throws(JSONFault) {
                value = try JSONValue(text: text)
            } catch {
                throw Violation(pointer: type, detail: "byte \(error.offset): \(error.reason)")
            }
            schemas.append(try Schema(value, at: type))
            if let declared = value["x-upcasts"] { upcasts.append((type, declared, schemas[schemas.count - 1])) }
            types.append(type)
            _ = table.intern(type)
        }
        self.types = types
        self.personalNames = personalNames
        upcasters = try Upcasters(upcasts)
        self.schemas = schemas
        self.table = table
    }

    /// The schema of `type`'s data, or nil where the catalogue does not know the type.
    package func schema(_ type: Span<UInt8>) -> Schema? {
        table.symbol(type).map { schemas[Int($0)] }
    }
}
