internal import ArgumentParser
internal import CommandLineTools
internal import DaemonSettings
internal import FoundationEssentials
internal import JourneyModel

/// Shows what a daemon would be configured with.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show each setting of the daemon, and where its value comes from.",
        discussion: """
            Reads what journeyd reads: flags, then the environment (JOURNEYD_LOG_LEVEL …), then the file, then the defaults. The environment is \
            that of this command, not that of a running daemon. No daemon is asked.

            Examples:
              journeyctl config
              journeyctl config --config ./journeyd.yaml --output json
            """)

    private static let usualFile = "/etc/journeyd/journeyd.yaml"

    @OptionGroup var options: CommonOptions

    @Option(help: ArgumentHelp("The YAML file. (default: \(usualFile), if it is there)", valueName: "path"), completion: .file())
    var config: String?

    func run() async throws {
        let file = config ?? (FileManager.default.fileExists(atPath: ConfigCommand.usualFile) ? ConfigCommand.usualFile : nil)
        let values: SettingValues
        do throws(ConfigurationFaults) {
            var flags: [String: String] = [:]
            flags[Setting.socket.key] = options.connection.socket
            let environment = ProcessInfo.processInfo.environment
            values = try await SettingValues(file: file, flags: flags, environment: environment)
            // What the words mean on this system is found out, too, so that what is shown is what would be used.
            _ = try DaemonConfiguration(values, environment)
        } catch {
            throw InputError(message: error.description)
        }
        try options.show(ConfigCommand.json(values), as: ConfigAnswer.init)
    }

    private static func json(_ values: SettingValues) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("settings")
            writer.array { writer in
                for setting in Setting.all {
                    let value = values[setting]
                    writer.object { writer in
                        writer.member("setting", setting.key)
                        writer.member("value", value.words.joined(separator: ", "))
                        writer.member("from", value.origin(of: setting))
                        writer.member("reload", setting.isReloadable ? "reload" : "restart")
                        writer.member("variable", setting.variable)
                        writer.member("about", setting.about)
                    }
                }
            }
        }
        return writer.bytes
    }
}

/// The settings as a table.
private struct ConfigAnswer: Answer {
    static let header = ["setting", "value", "from", "reload", "variable", "about"]
    private let settings: [JSONValue]

    init(_ json: JSONValue) {
        settings = json["settings"]?.elements ?? []
    }

    var rows: [[String]] { settings.map { $0.cells(ConfigAnswer.header) } }

    var text: String {
        var table = Table([.init("setting"), .init("value"), .init("from"), .init("a change needs a")])
        for setting in settings {
            table.append(setting.cells(["setting", "value", "from", "reload"]).map { TerminalText.escaped($0) })
        }
        return table.styled
    }
}
