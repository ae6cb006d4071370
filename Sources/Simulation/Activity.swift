internal import JourneyModel

/// Something that happens in a journey, with what its event says beyond the journey's profile.
enum Activity {
    case marketing(MarketingActivity)
    case sales(SalesActivity)
    case finance(FinanceActivity)
    case success(SuccessActivity)
    case support(SupportActivity)
    case partner(PartnerActivity)
}

/// What can happen in one department.
protocol DepartmentActivity {
    /// The CloudEvents `source` of the department's system.
    static var source: String { get }
    /// The event type in the catalogue.
    var type: String { get }
    /// What the event is about.
    var record: Record { get }
    /// By what the event can be broken down.
    var dimensions: Dimensions { get }

    /// Writes the members of `data` but for the dimensions.
    func write(_ data: inout JSONWriter, of journey: JourneyProfile, at time: Timestamp)
}

extension DepartmentActivity {
    var dimensions: Dimensions { .ofPurchase }
}

/// The fields of `data` by which events are compared.
enum Dimensions {
    /// Of an event that has no customer yet: none.
    case none
    /// Region, segment and origin.
    case ofLead
    /// Region, product and segment.
    case ofPurchase

    func write(_ data: inout JSONWriter, of journey: JourneyProfile) {
        guard self != .none else { return }
        data.member("region", journey.region)
        if self == .ofPurchase { data.member("product", journey.product) }
        data.member("segment", journey.segment)
        if self == .ofLead { data.member("origin", journey.origin) }
    }
}

extension JSONWriter {
    /// Writes a member whose value is an amount of money.
    mutating func member(_ name: String, money minor: Int) {
        key(name)
        object { money in
            money.member("minor", minor)
            money.member("ccy", JourneyProfile.currency)
        }
    }

    mutating func member(_ name: String, _ value: Bool) {
        key(name)
        bool(value)
    }
}

extension Timestamp {
    /// The moment this many days later.
    func plus(days: Int) -> Timestamp {
        Timestamp(microseconds: microseconds + Int64(days) * 86_400_000_000)
    }

    /// The moment this many seconds later.
    func plus(seconds: Int) -> Timestamp {
        Timestamp(microseconds: microseconds + Int64(seconds) * 1_000_000)
    }

    /// The calendar day in UTC, such as `2026-03-01`.
    var date: String { String(text.prefix(10)) }
}
