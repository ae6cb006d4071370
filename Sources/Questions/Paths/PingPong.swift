/// How often journeys go from one department to another and straight back.
///
/// ServiceNow's measure: a case bounces where work passes A → B → A with no third department between. Events of no known
/// department are passed over.
package struct PingPong: Sendable, Equatable {
    /// What is known of two departments.
    package struct Pair: Sendable, Equatable {
        /// Numbers of the departments as rows have them, the lower first.
        package let first: UInt16
        package let second: UInt16
        /// How many journeys bounce between them, and how often.
        package internal(set) var journeys = 0
        package internal(set) var bounces = 0
        var last = 0
    }

    /// In no order.
    package private(set) var pairs: [Pair] = []
    /// Journeys with events of at least two departments.
    package private(set) var crossing = 0
    private var places: [UInt32: Int] = [:]
    private var journey = 0

    package init() {}

    /// Adds a journey. O(rows).
    package mutating func add(_ rows: [PathRow]) {
        journey += 1
        var (last, before): (UInt16, UInt16) = (0, 0)
        for row in rows where row.department != 0 && row.department != last {
            if before == 0, last != 0 { crossing += 1 }
            if row.department == before { count(min(last, before), max(last, before)) }
            (before, last) = (last, row.department)
        }
    }

    /// Adds another's journeys.
    ///
    /// - Parameter numbers: this one's number of each department of the other, which is by number less one.
    package mutating func merge(_ other: PingPong, numbers: [UInt16]) {
        for pair in other.pairs {
            let (first, second) = (numbers[Int(pair.first) - 1], numbers[Int(pair.second) - 1])
            let place = place(min(first, second), max(first, second))
            pairs[place].journeys += pair.journeys
            pairs[place].bounces += pair.bounces
        }
        crossing += other.crossing
    }

    private mutating func count(_ first: UInt16, _ second: UInt16) {
        let place = place(first, second)
        pairs[place].bounces += 1
        if pairs[place].last != journey {
            pairs[place].last = journey
            pairs[place].journeys += 1
        }
    }

    private mutating func place(_ first: UInt16, _ second: UInt16) -> Int {
        let key = UInt32(first) << 16 | UInt32(second)
        if let known = places[key] { return known }
        pairs.append(Pair(first: first, second: second))
        places[key] = pairs.count - 1
        return pairs.count - 1
    }
}
