package import JourneyModel

/// How many of those who started came back, by how long after.
///
/// A journey belongs to the cohort of the calendar period of its first start event. Bucket 0 is the period that begins with the start
/// (rolling), or the calendar's period that holds it (calendar); an event that returns comes after the start. A bucket counts for a
/// journey when it is over: a rate is that of the journeys whose bucket is over, so the youngest do not pull it down; a bucket that is not
/// over for all is marked incomplete.
package struct Retention: Sendable {
    /// What is asked.
    package struct Definition: Sendable, Equatable {
        /// What it takes to have returned.
        package enum Mode: String, Sendable, CaseIterable {
            /// Returning in that bucket.
            case on
            /// Returning in that bucket or any later one.
            case onOrAfter = "on-or-after"
        }

        /// Where buckets begin.
        package enum Buckets: String, Sendable, CaseIterable {
            /// With the start of each journey.
            case rolling
            /// With the calendar's days, weeks or months in UTC.
            case calendar
        }

        package var mode = Mode.on
        package var buckets = Buckets.rolling
        package var period = CalendarPeriod.week
        /// How many buckets, 1 to ``maximumBuckets``.
        package var count = 9

        package static let maximumBuckets = 100

        package init() {}
    }

    /// Journeys that started in one period of the calendar.
    package struct Cohort: Sendable, Equatable {
        package fileprivate(set) var size = 0
        /// By bucket.
        package fileprivate(set) var buckets: [Bucket]
    }

    /// One bucket of a cohort.
    package struct Bucket: Sendable, Equatable {
        /// Journeys that returned, whether or not the bucket is over for them.
        package fileprivate(set) var returned = 0
        /// Journeys for which it is over, and those of them that returned.
        package fileprivate(set) var complete = 0
        package fileprivate(set) var returnedComplete = 0

        fileprivate mutating func add(_ other: Bucket) {
            returned += other.returned
            complete += other.complete
            returnedComplete += other.returnedComplete
        }
    }

    package let definition: Definition
    /// The moment to judge at, in microseconds since 1970.
    package let at: Int64
    /// By the number of the calendar period.
    package private(set) var cohorts: [Int: Cohort] = [:]

    package init(_ definition: Definition, at: Int64) {
        self.definition = definition
        self.at = at
    }

    /// Adds a journey that started.
    ///
    /// - Parameters:
    ///   - start: when it first started.
    ///   - returns: when it returned, ascending; only what comes after the start.
    /// - Complexity: O(returns + buckets).
    package mutating func add(start: Int64, returns: [Int64]) {
        let count = definition.count
        var isIn = [Bool](repeating: false, count: count)
        var last = -1
        for time in returns where time <= at {
            let bucket = bucket(of: time, from: start)
            last = max(last, bucket)
            if bucket >= 0, bucket < count { isIn[bucket] = true }
        }
        let number = definition.period.number(of: start)
        var cohort = cohorts[number] ?? Cohort(buckets: Array(repeating: Bucket(), count: count))
        cohort.size += 1
        for bucket in 0..<count {
            let hasReturned = definition.mode == .on ? isIn[bucket] : last >= bucket
            let isOver = end(of: bucket, from: start) <= at
            cohort.buckets[bucket].add(
                Bucket(returned: hasReturned ? 1 : 0, complete: isOver ? 1 : 0, returnedComplete: isOver && hasReturned ? 1 : 0))
        }
        cohorts[number] = cohort
    }

    /// Adds what another shard found of other journeys under the same definition.
    package mutating func merge(_ other: Retention) {
        for (number, cohort) in other.cohorts {
            guard var known = cohorts[number] else {
                cohorts[number] = cohort
                continue
            }
            known.size += cohort.size
            for bucket in known.buckets.indices { known.buckets[bucket].add(cohort.buckets[bucket]) }
            cohorts[number] = known
        }
    }

    private func bucket(of time: Int64, from start: Int64) -> Int {
        switch definition.buckets {
        case .rolling: Int((time - start) / definition.period.microseconds)
        case .calendar: definition.period.number(of: time) - definition.period.number(of: start)
        }
    }

    private func end(of bucket: Int, from start: Int64) -> Int64 {
        switch definition.buckets {
        case .rolling: start + Int64(bucket + 1) * definition.period.microseconds
        case .calendar: definition.period.start(definition.period.number(of: start) + bucket + 1)
        }
    }
}

extension Retention {
    /// Writes the members of the answer: a row for each cohort in the order of time, and one for all.
    package func write(to writer: inout JSONWriter) {
        var all = Cohort(buckets: Array(repeating: Bucket(), count: definition.count))
        for cohort in cohorts.values {
            all.size += cohort.size
            for bucket in all.buckets.indices { all.buckets[bucket].add(cohort.buckets[bucket]) }
        }
        writer.member("journeys", all.size)
        writer.key("all")
        writer.object { all.write(to: &$0) }
        writer.key("cohorts")
        writer.array { writer in
            for (number, cohort) in cohorts.sorted(by: { $0.key < $1.key }) {
                writer.object { writer in
                    writer.member("from", Timestamp(microseconds: definition.period.start(number)).text)
                    writer.member("to", Timestamp(microseconds: definition.period.start(number + 1)).text)
                    cohort.write(to: &writer)
                }
            }
        }
    }
}

extension Retention.Cohort {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.member("size", size)
        writer.key("buckets")
        writer.array { writer in
            for (number, bucket) in buckets.enumerated() {
                writer.object { writer in
                    writer.member("bucket", number)
                    writer.member("returned", bucket.returned)
                    writer.member("complete", bucket.complete)
                    writer.key("rate")
                    if bucket.complete > 0 {
                        writer.number(Double(bucket.returnedComplete) / Double(bucket.complete))
                    } else {
                        writer.null()
                    }
                    writer.key("incomplete")
                    writer.bool(bucket.complete < size)
                }
            }
        }
    }
}
