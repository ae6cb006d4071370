package import JourneyModel

/// Events to be stored together, and who waits for the answer.
///
/// An object, as it goes from hand to hand: a copy of all its fields costs more than what a commit does with one event.
package final class AppendRequest: Sendable {
    /// The events, in order.
    package let batch: EventBatch
    /// What the writer looks for the events under: worked out by who sends them, as there are several of those and one writer.
    let hashes: [EventHashes]
    /// All or none, or each for itself.
    package let isAtomic: Bool
    /// What must be so for anything of it to be stored.
    package let expectation: Expectation?
    /// The uid of the process that sent them.
    package let emitter: UInt32
    /// What else is asked of the writer, for a request of no events.
    let order: Order?
    /// Who waits: called once with the request, on the writer's thread, after the flush. It must not block.
    private let waiter: @Sendable (AppendRequest, Result<AppendOutcome, AppendFailure>) -> Void

    /// - Complexity: some 50 ns an event.
    package init(
        batch: consuming EventBatch, to log: EventLog, isAtomic: Bool, emitter: UInt32, expectation: Expectation? = nil,
        waiter: @escaping @Sendable (AppendRequest, Result<AppendOutcome, AppendFailure>) -> Void
    ) {
        hashes = log.hash(batch)
        self.batch = batch
        self.isAtomic = isAtomic
        self.emitter = emitter
        self.expectation = expectation
        order = nil
        self.waiter = waiter
    }

    /// As the other, for who waits and needs nothing of the request then.
    package convenience init(
        batch: consuming EventBatch, to log: EventLog, isAtomic: Bool, emitter: UInt32, expectation: Expectation? = nil,
        completion: @escaping @Sendable (Result<AppendOutcome, AppendFailure>) -> Void
    ) {
        self.init(batch: batch, to: log, isAtomic: isAtomic, emitter: emitter, expectation: expectation) { completion($1) }
    }

    /// Tells who waits what became of it. Called once.
    package func complete(_ result: Result<AppendOutcome, AppendFailure>) { waiter(self, result) }

    /// What the writer does between two commits.
    enum Order: Sendable {
        /// End the live epoch, if it has an event.
        case endEpoch
        /// Destroy keys.
        case erase(ErasurePlan)
        /// Call this with the last position: nothing is written until it returns, and it is called even where nothing can be.
        case pause(@Sendable (Position) -> Void)
        /// Call this with the positions that the table in memory has under the identity; it is called even where nothing can be stored.
        case find(UInt64, @Sendable ([Position]) -> Void)
        /// Call this: a sign of life, which is given even where nothing can be written.
        case sign(@Sendable () -> Void)
    }

    /// A request of no events.
    init(order: Order, completion: @escaping @Sendable (Result<AppendOutcome, AppendFailure>) -> Void) {
        (batch, hashes) = (EventBatch(), [])
        isAtomic = true
        emitter = 0
        expectation = nil
        self.order = order
        waiter = { completion($1) }
    }
}

/// Optimistic concurrency: the last event of a subject must be the one that the sender knows.
package struct Expectation: Equatable, Sendable {
    /// The subject whose last event is meant.
    package let subject: [UInt8]
    /// The position that the sender expects; zero where there should be none.
    package let position: Position
    /// The subject's last position among those up to `through`, as an index knows it. The log itself knows of those behind.
    package let known: Position
    package let through: Position

    package init(subject: [UInt8], position: Position, known: Position, through: Position) {
        (self.subject, self.position, self.known, self.through) = (subject, position, known, through)
    }
}

/// What became of the events of one request. They are on the disk.
package struct AppendOutcome: Equatable, Sendable {
    /// The lowest and the highest position that the request's events have, duplicates at their first position. Nil where none is stored.
    package internal(set) var first: Position?
    package internal(set) var last: Position?
    /// How many are new.
    package internal(set) var appended = 0
    /// How many were stored before.
    package internal(set) var duplicates = 0
    /// The places in the request of those that were stored before.
    package internal(set) var duplicated: [Int] = []
    /// Events whose source and id belong to another event. Empty for a request that is all or none.
    package internal(set) var conflicts: [Conflict] = []

    package init() {}

    mutating func include(_ position: Position) {
        first = min(first ?? position, position)
        last = max(last ?? position, position)
    }
}

/// An event with the source and id of a stored one, and other content.
package struct Conflict: Error, Equatable, Sendable {
    /// The event's place in the request, from zero.
    package let index: Int
    /// Where the event is stored that has its source and id.
    package let position: Position

    package init(index: Int, position: Position) {
        self.index = index
        self.position = position
    }
}

/// Why nothing of a request was stored.
package enum AppendFailure: Error, Equatable, Sendable {
    /// One event of a request that is all or none conflicts.
    case conflict(Conflict)
    /// The last position of the subject is another than was expected.
    case unexpected(Position)
    /// The log cannot take it.
    case log(LogError)
}
