package import EventLog
package import JourneyModel
package import Questions
internal import Synchronization
package import Timelines

/// Questions that are kept as views: their definitions, their versions, and which of these answers.
///
/// A view is never rebuilt in place: another definition is another version, built beside the one that answers; when it has seen all that is stored it takes
/// its place in one step, and the old one can be asked by its number until it is dropped. Definitions are durable (``ViewDefinitions``), all else is derived.
/// Funnels are kept up to date by the journeys that events touch (``KeptVersion``); other questions are worked out when they are asked.
package final class KeptViews: Sendable {
    /// How much may be kept.
    package struct Limits: Sendable {
        package var views = 32
        /// Versions of one view.
        package var versions = 4
        package var patience = KeptVersion.Patience()

        package init() {}
    }

    /// Makes what works out the meaning of a log's events for the view of this name.
    package typealias ReaderMaking = @Sendable (String, FunnelDefinition, EventLog) -> any MeaningReader

    /// What is asked of a view besides its numbers as of now.
    package struct Query: Sendable {
        package var version: Int?
        package var at: Timestamp?
        /// Members of the frame of a question (`asOf`, `explain`, `list`, `diff` …): the answer is then worked out anew.
        package var frame: [JSONValue.Member] = []

        package init() {}
    }

    private struct Version: Sendable {
        let number: Int
        let question: Question
        /// As it was put.
        let text: JSONValue
        /// What keeps it up to date; nil where it is worked out when it is asked.
        let kept: KeptVersion?
    }

    private struct View: Sendable {
        var stored: ViewDefinitions.Stored
        var versions: [Version]
        var alerts: [AlertRule]

        var current: Version? { versions.first { $0.number == stored.current } }
    }

    /// Names that have views already.
    package static let builtIn = ["funnel", "friction"]

    private let views: JourneyViews
    private let engine: QuestionEngine
    private let definitions: ViewDefinitions
    private let limits: Limits
    private let marks: String
    private let reader: ReaderMaking
    private let kept = Mutex<[String: View]>([:])

    /// Opens the views that are stored, and goes on with what they were at.
    ///
    /// - Parameter reader: makes what works out the meaning of events for a view with this name; ``EventMatcher`` where nil.
    /// - Throws: where definitions cannot be read.
    package init(
        _ views: JourneyViews, _ engine: QuestionEngine, directory: DataDirectory, limits: Limits = Limits(),
        reader: ReaderMaking? = nil
    ) throws(LogError) {
        (self.views, self.engine, self.limits) = (views, engine, limits)
        definitions = try ViewDefinitions(directory)
        marks = try directory.directory("views")
        self.reader = reader ?? { _, funnel, log in EventMatcher(funnel, log) }
        for stored in try definitions.load() {
            var versions: [Version] = []
            for version in stored.versions {
                guard let question = try? Question(version.question.canonicalText.span) else {
                    throw .unusable("version \(version.number) of the view '\(stored.name)' is no question of this daemon's")
                }
                versions.append(start(stored.name, version.number, question, version.question))
            }
            let alerts = try? KeptViews.alerts(stored.alerts, versions.last?.question)
            let view = View(stored: stored, versions: versions, alerts: alerts ?? [])
            kept.withLock { $0[stored.name] = view }
        }
    }

    private func start(_ name: String, _ number: Int, _ question: Question, _ text: JSONValue) -> Version {
        guard let funnel = KeptViews.keptFunnel(question) else {
            return Version(number: number, question: question, text: text, kept: nil)
        }
        let (reader, log) = (reader, views.log)
        let version = KeptVersion(
            name: name, number: number, question: question, funnel: funnel, views: views, path: path(name, number),
            patience: limits.patience, reader: { reader(name, funnel, log) }, onLive: { [weak self] in self?.cutOver(to: $0) })
        return Version(number: number, question: question, text: text, kept: version)
    }

    private func path(_ name: String, _ number: Int) -> String { "\(marks)/\(name).\(number).marks" }

    /// A version has seen all that is stored: from now on it answers.
    private func cutOver(to version: KeptVersion) {
        kept.withLock { kept in
            guard let view = kept[version.name], version.number > view.stored.current else { return }
            kept[version.name]?.stored.current = version.number
            // Where it cannot be stored, the next start cuts over again.
            if let stored = kept[version.name]?.stored { try? definitions.save(stored) }
        }
    }

    /// Ends all threads.
    package func close() {
        for version in kept.withLock({ $0.values.flatMap(\.versions) }) { version.kept?.close() }
    }
}

