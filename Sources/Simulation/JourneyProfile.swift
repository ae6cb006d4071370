/// What stays the same through a whole journey: who the account is, what it buys, and who looks after it.
///
/// A profile follows from seed and number alone, so that it is drawn again where an event is written instead of being kept with each event.
struct JourneyProfile {
    let number: Int
    let region: String
    let product: String
    let segment: String
    /// The channel through which the lead came.
    let origin: String
    let isPartnerSourced: Bool
    /// What a year is worth, in minor units of ``currency``.
    let annualValue: Int
    let termMonths: Int
    let salesOwner: Int
    let successOwner: Int
    let partner: Int
    /// The journey's number in its ids, such as `000042`.
    let digits: String
    /// What everything but the profile is drawn from.
    let random: SplitMix64

    static let currency = "EUR"
    static let regions = ["north", "south", "east", "west"]
    static let products = ["atlas", "borealis", "cirrus", "delta"]
    static let segments = ["smb", "mid", "enterprise"]
    static let origins = ["organic_search", "paid_search", "social", "email", "referral", "event"]

    init(number: Int, seed: UInt64) {
        // The multiplier only spreads neighbouring numbers; the fork is what makes their sequences unlike.
        var spread = SplitMix64(seed: seed &+ UInt64(number) &* 0xD134_2543_DE82_EF95)
        var random = spread.fork()
        self.number = number
        region = random.pick(JourneyProfile.regions)
        product = random.pick(JourneyProfile.products)
        segment = random.pick(JourneyProfile.segments)
        origin = random.pick(JourneyProfile.origins)
        isPartnerSourced = random.chance(120)
        // Whole hundreds of euros a month, skewed as prices are.
        annualValue = max(1, Wait(median: 16).draw(&random)) * 12 * 100_00
        termMonths = random.pick([3, 6, 6, 12, 12])
        salesOwner = random.below(40)
        successOwner = random.below(25)
        partner = random.below(15)
        digits = padded(number, 6)
        self.random = random
    }

    var account: String { "account:A" + digits }

    /// What a month is worth, in minor units.
    var monthlyValue: Int { annualValue / 12 }

    /// What a term is worth, in minor units.
    var termValue: Int { monthlyValue * termMonths }
}

/// `number` in decimal with at least `width` digits.
func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
