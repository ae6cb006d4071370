internal import EventLog
internal import JourneyModel

/// Which fields of `data` tell groups of events apart: those that nearly every event has, with one of a few texts.
///
/// Looks at some thousand events, taken in runs from all of the log, of types that belong to no department: where there is a catalogue, its stage
/// map names the dimensions. Cost: a few milliseconds however long the log is.
struct FieldSurvey {
    private static let runs = 64
    private static let runLength = 128
    private static let fewest = 2
    private static let most = 12

    /// The fields, those with the fewest values first; at most as many as a frame has dimensions.
    private(set) var fields: [String] = []

    /// - Parameter end: the last position that is known.
    init(_ log: EventLog, through end: Position) throws(LogError) {
        var events = 0
        var found: [String: (count: Int, values: Set<String>)] = [:]
        let first = log.first
        guard end >= first else { return }
        let step = max((end - first + 1) / Position(FieldSurvey.runs), Position(FieldSurvey.runLength))
        var start = first
        while start <= end {
            var left = FieldSurvey.runLength
            try log.read(after: start - 1) { (record, bytes) in
                guard record.position <= end, left > 0 else { return false }
                left -= 1
                guard Department(eventType: log.type(record, bytes)) == nil else { return true }
                events += 1
                guard let data = try? JSONValue(bytes.extracting(record.data)) else { return true }
                for member in data.members ?? [] {
                    guard let text = member.value.text else { continue }
                    found[member.name, default: (0, [])].count += 1
                    // One more than the most says enough.
                    if found[member.name, default: (0, [])].values.count <= FieldSurvey.most { found[member.name]?.values.insert(text) }
                }
                return true
            }
            start += step
        }
        let fit = found.filter { $0.value.count * 10 >= events * 9 && FieldSurvey.fewest...FieldSurvey.most ~= $0.value.values.count }
        let sorted = fit.sorted { ($0.value.values.count, $0.key) < ($1.value.values.count, $1.key) }
        fields = sorted.prefix(DeviationFrame.maximumDimensions).map(\.key)
    }
}
