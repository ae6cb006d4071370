internal import Consumers
internal import ControlInterface
internal import DaemonSettings
internal import EventLog
internal import JourneyModel
internal import JourneyServer
internal import Logging
internal import Questions
internal import ServiceManager
internal import Timelines
internal import UnixSignals
internal import Views

/// The house put together, from the directory up to the socket.
struct Daemon {
    private static let socketMode: UInt32 = 0o660
    /// What a socket that is handed over may be called: as its unit, or as somebody who starts the daemon by hand may call it.
    private static let socketNames = ["journeyd.socket", "journeyd"]

    private let configuration: DaemonConfiguration
    private let source: ConfigurationSource
    private let threshold: LogThreshold
    private let logger: Logger

    init(_ configuration: DaemonConfiguration, _ source: ConfigurationSource, _ threshold: LogThreshold, _ logger: Logger) {
        (self.configuration, self.source, self.threshold, self.logger) = (configuration, source, threshold, logger)
    }

    /// Opens the log, starts the views and the server, and runs until a signal asks to stop.
    func run() async throws {
        let supervision = Supervision(source.environment, logger)
        defer { supervision.end() }
        let directory = try DataDirectory(path: configuration.data)
        // Taken before the log is opened, so that a second daemon fails at once and not after a replay.
        let socket = try listeningSocket()
        let catalogue = try EventCatalogue.shipped()
        var options = configuration.log
        options.upcasters = catalogue.upcasters
        let log = try EventLog(directory: directory, options: options)
        let views = try JourneyViews(log: log, map: .shipped(), directory: directory)
        let columns = columns(log, directory)
        let kept = try KeptViews(views, QuestionEngine(columns), directory: directory)
        let alerts = AlertKeeper(kept, views, store: DaemonEvents(log, catalogue).store)
        let consumers = ConsumerStore(directory: directory, tail: log.tail)
        if let fault = consumers.fault { logger.error("there are no consumers", metadata: ["reason": "\(fault)"]) }
        let interface = ControlInterface(
            log: log, views: views, kept: kept, columns: columns, catalogue: catalogue, access: configuration.access, version: Version.text,
            consumers: consumers, quarantine: configuration.quarantine, limits: configuration.limits)
        // Before anybody is answered: who has an answer may ask to stop.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        let server = try await JourneyServer(socket: socket, interface: interface, options: configuration.server, logger: logger)
        supervision.readyWhenAnswering(interface, server)
        report(log, socket, directory)
        await serve(server, signals, supervision)
        logger.info("stopping", metadata: ["connections": "\(server.connectionCount)"])
        // From the outside in: nothing new comes, what came is stored, and the views see the last of it.
        supervision.stopping()
        await server.close()
        alerts.close()
        log.close()
        kept.close()
        views.close()
        columns.close()
        logger.info("stopped", metadata: ["position": "\(log.tail)"])
    }

    /// The columns that questions scan, in files where there is room for them.
    private func columns(_ log: EventLog, _ directory: DataDirectory) -> JourneyColumns {
        var limits = JourneyColumns.Limits()
        limits.scratch = directory.path
        do throws(LogError) {
            limits.store = try directory.directory("views/columns")
        } catch {
            logger.notice("columns are not kept for the next start", metadata: ["reason": "\(error)"])
        }
        return JourneyColumns(log: log, limits: limits) { [logger] loss in
            logger.notice("columns are read from the log again", metadata: ["reason": "\(loss)"])
        }
    }

    /// The service manager's socket, or one of our own.
    private func listeningSocket() throws -> ListeningSocket {
        guard let descriptor = try InheritedSocket.take(source.environment, names: Daemon.socketNames) else {
            return try ListeningSocket(path: configuration.socket, mode: Daemon.socketMode, group: configuration.socketGroup)
        }
        let socket = try ListeningSocket(inherited: descriptor)
        if socket.path != configuration.socket || configuration.socketGroup != nil {
            logger.notice(
                "the service manager's socket is used; its unit says where it is and whom it belongs to",
                metadata: ["socket": "\(socket.path)"])
        }
        return socket
    }

    private func report(_ log: EventLog, _ socket: ListeningSocket, _ directory: DataDirectory) {
        if let reason = log.readOnlyReason { logger.error("the log takes no events", metadata: ["reason": "\(reason)"]) }
        for damage in log.damages { logger.error("a part of the log cannot be read", metadata: ["damage": "\(damage)"]) }
        logger.info("ready", metadata: ["socket": "\(socket.path)", "data": "\(directory.path)", "position": "\(log.tail)"])
    }

    /// Runs until a signal asks to stop.
    private func serve(_ server: JourneyServer, _ signals: UnixSignalsSequence, _ supervision: Supervision) async {
        var reload = Reload(configuration.values, source, server, threshold, logger)
        for await signal in signals {
            guard signal == .sighup else { return }
            await supervision.reload { await reload.run() }
        }
    }
}
