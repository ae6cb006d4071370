internal import JourneyModel

/// What others reach, to hold a group of cases against.
struct FrictionReference: Sendable {
    /// Closed cases of a duration measure, all of a rate measure.
    let count: Int
    /// Of the closed cases' durations; nil where there are none.
    let median: Int64?
    let upperQuartile: Int64?
    /// The share of the cases to which it happened.
    let share: Double
    let isDuration: Bool

    /// What cases are measured against: the 75th percentile, or the rate.
    var benchmark: Double? { isDuration ? upperQuartile.map(Double.init) : share }
}

/// The cases of one measure, and how those with one value of a dimension compare with all others.
///
/// Durations are sorted once; a dimension then costs O(cases + values), and a value some binary searches, as the percentiles of all others are
/// found without putting them side by side.
struct FrictionComparison: Sendable {
    let measure: FrictionMeasure
    private let cases: [FrictionCase]
    private let worths: [FrictionCases.Worth]
    private let serviceLevel: Int64?
    // The closed cases of a duration measure, by duration.
    private let closed: [FrictionCase]

    /// - Parameter serviceLevel: how long a stay may take, in microseconds; nil where nobody said.
    init(_ measure: FrictionMeasure, _ cases: [FrictionCase], _ worths: [FrictionCases.Worth], serviceLevel: Int64?) {
        (self.measure, self.cases, self.worths, self.serviceLevel) = (measure, cases, worths, serviceLevel)
        closed = measure.kind.isDuration ? RadixSort.sorted(cases.filter { !$0.isOpen }) { $0.duration } : []
    }

    /// The row of all cases.
    var whole: Friction.Row {
        Friction.Row(measure, nil, figures(cases, closed.map(\.duration), benchmark: nil), nil)
    }

    /// The row of each value that stands out, or of every value where the split was asked for.
    func rows(_ split: Friction.Split) -> [Friction.Row] {
        let groups = Groups(measure, cases, closed, split)
        let standing = groups.counts.indices.dropFirst().compactMap { value -> (value: Int, others: FrictionReference?)? in
            guard groups.counts[value] > 0 else { return nil }
            let others = groups.others(value)
            let standsOut = others.map { groups.own(value).standsOut(from: $0) } ?? false
            return split.isAskedFor || standsOut ? (value, others) : nil
        }
        guard !standing.isEmpty else { return [] }
        var members = standing.map { _ in [FrictionCase]() }
        var places = [Int?](repeating: nil, count: split.texts.count)
        for (place, found) in standing.enumerated() { places[found.value] = place }
        for found in cases { if let place = places[Int(split.numbers[Int(found.journey)])] { members[place].append(found) } }
        return standing.enumerated().map { place, found in
            let figures = figures(members[place], Array(groups.durations(found.value)), benchmark: found.others?.benchmark)
            return Friction.Row(measure, (split.field, split.texts[found.value]), figures, found.others)
        }
    }

    private func figures(_ cases: [FrictionCase], _ closed: [Int64], benchmark: Double?) -> FrictionFigures {
        FrictionFigures(measure, cases, closed: closed, worths, benchmark: benchmark, serviceLevel: serviceLevel)
    }
}

/// The cases of a measure by the values of a split.
private struct Groups {
    private let isDuration: Bool
    /// By value, how many cases there are, and to how many it happened.
    let counts: [Int]
    private let affected: [Int]
    private let known: (count: Int, affected: Int)
    // The durations of the closed cases that have a value, ascending: of all, and of each value behind one another.
    private let all: [Int64]
    private let byValue: [Int64]
    private let starts: [Int]

