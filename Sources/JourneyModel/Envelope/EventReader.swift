/// Reads CloudEvents 1.0 in JSON (structured mode) in one walk over the bytes, checks them, and adds them to a batch.
///
/// Cost: about two nanoseconds a byte; nothing is allocated for an event that is in order and has no extension attributes.
package struct EventReader: Sendable {
    private let catalogue: EventCatalogue
    private let limits: EventLimits
    private let quarantine: Set<[UInt8]>

    /// - Parameter quarantine: sources whose events are taken although their data breaks the schema of its type.
    package init(catalogue: EventCatalogue, limits: EventLimits = EventLimits(), quarantine: Set<String> = []) {
        self.catalogue = catalogue
        self.limits = limits
        self.quarantine = Set(quarantine.map { Array($0.utf8) })
    }

    /// Reads one event, alone in `text`, and appends it to `batch`.
    ///
    /// - Parameter receivedAt: the event's time where it names none.
    /// - Throws: what is wrong; `batch` is then as it was before.
    package func read(_ text: Span<UInt8>, receivedAt: Timestamp, into batch: inout EventBatch) throws(EventFault) {
        var index = 0
        JSONScanner.skipWhitespace(text, &index)
        try readNext(text, &index, number: nil, receivedAt: receivedAt, into: &batch)
        JSONScanner.skipWhitespace(text, &index)
        guard index == text.count else {
            batch.dropLast()
            throw .malformed(JSONFault(offset: index, reason: "text after the event"))
        }
    }

    /// Reads an array of events and appends them to `batch`.
    ///
    /// - Parameter maximum: how many events it may hold.
    /// - Throws: what is wrong with the first event that is wrong, with a pointer from the array's root.
    package func readArray(
        _ text: Span<UInt8>, maximum: Int, receivedAt: Timestamp, into batch: inout EventBatch
    ) throws(EventFault) {
        var index = 0
        var fault: EventFault?
        batch.reserve(text.count)
        do throws(JSONFault) {
            JSONScanner.skipWhitespace(text, &index)
            try JSONScanner.elements(text, &index, depth: 0) { (number, index) throws(JSONFault) in
                do throws(EventFault) {
                    guard number < maximum else { throw .tooLarge("the array holds more than \(maximum) events") }
                    try readNext(text, &index, number: number, receivedAt: receivedAt, into: &batch)
                } catch {
                    fault = error
                    throw JSONFault(offset: index, reason: "stopped")
                }
            }
            JSONScanner.skipWhitespace(text, &index)
            guard index == text.count else { throw JSONFault(offset: index, reason: "text after the array") }
        } catch {
            throw fault ?? .malformed(error)
        }
    }

    /// - Parameter number: the event's place in the array, where it is in one.
    private func readNext(
        _ text: Span<UInt8>, _ index: inout Int, number: Int?, receivedAt: Timestamp, into batch: inout EventBatch
    ) throws(EventFault) {
        let start = index
        var walk = Walk(catalogue: catalogue)
        do throws(EventFault) {
            try walk.read(text, &index, after: &batch)
            walk.checkLengths(limits)
            if let size = walk.size(of: index - start, limits) { throw .tooLarge(size) }
            let isQuarantined = walk.isQuarantinable && walk.source(in: text).map(quarantine.contains) ?? false
            guard walk.findings.violations.isEmpty || isQuarantined else { throw .invalid(walk.findings.violations) }
            do throws(JSONFault) {
                try walk.append(text, start..<index, receivedAt: receivedAt, isQuarantined: isQuarantined, to: &batch)
            } catch {
                throw .malformed(error)
            }
        } catch {
            batch.refusedSource = walk.source(in: text)
            throw number.map { error.moved(under: "/\($0)") } ?? error
        }
    }
}
