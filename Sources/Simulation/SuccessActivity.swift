internal import JourneyModel

/// What customer success does with a customer.
enum SuccessActivity: DepartmentActivity {
    case handoffAccepted
    case kickoffHeld
    case milestoneReached(Milestone)
    case usageRecorded(activeUsers: UInt8)
    case healthScored(UInt8)
    case surveyAnswered(promoterScore: UInt8)
    case renewalOpened
    case renewalWon
    case renewalLost
    case churnNoticed

    /// What a customer achieves, in this order.
    enum Milestone: UInt8 {
        case configured, firstValue, adopted

        var name: String {
            switch self {
            case .configured: "configured"
            case .firstValue: "first_value"
            case .adopted: "adopted"
            }
        }
    }

    static let source = "/success"
    /// How long before the end of a term its renewal is opened.
    static let daysToRenew = 30

    var type: String {
        switch self {
        case .handoffAccepted: "success.handoff.accepted"
        case .kickoffHeld: "success.kickoff.held"
        case .milestoneReached: "success.milestone.reached"
        case .usageRecorded: "success.usage.recorded"
        case .healthScored: "success.health.scored"
        case .surveyAnswered: "success.survey.answered"
        case .renewalOpened: "success.renewal.opened"
        case .renewalWon: "success.renewal.won"
        case .renewalLost: "success.renewal.lost"
        case .churnNoticed: "success.churn.noticed"
        }
    }

    var record: Record {
        switch self {
        case .handoffAccepted, .kickoffHeld, .milestoneReached: .project
        default: .subscription
        }
    }

    func write(_ data: inout JSONWriter, of journey: JourneyProfile, at time: Timestamp) {
        switch self {
        case .handoffAccepted:
            data.member("opp_id", Record.opportunity.id(journey.digits))
            data.member("owner", "success-\(journey.successOwner)")
        case .kickoffHeld:
            break
        case .milestoneReached(let milestone):
            data.member("name", milestone.name)
        case .usageRecorded(let activeUsers):
            data.member("metric", "active_users")
            data.member("value", activeUsers)
            data.member("period", String(time.date.prefix(7)))
        case .healthScored(let score):
            data.member("score", score)
        case .surveyAnswered(let promoterScore):
            data.member("kind", "nps")
            data.member("value", promoterScore)
        case .renewalOpened:
            writeRenewal(&data, of: journey, dueAt: time.plus(days: SuccessActivity.daysToRenew))
        case .renewalWon, .renewalLost:
            writeRenewal(&data, of: journey, dueAt: time)
        case .churnNoticed:
            data.member("reason", "not_used_enough")
        }
    }

    private func writeRenewal(_ data: inout JSONWriter, of journey: JourneyProfile, dueAt: Timestamp) {
        data.member("due_at", dueAt.text)
        data.member("money", money: journey.termValue)
    }
}
