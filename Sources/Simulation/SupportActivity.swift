internal import JourneyModel

/// What support does with a ticket, which `ticket` numbers within its journey.
enum SupportActivity: DepartmentActivity {
    case opened(ticket: UInt8, priority: UInt8)
    case assigned(ticket: UInt8, Group)
    case replied(ticket: UInt8, isByCustomer: Bool)
    case solved(ticket: UInt8)
    case closed(ticket: UInt8)
    case reopened(ticket: UInt8)

    /// The department that holds a ticket.
    enum Group: UInt8 {
        case support, success

        var name: String {
            switch self {
            case .support: "support"
            case .success: "success"
            }
        }

        var other: Group { self == .support ? .success : .support }
    }

    static let source = "/helpdesk"
    static let priorities = ["low", "normal", "high"]

    var type: String {
        switch self {
        case .opened: "support.ticket.opened"
        case .assigned: "support.ticket.assigned"
        case .replied: "support.ticket.replied"
        case .solved: "support.ticket.solved"
        case .closed: "support.ticket.closed"
        case .reopened: "support.ticket.reopened"
        }
    }

    var record: Record {
        switch self {
        case .opened(let ticket, _), .assigned(let ticket, _), .replied(let ticket, _), .solved(let ticket), .closed(let ticket),
            .reopened(let ticket):
            .ticket(number: ticket)
        }
    }

    func write(_ data: inout JSONWriter, of journey: JourneyProfile, at time: Timestamp) {
        switch self {
        case .opened(_, let priority):
            data.member("ticket_id", record.id(journey.digits))
            data.member("priority", SupportActivity.priorities[Int(priority)])
            data.member("channel", "email")
        case .assigned(_, let group):
            let owner = group == .success ? journey.successOwner : journey.number % 30
            data.member("to", "\(group.name)-\(owner)")
            data.member("group", group.name)
        case .replied(_, let isByCustomer):
            data.member("public", true)
            data.member("by", isByCustomer ? "customer" : "agent")
        case .solved, .closed, .reopened:
            break
        }
    }
}