// MARK: - Definitions

extension KeptViews {
    private static let nameBytes = Set("abcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// Why `name` cannot be a view's; nil where it can.
    package static func fault(name: String) -> String? {
        guard 1...64 ~= name.utf8.count, name.utf8.allSatisfy({ nameBytes.contains($0) }), name.utf8.first != UInt8(ascii: "-") else {
            return "a view's name has 1 to 64 of a–z, 0–9, - and _, and does not begin with -"
        }
        return nil
    }

    /// Keeps the question in `body` as the view `name`: as a new version, unless that is what the last one is.
    ///
    /// - Returns: how the version is, and whether it is new.
    package func put(_ name: String, _ body: [UInt8]) throws(ViewError) -> (status: ViewStatus, isNew: Bool) {
        let (question, text, alerts) = try read(body)
        let rules: [AlertRule]
        do throws(QuestionFault) { rules = try KeptViews.alerts(alerts, question) } catch { throw .question(error) }
        let result = kept.withLock { kept -> Result<(String, Int, Bool), ViewError> in
            if let known = kept[name], let last = known.versions.last, last.question.hash == question.hash {
                guard known.alerts != rules else { return .success((name, last.number, false)) }
                // Other alerts are no other numbers.
                var view = known
                (view.stored.alerts, view.alerts) = (alerts, rules)
                do throws(LogError) { try definitions.save(view.stored) } catch { return .failure(.log(error)) }
                kept[name] = view
                return .success((name, last.number, false))
            }
            guard kept[name] != nil || kept.count < limits.views else {
                return .failure(.full("\(limits.views) views are kept, which is the most; drop one with DELETE /v1/views/NAME"))
            }
            var view = kept[name] ?? View(stored: ViewDefinitions.Stored(name: name, current: 0, versions: []), versions: [], alerts: [])
            guard view.versions.count < limits.versions else {
                let most = "'\(name)' has \(limits.versions) versions, which is the most"
                return .failure(.full("\(most); drop one with DELETE /v1/views/\(name)?version=N"))
            }
            let number = (view.versions.last?.number ?? view.stored.current) + 1
            view.stored.versions.append(ViewDefinitions.Stored.Version(number: number, created: .now, question: text))
            (view.stored.alerts, view.alerts) = (alerts, rules)
            // What is worked out when it is asked has nothing to wait for.
            if KeptViews.keptFunnel(question) == nil { view.stored.current = number }
            do throws(LogError) { try definitions.save(view.stored) } catch { return .failure(.log(error)) }
            view.versions.append(start(name, number, question, text))
            kept[name] = view
            return .success((name, number, true))
        }
        let (_, number, isNew) = try result.get()
        guard let status = statuses.first(where: { $0.name == name && $0.version == number }) else { throw .unknown(name) }
        return (status, isNew)
    }

    /// The funnel of a question that is kept up to date journey by journey; nil where it is worked out when it is asked.
    private static func keptFunnel(_ question: Question) -> FunnelDefinition? {
        guard case .funnel(let funnel) = question.definition, funnel.compared.isEmpty,
            funnel.fields.count <= EventMatcher.maximumFields
        else { return nil }
        return funnel
    }

    private static func alerts(_ value: JSONValue, _ question: Question?) throws(QuestionFault) -> [AlertRule] {
        guard value != .null else { return [] }
        guard let question, let funnel = keptFunnel(question) else {
            let most = "and looks at no more than \(EventMatcher.maximumFields) fields"
            throw .invalid("/alerts", "go with a funnel that compares no semantics \(most)")
        }
        return try AlertRule.read(value, steps: funnel.steps.count)
    }

    /// The question in `body`, as it is and as it was put, and the alerts beside it.
    private func read(_ body: [UInt8]) throws(ViewError) -> (Question, JSONValue, alerts: JSONValue) {
        do throws(QuestionFault) {
            let whole: JSONValue
            do throws(JSONFault) { whole = try JSONValue(body.span) } catch { throw QuestionFault.malformed(error) }
            let text = whole.members.map { members in JSONValue.object(members.filter { $0.name != "alerts" }) } ?? whole
            let question = try Question(text.canonicalText.span)
            for name in Question.momentary where text[name] != nil {
                throw QuestionFault.invalid("/\(name)", "belongs to the request that asks the view, and not to its definition")
            }
            if case .export = question.definition {
                throw QuestionFault.invalid("/export", "cannot be kept as a view; ask it with POST /v1/questions")
            }
            return (question, text, whole["alerts"] ?? .null)
        } catch {
            throw .question(error)
        }
    }

    /// Drops a version, or the whole view.
    ///
    /// - Returns: the numbers of what was dropped.
    package func drop(_ name: String, version: Int?) throws(ViewError) -> [Int] {
        let result = kept.withLock { kept -> Result<[Version], ViewError> in
            guard var view = kept[name] else { return .failure(.unknown(name)) }
            let dropped = view.versions.filter { version == nil || $0.number == version }
            guard !dropped.isEmpty else { return .failure(.unknown("\(name), version \(version ?? 0)")) }
            do throws(LogError) {
                if dropped.count == view.versions.count {
                    try definitions.remove(name)
                    kept[name] = nil
                } else {
                    guard version != view.stored.current else {
                        let answering = "version \(view.stored.current) of '\(name)' is the one that answers"
                        return .failure(.full("\(answering); drop the others, or the whole view"))
                    }
                    view.versions.removeAll { $0.number == version }
                    view.stored.versions.removeAll { $0.number == version }
                    try definitions.save(view.stored)
                    kept[name] = view
                }
            } catch {
                return .failure(.log(error))
            }
            return .success(dropped)
        }
        let dropped = try result.get()
        for version in dropped {
            version.kept?.close()
            MarkFile.remove(path(name, version.number))
        }
        return dropped.map(\.number)
    }
}

// MARK: - Answers

extension KeptViews {
    /// Whether there is a view with this name.
    package func has(_ name: String) -> Bool { kept.withLock { $0[name] != nil } }

