package import EventLog
package import JourneyModel

/// A stream of events, one a line, as a state machine without I/O: bytes go in, batches come out, and for each stored batch a line
/// of the answer. At most `window` batches are under way; when they are, the caller stops reading.
package struct LineIngest: Sendable {
    /// A batch to append, and what to say when it is stored.
    package struct Portion: Sendable {
        package let batch: EventBatch
        fileprivate let lines: Int
        fileprivate let rejected: [Rejection]
        // The stream's line of each draft, as lines may be empty or rejected.
        fileprivate let numbers: [Int]
    }

    fileprivate struct Rejection: Sendable {
        let line: Int
        let code: String
        let detail: String
        // Of a conflict, which is counted with the batch, it is not asked for.
        var source: [UInt8]?
    }

    /// Batches that may be under way at once: one being written, one being read.
    package static let window = 2
    private static let portionLines = 4_000
    private static let portionBytes = 2 << 20
    private static let maximumDetail = 1_000

    private let reader: EventReader
    private let maximumLine: Int
    private let limit: EmissionLimit
    private let telemetry: Telemetry
    private let intake: IntakeCounts
    private var partial: [UInt8] = []
    // The rest of a line that is too long is passed over; how much of it there was.
    private var skipped: Int?
    private var line = 0
    private var reported = 0
    private var batch = EventBatch()
    private var numbers: [Int] = []
    private var rejected: [Rejection] = []
    private var underWay = 0
    /// Whether no more bytes will come; some may still wait to be taken.
    package var isInputEnded = false
    /// Lines that were refused as their sender may not emit them.
    package private(set) var forbidden = 0
    /// Whether the end of the stream was taken.
    package private(set) var isEnded = false

    /// - Parameter limit: which types its sender may emit.
    package init(_ interface: ControlInterface, _ limit: EmissionLimit) {
        self.limit = limit
        (telemetry, intake) = (interface.telemetry, interface.intake)
        reader = interface.reader
        maximumLine = interface.limits.event.event
    }

    /// Whether as many batches are under way as may be.
    package var isSaturated: Bool { underWay >= LineIngest.window }

    /// Whether a batch is large enough to be sent on although more is at hand.
    package var isPortionFull: Bool {
        line - reported >= LineIngest.portionLines || batch.bytes.count >= LineIngest.portionBytes
    }

    /// Takes bytes from `index` on, until they are used up or a portion is full.
    ///
    /// - Returns: how far it came.
    package mutating func take(_ bytes: Span<UInt8>, from index: Int) -> Int {
        let now = Timestamp.now
        var start = index
        while start < bytes.count, !isPortionFull {
            guard let end = bytes.extracting(start..<bytes.count).firstIndex(of: UInt8(ascii: "\n")).map({ start + $0 }) else {
                carry(bytes.extracting(start..<bytes.count))
                return bytes.count
            }
            if partial.isEmpty, skipped == nil {
                read(bytes.extracting(start..<end), receivedAt: now)
            } else {
                carry(bytes.extracting(start..<end))
                finishPartial()
            }
            start = end + 1
        }
        return start
    }

    /// Takes the end of the stream: what is left is its last line.
    package mutating func end() {
        if !partial.isEmpty || skipped != nil { finishPartial() }
        isEnded = true
    }

    /// The lines read since the last portion, if there are any and fewer batches than allowed are under way.
    package mutating func nextPortion() -> Portion? {
        guard line > reported, !isSaturated else { return nil }
        let portion = Portion(batch: batch, lines: line - reported, rejected: rejected, numbers: numbers)
        reported = line
        // Portions of a stream that goes on are of one size.
        batch = EventBatch(roomLike: batch)
        numbers = []
        rejected = []
        underWay += 1
        return portion
    }

    /// Whether everything was read and stored, so that the answer can end.
    package var isDone: Bool { isEnded && underWay == 0 && line == reported }

    /// The line of the answer for a portion that was stored. It says `done` if it is the last.
    package mutating func stored(_ portion: Portion, _ outcome: AppendOutcome) -> [UInt8] {
        underWay -= 1
        var rejected = portion.rejected
        for entry in rejected { intake.reject(entry.source, entry.code) }
        intake.add(portion.batch, outcome)
        for conflict in outcome.conflicts {
            let number = portion.numbers[conflict.index]
            rejected.append(
                Rejection(line: number, code: Problem.Code.conflictingDuplicate.rawValue, detail: Problem.conflictDetail(conflict)))
        }
        rejected.sort { $0.line < $1.line }
        for entry in rejected { telemetry.refused(entry.code) }
        forbidden += rejected.count { $0.code == Problem.Code.forbidden.rawValue }
        return LineIngest.text(lines: portion.lines, outcome, rejected, isLast: isDone, problem: nil)
    }

    /// The last line of an answer to a stream that ended after all of it was answered, or that held nothing.
    package static var done: [UInt8] {
        text(lines: 0, AppendOutcome(), [], isLast: true, problem: nil)
    }

    /// The last line of an answer when the log takes no more: nothing behind the last answered line is stored.
    package static func failed(_ problem: Problem, request: String?) -> [UInt8] {
        text(lines: 0, AppendOutcome(), [], isLast: true, problem: problem, request: request)
    }

    private mutating func read(_ text: Span<UInt8>, receivedAt: Timestamp) {
        line += 1
        guard !LineIngest.isBlank(text) else { return }
        do throws(EventFault) {
            batch.refusedSource = nil
            guard text.count <= maximumLine else { throw .tooLarge("the line has \(text.count) bytes, \(maximumLine) are allowed") }
            try reader.read(text, receivedAt: receivedAt, into: &batch)
            if let last = batch.drafts.last, let refusal = limit.refusal(last, batch) {
                batch.dropLast()
                reject(Problem.Code.forbidden.rawValue, refusal)
            } else {
                numbers.append(line)
            }
        } catch {
            reject(error.code, error.detail)
        }
    }

    private mutating func reject(_ code: String, _ detail: String) {
        // Thousands of lines may be refused before anything is answered: what is kept of each is bounded.
        let isLong = detail.utf8.count > LineIngest.maximumDetail
        let kept = isLong ? detail.prefix(LineIngest.maximumDetail) + " …" : detail[...]
        rejected.append(Rejection(line: line, code: code, detail: String(kept), source: IntakeCounts.name(batch.refusedSource)))
    }

    private mutating func carry(_ text: Span<UInt8>) {
        if let count = skipped {
            skipped = count + text.count
        } else if partial.count + text.count > maximumLine + 1 {
            skipped = partial.count + text.count
            partial = []
        } else {
            unsafe text.withUnsafeBufferPointer { unsafe partial.append(contentsOf: $0) }
        }
    }

    private mutating func finishPartial() {
        if let count = skipped {
            line += 1
            rejected.append(
                Rejection(line: line, code: "too-large", detail: "the line has \(count) bytes, \(maximumLine) are allowed"))
            skipped = nil
            return
        }
        let text = partial
        partial = []
        read(text.span, receivedAt: .now)
    }

    private static func isBlank(_ text: Span<UInt8>) -> Bool {
        for index in 0..<text.count where text[index] != 0x20 && text[index] != 0x0D && text[index] != 0x09 { return false }
        return true
    }

    private static func text(
        lines: Int, _ outcome: AppendOutcome, _ rejected: [Rejection], isLast: Bool, problem: Problem?, request: String? = nil
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("lines", lines)
            outcome.write(to: &writer)
            writer.key("rejected")
            writer.array { writer in
                for entry in rejected {
                    writer.object { writer in
                        writer.member("line", entry.line)
                        writer.member("code", entry.code)
                        writer.member("detail", entry.detail)
                    }
                }
            }
            if isLast {
                writer.key("done")
                writer.bool(true)
            }
            if let problem {
                writer.key("error")
                problem.write(to: &writer, request: request)
            }
        }
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}
