import ServiceManager
import Synchronization
import TestSupport
import Testing

/// What the service manager is told in each phase, taken by a socket that stands in for it.
@Suite struct SupervisorTests {
    private let scratch: Scratch
    private let manager: DatagramReceiver
    private let supervisor: Supervisor

    init() throws {
        scratch = try Scratch()
        manager = try DatagramReceiver(scratch.path + "/notify")
        let environment = ["NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "2000000"]
        supervisor = Supervisor(try #require(NotifySocket(environment: environment)), environment: environment)
    }

    private func said() -> [String] {
        var said: [String] = []
        while let datagram = manager.pending() { said.append(String(decoding: datagram, as: UTF8.self)) }
        return said
    }

    @Test func aRoundIsAQuarterOfTheManagersPatience() {
        #expect(supervisor.pause == .milliseconds(500))
    }

    @Test func readyIsSaidOnceAndNotWhenStopping() {
        supervisor.describe { "position 7" }
        supervisor.ready(watching: [])
        supervisor.ready(watching: [])
        #expect(said() == ["READY=1\nSTATUS=position 7"])
        supervisor.stopping()
        #expect(said().first?.hasPrefix("STOPPING=1\n") == true)
        supervisor.ready(watching: [])
        #expect(said().isEmpty)
    }

    @Test func signsOfLifeEndWhereAThreadDoesNotAnswer() {
        let answers = Mutex<[@Sendable () -> Void]>([])
        supervisor.ready(watching: [Watchdog.Probe("the log's writer") { answer in answers.withLock { $0.append(answer) } }])
        answers.withLock { $0 }.last?()
        _ = supervisor.turn()
        #expect(said().contains("WATCHDOG=1"))
        for turn in 1...3 {
            let (late, turns) = supervisor.turn()
            #expect(late == ["the log's writer"] && turns == turn)
        }
        let silence = said()
        #expect(!silence.contains("WATCHDOG=1"))
        #expect(silence.last?.contains("the log's writer") == true, "\(silence)")
        answers.withLock { $0 }.last?()
        _ = supervisor.turn()
        #expect(said().contains("WATCHDOG=1"))
    }

    @Test func moreTimeIsAskedForByOneThatWorksOnly() {
        _ = supervisor.turn()
        _ = said()
        // Work that the processor's clock sees.
        var sum = 0
        let end = ContinuousClock.now + .milliseconds(50)
        while ContinuousClock.now < end { for number in 0..<10_000 { sum &+= number ^ sum } }
        #expect(sum != 1)
        _ = supervisor.turn()
        #expect(said().contains("EXTEND_TIMEOUT_USEC=30000000"))
    }

    @Test func aReloadSaysWhenItBeganAndEnds() async {
        supervisor.ready(watching: [])
        _ = said()
        await supervisor.reload { #expect(said().first?.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") == true) }
        #expect(said().first?.hasPrefix("READY=1\n") == true)
    }

    @Test func aStatusIsOneLineAndSaidWhenItChanges() {
        supervisor.describe { "two\nlines" }
        supervisor.ready(watching: [])
        #expect(said() == ["READY=1\nSTATUS=two lines"])
        for _ in 0..<3 { _ = supervisor.turn() }
        #expect(said().filter { $0.hasPrefix("STATUS=") } == ["STATUS=two lines"])
    }

    @Test func anAbstractAddressIsReached() throws {
        let abstract = try DatagramReceiver("@journeyd-test-\(UInt64.random(in: 0...UInt64.max))")
        let socket = try #require(NotifySocket(address: abstract.address))
        #expect(socket.send(.ready))
        #expect(abstract.pending() == Array("READY=1".utf8))
        #expect(NotifySocket(environment: [:]) == nil)
        #expect(NotifySocket(address: "relative") == nil)
        #expect(NotifySocket(address: "/" + String(repeating: "x", count: 108)) == nil)
    }
}
