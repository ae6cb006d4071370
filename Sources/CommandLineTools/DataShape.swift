internal import JourneyModel

/// The form of an event's `data`: objects within objects, and templates at the ends.
indirect enum DataShape<Column: Sendable>: Sendable {
    case text(Template<Column>)
    case object([(name: String, shape: DataShape)])

    /// The same form with other columns.
    func mapColumns<Other>(_ transform: (Column) throws(ImportFault) -> Other) throws(ImportFault) -> DataShape<Other> {
        switch self {
        case .text(let template):
            return .text(try template.mapColumns(transform))
        case .object(let members):
            var mapped: [(name: String, shape: DataShape<Other>)] = []
            for member in members { mapped.append((member.name, try member.shape.mapColumns(transform))) }
            return .object(mapped)
        }
    }
}

extension DataShape<String> {
    /// Reads a form.
    ///
    /// - Parameter path: where it stands in the map, for messages.
    init(_ value: JSONValue, at path: String) throws(ImportFault) {
        switch value {
        case .string(let text):
            do throws(ImportFault) {
                self = .text(try Template(text))
            } catch {
                throw ImportFault("\(path): \(error.reason)")
            }
        case .object(let members):
            var shapes: [(name: String, shape: DataShape)] = []
            for member in members {
                let place = "\(path).\(member.name)"
                guard !shapes.contains(where: { $0.name == member.name }) else { throw ImportFault("\(place) is there twice") }
                shapes.append((member.name, try DataShape(member.value, at: place)))
            }
            self = .object(shapes)
        default:
            throw ImportFault("\(path) is neither a template in quotes nor an object")
        }
    }
}

extension DataShape<BoundColumn> {
    /// What the form becomes with the texts of a row; nil where all columns are empty and there is nothing else.
    func value(_ row: CSVRow) throws(ImportFault) -> EventValue? {
        switch self {
        case .text(let template):
            return try template.value(row)
        case .object(let members):
            var values: [EventValue.Member] = []
            for member in members {
                guard let value = try member.shape.value(row) else { continue }
                values.append(EventValue.Member(name: member.name, value: value))
            }
            return values.isEmpty ? nil : .object(values)
        }
    }
}