    init(_ measure: FrictionMeasure, _ cases: [FrictionCase], _ closed: [FrictionCase], _ split: Friction.Split) {
        isDuration = measure.kind.isDuration
        var counts = [Int](repeating: 0, count: split.texts.count)
        var affected = counts
        for found in cases {
            let value = Int(split.numbers[Int(found.journey)])
            counts[value] += 1
            if found.isAffected { affected[value] += 1 }
        }
        var starts = [Int](repeating: 0, count: split.texts.count + 1)
        for found in closed { starts[Int(split.numbers[Int(found.journey)]) + 1] += 1 }
        starts[1] = 0
        for value in starts.indices.dropFirst() { starts[value] += starts[value - 1] }
        var (places, all) = (starts, [Int64]())
        var byValue = [Int64](repeating: 0, count: starts[starts.count - 1])
        all.reserveCapacity(byValue.count)
        for found in closed {
            let value = Int(split.numbers[Int(found.journey)])
            guard value != 0 else { continue }
            all.append(found.duration)
            byValue[places[value]] = found.duration
            places[value] += 1
        }
        known = (counts.dropFirst().reduce(0, +), affected.dropFirst().reduce(0, +))
        (self.counts, self.affected, self.starts, self.all, self.byValue) = (counts, affected, starts, all, byValue)
    }

    /// The durations of the closed cases with a value, ascending.
    func durations(_ value: Int) -> ArraySlice<Int64> { byValue[starts[value]..<starts[value + 1]] }

    /// The cases with a value.
    func own(_ value: Int) -> FrictionGroup {
        let durations = durations(value)
        return FrictionGroup(
            isDuration: isDuration, count: isDuration ? durations.count : counts[value],
            share: Groups.share(affected[value], of: counts[value]), durations: durations)
    }

    /// The cases with other values; nil where there are none.
    func others(_ value: Int) -> FrictionReference? {
        let count = known.count - counts[value]
        guard count > 0 else { return nil }
        let closed = all.count - durations(value).count
        return FrictionReference(
            count: isDuration ? closed : count, median: median(without: value, closed),
            upperQuartile: closed == 0 ? nil : rank(Groups.upperQuartile(closed), without: value),
            share: Groups.share(known.affected - affected[value], of: count), isDuration: isDuration)
    }

    private func median(without value: Int, _ count: Int) -> Int64? {
        guard count > 0 else { return nil }
        let upper = rank(count / 2, without: value)
        guard count % 2 == 0 else { return upper }
        let lower = rank(count / 2 - 1, without: value)
        return lower + (upper - lower) / 2
    }

    /// The duration at a place, counted from zero, among those of other values. O(log² n).
    private func rank(_ place: Int, without value: Int) -> Int64 {
        let own = durations(value)
        var (low, high) = (0, all.count - 1)
        while low < high {
            let middle = (low + high) / 2
            let below = all[...].count(through: all[middle]) - own.count(through: all[middle])
            if below > place { high = middle } else { low = middle + 1 }
        }
        return all[low]
    }

    /// The place of the 75th percentile by nearest rank.
    private static func upperQuartile(_ count: Int) -> Int {
        min(max((count * 75 + 99) / 100, 1), count) - 1
    }

    private static func share(_ affected: Int, of count: Int) -> Double {
        count == 0 ? 0 : Double(affected) / Double(count)
    }
}

/// The cases with one value, as far as it takes to see whether they stand out.
struct FrictionGroup {
    let isDuration: Bool
    /// Closed cases of a duration measure, all of a rate measure.
    let count: Int
    /// The share of the cases to which it happened.
    let share: Double
    /// Of the closed cases of a duration measure, ascending.
    let durations: ArraySlice<Int64>

    /// Whether these cases are worse than others by half or more, and by more than chance explains (four standard errors).
    func standsOut(from others: FrictionReference) -> Bool {
        guard count >= 20, others.count >= 20 else { return false }
        let (share, otherShare): (Double, Double)
        if isDuration {
            guard let limit = others.upperQuartile, let otherMedian = others.median, median * 2 >= otherMedian * 3 else { return false }
            (share, otherShare) = (Double(durations.count - durations.count(through: limit)) / Double(count), 0.25)
        } else {
            (share, otherShare) = (self.share, others.share)
            guard share >= otherShare * 1.5, share - otherShare >= 0.05 else { return false }
        }
        let pooled = (share * Double(count) + otherShare * Double(others.count)) / Double(count + others.count)
        let error = (pooled * (1 - pooled) * (1 / Double(count) + 1 / Double(others.count))).squareRoot()
        return share - otherShare > 4 * error
    }

    private var median: Int64 {
        let middle = durations.startIndex + count / 2
        return count % 2 == 1 ? durations[middle] : durations[middle - 1] + (durations[middle] - durations[middle - 1]) / 2
    }
}
