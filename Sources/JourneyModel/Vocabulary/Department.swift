/// Who does the work: the first part of an event type (`sales.opportunity.won`), and the owner of a stage.
package enum Department: UInt8, CaseIterable, Sendable {
    case marketing, sales, finance, success, support, partner

    /// The name in event types, stage maps and answers.
    package var name: String {
        switch self {
        case .marketing: "marketing"
        case .sales: "sales"
        case .finance: "finance"
        case .success: "success"
        case .support: "support"
        case .partner: "partner"
        }
    }

    package init?(name: some StringProtocol) {
        guard let found = Department.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    /// The department that emits events of `type`, or nil for `ops.` and foreign types.
    package init?(eventType type: String) {
        self.init(name: type.prefix { $0 != "." })
    }
}
