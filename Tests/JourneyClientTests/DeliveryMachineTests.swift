import JourneyClient
import Testing

/// When batches are sent and what becomes of them, by a clock that the test sets.
@Suite struct DeliveryMachineTests {
    private typealias Load = DeliveryMachine.Load

    private static var options: EmitterOptions {
        var options = EmitterOptions()
        options.batchEvents = 100
        options.batchBytes = 10_000
        options.linger = .milliseconds(20)
        options.firstPause = .milliseconds(100)
        options.longestPause = .seconds(1)
        return options
    }

    private var machine = DeliveryMachine(options, seed: 1)

    @Test mutating func eventsLingerForOthers() {
        #expect(machine.next(Load(events: 0, bytes: 0), at: .zero) == .waitForEvents)
        machine.arrived(at: .milliseconds(5))
        #expect(machine.next(Load(events: 1, bytes: 10), at: .milliseconds(6)) == .wait(until: .milliseconds(25)))
        machine.arrived(at: .milliseconds(24))
        #expect(machine.next(Load(events: 2, bytes: 20), at: .milliseconds(24)) == .wait(until: .milliseconds(25)))
        #expect(machine.next(Load(events: 2, bytes: 20), at: .milliseconds(25)) == .send(Load(events: 100, bytes: 10_000)))
    }

    @Test(arguments: [(100, 10), (1, 10_000)])
    mutating func aFullBatchDoesNotLinger(events: Int, bytes: Int) {
        machine.arrived(at: .zero)
        #expect(machine.isDue(Load(events: events, bytes: bytes), at: .zero))
        #expect(!machine.isDue(Load(events: 99, bytes: 9_999), at: .zero))
        #expect(machine.next(Load(events: events, bytes: bytes), at: .zero) == .send(Load(events: 100, bytes: 10_000)))
    }

    @Test mutating func flushingAndClosingDoNotLinger() {
        machine.isFlushing = true
        #expect(machine.next(Load(events: 1, bytes: 1), at: .zero) == .send(Load(events: 100, bytes: 10_000)))
        #expect(machine.settle(.answered(rejected: []), events: 1, at: .zero) == .remove(rejected: []))
        machine.isFlushing = false
        machine.isClosing = true
        #expect(machine.next(Load(events: 1, bytes: 1), at: .zero) == .send(Load(events: 100, bytes: 10_000)))
        #expect(machine.settle(.answered(rejected: []), events: 1, at: .zero) == .remove(rejected: []))
        #expect(machine.next(Load(events: 0, bytes: 0), at: .zero) == .finished)
    }

    @Test mutating func pausesGrowWithFailuresAndEndWithASuccess() throws {
        machine.isFlushing = true
        var now = Duration.zero
        for expected in [100, 200, 400, 800, 1_000, 1_000] {
            #expect(machine.next(Load(events: 1, bytes: 1), at: now) == .send(Load(events: 100, bytes: 10_000)))
            #expect(machine.settle(.failed(reason: "away", after: nil), events: 1, at: now) == .keep)
            guard case .wait(let until) = machine.next(Load(events: 1, bytes: 1), at: now) else {
                Issue.record("it does not pause")
                return
            }
            // A random part of up to a half is taken off.
            #expect(until - now > .milliseconds(expected / 2) && until - now <= .milliseconds(expected))
            now = until
        }
        #expect(machine.failures == 6)
        #expect(machine.next(Load(events: 1, bytes: 1), at: now) == .send(Load(events: 100, bytes: 10_000)))
        _ = machine.settle(.answered(rejected: []), events: 1, at: now)
        #expect(machine.failures == 0)
    }

    @Test mutating func theDaemonMayAskForALongerPause() {
        machine.isFlushing = true
        _ = machine.next(Load(events: 1, bytes: 1), at: .zero)
        _ = machine.settle(.failed(reason: "overloaded", after: .seconds(7)), events: 1, at: .zero)
        #expect(machine.next(Load(events: 1, bytes: 1), at: .zero) == .wait(until: .seconds(7)))
    }

    @Test mutating func clientsOfOneDaemonDoNotComeBackAtOnce() {
        let pauses = (0..<UInt64(50)).map { seed in
            var machine = DeliveryMachine(Self.options, seed: seed)
            machine.isFlushing = true
            _ = machine.next(Load(events: 1, bytes: 1), at: .zero)
            _ = machine.settle(.failed(reason: "away", after: nil), events: 1, at: .zero)
            return machine.next(Load(events: 1, bytes: 1), at: .zero)
        }
        #expect((0..<pauses.count).allSatisfy { !pauses[..<$0].contains(pauses[$0]) })
    }

    /// A refusal that names no event: halves are sent until it is found, and only it is set aside.
    @Test mutating func theEventThatIsRefusedIsFoundByHalving() {
        machine.isFlushing = true
        // The event that is refused has the place 37 of 100.
        var (left, poison, sent, tries) = (100, 37, 0, 0)
        var rejections: [Int] = []
        while left > 0 {
            guard case .send(let limit) = machine.next(Load(events: left, bytes: left), at: .zero) else {
                Issue.record("it does not send")
                return
            }
            tries += 1
            let count = min(limit.events, left)
            let holdsIt = (sent..<(sent + count)).contains(poison)
            let outcome: DeliveryOutcome =
                holdsIt ? .refused(Rejection(place: 0, code: "invalid-event", detail: "")) : .answered(rejected: [])
            guard case .remove(let rejected) = machine.settle(outcome, events: count, at: .zero) else { continue }
            if !rejected.isEmpty {
                rejections.append(sent)
                poison = -1
            }
            sent += count
            left -= count
        }
        #expect(rejections == [37] && sent == 100)
        #expect(tries < 40, "\(tries) tries")
    }
}
