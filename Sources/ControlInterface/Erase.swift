internal import EventLog
internal import JourneyModel
internal import Views

/// `POST /v1/admin/erase`: a plan of what would be erased, and when the plan's token is given back, the deed and its proof.
extension ControlInterface {
    /// Answers `{"subject": S}` with the plan; with its `token` in addition, carries it out, a line for each step.
    ///
    /// `scope` is `journey` (all subjects of the journey, if left out) or `subject` (that one).
    /// - Throws: `invalid-parameter`, `not-found`, `plan-changed` where the token is of another plan than the one made now.
    func erase(_ body: [UInt8]) throws(Problem) -> Answer {
        let request = try RequestBody(body, members: ["subject", "scope", "token"])
        guard let subject = try request.text("subject") else { throw Problem(.invalidParameter, "\"subject\" is missing: whose data?") }
        let scope = try request.text("scope") ?? "journey"
        guard scope == "journey" || scope == "subject" else { throw Problem(.invalidParameter, "\"scope\" is neither journey nor subject") }
        guard let extent = views.extent(of: subject, wholeJourney: scope == "journey") else {
            throw Problem(.notFound, "no event up to position \(views.position) speaks of '\(subject)'")
        }
        let token = try request.text("token")
        let (plan, patterns): (ErasurePlan, RawScan.Patterns)
        do throws(LogError) {
            plan = try log.erasurePlan(subjects: extent.subjects, positions: extent.positions)
            // Looked up before the keys are gone.
            patterns = token == plan.token ? try log.personalTexts(plan) : RawScan.Patterns()
            if token == plan.token { try log.erase(plan) }
        } catch {
            throw Problem(error)
        }
        guard let token else { return .whole(Reply(json: ControlInterface.text(plan))) }
        guard token == plan.token else { throw Problem.planChanged }
        return .lines { [log] send in ControlInterface.prove(plan, patterns, log, send) }
    }

    private static func text(_ plan: ErasurePlan) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("plan")
            writer.object { writer in plan.write(to: &writer) }
            writer.member("token", plan.token)
        }
        return writer.bytes
    }

    /// Says what was erased, and looks for it in every file.
    private static func prove(
        _ plan: ErasurePlan, _ patterns: RawScan.Patterns, _ log: EventLog, _ send: (_ line: [UInt8]) -> Bool
    ) {
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("erased")
            writer.object { writer in plan.write(to: &writer) }
        }
        guard send(writer.bytes + [UInt8(ascii: "\n")]) else { return }
        var (files, bytes) = (0, 0)
        var remains: [RawScan.Find] = []
        var isWhole = true
        RawScan(patterns).run(log.directory) { file, size, finds in
            (files, bytes) = (files + 1, bytes + size)
            remains += finds.prefix(maximumFinds - min(maximumFinds, remains.count))
            var writer = JSONWriter()
            writer.object { writer in
                writer.member("scanned", file)
                writer.member("bytes", size)
                writer.member("found", finds.count)
            }
            isWhole = send(writer.bytes + [UInt8(ascii: "\n")])
            return isWhole
        }
        guard isWhole else { return }
        writer = JSONWriter()
        writer.object { writer in
            writer.key("done")
            writer.bool(true)
            writer.member("position", log.tail)
            writer.member("files", files)
            writer.member("bytes", bytes)
            writer.member("lookedFor", patterns.count)
            writer.key("remains")
            writer.array { writer in
                for find in remains {
                    writer.object { writer in
                        writer.member("file", find.file)
                        writer.member("offset", find.offset)
                        writer.member("kind", find.kind.rawValue)
                    }
                }
            }
        }
        _ = send(writer.bytes + [UInt8(ascii: "\n")])
    }

    private static let maximumFinds = 100
}

extension ErasurePlan {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.member("journeys", 1)
        writer.key("subjects")
        writer.array { writer in for subject in subjects { writer.string(subject) } }
        writer.member("events", positions.count)
        writer.member("personalEvents", personalEvents)
    }
}
