import ControlInterface
import EventLog
import JourneyModel
import Questions
import TestSupport

/// What is done with an input, and what must hold whatever it is.
enum Trial: String, CaseIterable {
    case json, event, array, lines, target, question, http

    /// A rule that was broken.
    struct Broken: Error, CustomStringConvertible {
        let description: String
    }

    /// How often it is chosen, among all: what is slow comes seldom.
    var weight: Int {
        switch self {
        case .json, .event: 300
        case .array, .lines, .target: 120
        case .question: 30
        case .http: 10
        }
    }

    func corpus(_ corpus: Corpus) -> [[UInt8]] {
        switch self {
        case .json: corpus.events + corpus.questions
        case .event: corpus.events
        case .array: corpus.arrays
        case .lines: corpus.lines
        case .target: corpus.targets
        case .question: corpus.questions
        case .http: corpus.requests
        }
    }

    /// - Returns: whether the input was accepted.
    func run(_ input: [UInt8], _ house: House, _ mutator: inout Mutator) throws -> Bool {
        switch self {
        case .json: try Trial.json(input)
        case .event: try Trial.events(input, .single, house)
        case .array: try Trial.events(input, .array, house)
        case .lines: try Trial.lines(input, house, &mutator)
        case .target: try Trial.target(input, house)
        case .question: try Trial.question(input, house)
        case .http: try house.exchange(input)
        }
    }

    /// What is read, written and read again is the same.
    private static func json(_ input: [UInt8]) throws -> Bool {
        guard let value = try? JSONValue(input.span) else { return false }
        var writer = JSONWriter()
        value.write(to: &writer)
        guard try JSONValue(writer.bytes.span) == value else { throw Broken(description: "JSON changes when it is written") }
        _ = value.canonicalText
        return true
    }

    /// What is refused leaves a problem that is JSON; what is accepted, at least one event.
    private static func events(_ input: [UInt8], _ format: EventFormat, _ house: House) throws -> Bool {
        do throws(Problem) {
            let batch = try house.interface.batch(input.span, format, house.emission)
            if format == .single, batch.drafts.count != 1 { throw Problem(.internalError, "one event became \(batch.drafts.count)") }
            return true
        } catch {
            try check(error)
            return false
        }
    }

    private static func check(_ problem: Problem) throws {
        guard problem.code != .internalError else { throw Broken(description: problem.detail) }
        let text = problem.json(request: nil)
        _ = try JSONValue(text.span)
    }

    /// However a stream is cut, it has the same lines and the same rejections.
    private static func lines(_ input: [UInt8], _ house: House, _ mutator: inout Mutator) throws -> Bool {
        let whole = try report(input, house) { _ in Int.max }
        let cut = try report(input, house) { mutator.number(in: 1...$0) }
        guard whole == cut else { throw Broken(description: "cut differently, \(whole) becomes \(cut)") }
        let ends = input.reduce(0) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
        let expected = ends + (input.isEmpty || input.last == UInt8(ascii: "\n") ? 0 : 1)
        guard whole.lines == expected else { throw Broken(description: "\(expected) lines were read as \(whole.lines)") }
        return whole.rejected.count < whole.lines
    }

    private struct Report: Equatable {
        var lines = 0
        var rejected: [Int] = []
    }

    private static func report(_ input: [UInt8], _ house: House, _ size: (Int) -> Int) throws -> Report {
        var ingest = LineIngest(house.interface, house.emission)
        var report = Report()
        func drain() throws {
            while let portion = ingest.nextPortion() {
                let answer = ingest.stored(portion, AppendOutcome())
                let line = try JSONValue(answer.span)
                report.lines += line["lines"]?.integer ?? 0
                report.rejected += (line["rejected"]?.elements ?? []).compactMap { $0["line"]?.integer }
            }
        }
        var start = 0
        while start < input.count {
            let end = start + min(input.count - start, size(input.count - start))
            let piece = Array(input[start..<end])
            var taken = 0
            while taken < piece.count {
                taken = ingest.take(piece.span, from: taken)
                if ingest.isPortionFull { try drain() }
            }
            start = end
        }
        ingest.end()
        try drain()
        guard ingest.isDone else { throw Broken(description: "a stream does not end") }
        return report
    }

    private static func target(_ input: [UInt8], _ house: House) throws -> Bool {
        let text = String(decoding: input, as: UTF8.self)
        var isAccepted = false
        for method in ["GET", "POST", "PUT"] {
            do throws(Problem) {
                let route = try Route(method: method, uri: text, accept: "text/event-stream", lastEventID: text)
                isAccepted = !route.endpoint.name.isEmpty
            } catch {
                try check(error)
            }
        }
        return isAccepted
    }

    /// What can be asked is answered, with JSON or in pieces that nobody waits for.
    private static func question(_ input: [UInt8], _ house: House) throws -> Bool {
        let isQuestion = (try? Question(input.span)) != nil
        switch house.interface.answer(.question(asLines: false), body: input) {
        case .whole(let reply):
            _ = try JSONValue(reply.body.span)
            if !isQuestion, reply.status == 200 { throw Broken(description: "what is no question was answered") }
            if reply.problem?.code == .internalError { throw Broken(description: String(decoding: reply.body, as: UTF8.self)) }
            return reply.status == 200
        case .pieces(_, let produce):
            produce { _ in false }
            return true
        }
    }
}
