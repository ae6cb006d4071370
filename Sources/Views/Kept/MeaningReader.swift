package import EventLog
package import JourneyModel
package import Questions

/// What a kept view makes of each event. Whatever it does, throw, hang or take its time, only its own view feels it.
package protocol MeaningReader: Sendable {
    /// What the event in a record means.
    ///
    /// - Parameter correction: the data that a correction brings in the place of the record's own; nil for none.
    /// - Throws: where it can make nothing of the event, which is then parked.
    mutating func meaning(
        _ record: EventRecord, _ bytes: Span<UInt8>, correction: [UInt8]?, _ log: EventLog
    ) throws(MeaningFault) -> EventMeaning

    /// The values of the breakdown's field.
    var values: SymbolTable { get set }
}

/// Why nothing can be made of an event.
package struct MeaningFault: Error, Sendable {
    package let reason: String

    package init(_ reason: String) {
        self.reason = reason
    }
}

extension EventMatcher: MeaningReader {
    package mutating func meaning(
        _ record: EventRecord, _ bytes: Span<UInt8>, correction: [UInt8]?, _ log: EventLog
    ) throws(MeaningFault) -> EventMeaning {
        if let correction { return meaning(record, bytes, correction: correction, log) }
        return meaning(record, bytes, log)
    }
}