    private func version(_ name: String, _ number: Int?) throws(ViewError) -> (version: Version, isCurrent: Bool) {
        let found = kept.withLock { kept -> (Version, Bool)? in
            guard let view = kept[name] else { return nil }
            if let number { return view.versions.first { $0.number == number }.map { ($0, $0.number == view.stored.current) } }
            return (view.current ?? view.versions.last).map { ($0, true) }
        }
        guard let found else { throw .unknown(number.map { "\(name), version \($0)" } ?? name) }
        return found
    }

    /// Calls `body` when the view's numbers include `position`.
    package func whenSeen(_ name: String, _ number: Int?, _ position: Position, _ body: @escaping @Sendable () -> Void) {
        guard let found = try? version(name, number), let kept = found.version.kept, kept.canAnswer else { return body() }
        kept.whenSeen(position, body)
    }

    /// The view's answer as JSON.
    ///
    /// - Complexity: a few searches a step and group for a version that is kept up to date; that of the question where it is not yet, or where the query
    ///   wants more than the numbers as of now.
    package func answer(_ name: String, _ query: Query, _ monitor: WorkMonitor = WorkMonitor()) throws(ViewError) -> [UInt8] {
        let found = try version(name, query.version)
        if query.frame.isEmpty, let kept = found.version.kept, kept.canAnswer {
            var writer = JSONWriter()
            let at = query.at ?? .now
            writer.object { writer in
                kept.write(at: at.microseconds, to: &writer) { position, writer in
                    writer.member("position", position)
                    writer.member("at", at.text)
                    writer.member("definition", found.version.question.hash)
                }
                writeView(name, found, to: &writer)
            }
            return writer.bytes
        }
        let answer = try ask(found.version.text, query, monitor)
        var writer = JSONWriter()
        writer.object { writeView(name, found, to: &$0) }
        return answer.dropLast() + [UInt8(ascii: ",")] + writer.bytes.dropFirst()
    }

