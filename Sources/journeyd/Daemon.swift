internal import Consumers
internal import ControlInterface
internal import EventLog
internal import JourneyModel
internal import JourneyServer
internal import Logging
internal import Questions
internal import Timelines
internal import UnixSignals
internal import Views

/// The house put together, from the directory up to the socket.
struct Daemon {
    private static let socketMode: UInt32 = 0o660

    private let configuration: DaemonConfiguration
    private let logger: Logger

    init(_ configuration: DaemonConfiguration, _ logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Opens the log, starts the views and the server, and runs until a signal asks to stop.
    func run() async throws {
        let directory = try DataDirectory(path: configuration.data)
        // Taken before the log is opened, so that a second daemon fails at once and not after a replay.
        let socket = try ListeningSocket(path: configuration.socket, mode: Daemon.socketMode, group: configuration.socketGroup)
        var options = EventLog.Options()
        if configuration.quota > 0 { options.quota = configuration.quota }
        options.epochBytes = configuration.epochBytes
        options.epochAge = configuration.epochAge
        options.identityTail = configuration.identityTail
        options.encrypts = configuration.encrypts
        options.keyFile = configuration.keyFile
        let catalogue = try EventCatalogue.shipped()
        options.upcasters = catalogue.upcasters
        let log = try EventLog(directory: directory, options: options)
        let views = try JourneyViews(log: log, map: .shipped(), directory: directory)
        let columns = JourneyColumns(log: log)
        let kept = try KeptViews(views, QuestionEngine(columns), directory: directory)
        let alerts = AlertKeeper(kept, views, store: DaemonEvents(log, catalogue).store)
        let consumers = ConsumerStore(directory: directory, tail: log.tail)
        if let fault = consumers.fault { logger.error("there are no consumers", metadata: ["reason": "\(fault)"]) }
        let interface = ControlInterface(
            log: log, views: views, kept: kept, columns: columns, catalogue: catalogue, access: configuration.access, version: Version.text,
            consumers: consumers, quarantine: configuration.interface.quarantine)
        var serverOptions = JourneyServer.Options()
        configuration.interface.apply(to: &serverOptions)
        // Before anybody is answered: who has an answer may ask to stop.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let server = try await JourneyServer(socket: socket, interface: interface, options: serverOptions, logger: logger)
        if let reason = log.readOnlyReason { logger.error("the log takes no events", metadata: ["reason": "\(reason)"]) }
        for damage in log.damages { logger.error("a part of the log cannot be read", metadata: ["damage": "\(damage)"]) }
        logger.info("ready", metadata: ["socket": "\(socket.path)", "data": "\(directory.path)", "position": "\(log.tail)"])
        for await _ in signals { break }
        logger.info("stopping", metadata: ["connections": "\(server.connectionCount)"])
        // From the outside in: nothing new comes, what came is stored, and the views see the last of it.
        await server.close()
        alerts.close()
        log.close()
        kept.close()
        views.close()
        columns.close()
        logger.info("stopped", metadata: ["position": "\(log.tail)"])
    }
}
