internal import EventLog
internal import JourneyModel

/// `POST /v1/admin/retain`: a plan of what would go, and when the plan's token is given back, the deed.
extension ControlInterface {
    /// Answers `{"before": date-time, "bytes": number}`, each optional, with the plan; with its `token` in addition, carries it out.
    ///
    /// - Throws: `invalid-parameter`; `plan-changed` where the token is of another plan than the one that these limits make now.
    func retain(_ body: [UInt8]) throws(Problem) -> Reply {
        let request = try RequestBody(body, members: ["before", "bytes", "token"])
        let moment = try request.moment("before")
        let size = try request.number("bytes")
        guard moment != nil || size != nil else {
            throw Problem(.invalidParameter, "say what may go: \"before\" (a date-time) or \"bytes\" (how many may stay), or both")
        }
        let plan = log.retentionPlan(before: moment, keeping: size)
        if let token = try request.text("token") {
            guard let plan, plan.token == token else { throw Problem.planChanged }
            do throws(LogError) { try log.retain(plan) } catch { throw Problem(error) }
            return Reply(json: ControlInterface.answer("removed", plan, token: nil))
        }
        return Reply(json: ControlInterface.answer("plan", plan, token: plan?.token))
    }

    private static func answer(_ name: String, _ plan: RetentionPlan?, token: String?) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.key(name)
            writer.object { writer in
                writer.member("epochs", plan?.epochs ?? 0)
                writer.member("events", plan?.events ?? 0)
                writer.member("bytes", plan?.bytes ?? 0)
                if let plan {
                    writer.member("first", plan.positions.lowerBound)
                    writer.member("last", plan.positions.upperBound)
                    writer.member("recordedat", plan.recordedAt.text)
                }
            }
            if let token { writer.member("token", token) }
        }
        return writer.bytes
    }
}