    /// The answer of the built-in view `name` to a query that wants more than its numbers as of now: that of the question which is asked the same.
    package func answer(builtIn name: String, _ query: Query, _ monitor: WorkMonitor = WorkMonitor()) throws(ViewError) -> [UInt8] {
        let text = name == "funnel" ? #"{"stages":{}}"# : #"{"friction":{"sources":["stages"]}}"#
        return try ask((try? JSONValue(text: text)) ?? .null, query, monitor)
    }

    /// Asks a question with the frame that a query gives it.
    private func ask(_ text: JSONValue, _ query: Query, _ monitor: WorkMonitor) throws(ViewError) -> [UInt8] {
        var members = (text.members ?? []) + query.frame
        if let at = query.at { members.append(JSONValue.Member(name: "at", value: .string(at.text))) }
        do throws(QuestionFault) {
            return try engine.answer(try Question(JSONValue.object(members).canonicalText.span), monitor)
        } catch {
            throw .question(error)
        }
    }

    private func writeView(_ name: String, _ found: (version: Version, isCurrent: Bool), to writer: inout JSONWriter) {
        let status = status(name, found.version, isCurrent: found.isCurrent)
        writer.member("view", name)
        writer.member("version", found.version.number)
        writer.member("state", status.state.rawValue)
        let erased = views.log.erasures.reduce(0) { $0 + $1.journeys }
        if erased > 0 { writer.member("erased", erased) }
        ViewStatus.write(parked: status.parked, count: status.parkedCount, to: &writer)
    }

    /// Every number that somebody wants to be told of, with its threshold.
    func alertValues(at moment: Int64) -> [(view: String, rule: AlertRule, value: Double, threshold: Double)] {
        let watched = kept.withLock { $0.filter { !$0.value.alerts.isEmpty } }
        var values: [(view: String, rule: AlertRule, value: Double, threshold: Double)] = []
        for (name, view) in watched.sorted(by: { $0.key < $1.key }) {
            guard let version = view.current?.kept, version.canAnswer else { continue }
            for rule in view.alerts {
                guard let found = version.read({ rule.value($0, at: moment) }) else { continue }
                values.append((name, rule, found.value, found.threshold))
            }
        }
        return values
    }

    /// The question of a version as it was put.
    package func definition(_ name: String, version number: Int?) throws(ViewError) -> JSONValue {
        try version(name, number).version.text
    }

    /// How all versions of all views are, by name and number.
    package var statuses: [ViewStatus] {
        let all = kept.withLock { $0 }
        return all.sorted { $0.key < $1.key }.flatMap { (name, view) in
            view.versions.map { status(name, $0, isCurrent: $0.number == view.stored.current) }
        }
    }

    private func status(_ name: String, _ version: Version, isCurrent: Bool) -> ViewStatus {
        guard let kept = version.kept else {
            return ViewStatus(
                name: name, version: version.number, isCurrent: isCurrent, upkeep: .asked, definition: version.question.hash, state: .live,
                reason: nil, position: views.log.tail, progress: 1, remaining: 0, parked: [], parkedCount: 0)
        }
        let (state, reason) = state(kept)
        let (parked, more) = kept.parked
        let progress = kept.progress
        return ViewStatus(
            name: name, version: version.number, isCurrent: isCurrent, upkeep: .incremental, definition: version.question.hash,
            state: state,
            reason: reason, position: kept.position, progress: progress.share, remaining: progress.remaining, parked: parked,
            parkedCount: parked.count + more)
    }

    private func state(_ kept: KeptVersion) -> (ViewStatus.State, String?) {
        if kept.isHanging {
            let hint = "drop the view, or start the daemon again"
            let since = "no work has been done since position \(kept.position) for more than \(limits.patience.hang)"
            return (.hanging, "\(since); \(hint)")
        }
        switch kept.phase {
        case .stopped(let reason): return (.stopped, reason)
        case .closed: return (.closed, nil)
        case .building where !kept.canAnswer: return (.building, nil)
        case .building, .live:
            guard kept.isLagging else { return (.live, nil) }
            return (.lagging, "it has not had all events for more than \(limits.patience.lag)")
        }
    }
}
