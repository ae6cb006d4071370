internal import Synchronization

/// Finds out whether what does the work is alive: each of its threads must answer before the next sign of life is given.
///
/// It has no clock: whoever calls ``turn()`` says how long a round is.
package final class Watchdog: Sendable {
    /// A thread that has to answer.
    package struct Probe: Sendable {
        let name: String
        let ask: @Sendable (_ answer: @escaping @Sendable () -> Void) -> Void

        /// - Parameters:
        ///   - name: what it is called for people.
        ///   - ask: makes the thread call `answer`, once, behind all that it has to do already. Must not block.
        package init(_ name: String, ask: @escaping @Sendable (_ answer: @escaping @Sendable () -> Void) -> Void) {
            (self.name, self.ask) = (name, ask)
        }
    }

    private struct State {
        var round = 0
        /// The probes that have not answered in this round.
        var asked: Set<Int> = []
    }

    private let probes: [Probe]
    private let state = Mutex(State())

    /// Asks all for the first time.
    package init(_ probes: [Probe]) {
        self.probes = probes
        askAll()
    }

    /// Ends a round, if all have answered, and begins the next.
    ///
    /// - Returns: who has not answered; empty where there is a sign of life to give.
    package func turn() -> [String] {
        let late = state.withLock { $0.asked.sorted() }
        guard late.isEmpty else { return late.map { probes[$0].name } }
        askAll()
        return []
    }

    private func askAll() {
        let round = state.withLock { state in
            state.round += 1
            state.asked = Set(probes.indices)
            return state.round
        }
        for (index, probe) in probes.enumerated() {
            probe.ask { [weak self] in self?.answered(index, round) }
        }
    }

    private func answered(_ index: Int, _ round: Int) {
        state.withLock { state in
            // An answer given twice must not count for another round.
            if state.round == round { state.asked.remove(index) }
        }
    }
}
