internal import JourneyModel

/// What sales does with a lead and with an opportunity.
enum SalesActivity: DepartmentActivity {
    case leadAssigned
    case leadAccepted
    case leadRejected(reason: UInt8)
    case touchMade(Channel, isHuman: Bool, isOnLead: Bool)
    case meetingBooked(hoursAhead: UInt16)
    case meetingHeld
    case meetingNoshow
    case leadConverted
    case opportunityCreated
    case stageChanged(from: DealStage, to: DealStage)
    case closeDateMoved(days: UInt8)
    case quoteSent(UInt8)
    case quoteAccepted(UInt8)
    case quoteDeclined(UInt8)
    case approvalRequested
    case approvalGranted
    case approvalDenied
    case won
    case lost(reason: UInt8)

    /// How the buyer was reached.
    enum Channel: UInt8, CaseIterable {
        case call, email, chat

        var name: String {
            switch self {
            case .call: "call"
            case .email: "email"
            case .chat: "chat"
            }
        }
    }

    static let source = "/crm"
    static let rejections = ["no_budget", "no_fit", "not_reachable"]
    static let losses = ["price", "competitor", "no_decision", "missing_feature"]

    var type: String {
        switch self {
        case .leadAssigned: "sales.lead.assigned"
        case .leadAccepted: "sales.lead.accepted"
        case .leadRejected: "sales.lead.rejected"
        case .touchMade: "sales.touch.made"
        case .meetingBooked: "sales.meeting.booked"
        case .meetingHeld: "sales.meeting.held"
        case .meetingNoshow: "sales.meeting.noshow"
        case .leadConverted: "sales.lead.converted"
        case .opportunityCreated: "sales.opportunity.created"
        case .stageChanged: "sales.opportunity.stage_changed"
        case .closeDateMoved: "sales.opportunity.amended"
        case .quoteSent: "sales.quote.sent"
        case .quoteAccepted: "sales.quote.accepted"
        case .quoteDeclined: "sales.quote.declined"
        case .approvalRequested: "sales.approval.requested"
        case .approvalGranted: "sales.approval.granted"
        case .approvalDenied: "sales.approval.denied"
        case .won: "sales.opportunity.won"
        case .lost: "sales.opportunity.lost"
        }
    }

    var record: Record {
        switch self {
        case .leadAssigned, .leadAccepted, .leadRejected, .leadConverted, .meetingBooked, .meetingHeld, .meetingNoshow: .lead
        case .touchMade(_, _, let isOnLead): isOnLead ? .lead : .opportunity
        case .quoteSent(let number), .quoteAccepted(let number), .quoteDeclined(let number): .quote(number: number)
        default: .opportunity
        }
    }

    var dimensions: Dimensions {
        switch self {
        case .leadAssigned, .leadAccepted, .leadRejected, .leadConverted: .ofLead
        case .meetingBooked, .meetingHeld, .meetingNoshow, .touchMade(_, _, isOnLead: true): .none
        default: .ofPurchase
        }
    }

    func write(_ data: inout JSONWriter, of journey: JourneyProfile, at time: Timestamp) {
        switch self {
        case .leadAssigned:
            data.member("owner", "sales-\(journey.salesOwner)")
        case .leadAccepted:
            break
        case .leadRejected(let reason):
            data.member("reason", SalesActivity.rejections[Int(reason)])
        case .touchMade(let channel, let isHuman, _):
            data.member("channel", channel.name)
            data.member("direction", "outbound")
            data.member("human", isHuman)
        case .meetingBooked(let hoursAhead):
            data.member("at", time.plus(seconds: Int(hoursAhead) * 3600).text)
        case .meetingHeld, .meetingNoshow:
            data.member("at", time.text)
        case .leadConverted:
            data.member("contact", "contact:K" + journey.digits)
            data.member("account", journey.account)
            data.member("opportunity", Record.opportunity.subject(journey.digits))
        case .quoteSent(let number), .quoteAccepted(let number), .quoteDeclined(let number):
            data.member("quote_id", Record.quote(number: number).id(journey.digits))
            data.member("money", money: journey.termValue)
        case .approvalRequested, .approvalGranted, .approvalDenied:
            data.member("kind", "discount")
            data.member("subject", record.subject(journey.digits))
        default:
            writeOpportunity(&data, of: journey, at: time)
        }
    }

    private func writeOpportunity(_ data: inout JSONWriter, of journey: JourneyProfile, at time: Timestamp) {
        switch self {
        case .opportunityCreated:
            data.member("opp_id", record.id(journey.digits))
            data.member("pipeline", "new-business")
            data.member("stage", DealStage.discovery.name)
            data.member("money", money: journey.termValue)
            data.member("close_date", time.plus(days: 60).date)
            data.member("type", "new")
        case .stageChanged(let from, let to):
            data.member("to", to.name)
            data.member("from", from.name)
            data.key("probability")
            data.number(to.probability)
        case .closeDateMoved(let days):
            data.member("close_date", time.plus(days: Int(days)).date)
        case .won:
            data.member("opp_id", record.id(journey.digits))
            data.member("money", money: journey.termValue)
            data.member("term_months", journey.termMonths)
        case .lost(let reason):
            data.member("reason", SalesActivity.losses[Int(reason)])
        default:
            break
        }
    }
}

/// How far an opportunity has come.
enum DealStage: UInt8, CaseIterable {
    case discovery, evaluation, proposal, negotiation

    var name: String {
        switch self {
        case .discovery: "discovery"
        case .evaluation: "evaluation"
        case .proposal: "proposal"
        case .negotiation: "negotiation"
        }
    }

    /// How likely sales thinks it is to be won, from 0 to 1.
    var probability: Double {
        switch self {
        case .discovery: 0.1
        case .evaluation: 0.25
        case .proposal: 0.5
        case .negotiation: 0.75
        }
    }
}
