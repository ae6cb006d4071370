internal import EventLog
internal import JourneyModel
internal import Timelines

/// The first value of a field in each journey, read from all of the log: for fields that are not among the map's dimensions.
///
/// Cost: one walk over the log, about a microsecond an event.
struct FieldScan {
    /// By component.
    private(set) var values: [UInt32: String] = [:]
    private var firsts: [UInt32: (time: Int64, position: Position)] = [:]

    /// - Parameter field: `source`, or a path into data: `data.plan.name`.
    init(field: String, log: EventLog, timelines: borrowing Timelines) throws(LogError) {
        let path = field.split(separator: ".").dropFirst().map(String.init)
        let end = timelines.position
        try log.readOn(after: 0, through: end, passing: { (_, _) in true }) { (record, bytes) in
            let name = String(decoding: bytes.extracting(record.subject).bytes(), as: UTF8.self)
            guard let subject = timelines.subject(name) else { return true }
            let component = timelines.component(of: subject)
            let order = (record.time.microseconds, record.position)
            if let first = firsts[component], first < order { return true }
            var value: String?
            switch timelines.standing(record.position) {
            case .voided: return true
            case .corrected(let correction) where field != "source": value = FieldScan.value(path, correction, log)
            default: value = field == "source" ? log.source(record, bytes) : FieldScan.value(path, bytes.extracting(record.data))
            }
            if let value {
                firsts[component] = order
                values[component] = value
            }
            return true
        }
    }

    /// The value in the data that a correction brings.
    private static func value(_ path: [String], _ correction: Position, _ log: EventLog) -> String? {
        var value: String?
        // One that cannot be read is the walk's own error when it comes there.
        try? log.read(after: correction - 1) { (record, bytes) in
            if let data = record.correctedData(bytes) { value = FieldScan.value(path, bytes.extracting(data)) }
            return false
        }
        return value
    }

    private static func value(_ path: [String], _ data: Span<UInt8>) -> String? {
        guard var value = try? JSONValue(data) else { return nil }
        for name in path {
            guard let next = value[name] else { return nil }
            value = next
        }
        return switch value {
        case .string(let text): text
        case .number(let text): text
        case .bool(let flag): String(flag)
        case .null, .array, .object: nil
        }
    }
}
