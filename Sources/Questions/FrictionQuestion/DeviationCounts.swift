/// How often each thing happens, by period, by the age of the journey and by segment: what deviations are found in.
///
/// The unit is a **journey's period** (mostly a day): it is counted once whether the journey does a thing once in it or ten times, so one
/// restless journey does not look like an incident. A value whose merge is associative.
/// Memory: 4 bytes × periods × (2 × activities + 2 × transitions + ages) a segment: below 1 MiB each, 64 MiB in all.
package struct DeviationCounts: Sendable {
    /// Most segments: values of dimensions.
    package static let maximumSegments = 64

    /// The journeys that have a value of a dimension; all where nil.
    package struct Segment: Sendable, Hashable {
        /// An index into the frame's dimensions.
        package let dimension: Int
        package let value: String

        package init(dimension: Int, value: String) {
            self.dimension = dimension
            self.value = value
        }
    }

    /// The counts of one segment.
    struct Block: Sendable, Equatable {
        /// Journeys' periods; by age × periods + period.
        var exposed: [UInt32]
        /// Those in which an activity occurs, and occurs twice; by activity × periods + period.
        var occurred: [UInt32]
        var repeated: [UInt32]
        /// Those in which an activity occurs; by activity × ages + age.
        var occurredByAge: [UInt32]
        /// Transitions that began in the period, and those of them that were slow; by transition × periods + period.
        var followed: [UInt32]
        var slow: [UInt32]
    }

    package let frame: DeviationFrame
    /// By segment: the first is all.
    let segments: [Segment?]
    private(set) var blocks: [Block]
    let ages: Int
    private let ageOf: [UInt8]
    private var numbers: [Segment: Int] = [:]
    // By a row's activity: its place in the frame plus one.
    private var places: [Int]
    // By from × side + to: the place of the transition in the frame plus one.
    private var transitions: [UInt8]
    private let side: Int
    // What the journey's present period has, and what holds for it.
    private var times: [Int]
    private var found: [Int] = []
    private var blocksNow: [Int] = []

    /// - Parameter segments: those that are told apart, at most ``maximumSegments``.
    package init(_ frame: DeviationFrame, segments: [Segment]) {
        self.frame = frame
        let known = segments.prefix(DeviationCounts.maximumSegments)
        self.segments = [nil] + known.map { $0 }
        for (number, segment) in known.enumerated() { numbers[segment] = number + 1 }
        // Ages grow by a quarter: what happens on the hundredth day may be compared with the hundred and tenth, not the tenth.
        var ageOf: [UInt8] = [0]
        var (limit, bucket) = (1.0, UInt8(1))
        for age in 1..<max(frame.periods, 2) {
            while Double(age) > limit { (limit, bucket) = (limit * 1.25, bucket + 1) }
            ageOf.append(bucket)
        }
        self.ageOf = ageOf
        ages = Int(ageOf[ageOf.count - 1]) + 1
        places = Array(repeating: 0, count: PathNames.maximumActivities)
        for (place, activity) in frame.activities.enumerated() { places[Int(activity)] = place + 1 }
        side = frame.transitions.reduce(0) { max($0, Int(max($1.from, $1.to)) + 1) }
        transitions = Array(repeating: 0, count: side * side)
        for (place, transition) in frame.transitions.enumerated() {
            transitions[Int(transition.from) * side + Int(transition.to)] = UInt8(place + 1)
        }
        times = Array(repeating: 0, count: frame.activities.count)
        func zeros(_ rows: Int, _ columns: Int) -> [UInt32] { Array(repeating: 0, count: rows * columns) }
        let (activities, followed) = (frame.activities.count, frame.transitions.count)
        let empty = Block(
            exposed: zeros(ages, frame.periods), occurred: zeros(activities, frame.periods), repeated: zeros(activities, frame.periods),
            occurredByAge: zeros(activities, ages), followed: zeros(followed, frame.periods), slow: zeros(followed, frame.periods))
        blocks = self.segments.map { _ in empty }
    }

    /// The number of a segment that is told apart; zero for others.
    package func segment(_ segment: Segment) -> UInt8 {
        UInt8(numbers[segment] ?? 0)
    }

    /// Adds a journey.
    ///
    /// A dimension that nearly every event of the journey names is a circumstance, such as the device: the first that a period's events
    /// name holds in it. One that only some name may be set by what happened, such as the channel of a ticket, and would then be found to
    /// explain it: the journey's first holds throughout.
    /// - Parameter dimensions: for each row and dimension the number of the segment, row by row; zero where it names none.
    /// - Complexity: O(rows × dimensions).
    package mutating func add(_ rows: [PathRow], dimensions: [UInt8]) {
        guard let first = rows.first else { return }
        let width = frame.dimensions.count
        var holds = [UInt8](repeating: 0, count: width)
        var isCircumstance = [Bool](repeating: false, count: width)
        for dimension in 0..<width {
            let named = rows.indices.lazy.map { dimensions[$0 * width + dimension] }.filter { $0 != 0 }
            holds[dimension] = named.first ?? 0
            isCircumstance[dimension] = named.count * 10 >= rows.count * 9
        }
        let begun = frame.period(of: first.time)
        var next = 0
        while next < rows.count {
            let (start, period) = (next, frame.period(of: rows[next].time))
            while next < rows.count, frame.period(of: rows[next].time) == period { next += 1 }
            for dimension in 0..<width where isCircumstance[dimension] {
                let named = (start..<next).lazy.map { dimensions[$0 * width + dimension] }.first { $0 != 0 }
                holds[dimension] = named ?? holds[dimension]
            }
            add(rows[start..<next], following: next < rows.count ? rows[next] : nil, in: period, age: period - begun, segments: holds)
        }
    }

    private mutating func add(
        _ rows: ArraySlice<PathRow>, following: PathRow?, in period: Int, age: Int, segments: [UInt8]
    ) {
        let age = Int(ageOf[min(max(age, 0), ageOf.count - 1)])
        for row in rows {
            let place = places[Int(row.activity)] - 1
            guard place >= 0 else { continue }
            if times[place] == 0 { found.append(place) }
            times[place] += 1
        }
        blocksNow.removeAll(keepingCapacity: true)
        blocksNow.append(0)
        for segment in segments where segment != 0 { blocksNow.append(Int(segment)) }
        for block in blocksNow { count(block, period, age) }
        for place in found { times[place] = 0 }
        found.removeAll(keepingCapacity: true)
        for place in rows.indices {
            let row = rows[place]
            guard let next = place + 1 < rows.endIndex ? rows[place + 1] : following,
                let transition = transition(row.activity, next.activity)
            else { continue }
            let isSlow = next.time - row.time > frame.transitions[transition].limit
            let cell = transition * frame.periods + period
            for block in blocksNow {
                blocks[block].followed[cell] += 1
                if isSlow { blocks[block].slow[cell] += 1 }
            }
        }
    }

    private func transition(_ from: UInt16, _ to: UInt16) -> Int? {
        guard from < side, to < side else { return nil }
        let place = Int(transitions[Int(from) * side + Int(to)])
        return place == 0 ? nil : place - 1
    }

    private mutating func count(_ segment: Int, _ period: Int, _ age: Int) {
        blocks[segment].exposed[age * frame.periods + period] += 1
        for place in found {
            blocks[segment].occurred[place * frame.periods + period] += 1
            blocks[segment].occurredByAge[place * ages + age] += 1
            if times[place] > 1 { blocks[segment].repeated[place * frame.periods + period] += 1 }
        }
    }

    /// Adds what another shard counted of other journeys, in the same frame and the same segments.
    package mutating func merge(_ other: DeviationCounts) {
        precondition(frame == other.frame && segments == other.segments, "counts are added up in one frame")
        for index in blocks.indices { blocks[index].add(other.blocks[index]) }
    }
}

extension DeviationCounts.Block {
    fileprivate mutating func add(_ other: Self) {
        Self.add(other.exposed, to: &exposed)
        Self.add(other.occurred, to: &occurred)
        Self.add(other.repeated, to: &repeated)
        Self.add(other.occurredByAge, to: &occurredByAge)
        Self.add(other.followed, to: &followed)
        Self.add(other.slow, to: &slow)
    }

    private static func add(_ counts: [UInt32], to sums: inout [UInt32]) {
        for index in counts.indices { sums[index] += counts[index] }
    }
}
