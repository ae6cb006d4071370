internal import EventLog
internal import JourneyModel
internal import Questions
internal import Synchronization
internal import Timelines

/// Takes questions and gives their answers.
///
/// As lines, an answer is what has been done so far, twice a second, and then the answer itself:
///
///     {"stage":"fields","done":1048576,"total":10000000}
///     {"answer":{"position":10000000,…}}
struct QuestionDesk: Sendable {
    private static let reportPause = Duration.milliseconds(500)

    private let engine: QuestionEngine

    init(_ columns: JourneyColumns) {
        engine = QuestionEngine(columns)
    }

    /// The answer to the question in `body`.
    ///
    /// - Throws: `malformed-json`, `invalid-question`, and what the log and the columns may come to.
    func answer(
        _ body: [UInt8], asLines: Bool, request: String?, _ isWanted: @escaping @Sendable () -> Bool
    ) throws(Problem) -> Answer {
        let question: Question
        do throws(QuestionFault) {
            question = try Question(body.span)
        } catch {
            throw Problem(error)
        }
        if let export = try export(question, isWanted) { return export }
        guard asLines else { return .whole(Reply(json: try answer(question, WorkMonitor(isWanted: isWanted)))) }
        return .lines { send in
            // Pieces go out on this thread alone; the work's threads leave word of how far they are.
            let progress = Progress()
            let work = Work { [self] in
                let monitor = WorkMonitor(isWanted: { isWanted() && progress.isWanted }, report: { progress.tell($0, $1, $2) })
                do throws(Problem) {
                    return try [Self.answerStart, answer(question, monitor), Self.answerEnd].flatMap(\.self)
                } catch {
                    var writer = JSONWriter()
                    writer.object { writer in
                        writer.key("error")
                        error.write(to: &writer, request: request)
                    }
                    return writer.bytes + Self.lineEnd
                }
            }
            while true {
                if let line = work.wait(Self.reportPause) {
                    _ = send(line)
                    return
                }
                if !send(progress.line + Self.lineEnd) { progress.stop() }
            }
        }
    }

    /// What answering the question in `body` reads, and the definition's hash, as JSON; nil where it is no question.
    func plan(_ body: [UInt8]) -> [UInt8]? {
        guard let members = (try? JSONValue(body.span))?.members else { return nil }
        let kept = members.filter { $0.name != "plan" }
        var writer = JSONWriter()
        JSONValue.object(kept + [JSONValue.Member(name: "plan", value: .bool(true))]).write(to: &writer)
        guard let question = try? Question(writer.bytes.span) else { return nil }
        return try? engine.answer(question)
    }

    /// An export, which comes in a form of its own and in pieces; nil for other questions.
    ///
    /// Where the log cannot be read on, it breaks off: XES and OCEL then lack their end.
    private func export(_ question: Question, _ isWanted: @escaping @Sendable () -> Bool) throws(Problem) -> Answer? {
        let selection: ExportQuestion.Selection?
        do throws(QuestionFault) {
            selection = try engine.selection(question, WorkMonitor(isWanted: isWanted))
        } catch {
            throw Problem(error)
        }
        guard let selection else { return nil }
        return .pieces(contentType: selection.contentType) { send in _ = try? selection.write(send) }
    }

    private static let lineEnd = Array("\n".utf8)
    private static let answerStart = Array(#"{"answer":"#.utf8)
    private static let answerEnd = Array("}\n".utf8)

    private func answer(_ question: Question, _ monitor: WorkMonitor) throws(Problem) -> [UInt8] {
        do throws(QuestionFault) {
            return try engine.answer(question, monitor)
        } catch {
            throw Problem(error)
        }
    }
}

/// How far some work is.
private final class Progress: Sendable {
    private let latest = Mutex((stage: WorkMonitor.Stage.events, done: 0, total: 0))
    private let isStopped = Atomic<Bool>(false)

    var isWanted: Bool { !isStopped.load(ordering: .relaxed) }

    func stop() { isStopped.store(true, ordering: .relaxed) }

    func tell(_ stage: WorkMonitor.Stage, _ done: Int, _ total: Int) {
        latest.withLock { $0 = (stage, done, total) }
    }

    var line: [UInt8] {
        let (stage, done, total) = latest.withLock { $0 }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("stage", stage.rawValue)
            writer.member("done", done)
            writer.member("total", total)
        }
        return writer.bytes
    }
}

extension Problem {
    /// What a question's fault means for a request.
    init(_ fault: QuestionFault) {
        switch fault {
        case .malformed(let fault):
            let detail = "at byte \(fault.offset): \(fault.reason)"
            self.init(.malformedJSON, detail, errors: [Violation(pointer: "", detail: detail, code: "malformed-json")])
        case .invalid(let violations):
            let first = violations.first.map { "\($0.pointer.isEmpty ? "the question" : $0.pointer) \($0.detail)" } ?? ""
            self.init(.invalidQuestion, first, errors: violations)
        case .columns(.log(let error)): self.init(error)
        case .columns(.tooLarge(let bytes, let limit)):
            self.init(.overloaded, "the columns that this needs would take \(bytes) bytes of memory, \(limit) are allowed", retryAfter: 60)
        case .columns(.retained): self.init(.overloaded, "events that were being read were taken away meanwhile; ask again", retryAfter: 1)
        case .columns(.cancelled): self.init(.closing, "nobody waited for the answer any more")
        }
    }
}
