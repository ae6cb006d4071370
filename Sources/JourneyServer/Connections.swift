internal import ControlInterface
internal import EventLog
internal import NIOCore
internal import Synchronization

/// The open connections: how many there may be, in all and of one user, and how to tell all of them something.
final class Connections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var byUser: [UInt32: Int] = [:]
        var isClosing = false
        var maximum: Int
        var maximumOfUser: Int
    }

    private let state: Mutex<State>

    private let telemetry: Telemetry

    init(maximum: Int, maximumOfUser: Int, telemetry: Telemetry) {
        self.telemetry = telemetry
        state = Mutex(State(maximum: maximum, maximumOfUser: maximumOfUser))
    }

    /// Changes how many there may be; those that are there stay.
    func limit(maximum: Int, maximumOfUser: Int) {
        state.withLock { ($0.maximum, $0.maximumOfUser) = (maximum, maximumOfUser) }
    }

    var count: Int { state.withLock { $0.channels.count } }

    /// Whether the server is closing: a connection that was accepted before is served once.
    var isClosing: Bool { state.withLock { $0.isClosing } }

    /// Takes a connection in.
    ///
    /// - Returns: false where there are too many.
    func add(_ channel: any Channel, user: UInt32) -> Bool {
        let isTaken = state.withLock { state in
            guard state.channels.count < state.maximum, state.byUser[user, default: 0] < state.maximumOfUser else { return false }
            state.channels[ObjectIdentifier(channel)] = channel
            state.byUser[user, default: 0] += 1
            return true
        }
        guard isTaken else { return false }
        telemetry.connections.add(1)
        channel.closeFuture.whenComplete { _ in
            self.telemetry.connections.add(-1)
            self.state.withLock { state in
                state.channels[ObjectIdentifier(channel)] = nil
                state.byUser[user, default: 1] -= 1
            }
        }
        return true
    }

    /// Tells all connections.
    func tell(_ event: some Sendable) {
        for channel in all { channel.pipeline.fireUserInboundEventTriggered(event) }
    }

    /// Asks each connection to finish what it is doing, and closes what is left after `grace`.
    func close(grace: TimeAmount, on loop: any EventLoop) async {
        let channels = state.withLock { state in
            state.isClosing = true
            return Array(state.channels.values)
        }
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(Closing()) }
        let late = loop.scheduleTask(in: grace) {
            for channel in self.all { channel.close(promise: nil) }
        }
        // Those that were accepted in the last moment come in while others end.
        while let channel = all.first { try? await channel.closeFuture.get() }
        late.cancel()
    }

    private var all: [any Channel] { state.withLock { Array($0.channels.values) } }
}

/// Told to a connection when the server is closing.
struct Closing: Sendable {}

/// Told to a connection when it was changed who may do what.
struct AccessChanged: Sendable {}
