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
    }

    private let state = Mutex(State())
    private let maximum: Int
    private let maximumOfUser: Int

    private let telemetry: Telemetry

    init(maximum: Int, maximumOfUser: Int, telemetry: Telemetry) {
        self.telemetry = telemetry
        self.maximum = maximum
        self.maximumOfUser = maximumOfUser
    }

    var count: Int { state.withLock { $0.channels.count } }

    /// Takes a connection in.
    ///
    /// - Returns: false where there are too many, or the server is closing.
    func add(_ channel: any Channel, user: UInt32) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isClosing, state.channels.count < maximum, state.byUser[user, default: 0] < maximumOfUser else { return false }
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

    /// Takes no more connections, asks each to finish what it is doing, and closes what is left after `grace`.
    func close(grace: TimeAmount, on loop: any EventLoop) async {
        let channels = state.withLock { state in
            state.isClosing = true
            return Array(state.channels.values)
        }
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(Closing()) }
        let late = loop.scheduleTask(in: grace) {
            for channel in channels { channel.close(promise: nil) }
        }
        for channel in channels { try? await channel.closeFuture.get() }
        late.cancel()
    }
}

/// Told to a connection when the server is closing.
struct Closing: Sendable {}
