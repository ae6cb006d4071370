package import JourneyModel

/// A company that does not exist, with journeys that look like those of one that does: marketing, sales, finance, customer success,
/// support and partners, and three frictions to find (see ``PlantedFriction``).
///
/// The same parameters give the same bytes on every machine. Time: about two microseconds an event. Memory: 16 bytes for each event of
/// the journeys that are open, whatever the total.
package struct SimulatedCompany: Sendable {
    private let journeys: Int
    private let seed: UInt64
    private let start: Timestamp
    private let days: Int
    private let hasFriction: Bool

    /// 2026-01-01T00:00:00Z.
    package static let defaultStart = Timestamp(microseconds: 1_767_225_600_000_000)
    /// Longest simulated time, in days.
    package static let maximumDays = 3650
    /// Most journeys.
    package static let maximumJourneys = 100_000_000

    private static let secondsPerDay = 86_400
    private static let chunkSize = 64 * 1024

    /// A company whose journeys begin in even spread over `days` from `start` on, cut down to a whole second.
    ///
    /// - Parameters:
    ///   - journeys: how many, at most ``maximumJourneys``.
    ///   - seed: what the randomness follows from. Ids do not: journey 42 is `account:A000042` under every seed.
    ///   - days: how long the simulation runs, 1 to ``maximumDays``; journeys are left open where it ends.
    ///   - hasFriction: whether the three frictions are planted.
    package init(
        journeys: Int, seed: UInt64, start: Timestamp = SimulatedCompany.defaultStart, days: Int = 365, hasFriction: Bool = true
    ) {
        self.journeys = min(max(journeys, 0), SimulatedCompany.maximumJourneys)
        self.seed = seed
        self.start = Timestamp(microseconds: start.microseconds - (start.microseconds % 1_000_000 + 1_000_000) % 1_000_000)
        self.days = min(max(days, 1), SimulatedCompany.maximumDays)
        self.hasFriction = hasFriction
    }

    /// Writes all events in the order of their times, those of the same second by journey, in chunks of whole lines of about 64 KiB.
    ///
    /// - Parameter sink: takes a chunk; false stops the writing.
    package func write(to sink: ([UInt8]) -> Bool) {
        var writer = EventWriter(seed: seed, start: start)
        // A journey's events lie on or after the day it begins: a day can be sorted once the journeys that begin on it are told.
        var agenda: [[SimulatedEvent]] = Array(repeating: [], count: days)
        var nextJourney = 0
        var chunk: [UInt8] = []
        chunk.reserveCapacity(SimulatedCompany.chunkSize + 1024)
        for day in 0..<days {
            beginJourneys(on: day, next: &nextJourney, agenda: &agenda)
            for event in agenda[day].sorted(by: SimulatedEvent.precedes) {
                writer.write(event, into: &chunk)
                guard chunk.count >= SimulatedCompany.chunkSize else { continue }
                guard sink(chunk) else { return }
                chunk.removeAll(keepingCapacity: true)
            }
            agenda[day] = []
        }
        if !chunk.isEmpty { _ = sink(chunk) }
    }

    /// Tells the journeys that begin on `day` and notes their events on the days they fall on.
    private func beginJourneys(on day: Int, next: inout Int, agenda: inout [[SimulatedEvent]]) {
        let horizon = days * SimulatedCompany.secondsPerDay
        while next < journeys {
            let profile = JourneyProfile(number: next, seed: seed)
            let begin = beginning(of: profile)
            guard begin < (day + 1) * SimulatedCompany.secondsPerDay else { return }
            var script = JourneyScript(
                profile: profile, friction: PlantedFriction(isPlanted: hasFriction), startingAt: begin, until: horizon)
            script.play()
            for event in script.events { agenda[Int(event.time) / SimulatedCompany.secondsPerDay].append(event) }
            next += 1
        }
    }

    /// When a journey begins: somewhere in its own slice of the whole time, so that beginnings rise with the number.
    private func beginning(of profile: JourneyProfile) -> Int {
        let whole = days * SimulatedCompany.secondsPerDay
        var apart = profile.random
        var random = apart.fork()
        return (profile.number * whole + random.below(whole)) / journeys
    }
}
