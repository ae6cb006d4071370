package import ControlInterface
internal import EventLog
package import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// HTTP/1.1 on a Unix socket in front of a ``ControlInterface``.
package final class JourneyServer: Sendable {
    /// The server's limits. Times are in seconds.
    package struct Options: Sendable {
        package var connections = 1024
        package var connectionsOfUser = 256
        /// Bytes of a request line and of all headers together.
        package var headerBytes = 16 * 1024
        /// A connection on which nothing moves for so long is closed.
        package var idleSeconds = 60
        /// How long a request line and headers may take to arrive.
        package var headerSeconds = 5
        /// How long a view may take to reach the position that a request waits for.
        package var viewSeconds = 30
        /// How long connections may take to finish when the daemon stops.
        package var graceSeconds = 10
        /// Seconds between signs of life on an answer that follows the log.
        package var heartbeatSeconds = 15
        /// How long a follower may take to take a page of events, which is ``followerPageBytes`` at most and one event more.
        package var followerSeconds = 30
        /// Bytes of events that are on the way to a follower.
        package var followerPageBytes = 1 << 20
        /// An answer that takes as long is logged.
        package var slowAnswer = Duration.seconds(1)
        /// Threads that work on what administrators ask for, which may take minutes.
        package var longWorkThreads = 2
        /// Threads that work on reading requests.
        package var questionThreads = 2
        /// Questions that are worked on at once; each may use several threads of its own.
        package var analyses = 1
        /// Threads that read and write sockets, and parse events.
        package var eventLoops = 2

        package init() {}
    }

    /// What every connection shares.
    struct Shared: Sendable {
        let interface: ControlInterface
        let options: Options
        let questions: NIOThreadPool
        let longWork: NIOThreadPool
        let analyses: NIOThreadPool
        let commits: CommitNotifier
        let connections: Connections
        let logger: Logger
        /// One for each event loop.
        let desks: [ObjectIdentifier: AppendDesk]

        /// Where a request is worked on, so that what takes long holds up nothing that does not.
        func threads(for route: Route) -> NIOThreadPool {
            if case .question = route { return analyses }
            return route.endpoint.isLong ? longWork : questions
        }

        /// What looks how long an answer takes.
        func slowness(_ route: Route, _ body: [UInt8], _ asker: Asker) -> Slowness {
            Slowness(
                interface: interface, logger: logger, limit: options.slowAnswer, route: route, body: body, asker: asker)
        }
    }

    private let shared: Shared
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel
    private let socket: ListeningSocket

    /// Starts answering on `socket`.
    package init(socket: ListeningSocket, interface: ControlInterface, options: Options = Options(), logger: Logger) async throws {
        let questions = NIOThreadPool(numberOfThreads: options.questionThreads)
        questions.start()
        let longWork = NIOThreadPool(numberOfThreads: options.longWorkThreads)
        longWork.start()
        let analyses = NIOThreadPool(numberOfThreads: options.analyses)
        analyses.start()
        group = MultiThreadedEventLoopGroup(numberOfThreads: options.eventLoops)
        let desks = group.makeIterator().map { (ObjectIdentifier($0), AppendDesk(interface.log, $0)) }
        let shared = Shared(
            interface: interface, options: options, questions: questions, longWork: longWork, analyses: analyses,
            commits: CommitNotifier(interface.log),
            connections: Connections(
                maximum: options.connections, maximumOfUser: options.connectionsOfUser, telemetry: interface.telemetry),
            logger: logger, desks: Dictionary(uniqueKeysWithValues: desks))
        let bootstrap = ServerBootstrap(group: group)
            // The default of 4 makes a burst of connections wait for a turn of the loop each.
            .serverChannelOption(.maxMessagesPerRead, value: 64)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: 16_384, maximum: 262_144))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try JourneyServer.configure(channel, shared) }
            }
        channel = try await bootstrap.withBoundSocket(socket.descriptor).get()
        socket.restoreBacklog()
        self.shared = shared
        self.socket = socket
    }

    /// How many clients are connected.
    package var connectionCount: Int { shared.connections.count }

    /// Changes who may do what, and how many may connect. What follows the log without permission ends.
    package func reload(access: AccessPolicy, connections: Int, connectionsOfUser: Int) {
        shared.interface.access = access
        shared.connections.limit(maximum: connections, maximumOfUser: connectionsOfUser)
        shared.connections.tell(AccessChanged())
    }

    /// For each event loop, a call that makes it answer when it has done what it has to do.
    package var loopProbes: [@Sendable (_ answer: @escaping @Sendable () -> Void) -> Void] {
        group.makeIterator().map { loop in { answer in loop.execute(answer) } }
    }

    /// Stops accepting, lets requests under way finish within the grace, and ends.
    package func close() async {
        // Not closed before what was accepted has come to its own loop, which takes three steps from loop to loop: NIO drops what is on its
        // way there when the listening channel closes.
        try? await channel.setOption(.autoRead, value: false).get()
        for _ in 0..<3 { for loop in group.makeIterator() { try? await loop.submit {}.get() } }
        try? await channel.close()
        await shared.connections.close(grace: .seconds(Int64(shared.options.graceSeconds)), on: group.any())
        socket.remove()
        try? await shared.questions.shutdownGracefully()
        try? await shared.longWork.shutdownGracefully()
        try? await shared.analyses.shutdownGracefully()
        try? await group.shutdownGracefully()
    }

    private static func configure(_ channel: any Channel, _ shared: Shared) throws {
        // Fails closed: a peer that the kernel does not vouch for gets no answer.
        guard let peer = Peer(channel), let desk = shared.desks[ObjectIdentifier(channel.eventLoop)],
            shared.connections.add(channel, user: peer.user)
        else {
            return channel.close(promise: nil)
        }
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = shared.options.headerBytes
        limits.maxHeaderListSize = shared.options.headerBytes
        let decoder = HTTPRequestDecoder(
            leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .drop, limitConfiguration: limits)
        let pipeline = channel.pipeline.syncOperations
        let timer = ConnectionTimer(
            silence: .seconds(Int64(shared.options.idleSeconds)), head: .seconds(Int64(shared.options.headerSeconds)))
        let connection = ConnectionHandler(shared, peer, channel, desk, timer)
        let shortcut = Shortcut(connection, timer)
        connection.shortcut = shortcut
        try pipeline.addHandler(timer)
        try pipeline.addHandler(shortcut)
        try pipeline.addHandler(HTTPResponseEncoder())
        try pipeline.addHandler(ByteToMessageHandler(decoder))
        try pipeline.addHandler(connection)
        if shared.connections.isClosing { channel.pipeline.fireUserInboundEventTriggered(Closing()) }
    }
}
