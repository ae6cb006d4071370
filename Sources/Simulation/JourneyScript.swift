/// Plays one journey from the first visit to the last renewal and notes what happens when.
///
/// The story is told by department in the extensions. It has one main line, ``now``, and asides that run beside it (invoices, tickets).
struct JourneyScript {
    /// Months are made equal, so that the story needs no calendar.
    static let daysPerMonth = 30
    static let monthsPerInvoice = 3

    let profile: JourneyProfile
    let friction: PlantedFriction
    /// When the simulation ends; what happens then or later is not noted.
    let horizon: Int
    private(set) var events: [SimulatedEvent] = []
    /// Where the line that is being told has come to, in seconds since the company's first moment.
    var now: Int
    var random: SplitMix64

    init(profile: JourneyProfile, friction: PlantedFriction, startingAt start: Int, until horizon: Int) {
        self.profile = profile
        self.friction = friction
        self.horizon = horizon
        now = start
        random = profile.random
    }

    /// Tells the whole story.
    mutating func play() {
        guard profile.isPartnerSourced ? registerDeal() : attract() && qualify(), sell() else { return }
        aside { $0.onboard() }
        subscribe()
    }

    /// Notes what happens now.
    mutating func note(_ activity: Activity) {
        guard now < horizon else { return }
        events.append(
            SimulatedEvent(
                time: UInt32(now), journey: UInt32(profile.number), sequence: UInt16(truncatingIfNeeded: events.count), activity: activity))
    }

    /// Notes what happens after a wait.
    mutating func note(_ activity: Activity, after wait: Wait) {
        now += wait.draw(&random)
        note(activity)
    }

    /// Tells what runs beside the main line. It draws from a generator of its own: however much it draws, the main line stays the same.
    mutating func aside(_ strand: (inout JourneyScript) -> Void) {
        let apart = random.fork()
        let (resumeAt, main) = (now, random)
        random = apart
        strand(&self)
        (now, random) = (resumeAt, main)
    }
}
