internal import JourneyModel

/// What a partner does with a deal that it brings.
enum PartnerActivity: DepartmentActivity {
    case dealRegistered
    case dealApproved
    case dealRejected
    case commissionEarned

    static let source = "/partners"
    /// The partner's share of the first term, in percent.
    static let commission = 15

    var type: String {
        switch self {
        case .dealRegistered: "partner.deal.registered"
        case .dealApproved: "partner.deal.approved"
        case .dealRejected: "partner.deal.rejected"
        case .commissionEarned: "partner.commission.earned"
        }
    }

    var record: Record { .deal }

    func write(_ data: inout JSONWriter, of journey: JourneyProfile, at time: Timestamp) {
        switch self {
        case .dealRegistered, .dealApproved, .dealRejected:
            data.member("deal_id", record.id(journey.digits))
            data.member("partner_key", "partner-\(journey.partner)")
            data.member("account", journey.account)
        case .commissionEarned:
            data.member("money", money: journey.termValue * PartnerActivity.commission / 100)
        }
    }
}
