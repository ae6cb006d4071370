import ServiceManager
import Synchronization
import Testing

/// A sign of life is given when all have answered, and not before.
@Suite struct WatchdogTests {
    /// Threads that answer when the test says so.
    private final class Threads: Sendable {
        private let asked = Mutex<[String: [@Sendable () -> Void]]>([:])

        func probe(_ name: String) -> Watchdog.Probe {
            Watchdog.Probe(name) { answer in self.asked.withLock { $0[name, default: []].append(answer) } }
        }

        func asks(_ name: String) -> Int { asked.withLock { $0[name]?.count ?? 0 } }

        /// Answers a question of the past, or the last.
        func answer(_ name: String, _ index: Int? = nil) {
            let answer = asked.withLock { asked in asked[name].flatMap { index.map { i in asked[name]?[i] } ?? $0.last } }
            answer?()
        }
    }

    private let threads = Threads()

    @Test func nobodyVouchesForOneThatDoesNotAnswer() {
        let watchdog = Watchdog([threads.probe("writer"), threads.probe("loop")])
        #expect(watchdog.turn() == ["writer", "loop"], "nothing was answered yet")
        threads.answer("loop")
        #expect(watchdog.turn() == ["writer"])
        #expect(watchdog.turn() == ["writer"])
        threads.answer("writer")
        #expect(watchdog.turn().isEmpty)
    }

    @Test func eachSignOfLifeNeedsNewAnswers() {
        let watchdog = Watchdog([threads.probe("writer")])
        threads.answer("writer")
        #expect(watchdog.turn().isEmpty)
        #expect(watchdog.turn() == ["writer"], "the old answer counts once")
        threads.answer("writer")
        #expect(watchdog.turn().isEmpty)
        #expect(threads.asks("writer") == 3)
    }

    @Test func aLateAnswerDoesNotCountForTheNextRound() {
        let watchdog = Watchdog([threads.probe("writer")])
        threads.answer("writer")
        #expect(watchdog.turn().isEmpty)
        threads.answer("writer", 0)
        #expect(watchdog.turn() == ["writer"])
    }

    @Test func oneThatIsLateIsNotAskedAgain() {
        // A queue that nobody empties must not grow by being watched.
        let watchdog = Watchdog([threads.probe("writer"), threads.probe("loop")])
        for _ in 0..<10 { _ = watchdog.turn() }
        #expect(threads.asks("writer") == 1)
    }
}
