internal import EventLog
internal import JourneyModel
internal import Questions
internal import Timelines

/// Reads the log for one kept view and knows what each event means to it. Belongs to the view's thread.
struct MarkKeeper {
    /// Most parked events whose reasons are kept.
    static let maximumParked = 1_000
    private static let batch = 10_000

    /// Why the view cannot be kept at all.
    enum Failure: Error {
        case log(LogError)
        case tooManyKinds
    }

    private let log: EventLog
    private var reader: any MeaningReader
    private var file: MarkFile?
    private(set) var marks: EventMarks
    private(set) var parked: [ParkedEvent] = []
    /// How many were parked beyond ``maximumParked``.
    private(set) var parkedMore = 0
    // Those of the block that is not written yet.
    private var parkedInBlock: [ParkedEvent] = []
    private var corrected: [CorrectedEvent: EventMeaning] = [:]

    private struct CorrectedEvent: Hashable {
        let position: Position
        let correction: Position
    }

    /// - Parameter path: where the marks are kept; nil to keep them in memory alone.
    init(log: EventLog, reader: any MeaningReader, hasValues: Bool, path: String?, definition: String) {
        (self.log, self.reader) = (log, reader)
        marks = EventMarks(base: log.first, hasValues: hasValues)
        // What older versions of data are read as is in the marks, too.
        guard let path, let beginning = try? log.recordedAt(log.first) ?? .now else { return }
        file = MarkFile(path: path, about: "\(definition) \(log.first) \(beginning.microseconds)")
        file?.load(&marks, values: &self.reader.values, parked: &parked) { (position, recorded) in
            (try? log.recordedAt(position)) == recorded
        }
    }

    /// The values of the breakdown's field.
    var values: SymbolTable { reader.values }

    /// The last event that is marked.
    var position: Position { marks.position }

    /// How much is marked of all until `end`, from 0 to 1.
    func marked(of end: Position) -> Double {
        end < marks.base ? 1 : min(1, Double(position + 1 - marks.base) / Double(end + 1 - marks.base))
    }

    /// Marks the next events, at most a batch, up to `end`.
    ///
    /// - Returns: false where retention took away what was next: all must begin anew.
    mutating func advance(to end: Position) throws(Failure) -> Bool {
        guard log.first == marks.base else { return false }
        var left = MarkKeeper.batch
        var isFull = false
        do throws(LogError) {
            try log.readOn(after: position, through: end) { (place, reason) in
                guard place == position + 1 else { return false }
                // Nobody knows when it was recorded: a block that ends with it is looked at again after a start.
                let parked = ParkedEvent(position: place, reason: reason)
                isFull = !add(EventMeaning(), parked: parked, recordedAt: Timestamp(microseconds: .min))
                return !isFull
            } _: { (record, bytes) in
                guard record.position == position + 1 else { return false }
                isFull = !mark(record, bytes)
                left -= 1
                return !isFull && left > 0
            }
        } catch {
            throw isFull ? .tooManyKinds : .log(error)
        }
        if isFull { throw .tooManyKinds }
        return log.first == marks.base
    }

    private mutating func mark(_ record: EventRecord, _ bytes: Span<UInt8>) -> Bool {
        do throws(MeaningFault) {
            return add(try reader.meaning(record, bytes, correction: nil, log), parked: nil, recordedAt: record.recordedAt)
        } catch {
            let parked = ParkedEvent(position: record.position, reason: error.reason)
            return add(EventMeaning(), parked: parked, recordedAt: record.recordedAt)
        }
    }

    /// Adds the next event.
    ///
    /// - Returns: false where there are too many kinds.
    private mutating func add(_ meaning: EventMeaning, parked: ParkedEvent?, recordedAt: Timestamp) -> Bool {
        if let parked { park(parked) }
        guard marks.append(meaning) else { return false }
        if let file, file.isDue(marks) {
            file.writeBlock(marks, reader.values, parked: parkedInBlock, recordedAt: recordedAt)
            parkedInBlock = []
        }
        return true
    }

    private mutating func park(_ event: ParkedEvent) {
        parkedInBlock.append(event)
        if parked.count < MarkKeeper.maximumParked { parked.append(event) } else { parkedMore += 1 }
    }

    /// What an event of a journey means.
    mutating func meaning(_ event: GatheredEvent) throws(LogError) -> EventMeaning {
        guard event.correction != 0 else { return marks.meaning(event.position) }
        let key = CorrectedEvent(position: event.position, correction: event.correction)
        if let known = corrected[key] { return known }
        let meaning = try read(event.position, correction: event.correction) ?? EventMeaning()
        corrected[key] = meaning
        return meaning
    }

    /// Looks again at the events that were parked.
    ///
    /// - Returns: those of which something can be made now.
    mutating func retryParked() throws(LogError) -> [Position] {
        var mended: [Position] = []
        for event in parked {
            let meaning: EventMeaning?
            do throws(LogError) {
                meaning = try read(event.position, correction: 0)
            } catch {
                // As damaged as it was.
                guard case .damaged(event.position, _) = error else { throw error }
                continue
            }
            guard let meaning else { continue }
            marks.set(event.position, meaning)
            mended.append(event.position)
        }
        parked.removeAll { mended.contains($0.position) }
        return mended
    }

    /// What an event means, read anew; nil where nothing can be made of it.
    private mutating func read(_ position: Position, correction: Position) throws(LogError) -> EventMeaning? {
        var data: [UInt8]?
        if correction != 0 {
            try log.read(after: correction - 1) { (record, bytes) in
                data = record.correctedData(bytes).map { bytes.extracting($0).bytes() }
                return false
            }
        }
        var meaning: EventMeaning?
        try log.read(after: position - 1) { (record, bytes) in
            guard record.position == position else { return false }
            do throws(MeaningFault) {
                meaning = try reader.meaning(record, bytes, correction: data, log)
            } catch {
                meaning = nil
            }
            return false
        }
        return meaning
    }
}
