/// What an event is about.
enum Record {
    case lead, opportunity, contract, order, subscription, project, deal
    case quote(number: UInt8)
    case invoice(number: UInt8)
    case ticket(number: UInt8)

    /// The record's id in the journey with these digits, such as `T000042-1`: what `subject` names after the kind.
    func id(_ digits: String) -> String {
        switch self {
        case .lead: "L" + digits
        case .opportunity: "O" + digits
        case .contract: "C" + digits
        case .order: "R" + digits
        case .subscription: "S" + digits
        case .project: "P" + digits
        case .deal: "D" + digits
        case .quote(let number): "Q" + digits + "-" + String(number)
        case .invoice(let number): "I" + digits + "-" + String(number)
        case .ticket(let number): "T" + digits + "-" + String(number)
        }
    }

    /// The subject in the journey with these digits, such as `ticket:T000042-1`.
    func subject(_ digits: String) -> String {
        kind + id(digits)
    }

    private var kind: String {
        switch self {
        case .lead: "lead:"
        case .opportunity: "opportunity:"
        case .contract: "contract:"
        case .order: "order:"
        case .subscription: "subscription:"
        case .project: "project:"
        case .deal: "deal:"
        case .quote: "quote:"
        case .invoice: "invoice:"
        case .ticket: "ticket:"
        }
    }
}
