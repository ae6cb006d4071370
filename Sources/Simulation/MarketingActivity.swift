internal import JourneyModel

/// What marketing does with a lead.
enum MarketingActivity: DepartmentActivity {
    case pageViewed(page: UInt8)
    case formSubmitted
    case leadCreated
    case emailEngaged(EmailStep, message: UInt8)
    case leadScored(UInt8)
    case leadQualified(score: UInt8)
    case leadRecycled

    /// How far a message came.
    enum EmailStep: UInt8 {
        case delivered, opened, clicked

        var name: String {
            switch self {
            case .delivered: "delivered"
            case .opened: "opened"
            case .clicked: "clicked"
            }
        }
    }

    static let source = "/marketing/automation"
    static let pages = ["", "product", "pricing", "customers", "security", "docs", "compare"]

    var type: String {
        switch self {
        case .pageViewed: "marketing.page.viewed"
        case .formSubmitted: "marketing.form.submitted"
        case .leadCreated: "marketing.lead.created"
        case .emailEngaged: "marketing.email.engaged"
        case .leadScored: "marketing.lead.scored"
        case .leadQualified: "marketing.lead.qualified"
        case .leadRecycled: "marketing.lead.recycled"
        }
    }

    var record: Record { .lead }

    var dimensions: Dimensions {
        switch self {
        case .pageViewed, .formSubmitted, .emailEngaged: .none
        case .leadCreated, .leadScored, .leadQualified, .leadRecycled: .ofLead
        }
    }

    func write(_ data: inout JSONWriter, of journey: JourneyProfile, at time: Timestamp) {
        switch self {
        case .pageViewed(let page):
            data.member("url", "https://www.example.com/" + MarketingActivity.pages[Int(page)])
        case .formSubmitted:
            data.member("form_id", "demo-request")
        case .leadCreated:
            data.member("lead_id", record.id(journey.digits))
        case .emailEngaged(let step, let message):
            data.member("kind", step.name)
            data.member("message_id", journey.digits + "-" + String(message))
        case .leadScored(let score):
            data.member("score", score)
        case .leadQualified(let score):
            data.member("lead_id", record.id(journey.digits))
            data.member("score", score)
        case .leadRecycled:
            data.member("reason", "not_ready")
        }
    }
}
